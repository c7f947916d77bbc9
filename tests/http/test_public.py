"""What everybody sees of an assembly, by matrix: each state of a sitting, page open or not, each kind of document.

Whatever was written where the public has no business carries the word SECRET, and is looked for in every answer.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.database import Tx
from collab.core.ids import new_id
from meetings.council.documents.models import Document, Kind
from meetings.council.minutes.models import Act, TextInput
from meetings.council.minutes.service import begin_minutes, save_text
from meetings.council.publishing.service import close_page, open_page
from meetings.council.rules.delays import civil_day
from meetings.council.sittings import ballots, live
from meetings.council.sittings import service as sittings
from meetings.council.sittings.convening import convene
from meetings.council.sittings.inputs import (
    BallotOpening,
    CloseInput,
    ConveneInput,
    Entry,
    EventInput,
    ItemInput,
    VoteInput,
)
from meetings.council.sittings.models import Choice, Method, Sitting, SittingEvent, SittingState
from tests.http.council_things import ZONE, make_council
from tests.support.app import App

PARIS = ZoneInfo(ZONE)
EVERY = list(SittingState)


class Chamber:
    """A sitting with an open and a closed item, of an assembly with a public page."""

    def __init__(self, app: App, made: dict[str, str]) -> None:
        self.app, self.made = app, made
        self.sitting, self.assembly = UUID(made["sitting"]), UUID(made["assembly"])
        self.open_item, self.closed_item = UUID(made["item"]), UUID(made["closed"])

    @property
    def owner(self) -> Any:
        return self.app.actor("agent")

    async def get(self, path: str) -> tuple[int, str, Any]:
        async with aiohttp.ClientSession() as http, http.get(self.app.url + path) as answer:
            return answer.status, await answer.text(errors="replace"), answer.headers

    async def pages(self) -> list[tuple[int, str, Any]]:
        return [await self.get(f"/public/{path}") for path in self.paths]

    @property
    def paths(self) -> tuple[str, str]:
        return f"assemblies/{self.assembly}", f"sittings/{self.sitting}"

    async def enter(self, tx: Tx, kind: Entry, **more: Any) -> None:
        await live.enter(tx, self.owner, self.sitting, EventInput(kind=kind, **more), ZONE)
        await tx.flush()

    async def hold(self, tx: Tx, *, until_vote: bool = False) -> None:
        """Both items are dealt with; with `until_vote` the first one's ballot stays open."""
        for member in ("president", "member"):
            await self.enter(tx, Entry.PRESENT, member_id=UUID(self.made[member]))
        await self.enter(tx, Entry.CHAIR, member_id=UUID(self.made["president"]), comment="SECRET comment")
        await self.enter(tx, Entry.OPENED, despite=True)
        for item in (self.open_item, self.closed_item):
            await self.enter(tx, Entry.ITEM_OPENED, item_id=item)
            opening = BallotOpening(method=Method.ROLL_CALL)
            ballot = (await ballots.open_ballot(tx, self.owner, self.sitting, opening, ZONE)).id
            for member in ("president", "member"):
                vote = VoteInput(choice=Choice.AGAINST, member_id=UUID(self.made[member]))
                await ballots.cast_vote(tx, self.owner, ballot, vote, ZONE)
            if until_vote:
                return
            await ballots.close_ballot(tx, self.owner, ballot, CloseInput(), ZONE)
            await self.enter(tx, Entry.ITEM_CLOSED, item_id=item)
        await self.enter(tx, Entry.CLOSED)
        held = await tx.get(Sitting, self.sitting)
        assert held is not None
        await begin_minutes(tx, self.sitting, civil_day(held.starts_at, PARIS))
        for part in ("opening", f"debates:{self.open_item}", f"debates:{self.closed_item}"):
            await save_text(tx, self.owner, self.sitting, part, TextInput(text="SECRET draft"), 0, PARIS)


@pytest.fixture
async def chamber(app: App) -> Chamber:
    """As a draft."""
    async with app.db.write() as tx:
        people = app.actor("agent"), app.space, app.people["stranger"]
        made = await make_council(tx, *people, "/edit", {"sitting", "item"})
        closed = ItemInput(title="SECRET title", note="SECRET note", draft="SECRET text", public=False)
        made["closed"] = str((await sittings.add_item(tx, people[0], UUID(made["sitting"]), closed)).id)
        await open_page(tx, people[0], UUID(made["assembly"]))
    return Chamber(app, made)


async def convened(chamber: Chamber) -> Chamber:
    async with chamber.app.db.write() as tx:
        data = ConveneInput(by=UUID(chamber.made["president"]))
        await convene(tx, chamber.owner, chamber.sitting, data, ZONE)
    return chamber


async def test_a_draft_and_an_assembly_without_a_page_are_not_there(chamber: Chamber) -> None:
    (listed, text, _), (status, _, _) = await chamber.pages()
    assert (listed, status) == (200, 404)
    assert chamber.made["sitting"] not in text
    await convened(chamber)
    assert [one[0] for one in await chamber.pages()] == [200, 200]
    async with chamber.app.db.write() as tx:
        await close_page(tx, chamber.owner, chamber.assembly)
    assert [one[0] for one in await chamber.pages()] == [404, 404]


@pytest.mark.parametrize("state", EVERY)
async def test_no_state_tells_what_is_not_public(chamber: Chamber, state: SittingState) -> None:
    await convened(chamber)
    async with chamber.app.db.write() as tx:
        if state is SittingState.CLOSED:
            await chamber.hold(tx)
        await tx.execute(update(Sitting).where(col(Sitting.id) == chamber.sitting).values(state=state.value))
    for status, text, headers in await chamber.pages():
        assert status in (200, 404)
        assert "SECRET" not in text
        assert "Note." not in text
        assert "Set-Cookie" not in headers
    _, (status, text, _) = await chamber.pages()
    assert status == (404 if state is SittingState.DRAFT else 200)
    if state not in (SittingState.DRAFT, SittingState.CANCELLED):
        assert "Budget" in text
        assert "huis clos" in text


async def test_a_ballot_is_told_with_its_result_and_not_while_it_is_open(chamber: Chamber) -> None:
    await convened(chamber)
    async with chamber.app.db.write() as tx:
        await chamber.hold(tx, until_vote=True)
    _, (_, text, _) = await chamber.pages()
    assert "contre" not in text.lower()
    async with chamber.app.db.write() as tx:
        ballot = (await tx.all(select(col(SittingEvent.data)).order_by(col(SittingEvent.seq))))[-1]["ballot"]
        await ballots.close_ballot(tx, chamber.owner, UUID(ballot), CloseInput(), ZONE)
    _, (_, text, _) = await chamber.pages()
    assert "0 pour, 2 contre" in text.replace("\u00a0", " ")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("is_published", [True, False])
async def test_only_what_was_published_is_given_and_only_of_its_sitting(
    chamber: Chamber, kind: Kind, is_published: bool
) -> None:
    await convened(chamber)
    async with chamber.app.db.write() as tx:
        await chamber.hold(tx)
        act = await tx.one(select(Act).where(col(Act.item_id) == chamber.open_item))
        document = Document(
            id=new_id(),
            sitting_id=chamber.sitting,
            item_id=act.item_id if kind in (Kind.EXTRACT, Kind.DELIBERATION) else None,
            kind=kind.value,
            digest="0" * 64,
            title="Acte",
            pdf=b"%PDF public",
            odt=b"PK",
            pdf_size=11,
            odt_size=2,
            sha256="0" * 64,
            made_at=tx.now,
            published_at=tx.now if is_published else None,
        )
        tx.add(document)
    online = is_published and kind in (Kind.PUBLIC_MINUTES, Kind.LIST, Kind.EXTRACT)
    path = f"/documents/{document.id}/pdf"
    status, text, headers = await chamber.get(f"/public/sittings/{chamber.sitting}{path}")
    assert status == (200 if online else 404)
    assert ("%PDF public" in text) is online
    assert "Set-Cookie" not in headers
    assert (await chamber.get(f"/public/sittings/{UUID(int=1)}{path}"))[0] == 404
    _, (_, page, _) = await chamber.pages()
    assert (str(document.id) in page) is online
