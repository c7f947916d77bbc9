"""What a slice gives to the search, so that neither knows the other: a provider for each kind of thing.

Its documents say who may find a thing, for the statement that looks it up; `show` asks the slice's own access again for
the answer. web/main.py hands the providers to collab/search.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx

# Stands among those who may find a thing for whoever is signed in.
EVERYBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Document:
    """A thing as the index takes it. `words`: its text as core/words.py folds it.

    `audience`: the spaces, people or EVERYBODY, of whom one is enough to find it. `stamp`: differs once it has to be
    indexed anew.
    """

    id: UUID
    title: str
    words: str
    audience: frozenset[UUID]
    changed_at: datetime
    stamp: str
    space_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing as one who may see it is shown it. `text`: the beginning of it, from which the passage is taken.

    `where`: the names of what it lies in, from the outermost.
    """

    title: str
    url: str
    icon: str
    where: Sequence[str]
    changed_at: datetime
    text: str = ""


class Provider(Protocol):
    """What a slice offers of one kind."""

    kind: str

    async def stamps(self, tx: Tx, after: UUID | None, limit: int) -> Sequence[tuple[UUID, str]]:
        """What there is, in the order of ids, with the stamp of each: empty for what is not to be found."""
        ...

    async def stamps_of(self, tx: Tx, ids: Collection[UUID]) -> Sequence[tuple[UUID, str]]:
        """The same for these and for all that hangs on them."""
        ...

    async def documents(self, tx: Tx, ids: Collection[UUID]) -> Sequence[Document]:
        """Those of these things that are to be found."""
        ...

    async def show(self, tx: Tx, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Shown]:
        """Those of these things that the actor may see now. Asks the slice's access."""
        ...
