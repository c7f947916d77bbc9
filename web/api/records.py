"""Records over the API: types, holds, lists of elimination, histories, the export of a space."""

from contextlib import aclosing
from datetime import datetime
from uuid import UUID

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict

from collab.core.database import Tx
from collab.core.models import Instant
from collab.files.history import HistoryEntry, list_history
from collab.files.models import FolderId
from collab.files.records import holds, queries, service
from collab.files.records.export import Export, members_of, open_export
from collab.files.records.models import (
    AfterLine,
    AnswerInput,
    EliminationInput,
    EliminationView,
    HoldInput,
    HoldView,
    LineView,
    RecordInput,
    RecordView,
    TypeView,
    UnitView,
)
from web.contents import Contents, disposition
from web.http import API, After, Answer, Call, Guard, Page, Routes
from web.packing import pack

routes = Routes("records")


class Before(BaseModel):
    """Which part of a history: what happened before this instant, the last of the part before."""

    model_config = ConfigDict(extra="forbid")
    before: Instant | None = None


class ExportQuery(BaseModel):
    """Which folder; empty: all of the space."""

    model_config = ConfigDict(extra="forbid")
    folder: FolderId = None


class EliminationWithUnits(EliminationView):
    """A list of elimination and its units."""

    units: list[UnitView]


@routes.get("/record-types", result=list[TypeView], guard=Guard.OWN)
async def list_types(call: Call) -> web.Response:
    """The types of records that may be set."""
    async with call.db.read() as tx:
        types = await queries.list_types(tx, active=True)
    text = "[" + ",".join(kind.model_dump_json() for kind in types) + "]"
    return web.Response(text=text, content_type="application/json")


@routes.get("/files/{file}/record", result=RecordView)
async def get_record(call: Call) -> Answer:
    """What a file or folder is kept as, by its own type or that of a folder above; 204 where it has none."""
    async with call.db.read() as tx:
        return Answer(await queries.find_record(tx, call.actor, call.id("file")))


@routes.put("/files/{file}/record", body=RecordInput, result=RecordView)
async def set_record(call: Call, body: RecordInput) -> Answer:
    """Say of which type a file or folder is."""
    async with call.db.write() as tx:
        await service.set_record(tx, call.actor, call.id("file"), body)
        return Answer(await queries.find_record(tx, call.actor, call.id("file")))


@routes.delete("/files/{file}/record")
async def clear_record(call: Call) -> None:
    """Take the type of a file or folder away."""
    async with call.db.write() as tx:
        await service.clear_record(tx, call.actor, call.id("file"))


@routes.post("/files/{file}/transfer", status=204)
async def transfer(call: Call) -> None:
    """Note that the archives have received what is due and to be kept."""
    async with call.db.write() as tx:
        await service.mark_transferred(tx, call.actor, call.id("file"))


@routes.get("/spaces/{space}/records", query=After, result=Page[RecordView])
async def list_records(call: Call, query: After) -> Page[RecordView]:
    """What has a type of its own in a space."""
    async with call.db.read() as tx:
        items, after = await queries.list_records(tx, call.actor, call.id("space"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.get("/spaces/{space}/holds", result=Page[HoldView])
async def list_holds(call: Call) -> Page[HoldView]:
    """The legal holds of a space, those in force first."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_holds(tx, call.actor, call.id("space")))


@routes.post("/spaces/{space}/holds", body=HoldInput, status=201)
async def hold_space(call: Call, body: HoldInput) -> Answer:
    """Put a whole space under hold."""
    async with call.db.write() as tx:
        hold = await holds.place_hold(tx, call.actor, call.id("space"), None, body)
        return Answer(None, status=201, headers={"Location": f"{API}/holds/{hold.id}"})


@routes.post("/files/{file}/holds", body=HoldInput, status=201)
async def hold_file(call: Call, body: HoldInput) -> Answer:
    """Put a file, or a folder with all that is in it, under hold."""
    async with call.db.write() as tx:
        hold = await holds.hold_node(tx, call.actor, call.id("file"), body)
        return Answer(None, status=201, headers={"Location": f"{API}/holds/{hold.id}"})


@routes.delete("/holds/{hold}")
async def release_hold(call: Call) -> None:
    """End a hold."""
    async with call.db.write() as tx:
        await holds.release_hold(tx, call.actor, call.id("hold"))


@routes.get("/spaces/{space}/eliminations", query=After, result=Page[EliminationView])
async def list_eliminations(call: Call, query: After) -> Page[EliminationView]:
    """The lists of elimination of a space, newest first."""
    async with call.db.read() as tx:
        items, after = await queries.list_eliminations(tx, call.actor, call.id("space"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.post("/spaces/{space}/eliminations", body=EliminationInput, result=EliminationWithUnits)
async def propose_elimination(call: Call, body: EliminationInput) -> Answer:
    """Propose to destroy what is due, for an archivist's visa."""
    async with call.db.write() as tx:
        elimination = await service.propose_elimination(tx, call.actor, call.id("space"), body)
        return await _elimination(tx, call, elimination.id, status=201)


@routes.get("/eliminations/{elimination}", result=EliminationWithUnits)
async def get_elimination(call: Call) -> Answer:
    """A list of elimination and its units; it is kept after the destruction."""
    async with call.db.read() as tx:
        return await _elimination(tx, call, call.id("elimination"))


@routes.get("/eliminations/{elimination}/lines", query=AfterLine, result=Page[LineView])
async def list_lines(call: Call, query: AfterLine) -> Page[LineView]:
    """The versions on a list of elimination, with their hashes, in the order of the tree."""
    async with call.db.read() as tx:
        items, after = await queries.list_lines(tx, call.actor, call.id("elimination"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.post("/eliminations/{elimination}/answer", body=AnswerInput, result=EliminationWithUnits, status=200)
async def answer_elimination(call: Call, body: AnswerInput) -> Answer:
    """Give a list its visa, which destroys all that is on it, or refuse it; for archivists; needs If-Match."""
    async with call.db.write() as tx:
        found = await service.answer_elimination(tx, call.actor, call.id("elimination"), body, call.if_match())
        return await _elimination(tx, call, found.id)


@routes.get("/files/{file}/history", query=Before, result=Page[HistoryEntry])
async def get_history(call: Call, query: Before) -> Page[HistoryEntry]:
    """What happened to a file or folder and who read it, newest first."""
    async with call.db.read() as tx:
        _, items, before = await list_history(tx, call.actor, call.id("file"), before=query.before)
    return Page(items=items, next=following(call, before))


@routes.post("/spaces/{space}/export", query=ExportQuery, gives="application/zip")
async def export(call: Call, query: ExportQuery) -> web.StreamResponse:
    """A space, or one of its folders, as a ZIP with a manifest; for owners."""
    async with call.db.write() as tx:
        opened = await open_export(tx, call.actor, call.id("space"), query.folder)
    return await send_export(call, opened)


async def send_export(call: Call, opened: Export) -> web.StreamResponse:
    """The archive, as it is made."""
    day = call.today.isoformat()
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "application/zip",
            hdrs.CONTENT_DISPOSITION: disposition(f"{opened.name} {day}.zip"),
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    await response.prepare(call.request)
    async with aclosing(pack(members_of(call.db, call.deps.part(Contents).storage, opened))) as blocks:  # type: ignore[type-var]  # an async generator
        async for block in blocks:
            await response.write(block)
    await response.write_eof()
    return response


def following(call: Call, before: datetime | None) -> str | None:
    """The address of what happened earlier; None at the end."""
    return None if before is None else str(call.request.rel_url.update_query(before=before.isoformat()))


async def _elimination(tx: Tx, call: Call, elimination_id: UUID, status: int = 200) -> Answer:
    view, units = await queries.find_elimination(tx, call.actor, elimination_id)
    headers = {"Location": f"{API}/eliminations/{view.id}"} if status == 201 else {}
    return Answer(EliminationWithUnits(**dict(view), units=units), status=status, headers=headers, rev=view.rev)
