"""Records as pages: what is kept how long in a space, holds, lists of elimination, the history of a file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import Message, msg
from collab.files.history import HistoryEntry, list_history, may_see
from collab.files.models import FolderId, NodeView
from collab.files.readings import Door
from collab.files.records import holds, queries, service
from collab.files.records.access import is_archivist, require_editor
from collab.files.records.export import open_export
from collab.files.records.models import (
    AfterLine,
    AnswerInput,
    EliminationInput,
    EliminationState,
    Fate,
    HoldInput,
    LineView,
    RecordInput,
    Start,
)
from collab.files.scanning import Why
from collab.spaces.access import GRANTS, Can, get_space
from web.api.records import Before, following, send_export
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import After, Call, page_routes, parse
from web.page import locale_of, show
from web.tables import csv_response

routes = page_routes("pages.records")

SHOWN = 5
MOST_EXPORTED = 10_000

FATES: dict[Fate, Message] = {Fate.KEEP: msg("Kept for good"), Fate.DESTROY: msg("Destroyed, with a visa")}
STARTS: dict[Start, Message] = {
    Start.CREATED: msg("the day it was added"),
    Start.CHANGED: msg("its last change"),
    Start.EVENT: msg("an event, whose day is given"),
}
STATES: dict[EliminationState, Message] = {
    EliminationState.PROPOSED: msg("waits for a visa"),
    EliminationState.REFUSED: msg("refused"),
    EliminationState.DONE: msg("eliminated"),
}
WHYS: dict[Why, Message] = {
    Why.NO_SCANNER: msg("no antivirus is set up here"),
    Why.TOO_LARGE: msg("it is too large for the antivirus"),
    Why.ENCRYPTED: msg("it is encrypted"),
    Why.FAILED: msg("the antivirus did not answer; it is asked again"),
}
DOORS: dict[Door, Message] = {
    Door.DOWNLOAD: msg("Downloaded"),
    Door.PREVIEW: msg("Previewed"),
    Door.DAV: msg("Read through a network folder"),
    Door.LINK: msg("Read through a link"),
    Door.ARCHIVE: msg("Downloaded with a folder"),
}
ACTIONS: dict[str, Message] = {
    "files.upload": msg("Added"),
    "files.create_folder": msg("Folder made"),
    "files.add_version": msg("New version"),
    "files.rename": msg("Renamed"),
    "files.move": msg("Moved"),
    "files.trash": msg("Put into the trash"),
    "files.restore": msg("Put back from the trash"),
    "files.restore_version": msg("Former version made current again"),
    "files.comment_version": msg("Version described"),
    "files.destroy_version": msg("Version destroyed"),
    "files.copy": msg("Made as a copy"),
    "files.move_in": msg("Moved here from another space"),
    "files.move_out": msg("Moved to another space"),
    "files.comment": msg("Comment written"),
    "files.change_comment": msg("Comment changed"),
    "files.remove_comment": msg("Comment removed"),
    "files.tag": msg("Tag given"),
    "files.untag": msg("Tag taken off"),
    "files.lock": msg("Locked"),
    "files.unlock": msg("Unlocked"),
    "files.break_lock": msg("Lock ended by an owner"),
    "files.set_properties": msg("Properties noted by a program"),
    "files.zip": msg("Downloaded as a ZIP"),
    "links.create_view": msg("Link made"),
    "links.create_box": msg("Deposit box made"),
    "links.revoke": msg("Link revoked"),
    "links.view": msg("Seen through a link"),
    "links.download": msg("Downloaded through a link"),
    "links.deposit": msg("Deposited through a box"),
    "links.unlock": msg("Password of a link given"),
    "links.refused": msg("Refused to somebody with a link"),
    "files.quarantine": msg("Malware found, in quarantine"),
    "files.damaged": msg("Damage found on the disk"),
    "files.whole_again": msg("Whole again on the disk"),
    "files.hold": msg("Legal hold placed"),
    "files.release_hold": msg("Legal hold ended"),
    "files.export": msg("Exported"),
    "records.set": msg("Type of record set"),
    "records.clear": msg("Type of record taken away"),
    "records.transfer": msg("Transferred to the archives"),
}
WORDS: dict[str, Any] = {
    "fates": FATES,
    "starts": STARTS,
    "states": STATES,
    "whys": WHYS,
    "doors": DOORS,
    "actions": ACTIONS,
}


class HoldForm(HoldInput):
    """Why, and of what: an empty node is the whole space."""

    node: FolderId = None


class AnswerForm(AnswerInput):
    """The archivist's answer to a list of this rev."""

    rev: int


class ExportForm(BaseModel):
    """Which folder; empty: all of the space."""

    model_config = ConfigDict(extra="forbid")
    folder: FolderId = None


@routes.get("/files/{space}/records", query=After)
async def space_records(call: Call, query: After) -> web.Response:
    """What is kept how long in a space, and what is due."""
    return await _space_page(call, {}, after=query.after)


@routes.post("/files/{space}/records/eliminations")
async def propose(call: Call) -> web.Response:
    """Propose what was ticked for destruction."""
    fields = await read_fields(call.request)
    data, errors = accept(
        call.request, EliminationInput, {"units": fields.getall("unit", []), "reason": fields.get("reason", "")}
    )
    if data is not None:
        try:
            async with call.db.write() as tx:
                made = await service.propose_elimination(tx, call.actor, call.id("space"), data)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"/eliminations/{made.id}")
    elif "units" in errors:
        errors = {"form": locale_of(call.request).render(msg("Tick at least one thing that is due."))}
    return await _space_page(call, errors)


@routes.post("/files/{space}/holds")
async def hold(call: Call) -> web.Response:
    """Put the space, or something in it, under hold."""
    form, errors = accept(call.request, HoldForm, await read_form(call.request))
    if form is None:
        return await _space_page(call, errors)
    async with call.db.write() as tx:
        await holds.place_hold(tx, call.actor, call.id("space"), form.node, HoldInput(reason=form.reason))
    raise web.HTTPSeeOther(_back(call, form.node))


@routes.post("/holds/{hold}/release")
async def release(call: Call) -> web.Response:
    """End a hold."""
    async with call.db.write() as tx:
        ended = await holds.release_hold(tx, call.actor, call.id("hold"))
        owned = not await is_archivist(tx, call.actor)
    raise web.HTTPSeeOther(f"/files/{ended.space_id}/records" if owned else "/records")


@routes.post("/files/{space}/export")
async def export(call: Call) -> web.StreamResponse:
    """The space, or a folder of it, as a ZIP with its manifest."""
    form, _ = accept(call.request, ExportForm, await read_form(call.request))
    if form is None:
        raise NotFound()
    async with call.db.write() as tx:
        opened = await open_export(tx, call.actor, call.id("space"), form.folder)
    return await send_export(call, opened)


@routes.post("/files/{space}/items/{file}/record")
async def set_record(call: Call) -> web.Response:
    """Say of which type a file or folder is; no type takes it away."""
    values = await read_form(call.request)
    async with call.db.write() as tx:
        if values.get("type"):
            form = parse(RecordInput, values, "form")
            await service.set_record(tx, call.actor, call.id("file"), form)
        else:
            await service.clear_record(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(_back(call, call.id("file")))


@routes.post("/files/{space}/items/{file}/transfer")
async def transfer(call: Call) -> web.Response:
    """Note that the archives have received it."""
    async with call.db.write() as tx:
        await service.mark_transferred(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(f"/files/{call.id('space')}/records")


@routes.get("/files/{space}/items/{file}/history", query=Before)
async def history(call: Call, query: Before) -> web.Response:
    """What happened to a file or folder, and who read it."""
    async with call.db.read() as tx:
        node, entries, before = await list_history(tx, call.actor, call.id("file"), before=query.before)
        space = await get_space(tx, call.actor, node.space_id, Can.READ)
    return await show(
        call, "collab/files/history.html", space=space, node=node, entries=entries, following=following(call, before),
        days=call.deps.settings.files.reads_days, **WORDS,
    )  # fmt: skip


@routes.get("/files/{space}/items/{file}/history.csv")
async def history_table(call: Call) -> web.Response:
    """The same as a table."""
    entries: list[HistoryEntry] = []
    before: datetime | None = None
    async with call.db.read() as tx:
        while True:
            node, part, before = await list_history(tx, call.actor, call.id("file"), before=before, limit=1000)
            entries += part
            if before is None or len(entries) >= MOST_EXPORTED:
                break
    render = locale_of(call.request).render
    header = [msg("When"), msg("Who"), msg("What"), msg("Version"), msg("Details")]
    rows = [
        (
            entry.at.isoformat(timespec="seconds"),
            entry.who.name if entry.who else "",
            render(said(entry)),
            entry.number or "",
            " · ".join(entry.details.values()),
        )
        for entry in entries
    ]
    return await csv_response(f"{node.name} {call.today}.csv", [render(text) for text in header], rows)


@routes.get("/records")
async def desk(call: Call) -> web.Response:
    """The archivist's desk: what waits for a visa, and what is due anywhere."""
    async with call.db.read() as tx:
        proposed = await queries.list_proposed(tx, call.actor)
        due = await queries.list_due_everywhere(tx, call.actor)
    return await show(call, "collab/files/records/desk.html", proposed=proposed, due=due, **WORDS)


@routes.get("/eliminations/{elimination}", query=AfterLine)
async def elimination(call: Call, query: AfterLine) -> web.Response:
    """A list of elimination, to be read, answered and printed."""
    return await _elimination_page(call, {}, after=query.after)


@routes.post("/eliminations/{elimination}")
async def answer(call: Call) -> web.Response:
    """Give it its visa, or refuse it."""
    form, errors = accept(call.request, AnswerForm, await read_form(call.request))
    if form is not None:
        try:
            async with call.db.write() as tx:
                data = AnswerInput(visa=form.visa, answer=form.answer)
                await service.answer_elimination(tx, call.actor, call.id("elimination"), data, form.rev)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"/eliminations/{call.id('elimination')}")
    return await _elimination_page(call, errors)


@routes.get("/eliminations/{elimination}/list.csv")
async def elimination_table(call: Call) -> web.Response:
    """The versions on it, as a table."""
    lines: list[LineView] = []
    after: int | None = None
    async with call.db.read() as tx:
        view, _units = await queries.find_elimination(tx, call.actor, call.id("elimination"))
        while True:
            part, after = await queries.list_lines(tx, call.actor, view.id, after=after)
            lines += part
            if after is None:
                break
    render = locale_of(call.request).render
    header = [
        msg("File"),
        msg("Path"),
        msg("Version"),
        msg("Size"),
        msg("SHA-256"),
        msg("When"),
        msg("Head of the journal"),
    ]
    rows = [
        (line.node, line.path, line.number, line.size, line.sha256, line.made_at.isoformat(), view.journal_head)
        for line in lines
    ]
    return await csv_response(f"elimination {view.id}.csv", [render(text) for text in header], rows)


async def about_records(tx: Tx, actor: Actor, node: NodeView, rights: dict[str, Any]) -> dict[str, Any]:
    """What the page of a file or folder says of its record, holds and history."""
    history: list[HistoryEntry] = []
    if sees := await may_see(tx, actor, node.space):
        _, history, _ = await list_history(tx, actor, node.id, limit=SHOWN)
    return {
        "record": await queries.find_record(tx, actor, node.id),
        "holds": await queries.list_holds(tx, actor, node.space, node_id=node.id) if rights["can_edit"] else [],
        "record_types": await queries.list_types(tx, active=True) if rights["can_edit"] else [],
        "sees_history": sees,
        "history": history,
        **WORDS,
    }


def said(entry: HistoryEntry) -> Message:
    """What happened, in words."""
    if entry.door:
        return DOORS[Door(entry.door)]
    return ACTIONS.get(entry.action, msg("Other change (%(action)s)", action=entry.action))


WORDS["said"] = said


async def _space_page(call: Call, errors: Errors, *, after: UUID | None = None) -> web.Response:
    space_id = call.id("space")
    async with call.db.read() as tx:
        space = await get_space(tx, call.actor, space_id, Can.READ)
        owned = Can.MANAGE in GRANTS[await require_editor(tx, call.actor, space_id)]
        due = await queries.list_due(tx, call.actor, space_id)
        records, more = await queries.list_records(tx, call.actor, space_id, after=after)
        held = await queries.list_holds(tx, call.actor, space_id)
        lists = (await queries.list_eliminations(tx, call.actor, space_id))[0] if owned else []
    data: dict[str, Any] = {
        "due": due,
        "records": records,
        "holds": held,
        "eliminations": lists,
        "following": call.following(more),
    }
    status = 422 if errors else 200
    return await show(
        call, "collab/files/records/space.html", status=status, space=space, can_manage=owned, errors=errors, **data,
        **WORDS,
    )  # fmt: skip


async def _elimination_page(call: Call, errors: Errors, *, after: int | None = None) -> web.Response:
    async with call.db.read() as tx:
        view, units = await queries.find_elimination(tx, call.actor, call.id("elimination"))
        lines, more = await queries.list_lines(tx, call.actor, view.id, after=after)
        archivist = await is_archivist(tx, call.actor)
    answers = archivist and view.state is EliminationState.PROPOSED
    own = view.proposed_by is not None and view.proposed_by.id == call.actor.person_id
    return await show(
        call, "collab/files/records/elimination.html", status=422 if errors else 200, view=view, units=units,
        lines=lines, following=call.following(more), answers=answers, own=own, archivist=archivist, errors=errors,
        **WORDS,
    )  # fmt: skip


def _back(call: Call, node: UUID | None) -> str:
    return f"/files/{call.id('space')}" + (f"/items/{node}" if node else "/records")
