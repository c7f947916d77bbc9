"""Sittings, agendas and convocations over the API."""

from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from meetings.council.rules.entries import Verdict, worst
from meetings.council.sittings import convening, queries, service
from meetings.council.sittings.inputs import (
    ConveneInput,
    FindingView,
    ItemInput,
    SittingChange,
    SittingInput,
    SittingSummary,
    SittingView,
)
from meetings.council.sittings.law import Judgement
from web.http import Answer, Call, Page, Routes
from web.page import locale_of

routes = Routes("council")


class By(BaseModel):
    """The mandate of who convenes, where it is said."""

    model_config = ConfigDict(extra="forbid")
    by: UUID | None = None


class JudgementView(BaseModel):
    """What is to be said before a convocation leaves. Dates and counts are null where no text sets a delay."""

    verdict: Verdict
    clear_days: int | None
    latest_sending: str | None
    earliest_meeting: str | None
    findings: list[FindingView]


@routes.get("/council/assemblies/{assembly}/sittings", result=Page[SittingSummary])
async def list_sittings(call: Call) -> Page[SittingSummary]:
    """The sittings of an assembly, the last one first."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_sittings(tx, call.actor, call.id("assembly")))


@routes.post("/council/assemblies/{assembly}/sittings", body=SittingInput, result=SittingView)
async def create_sitting(call: Call, body: SittingInput) -> Answer:
    """A new sitting, as a draft."""
    async with call.db.write() as tx:
        sitting = await service.create_sitting(tx, call.actor, call.id("assembly"), body)
        await tx.flush()
        view = await queries.view_sitting(tx, call.actor, sitting.id)
    return Answer(view, status=201, rev=view.rev)


@routes.get("/council/sittings/{sitting}", result=SittingView)
async def get_sitting(call: Call) -> Answer:
    """A sitting with its agenda; who was convened, for those who run it."""
    return await _view(call, call.id("sitting"))


@routes.put("/council/sittings/{sitting}", body=SittingChange, result=SittingView)
async def update_sitting(call: Call, body: SittingChange) -> Answer:
    """Change a draft, whole; needs If-Match."""
    async with call.db.write() as tx:
        await service.update_sitting(tx, call.actor, call.id("sitting"), body, call.if_match())
    return await _view(call, call.id("sitting"))


@routes.post("/council/sittings/{sitting}/cancel", status=204)
async def cancel_sitting(call: Call) -> None:
    """It does not take place; who was convened is told."""
    async with call.db.write() as tx:
        await convening.cancel_sitting(tx, call.actor, call.id("sitting"))


@routes.post("/council/sittings/{sitting}/items", body=ItemInput, result=SittingView)
async def add_item(call: Call, body: ItemInput) -> Answer:
    """A new item of the agenda."""
    async with call.db.write() as tx:
        await service.add_item(tx, call.actor, call.id("sitting"), body)
    return await _view(call, call.id("sitting"), 201)


@routes.put("/council/items/{item}", body=ItemInput, result=SittingView)
async def update_item(call: Call, body: ItemInput) -> Answer:
    """Change an item, whole, its place too; needs If-Match. After the convocation only its draft and rapporteur."""
    async with call.db.write() as tx:
        item = await service.update_item(tx, call.actor, call.id("item"), body, call.if_match())
    return await _view(call, item.sitting_id)


@routes.delete("/council/items/{item}")
async def remove_item(call: Call) -> None:
    """Take an item, and those under it, off a draft's agenda."""
    async with call.db.write() as tx:
        await service.remove_item(tx, call.actor, call.id("item"))


@routes.put("/council/items/{item}/files/{file}", status=204)
async def attach_file(call: Call) -> None:
    """Let a shared file of the assembly's space go with an item."""
    async with call.db.write() as tx:
        await service.attach_file(tx, call.actor, call.id("item"), call.id("file"))


@routes.delete("/council/items/{item}/files/{file}")
async def detach_file(call: Call) -> None:
    """Take it off again."""
    async with call.db.write() as tx:
        await service.detach_file(tx, call.actor, call.id("item"), call.id("file"))


@routes.get("/council/sittings/{sitting}/convocation", query=By, result=JudgementView)
async def judge_convocation(call: Call, query: By) -> JudgementView:
    """Whether the convocation could leave today, and why not."""
    async with call.db.read() as tx:
        found = await convening.judge(tx, call.actor, call.id("sitting"), query.by, zone_of(call))
    return _judgement(call, found)


@routes.post("/council/sittings/{sitting}/convocation", body=ConveneInput, result=SittingView)
async def convene(call: Call, body: ConveneInput) -> Answer:
    """Send the convocation to every member in exercise."""
    async with call.db.write() as tx:
        await convening.convene(tx, call.actor, call.id("sitting"), body, call.deps.settings.place.time_zone)
    return await _view(call, call.id("sitting"), 201)


@routes.post("/council/sittings/{sitting}/acknowledgement", status=204)
async def acknowledge(call: Call) -> None:
    """Say that one has one's convocation."""
    async with call.db.write() as tx:
        await convening.acknowledge(tx, call.actor, call.id("sitting"))


def zone_of(call: Call) -> ZoneInfo:
    """The zone of the place, in which days are counted."""
    return ZoneInfo(call.deps.settings.place.time_zone)


async def _view(call: Call, sitting_id: UUID, status: int = 200) -> Answer:
    async with call.db.read() as tx:
        view = await queries.view_sitting(tx, call.actor, sitting_id)
    return Answer(view, status=status, rev=view.rev)


def _judgement(call: Call, found: Judgement) -> JudgementView:
    render = locale_of(call.request).render
    delay = found.delay
    return JudgementView(
        verdict=worst(found.findings),
        clear_days=delay.clear_days if delay else None,
        latest_sending=delay.latest_sending.isoformat() if delay and delay.latest_sending else None,
        earliest_meeting=delay.earliest_meeting.isoformat() if delay and delay.earliest_meeting else None,
        findings=[
            FindingView(verdict=one.verdict, message=render(one.message), article=one.article) for one in found.findings
        ],
    )
