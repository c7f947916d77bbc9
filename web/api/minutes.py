"""Minutes and documents of sittings over the API."""

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from collab.core.errors import NotFound, StaleRevision
from meetings.council.documents.models import MEDIA_TYPES, DocumentView, Format
from meetings.council.documents.queries import list_documents, read_document
from meetings.council.minutes import queries, service
from meetings.council.minutes.models import MinutesView, Part, SettleInput, TextInput, TextView, VersionView
from web.api.sittings import zone_of
from web.contents import disposition
from web.crossing import leave_seen_cards
from web.http import Answer, Call, Page, Routes

routes = Routes("council")

_PART = TypeAdapter(Part)


@routes.get("/council/sittings/{held}/minutes", result=MinutesView)
async def get_minutes(call: Call) -> Answer:
    """The minutes of a sitting that was held: what happened and what was written."""
    return await _view(call)


@routes.put("/council/sittings/{held}/minutes/texts/{part}", body=TextInput, result=TextView)
async def save_text(call: Call, body: TextInput) -> Answer:
    """Write a part: opening, closing, debates:<item> or deliberation:<item>. Needs If-Match, "0" for a new one; a
    version that comes too late is kept aside. Settled minutes need a reason."""
    saved = await save(call, part_of(call), body, call.if_match())
    return Answer(TextView(part=saved.part, text=saved.text, rev=saved.rev), rev=saved.rev)


@routes.get("/council/sittings/{held}/minutes/versions", result=Page[VersionView])
async def list_versions(call: Call) -> Page[VersionView]:
    """What was saved, the last first; for other readers than who writes, corrections of settled minutes."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_versions(tx, call.actor, call.id("held"), zone_of(call)))


@routes.post("/council/sittings/{held}/minutes/proposal", result=MinutesView, status=200)
async def propose(call: Call) -> Answer:
    """Let the members read them; they are told."""
    async with call.db.write() as tx:
        await service.propose_minutes(tx, call.actor, call.id("held"), zone_of(call))
    return await _view(call)


@routes.post("/council/sittings/{held}/minutes/settlement", body=SettleInput, result=MinutesView, status=200)
async def settle(call: Call, body: SettleInput) -> Answer:
    """A later sitting has settled them."""
    async with call.db.write() as tx:
        await service.settle_minutes(tx, call.actor, call.id("held"), body, zone_of(call))
    return await _view(call)


@routes.post("/council/sittings/{held}/minutes/publication", result=MinutesView, status=200)
async def publish(call: Call) -> Answer:
    """Let everybody read the settled minutes."""
    async with call.db.write() as tx:
        await service.publish_minutes(tx, call.actor, call.id("held"), zone_of(call))
    return await _view(call)


@routes.post("/council/sittings/{held}/deliberations/publication", result=MinutesView, status=200)
async def publish_list(call: Call) -> Answer:
    """Let everybody read the list of deliberations."""
    async with call.db.write() as tx:
        await service.publish_list(tx, call.actor, call.id("held"), zone_of(call))
    return await _view(call)


@routes.post("/council/sittings/{held}/acts/{act}/publication", result=MinutesView, status=200)
async def publish_act(call: Call) -> Answer:
    """Let everybody read a deliberation."""
    async with call.db.write() as tx:
        await service.publish_act(tx, call.actor, call.id("held"), call.id("act"), zone_of(call))
    return await _view(call)


@routes.get("/council/sittings/{held}/documents", result=Page[DocumentView])
async def documents(call: Call) -> Page[DocumentView]:
    """The documents of the sitting, the newest of each; the worker makes them."""
    async with call.db.read() as tx:
        return Page(items=await list_documents(tx, call.actor, call.id("held"), zone_of(call)))


@routes.get("/council/sittings/{held}/documents/{document}/{format}", gives="application/octet-stream")
async def document(call: Call) -> web.Response:
    """A document: `pdf` (PDF/A-2a, PDF/UA-1) or `odt`."""
    form = format_of(call)
    async with call.db.read() as tx:
        args = call.id("held"), call.id("document"), form, zone_of(call)
        view, content = await read_document(tx, call.actor, *args)
    return file_response(view, form, content)


def part_of(call: Call) -> str:
    """The part that the path names."""
    try:
        part: str = _PART.validate_python(call.text("part"))
    except ValidationError:
        raise NotFound() from None
    return part


def format_of(call: Call) -> Format:
    """The format that the path names."""
    try:
        return Format(call.text("format"))
    except ValueError:
        raise NotFound() from None


def file_response(view: DocumentView, form: Format, content: bytes, *, public: bool = False) -> web.Response:
    """A document as a download."""
    headers = {
        "Content-Disposition": disposition(f"{view.title}.{form.value}"),
        "Cache-Control": "public, max-age=300" if public else "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=content, content_type=MEDIA_TYPES[form], headers=headers)


async def save(call: Call, part: str, body: TextInput, rev: int) -> service.Saved:
    """Save a part; a version that came too late is kept before it is refused."""
    async with call.db.write() as tx:
        saved = await service.save_text(tx, call.actor, call.id("held"), part, body, rev, zone_of(call))
    if saved.clash:
        current = {"part": part, "text": saved.text, "rev": saved.rev}
        raise StaleRevision(current=current, yours={"part": part, "text": body.text, "rev": rev})
    return saved


async def _view(call: Call) -> Answer:
    async with call.db.read() as tx:
        view = await queries.view_minutes(tx, call.actor, call.id("held"), zone_of(call))
        await leave_seen_cards(tx, call.actor, view)
    return Answer(view, rev=view.rev)
