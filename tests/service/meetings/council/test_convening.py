"""Sittings prepared and convened: what the law forbids is refused with its article, what leaves is proved."""

from collections.abc import Awaitable

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.jobs import Job, JobState
from collab.core.journal import JournalDetails, JournalEntry, verify
from collab.notifications.mail import JOB
from meetings.council.assemblies.models import Channel, Office
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import convening, queries, service
from meetings.council.sittings.inputs import ItemInput, SittingChange, SittingInput
from tests.service.meetings.council.conftest import Make, refusal


async def test_a_convocation_that_leaves_too_late_is_refused_with_the_article(make: Make) -> None:
    council = await make()
    assert "L2121-12" in await refusal(council.convene(await council.sitting(days=5)))
    await council.convene(await council.sitting(days=6))
    small = await make(population=2000)
    assert "L2121-11" in await refusal(small.convene(await small.sitting(days=3)))
    await small.convene(await small.sitting(days=4))
    assert "council.unlawful" in await refusal(council.convene(await council.sitting(days=1, urgent=True)))
    await council.convene(await council.sitting(days=2, urgent=True))


async def test_what_is_not_certain_is_for_the_chair_to_decide(make: Make) -> None:
    council = await make(Kind.DEPARTEMENT, 0)
    sitting = await council.sitting(days=12)
    assert "council.chair_decides" in await refusal(council.convene(sitting))
    await council.convene(sitting, despite=True)
    free = await make(Kind.FREE, 0)
    assert "council.chair_decides" in await refusal(free.convene(await free.sitting(days=1)))
    assert "council.unlawful" in await refusal(free.convene(await free.sitting(days=0), despite=True))


async def test_only_the_president_or_a_deputy_convenes(make: Make) -> None:
    council = await make()
    sitting = await council.sitting()
    assert "L2122-17" in await refusal(council.convene(sitting, by=council.member))
    deputies = await make(office=Office.DEPUTY)
    await deputies.convene(await deputies.sitting(), by=deputies.member)


async def test_each_item_needs_its_note_from_3500_inhabitants_on(make: Make) -> None:
    council = await make()
    assert "L2121-12" in await refusal(council.convene(await council.sitting(note="")))
    small = await make(population=2000)
    await small.convene(await small.sitting(note=""))
    talk = await council.sitting()
    await council.item(talk, kind=ItemKind.MISCELLANEOUS)
    await council.convene(talk)


async def test_an_empty_agenda_convenes_nobody(make: Make) -> None:
    council = await make()
    sitting = await council.sitting()
    view = await council.world.see(queries.view_sitting, sitting)
    await council.world.do(service.remove_item, view.items[0].id)
    assert "council.unlawful" in await refusal(council.convene(sitting))


async def test_each_member_is_owed_a_mail_and_its_proof_is_in_the_journal(make: Make) -> None:
    council = await make()
    sitting = await council.sitting()
    await council.convene(sitting)
    view = await council.world.see(queries.view_sitting, sitting)
    assert [(one.name, one.mail) for one in view.convened] == [("Elodie", "waiting"), ("Denis", "waiting")]
    async with council.world.db.read() as tx:
        jobs = await tx.all(select(Job).where(col(Job.kind) == JOB, col(Job.key).contains(str(sitting))))
        rows = await tx.rows(
            select(JournalEntry, JournalDetails)
            .join(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
            .where(col(JournalEntry.action) == "council.dispatch")
        )
        report = await verify(tx)
    assert {job.payload["to"] for job in jobs} == {str(one.person_id) for one in view.convened}
    assert {job.payload["data"]["items"][0]["note"] for job in jobs} == {"Note."}
    assert {details.details["digest"] for _, details in rows} == {one.digest for one in view.convened}
    assert len({one.digest for one in view.convened}) == 2
    assert report.faults == []
    assert "council.convened_before" in await refusal(council.convene(sitting))


async def test_a_mail_that_is_refused_is_seen_by_the_clerk(make: Make) -> None:
    council = await make()
    sitting = await council.sitting()
    await council.convene(sitting)
    async with council.world.db.write() as tx:
        key = f"mail:{convening.mail_key(sitting, council.member)}"
        job = await tx.one(select(Job).where(col(Job.key) == key))
        job.state = JobState.FAILED.value
    view = await council.world.see(queries.view_sitting, sitting)
    assert [one.mail for one in view.convened] == ["waiting", "failed"]


async def test_on_paper_once_it_is_said_that_it_has_left(make: Make) -> None:
    council = await make(channel=Channel.PAPER)
    sitting = await council.sitting()
    assert "council.paper_not_sent" in await refusal(council.convene(sitting))
    await council.convene(sitting, paper_sent=True)
    view = await council.world.see(queries.view_sitting, sitting)
    assert [one.mail for one in view.convened] == ["waiting", None]


async def test_a_member_acknowledges_once_for_themselves(make: Make) -> None:
    council = await make()
    world = council.world
    sitting = await council.sitting()
    with pytest.raises(NotFound):
        await world.see(queries.view_sitting, sitting, actor=world.stranger)
    await council.convene(sitting)
    await world.do(convening.acknowledge, sitting, actor=world.stranger)
    seen = await world.see(queries.view_sitting, sitting, actor=world.stranger)
    await world.do(convening.acknowledge, sitting, actor=world.stranger)
    again = await world.see(queries.view_sitting, sitting, actor=world.stranger)
    assert seen.own.acknowledged_at == again.own.acknowledged_at is not None
    assert (seen.convened, seen.can_run) == ([], False)
    with pytest.raises(Denied):
        await world.do(convening.acknowledge, sitting, actor=world.reader)


async def test_what_left_with_the_convocation_stays(make: Make) -> None:
    council = await make()
    world = council.world
    sitting = await council.sitting()
    await council.convene(sitting)
    item = (await world.see(queries.view_sitting, sitting)).items[0]
    kept = {"title": item.title, "note": item.note}
    with pytest.raises(Conflict):
        await world.do(service.update_item, item.id, ItemInput(**{**kept, "title": "Autre"}), item.rev)
    for attempt in (
        world.do(service.remove_item, item.id),
        world.do(service.add_item, sitting, ItemInput(title="Autre")),
        world.do(
            service.update_sitting, sitting, SittingChange(title="B", starts_at=world.db.clock.now(), place="C"), 2
        ),
    ):
        assert "council.convened" in await refusal(attempt)
    await world.do(service.update_item, item.id, ItemInput(**kept, draft="Le conseil décide."), item.rev)


async def test_the_agenda_is_a_tree_ordered_by_hand(make: Make) -> None:
    council = await make()
    world = council.world
    sitting = await council.sitting()
    under = (await world.see(queries.view_sitting, sitting)).items[0].id
    last = await council.item(sitting, "Tarifs")
    child = await council.item(sitting, "Cantine", parent_id=under)
    await council.item(sitting, "Piscine", parent_id=under, position=1)

    async def shown() -> list[str]:
        view = await world.see(queries.view_sitting, sitting)
        return [f"{one.number} {one.title}" for one in view.items]

    assert await shown() == ["1 Budget", "1.1 Piscine", "1.2 Cantine", "2 Tarifs"]
    await world.do(service.update_item, last, ItemInput(title="Tarifs", position=1), 1)
    assert await shown() == ["1 Tarifs", "2 Budget", "2.1 Piscine", "2.2 Cantine"]
    for wrong in (child, under):
        with pytest.raises(Invalid):
            await world.do(service.update_item, under, ItemInput(title="Budget", parent_id=wrong), 1)
    with pytest.raises(Invalid):
        await council.item(sitting, "Trop bas", parent_id=child)
    await world.do(service.update_item, child, ItemInput(title="Cantine", position=1), 1)
    assert await shown() == ["1 Cantine", "2 Tarifs", "3 Budget", "3.1 Piscine"]
    await world.do(service.remove_item, under)
    assert await shown() == ["1 Cantine", "2 Tarifs"]
    with pytest.raises(StaleRevision):
        await world.do(service.update_item, child, ItemInput(title="Cantine"), 1)


async def test_a_municipal_council_is_not_convened_by_videoconference(make: Make) -> None:
    council = await make()
    with pytest.raises(Invalid) as refused:
        await council.sitting(remote=True)
    assert "remote" in refused.value.errors
    epci = await make(Kind.EPCI)
    sitting = await epci.sitting(remote=True)
    await epci.item(sitting, "Élection", kind=ItemKind.PRESIDENT_ELECTION, note="Note.")
    assert "L5211-11-1" in await refusal(epci.convene(sitting))


async def test_each_half_year_needs_a_sitting_in_one_place(make: Make) -> None:
    epci = await make(Kind.EPCI)
    draft, remote = await epci.sitting(), await epci.sitting(remote=True)
    assert "half-year needs a sitting in one place" in await refusal(epci.convene(remote))
    await epci.convene(draft)
    await epci.convene(remote)


async def test_who_was_convened_is_told_that_it_is_cancelled(make: Make) -> None:
    council = await make()
    world = council.world
    draft, sitting = await council.sitting(), await council.sitting()
    await council.convene(sitting)
    for one in (draft, sitting):
        for _ in range(2):
            await world.do(convening.cancel_sitting, one)
    async with world.db.read() as tx:
        jobs = await tx.all(select(Job).where(col(Job.key).contains(f"council.cancelled:{sitting}")))
    assert len(jobs) == 2


async def test_members_and_strangers_prepare_nothing(make: Make) -> None:
    council = await make()
    world = council.world
    sitting = await council.sitting()
    await council.convene(sitting)

    def attempts(actor: Actor) -> list[Awaitable[object]]:
        data = SittingInput(title="A", starts_at=world.db.clock.now(), place="B")
        return [
            world.do(service.create_sitting, council.assembly, data, actor=actor),
            world.do(service.add_item, sitting, ItemInput(title="Autre"), actor=actor),
            world.do(convening.cancel_sitting, sitting, actor=actor),
        ]

    for actor in (world.stranger, world.editor):
        for attempt in attempts(actor):
            with pytest.raises(Denied):
                await attempt
