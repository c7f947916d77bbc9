"""What the doors of imports share: a file is read by another process, then a service is told what that said."""

from typing import Any
from uuid import UUID

from collab.core.i18n import Message, msg
from collab.spaces.access import Can, require
from projects.exchange.access import get_import
from projects.exchange.apart import read_apart
from projects.exchange.models import MOST_BYTES, ImportChoice, ImportView, State
from projects.exchange.reading import Wanted
from projects.exchange.service import change_import, receive_import, view_import
from web.contents import ReadBlock, next_block
from web.http import Call, TooLarge
from web.pace import Pace
from web.page import locale_of


async def take_in(call: Call, space_id: UUID, name: str, read: ReadBlock) -> UUID:
    """Read and keep a file; gives the import's id. Raises TooLarge, and Invalid for what cannot be read."""
    async with call.db.read() as tx:
        await require(tx, call.actor, space_id, Can.EDIT)
    raw = bytearray()
    pace = Pace()
    while block := await next_block(read, pace):
        raw += block
        if len(raw) > MOST_BYTES:
            raise TooLarge("too_large", msg("This file is too large: %(most)s MB at most.", most=MOST_BYTES >> 20))
    wanted = _wanted(call, {})
    about = await _read(bytes(raw), wanted)
    async with call.db.write() as tx:
        name = " ".join(name.split())[:200] or "-"
        found = await receive_import(tx, call.actor, space_id, name, bytes(raw), about, wanted._asdict())
        return found.id


async def choose(call: Call, import_id: UUID, choice: ImportChoice) -> None:
    """Take the file in another way. Raises Invalid for a table that has no titles then."""
    async with call.db.read() as tx:
        found = await get_import(tx, call.actor, import_id)
    given = choice.model_dump(exclude_none=True, exclude={"title"})
    # Another delimiter makes other columns: what they mean is guessed anew.
    if "delimiter" in given and given["delimiter"] != found.about.get("table", {}).get("delimiter"):
        given["fields"] = []
    wanted = _wanted(call, {**found.wanted, **given})
    # Where it is too late, the service says so.
    about = await _read(found.raw, wanted) if given and found.state == State.READ else found.about
    async with call.db.write() as tx:
        await change_import(tx, call.actor, import_id, choice, about, wanted._asdict())


async def shown(call: Call, import_id: UUID) -> ImportView:
    """The import with its losses in the person's language."""
    async with call.db.read() as tx:
        view = await view_import(tx, call.actor, import_id)
        told = (await get_import(tx, call.actor, import_id)).about["losses"]
    render = locale_of(call.request).render
    view.losses = [render(Message(one["text"], one["params"])) for one in told]
    return view


def _wanted(call: Call, given: dict[str, Any]) -> Wanted:
    render = locale_of(call.request).render
    words = {"untitled": render(msg("Untitled")), "first_column": render(msg("To do"))}
    return Wanted(**{"board": 0, "delimiter": "", "fields": [], **words, **given})


async def _read(raw: bytes, wanted: Wanted) -> dict[str, Any]:
    async with read_apart(raw, wanted, cards=False) as (about, _):
        return about
