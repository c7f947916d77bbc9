"""What an address under `/dav/` names: the root, the top of a space, a folder, a file, or a name that is free."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.files.entries import Entry, walk
from collab.files.rules import name_key
from collab.spaces.personal import find_personal_space, personal_space
from collab.spaces.queries import list_spaces
from web.dav.addresses import PERSONAL, space_names

REMEMBERED = 5.0
MOST = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """`names` from the root; `space`: None at the root; `path`: what lies on the way, the thing itself last."""

    names: tuple[str, ...]
    space: UUID | None = None
    path: tuple[Entry, ...] = ()

    @property
    def is_top(self) -> bool:
        """The root, or the top of a space: no node of its own, not to be changed here."""
        return len(self.names) < 2

    @property
    def entry(self) -> Entry | None:
        """The folder or file, if there is one."""
        return self.path[-1] if self.path and len(self.path) == len(self.names) - 1 else None

    @property
    def exists(self) -> bool:
        return self.is_top or self.entry is not None

    @property
    def is_folder(self) -> bool:
        return self.is_top or (self.entry is not None and self.entry.is_folder)

    @property
    def name(self) -> str:
        """The last name as it was asked for."""
        return self.names[-1]

    @property
    def parent(self) -> UUID:
        """The folder in which the last name stands, the space's id at its top. Raises Conflict when there is none."""
        assert self.space is not None
        above = self.path[: len(self.names) - 2]
        if len(above) < len(self.names) - 2 or (above and not above[-1].is_folder):
            raise Conflict("dav.no_parent", msg("The folder above does not exist."))
        return above[-1].id if above else self.space

    def found(self) -> "Place":
        """Itself, if it exists. Raises NotFound."""
        if not self.exists:
            raise NotFound()
        return self


class Spaces:
    """The folder names of the spaces that somebody sees, remembered for a moment; rights are asked each time anew."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[object, tuple[float, dict[str, tuple[UUID, str]]]] = OrderedDict()

    async def listed(self, actor: Actor) -> Sequence[tuple[UUID, str]]:
        """`personal` first, then the spaces by title."""
        return list((await self._of(actor, fresh=True)).values())

    async def find(self, actor: Actor, name: str) -> UUID:
        """The space whose folder has this name. Raises NotFound."""
        key = name_key(name)
        found = (await self._of(actor)).get(key) or (await self._of(actor, fresh=True)).get(key)
        if found is None:
            raise NotFound()
        return found[0]

    async def _of(self, actor: Actor, *, fresh: bool = False) -> dict[str, tuple[UUID, str]]:
        who = (actor.id, actor.credential, actor.groups)
        known = self._known.get(who)
        if known is not None and known[0] > time.monotonic() and not fresh:
            return known[1]
        async with self._db.read() as tx:
            own = await find_personal_space(tx, actor)
            views = await list_spaces(tx, actor)
        if own is None:
            async with self._db.write() as tx:
                own = await personal_space(tx, actor)
        names = space_names({view.id: view.title for view in views})
        found = {name_key(PERSONAL): (own, PERSONAL)}
        found |= {name_key(names[view.id]): (view.id, names[view.id]) for view in views}
        self._known[who] = (time.monotonic() + REMEMBERED, found)
        self._known.move_to_end(who)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found


async def find_place(tx: Tx, actor: Actor, names: tuple[str, ...], space: UUID | None) -> Place:
    """What these names lead to now; `space`: that of the first. Strangers learn nothing: NotFound."""
    if space is None:
        return Place(names)
    return Place(names, space, tuple(await walk(tx, actor, space, names[1:])))
