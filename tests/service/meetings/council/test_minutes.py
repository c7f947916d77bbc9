"""Minutes: they begin when the sitting closes, are written, proposed, settled, published; both versions are kept."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.jobs import Job
from collab.core.journal import JournalEntry
from collab.notifications.models import Kind as Notice
from collab.notifications.models import Notification
from meetings.council.documents.making import Paper, Printed, Wanted, make_documents
from meetings.council.documents.models import Document, Format, Kind
from meetings.council.documents.owing import MAKE
from meetings.council.documents.queries import list_documents, read_document
from meetings.council.minutes import queries, service
from meetings.council.minutes.models import MinutesView, SettleInput, State, TextInput, VersionKind
from meetings.council.minutes.record import Status
from meetings.council.minutes.reminders import remind_clerks
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import ballots, live
from meetings.council.sittings.inputs import BallotOpening, CloseInput, Entry, EventInput, VoteInput
from meetings.council.sittings.models import Choice, Method
from tests.service.meetings.council.conftest import ZONE, Council, Make
from tests.support.clock import HandClock
from web.wiring import wire_services

PARIS = ZoneInfo(ZONE)


class Held:
    """A sitting of two members that was held: the owner presides, the stranger is the secretary."""

    def __init__(self, council: Council, sitting: UUID) -> None:
        self.council, self.world, self.id = council, council.world, sitting

    async def enter(self, kind: Entry, **more: Any) -> None:
        await self.world.do(live.enter, self.id, EventInput(kind=kind, **more), ZONE)

    async def hold(self) -> None:
        for member in (self.council.president, self.council.member):
            await self.enter(Entry.PRESENT, member_id=member)
        await self.enter(Entry.CHAIR, member_id=self.council.president)
        await self.enter(Entry.SECRETARY, member_id=self.council.member)
        await self.enter(Entry.OPENED, despite=True)
        seen = await self.world.see(live_view, self.id, PARIS)
        for item in seen.items:
            await self.enter(Entry.ITEM_OPENED, item_id=item.id)
            if item.kind is ItemKind.DELIBERATION:
                opening = BallotOpening(method=Method.ROLL_CALL, public_requests=1)
                ballot = (await self.world.do(ballots.open_ballot, self.id, opening, ZONE)).id
                for member in (self.council.president, self.council.member):
                    vote = VoteInput(choice=Choice.FOR, member_id=member)
                    await self.world.do(ballots.cast_vote, ballot, vote, ZONE)
                await self.world.do(ballots.close_ballot, ballot, CloseInput(), ZONE)
            await self.enter(Entry.ITEM_CLOSED, item_id=item.id)
        await self.enter(Entry.CLOSED)

    async def look(self, actor: Any = None) -> MinutesView:
        seen: MinutesView = await self.world.see(queries.view_minutes, self.id, PARIS, actor=actor)
        return seen

    async def write(self, part: str, text: str, rev: int = 0, actor: Any = None, **more: Any) -> service.Saved:
        data = TextInput(text=text, **more)
        saved: service.Saved = await self.world.do(
            service.save_text, self.id, part, data, rev, PARIS, **({"actor": actor} if actor else {})
        )
        return saved

    async def complete(self) -> None:
        view = await self.look()
        for one in view.account.items:
            await self.write(f"debates:{one.id}", "Le conseil débat.")
        for act in view.acts:
            part = f"deliberation:{act.item_id}"
            await self.write(part, "Le conseil approuve.", view.texts[part].rev)

    async def next_sitting(self) -> UUID:
        later = await self.council.sitting(days=30)
        await self.council.convene(later)
        after = Held(self.council, later)
        await after.enter(Entry.PRESENT, member_id=self.council.president)
        await after.enter(Entry.PRESENT, member_id=self.council.member)
        await after.enter(Entry.CHAIR, member_id=self.council.president)
        await after.enter(Entry.OPENED, despite=True)
        return later

    async def settle(self) -> None:
        await self.complete()
        data = SettleInput(sitting_id=await self.next_sitting(), remarks="Sans observation.")
        await self.world.do(service.settle_minutes, self.id, data, PARIS)


async def live_view(tx: Any, actor: Any, sitting: UUID, zone: Any) -> Any:
    from meetings.council.sittings.watching import view_live

    return await view_live(tx, actor, sitting, zone)


@pytest.fixture
async def held(make: Make) -> Held:
    council = await make()
    wire_services(council.world.db.bus)
    sitting = await council.sitting()
    await council.item(sitting, "Questions", kind=ItemKind.ORAL_QUESTION)
    await council.convene(sitting)
    one = Held(council, sitting)
    await one.hold()
    return one


async def refused(attempt: Awaitable[object]) -> str:
    with pytest.raises((Conflict, Invalid)) as error:
        await attempt
    return str(error.value.code)


async def test_minutes_begin_with_the_end_and_number_what_was_voted_on(held: Held) -> None:
    view = await held.look()
    assert view.state is State.DRAFT
    assert [one.label for one in view.acts] == [f"{view.account.starts_at.astimezone(PARIS).year}-001"]
    assert [one.status for one in view.account.members] == [Status.PRESENT, Status.PRESENT]
    (ballot,) = view.account.items[0].ballots
    assert ballot.public_requests == 1
    assert len(ballot.names["for"]) == 2
    assert view.account.secretary == view.account.members[1].name
    async with held.world.db.read() as tx:
        assert await tx.one(select(col(Job.id)).where(col(Job.kind) == MAKE).limit(1)) is not None


async def test_only_who_runs_it_and_the_secretary_write_and_others_wait_for_the_proposal(held: Held) -> None:
    world = held.world
    await held.write("opening", "Bonsoir.", actor=world.stranger)
    with pytest.raises(NotFound):
        await held.look(world.reader)
    await world.do(service.propose_minutes, held.id, PARIS)
    assert (await held.look(world.reader)).text("opening") == "Bonsoir."
    with pytest.raises(Denied):
        await held.write("opening", "Moi aussi.", 1, actor=world.reader)
    with pytest.raises(Denied):
        await world.do(service.publish_list, held.id, PARIS, actor=world.stranger)


async def test_a_late_version_is_kept_aside_and_saving_again_keeps_one_version(held: Held) -> None:
    first = await held.write("opening", "Un")
    await held.write("opening", "Un, deux", first.rev)
    late = await held.write("opening", "Trois", first.rev)
    assert (late.clash, late.text, late.rev) == (True, "Un, deux", 2)
    versions = await held.world.see(queries.list_versions, held.id, PARIS)
    assert [(one.text, one.kind) for one in versions] == [
        ("Trois", VersionKind.ASIDE),
        ("Un, deux", VersionKind.SAVED),
    ]
    clock = HandClock()
    clock.time = held.world.db.clock.now() + timedelta(hours=1)
    held.world.db.clock = clock
    await held.write("opening", "Un, deux, trois", 2)
    assert len(await held.world.see(queries.list_versions, held.id, PARIS)) == 3


async def test_parts_of_other_sittings_are_refused(held: Held) -> None:
    other = await held.council.sitting(days=60)
    item = (await held.world.see(live_items, other))[0]
    assert await refused(held.write(f"debates:{item}", "x")) == "invalid"


async def live_items(tx: Any, _actor: Any, sitting: UUID) -> list[UUID]:
    from meetings.council.sittings.queries import list_items

    return [one.id for one in await list_items(tx, sitting)]


async def test_minutes_are_settled_whole_at_a_later_sitting_and_published_after_that(held: Held) -> None:
    world = held.world
    nowhere = SettleInput(sitting_id=held.id)
    assert await refused(world.do(service.settle_minutes, held.id, nowhere, PARIS)) == "council.settled_nowhere"
    later = await held.next_sitting()
    data = SettleInput(sitting_id=later)
    assert await refused(world.do(service.settle_minutes, held.id, data, PARIS)) == "council.minutes_lack"
    await held.complete()
    assert await refused(world.do(service.publish_minutes, held.id, PARIS)) == "council.minutes_unpublished"
    await world.do(service.settle_minutes, held.id, data, PARIS)
    view = await held.look()
    assert (view.state, view.publish_by) == (State.SETTLED, view.settled_at.date() + timedelta(days=7))  # type: ignore[union-attr]
    await world.do(service.publish_minutes, held.id, PARIS)
    assert (await held.look()).state is State.PUBLISHED


async def test_settled_minutes_keep_what_happened_and_are_corrected_with_a_reason(held: Held) -> None:
    await held.settle()
    before = await held.look()
    part = f"debates:{before.account.items[0].id}"
    rev = before.texts[part].rev
    assert await refused(held.write(part, "Autre", rev)) == "council.minutes_settled"
    await held.write(part, "Autre", rev, reason="Erreur de plume")
    seen = await held.world.see(queries.list_versions, held.id, PARIS, actor=held.world.reader)
    assert [(one.text, one.reason) for one in seen] == [("Autre", "Erreur de plume")]
    await held.enter(Entry.CORRECTED, corrects=2)
    assert (await held.look()).account == before.account


class Plain:
    """A press that sets nothing: what the paper says, twice."""

    def __init__(self) -> None:
        self.printed = 0

    async def compose(self, view: MinutesView, wanted: Any) -> list[Paper]:
        return [Paper(one.kind.value, self._say(view, one)) for one in wanted]

    def _say(self, view: MinutesView, one: Wanted) -> bytes:
        text = view.text(f"deliberation:{one.item_id}") if one.item_id else view.state.value
        return f"{one.kind}:{text}".encode()

    async def print(self, papers: Any) -> list[Printed]:
        self.printed += len(papers)
        return [Printed(one.content, one.content) for one in papers]


async def test_documents_are_made_once_anew_when_they_say_something_else_and_kept_when_published(held: Held) -> None:
    world, press = held.world, Plain()
    assert await make_documents(world.db, press, held.id, PARIS) == 6
    assert await make_documents(world.db, press, held.id, PARIS) == 0
    view = await held.look()
    (act,) = view.acts
    part = f"deliberation:{act.item_id}"
    await held.write(part, "Approuve.", view.texts[part].rev)
    await world.do(service.publish_act, held.id, act.id, PARIS)
    assert await make_documents(world.db, press, held.id, PARIS) == 2
    documents = await world.see(list_documents, held.id, PARIS)
    out = [one for one in documents if one.published_at]
    assert [one.kind for one in out] == [Kind.EXTRACT]
    await held.write(part, "Désapprouve.", view.texts[part].rev + 1, reason="Erreur")
    await make_documents(world.db, press, held.id, PARIS)
    async with world.db.read() as tx:
        rows = await tx.all(select(Document).where(col(Document.kind) == Kind.EXTRACT))
        told = await tx.all(select(JournalEntry).where(col(JournalEntry.action) == "council.put_online"))
    assert [bytes(one.pdf) for one in sorted(rows, key=lambda one: one.made_at)] == [
        b"extract:Approuve.",
        "extract:Désapprouve.".encode(),
    ]
    assert all(one.published_at for one in rows)
    assert len(told) == 2
    _, content = await world.see(read_document, held.id, rows[0].id, Format.ODT, PARIS)
    assert content == bytes(rows[0].odt)


async def test_what_was_dealt_with_in_closed_session_is_not_published(make: Make) -> None:
    council = await make()
    wire_services(council.world.db.bus)
    sitting = await council.sitting()
    await council.item(sitting, "Remise gracieuse", public=False, note="Note.")
    await council.convene(sitting)
    held = Held(council, sitting)
    await held.hold()
    act = (await held.look()).acts[1]
    assert await refused(council.world.do(service.publish_act, sitting, act.id, PARIS)) == "council.not_public"


async def test_clerks_are_reminded_once_of_each_thing_that_is_due(held: Held) -> None:
    clock = HandClock()
    clock.time = held.world.db.clock.now() + timedelta(days=20)
    held.world.db.clock = clock
    for _ in range(2):
        async with held.world.db.write() as tx:
            assert await remind_clerks(tx, PARIS) == 1
    async with held.world.db.read() as tx:
        told = await tx.all(select(Notification).where(col(Notification.kind) == Notice.COUNCIL))
    assert [(one.person_id, one.url) for one in told] == [
        (held.world.owner.person_id, f"/council/sittings/{held.id}/minutes")
    ]


async def test_what_is_put_off_is_no_deliberation(make: Make) -> None:
    council = await make()
    wire_services(council.world.db.bus)
    sitting = await council.sitting()
    await council.convene(sitting)
    held = Held(council, sitting)
    for member in (council.president, council.member):
        await held.enter(Entry.PRESENT, member_id=member)
    await held.enter(Entry.CHAIR, member_id=council.president)
    await held.enter(Entry.OPENED, despite=True)
    item = (await council.world.see(live_view, sitting, PARIS)).items[0].id
    await held.enter(Entry.ITEM_OPENED, item_id=item, despite=True)
    await held.enter(Entry.POSTPONED, item_id=item)
    await held.enter(Entry.CLOSED)
    assert (await held.look()).acts == []
