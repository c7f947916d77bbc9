"""A board that came in a file, whatever made the file: what the readers give, what a new board is made of. Pure.

It lives in the process that reads (child.py) and travels from there as JSON: nothing here knows the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from collab.core.i18n import Message

MOST_LINES = 20


class Unreadable(Exception):
    """The file is none that can be read; `reason` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.text)
        self.reason = reason


@dataclass(slots=True)
class Task:
    """A thing to tick off. `person`: a key of Parcel.people, or empty; dates are as 2026-11-26."""

    title: str
    done: bool = False
    person: str = ""
    due: str | None = None


@dataclass(slots=True)
class Checklist:
    """Things to tick off, in order."""

    title: str
    tasks: list[Task] = field(default_factory=list)


@dataclass(slots=True)
class Remark:
    """A comment, by whoever wrote it there. `at`: as RFC 3339, or empty."""

    author: str
    at: str
    text: str


@dataclass(slots=True)
class Card:
    """A card. `column`: its place in Parcel.columns; `key`: what `waits_for` of others calls it.

    `values`: by the title of the field; a choice by its name, somebody by their key of Parcel.people.
    `hidden`: seen by those it concerns alone, `members` and `member_units` among them.
    """

    title: str
    column: int
    description: str = ""
    start: str | None = None
    due: str | None = None
    labels: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    checklists: list[Checklist] = field(default_factory=list)
    comments: list[Remark] = field(default_factory=list)
    archived: bool = False
    values: dict[str, str] = field(default_factory=dict)
    key: str = ""
    waits_for: list[str] = field(default_factory=list)
    hidden: bool = False
    members: list[str] = field(default_factory=list)
    member_units: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Column:
    """A column of the board."""

    title: str
    done: bool = False
    wip: int | None = None
    archived: bool = False


@dataclass(slots=True)
class OwnField:
    """A field of the board's own. `choices`: colours by name."""

    title: str
    kind: str
    shown: bool = False
    choices: dict[str, str] = field(default_factory=dict)
    archived: bool = False


@dataclass(slots=True)
class Person:
    """Somebody as the file knows them."""

    name: str
    login: str = ""
    mail: str = ""


class Losses:
    """What could not be taken, counted; the lines of the file where there are any."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lines: dict[str, list[int]] = {}
        self._said: list[tuple[str, dict[str, Any]]] = []

    def count(self, message: Message, number: int = 1) -> None:
        """Of `message`, which shows `%(count)s`, there are so many more."""
        if number > 0:
            self._counts[message.text] = self._counts.get(message.text, 0) + number

    def at(self, message: Message, line: int) -> None:
        """`message`, which shows `%(lines)s`, is true of this line too."""
        self._lines.setdefault(message.text, []).append(line)

    def say(self, message: Message) -> None:
        """`message` as it is, once."""
        if (said := (message.text, dict(message.params))) not in self._said:
            self._said.append(said)

    def told(self) -> list[dict[str, Any]]:
        """All of them, as a text and its parameters."""
        told = [{"text": text, "params": params} for text, params in self._said]
        told += [{"text": text, "params": {"count": count}} for text, count in self._counts.items()]
        return told + [{"text": text, "params": {"lines": _listed(lines)}} for text, lines in self._lines.items()]


def _listed(lines: Iterable[int]) -> str:
    numbers = sorted(set(lines))
    shown = ", ".join(str(number) for number in numbers[:MOST_LINES])
    return f"{shown}… ({len(numbers)})" if len(numbers) > MOST_LINES else shown


@dataclass(slots=True)
class Parcel:
    """One board of a file. `people`: by the key that its cards use; `labels`: colours by name."""

    title: str
    columns: list[Column] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    fields: list[OwnField] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
