"""Finds what no application log may hold: names, logins, mail addresses and network addresses of people.

tests/browser/conftest.py keeps what the servers of the browser tests log and gives it to `find_personal` at the end.
Who is known: the people of the tests' town (tests/support/app.py) and of the demonstration (web/demo/commune.py).
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from tests.support.app import NAMES
from web.demo.commune import residents

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)|(?<![\w.:-])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w.:-])"
)
# Places in the code, and the address at which our own servers say that they listen.
_OURS = re.compile(r"[\w-]+\.py:\d+(?::[\w<>]+)?|\bhttps?://(?:127\.0\.0\.1|localhost)(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Known:
    """Whose traces are looked for. `names` and `logins` are compared without regard to case, as whole words."""

    names: frozenset[str]
    logins: frozenset[str]

    @classmethod
    def of_the_tests(cls) -> "Known":
        """Everybody of the tests' town and of the demonstration; family names too, which stand for their bearers."""
        people = residents()
        names = {*NAMES.values(), *(one.name for one in people)}
        family = {name.split()[-1] for name in names}
        return cls(frozenset(names | family), frozenset({*NAMES, *(one.login for one in people)}))


def find_personal(lines: Iterable[str], known: Known) -> Iterator[str]:
    """What was found and where, one text for each line that holds any of it. The values alone are read, where a line is
    JSON: its keys are ours."""
    for number, line in enumerate(lines, 1):
        found = sorted({trace for value in _values(line) for trace in _traces(value, known)})
        if found:
            yield f"line {number}: {', '.join(found)}"


def _values(line: str) -> list[str]:
    try:
        return list(_texts(json.loads(line)))
    except ValueError:
        return [line]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def _traces(text: str, known: Known) -> Iterator[str]:
    text = _OURS.sub(" ", text)
    yield from _MAIL.findall(text)
    yield from (found for found in _ADDRESS.findall(text) if _is_address(found))
    yield from _words(text, known.names)
    yield from _words(text, known.logins)


def _words(text: str, wanted: Collection[str]) -> Iterator[str]:
    folded = text.casefold()
    for one in wanted:
        if re.search(rf"(?<![\w.-]){re.escape(one.casefold())}(?![\w-])", folded):
            yield one


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def check_log(log: Path, known: Known) -> None:
    """Fail when the log holds anything personal."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        found = list(find_personal(lines, known))
    assert not found, f"{log.name} holds what is personal:\n" + "\n".join(found[:20])
