"""Two versions of one thing: what somebody typed into a form, and what was saved meanwhile by somebody else.

Pages whose form carries a rev come here when it is stale (StaleRevision) and show the form again with both;
macros/form.html and macros/versions.html draw it. The saved version is the row as just read, who saved it the
journal's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from directory.people.queries import find_last_change


@dataclass(frozen=True, slots=True)
class Saved:
    """What is saved now. `fields`: what the fields that differ hold there, in words; `by`: who saved it, "" unknown."""

    rev: int
    fields: Mapping[str, str]
    by: str = ""
    at: datetime | None = None
    mine: bool = False


def differences(typed: Mapping[str, str], saved: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """The fields of `saved` that say something else than `typed`, as people read them.

    `words` has the reading of those whose value is a key. How a browser ends lines, and blanks around, do not count.
    """
    return {
        name: words.get(name, value) for name, value in saved.items() if _plain(typed.get(name, "")) != _plain(value)
    }


async def find_saved(tx: Tx, actor: Actor, subject: UUID, slice_: str, rev: int, fields: Mapping[str, str]) -> Saved:
    """The saved version with who made it. `slice_`: whose journal entries about `subject` count, such as `spaces`."""
    change = await find_last_change(tx, actor, subject, f"{slice_}.")
    if change is None:
        return Saved(rev, fields)
    return Saved(rev, fields, change.name, change.at, change.person_id == actor.person_id)


def _plain(text: str) -> str:
    return "\n".join(text.splitlines()).strip()
