"""Secret ballots: counted once or not at all, refused with the article, nothing left that joins voter and choice."""

import asyncio
import base64
import json
import os
import re
import time
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from collab.core.database import Database
from collab.core.errors import Conflict, Denied, Invalid, Unavailable
from collab.core.journal import JournalDetails, JournalEntry
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.secret import service as secret
from meetings.council.secret.box import BallotBox
from meetings.council.secret.inputs import SecretVoteInput
from meetings.council.secret.models import Participation, SealedVote
from meetings.council.secret.sealing import seal_inner
from meetings.council.secret.traces import destroy_traces
from meetings.council.sittings import ballots
from meetings.council.sittings.inputs import Entry
from meetings.council.sittings.models import Ballot, Method
from tests.service.meetings.conftest import World, populate
from tests.service.meetings.council.chamber import Chamber, seated
from tests.service.meetings.council.conftest import ZONE, Make, make_council, refusal
from tests.support.database import sqlite_url
from web.backup import back_up
from web.migrations.tables import metadata
from web.wiring import wire_ballots

FOR, AGAINST, BLANK = "00", "01", "99"


@pytest.fixture
def keys(world: World, tmp_path: Path) -> Path:
    """Where the keys lie; what is left of a ballot is destroyed as the server does."""
    folder = tmp_path / "keys-of-ballots"
    world.db.policies[BallotBox] = BallotBox(folder)
    wire_ballots(world.db)
    return folder


@pytest.fixture
async def chamber(make: Make, keys: Path) -> Chamber:
    chamber = await seated(await make(), kind=ItemKind.APPOINTMENT)
    await appoint(chamber)
    return chamber


async def appoint(chamber: Chamber) -> None:
    """All five are there, and the item under discussion wants a secret ballot."""
    first = await chamber.open(0, 1, 2, 3, 4)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[1])


async def test_a_secret_ballot_is_counted_and_only_totals_stay(chamber: Chamber, keys: Path) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    for member, option in enumerate((FOR, FOR, AGAINST, BLANK)):
        await chamber.vote_secretly(ballot, member, option)
    seen = await chamber.look(1)
    assert seen.ballot is not None
    assert (seen.ballot.received, seen.ballot.expected) == (4, 5)
    assert (seen.ballot.names, seen.mine[0].choice) == ({}, None)
    result = await chamber.close(ballot)
    figures = {name: result[name] for name in ("votes_for", "votes_against", "blank", "null", "cast", "result")}
    assert figures == {"votes_for": 2, "votes_against": 1, "blank": 1, "null": 0, "cast": 3, "result": "adopted"}
    closed = (await chamber.look(1)).items[1].ballots[0]
    assert (closed.names, len(closed.took_part), closed.expected, closed.sealing_key) == ({}, 4, 5, "")
    async with chamber.council.world.db.read() as tx:
        assert await tx.all(select(SealedVote)) == []
    assert [path.name for path in keys.iterdir()] == ["CACHEDIR.TAG"]


async def test_the_first_vote_counts_and_its_receipt_comes_again(chamber: Chamber) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    first = await chamber.vote_secretly(ballot, 1, FOR)
    again = await chamber.vote_secretly(ballot, 1, AGAINST)
    assert (first.again, again.again, again.receipt) == (False, True, first.receipt)
    assert (await chamber.look(1)).mine[0].receipt == first.receipt
    assert (await chamber.look(2)).mine[0].receipt == ""
    for member in (0, 2):
        await chamber.vote_secretly(ballot, member, FOR)
    assert (await chamber.close(ballot))["votes_for"] == 3
    assert (await chamber.vote_secretly(ballot, 1, AGAINST)).receipt == first.receipt


async def test_votes_of_one_member_that_come_at_once_are_one(chamber: Chamber) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    sent = [chamber.vote_secretly(ballot, member, FOR) for member in (0, 1, 2) for _ in range(4)]
    receipts = {(one.member_id, one.receipt) for one in await asyncio.gather(*sent)}
    assert len(receipts) == 3
    assert (await chamber.close(ballot))["votes_for"] == 3


async def test_late_absent_and_withdrawn_voters_are_refused_with_the_article(chamber: Chamber) -> None:
    item = (await chamber.items())[1]
    await chamber.enter(Entry.WITHDREW, 3, item_id=item)
    await chamber.enter(Entry.LEFT, 4)
    ballot = await chamber.ballot(Method.SECRET)
    assert "L2131-11" in await refusal(chamber.vote_secretly(ballot, 3, FOR))
    assert "L2121-20" in await refusal(chamber.vote_secretly(ballot, 4, FOR))
    assert "L2121-20" in await refusal(chamber.vote_secretly(ballot, 1, FOR, of=2))
    assert "council.is_secret" in await refusal(chamber.vote(ballot, 1, "for"))
    with pytest.raises(Denied):
        data = SecretVoteInput(option=FOR)
        await chamber.council.world.do(secret.cast_secret_vote, ballot, data, ZONE, actor=chamber.council.world.reader)
    for member in (0, 1, 2):
        await chamber.vote_secretly(ballot, member, FOR)
    await chamber.close(ballot)
    await chamber.enter(Entry.PRESENT, 4)
    with pytest.raises(Conflict) as late:
        await chamber.vote_secretly(ballot, 4, FOR)
    assert (late.value.code, late.value.extra["article"]) == ("council.ballot_closed", "CGCT L2121-20")


async def test_a_proxy_votes_once_and_not_again_when_its_giver_comes(chamber: Chamber) -> None:
    await chamber.enter(Entry.LEFT, 4)
    await chamber.enter(Entry.PROXY_GIVEN, 4, other=1)
    ballot = await chamber.ballot(Method.SECRET)
    assert [one.name for one in (await chamber.look(1)).mine] == ["Denis", "Hugues"]
    await chamber.vote_secretly(ballot, 1, FOR, of=4)
    await chamber.enter(Entry.PRESENT, 4)
    assert "council.voted" in await refusal(chamber.vote_secretly(ballot, 4, AGAINST))


async def test_it_is_held_only_where_it_keeps_its_secret(make: Make, keys: Path) -> None:
    chamber = await seated(await make(), kind=ItemKind.APPOINTMENT)
    first = await chamber.open(0, 1, 2)
    assert "L2121-21" in await refusal(chamber.ballot(Method.SECRET)), "nobody asked for it"
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    appointment = (await chamber.items())[1]
    await chamber.enter(Entry.ITEM_OPENED, item_id=appointment)
    await chamber.enter(Entry.WITHDREW, 2, item_id=appointment)
    assert "Fewer than" in await refusal(chamber.ballot(Method.SECRET))
    await chamber.enter(Entry.RETURNED, 2, item_id=appointment)
    ballot = await chamber.ballot(Method.SECRET)
    for member in (0, 1):
        await chamber.vote_secretly(ballot, member, FOR)
    assert "too_few_votes" in await refusal(chamber.close(ballot))
    await chamber.council.world.do(ballots.withdraw_ballot, ballot, ZONE)
    assert {path.suffix for path in keys.iterdir()} == {".TAG"}


async def test_without_a_place_for_keys_none_is_held(make: Make) -> None:
    chamber = await seated(await make(), kind=ItemKind.APPOINTMENT)
    await appoint(chamber)
    with pytest.raises(Unavailable):
        await chamber.ballot(Method.SECRET)


async def test_what_is_no_vote_of_the_ballot_is_refused_or_counted_as_null(chamber: Chamber) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    world = chamber.council.world
    seen = await chamber.look(0)
    assert seen.ballot is not None
    public = base64.b64decode(seen.ballot.sealing_key)
    for data in (
        SecretVoteInput(option="07"),
        SecretVoteInput(),
        SecretVoteInput(sealed="A" * 12),
        SecretVoteInput(sealed="%%"),
    ):
        with pytest.raises(Invalid):
            await world.do(secret.cast_secret_vote, ballot, data, ZONE, actor=chamber.actors[0])
    for member, inner in enumerate((seal_inner(public, "07"), os.urandom(384), seal_inner(public, FOR))):
        data = SecretVoteInput(sealed=base64.b64encode(inner).decode())
        await world.do(secret.cast_secret_vote, ballot, data, ZONE, actor=chamber.actors[member])
    result = await chamber.close(ballot)
    assert (result["votes_for"], result["null"]) == (1, 2)


async def test_who_took_part_is_journalled_at_the_end_and_nothing_before(chamber: Chamber) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    db = chamber.council.world.db

    async def told() -> list[tuple[str, dict[str, Any]]]:
        async with db.read() as tx:
            rows = await tx.rows(
                select(JournalEntry, JournalDetails)
                .join(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
                .order_by(col(JournalEntry.seq))
            )
        return [(entry.action, details.details) for entry, details in rows if entry.subject_id == chamber.id]

    before = await told()
    for member in (2, 0, 1):
        await chamber.vote_secretly(ballot, member, FOR)
    assert await told() == before
    await chamber.close(ballot)
    new = (await told())[len(before) :]
    assert [action for action, _ in new] == ["council.participation", "council.ballot_closed"]
    assert new[0][1]["members"] == sorted(str(one) for one in chamber.members[:3])


async def test_after_it_nothing_of_it_is_in_the_files(chamber: Chamber, keys: Path, tmp_path: Path) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    db = chamber.council.world.db
    for member in range(5):
        await chamber.vote_secretly(ballot, member, FOR if member else AGAINST)
    async with db.read() as tx:
        sealed = list(await tx.all(select(col(SealedVote.sealed))))
    secrets = [*sealed, *(path.read_bytes() for path in keys.iterdir() if path.suffix in (".seal", ".open"))]
    assert len(secrets) == 7
    await chamber.close(ballot)
    if db.dialect == "postgresql":
        async with db.read() as tx:
            assert await tx.one(text("SELECT pg_relation_size('council_sealed_vote')")) == 0
    await back_up(db, tmp_path, tmp_path / "backup.tar")
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for one in secrets:
            # A piece of it would be enough, and so would its Base64.
            assert one[20:36] not in content, path
            assert base64.b64encode(one)[40:60] not in content, path


async def test_what_is_stored_is_the_same_whoever_chose_what(tmp_path: Path) -> None:
    stored = []
    for name, options in (("a", (FOR, AGAINST, FOR, BLANK, AGAINST)), ("b", (AGAINST, FOR, AGAINST, FOR, BLANK))):
        folder = tmp_path / name
        folder.mkdir()
        db = Database(sqlite_url(folder))
        db.policies[BallotBox] = BallotBox(folder / "keys")
        wire_ballots(db)
        chamber = await seated(await make_council(await populate(db), Kind.COMMUNE, 12000), kind=ItemKind.APPOINTMENT)
        await appoint(chamber)
        ballot = await chamber.ballot(Method.SECRET)
        for member, option in enumerate(options):
            await chamber.vote_secretly(ballot, member, option)
        await chamber.close(ballot)
        stored.append(await rows_of(db, chamber))
        await db.stop()
    assert stored[0] == stored[1]


async def rows_of(db: Database, chamber: Chamber) -> Counter[str]:
    """Every row, with members and people by their place and what is drawn at random or told by a clock left out."""
    names = {one: f"member {place}" for place, one in enumerate(chamber.members)}
    names |= {actor.person_id: f"person {place}" for place, actor in enumerate(chamber.actors) if actor.person_id}
    found: Counter[str] = Counter()
    async with db.read() as tx:
        for table in metadata.sorted_tables:
            for row in await tx.rows(select(table)):
                line = f"{table.name} {json.dumps([str(one) for one in row])}"
                for one, name in names.items():
                    line = line.replace(str(one), name)
                line = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}", "ID", line)
                line = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d)?", "TIME", line)
                line = re.sub(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", "RECEIPT", line)
                # Who took part is listed in the order of ids that are drawn at random here.
                line = re.sub(r"\[[^\[\]]*member[^\[\]]*\]", lambda part: str(sorted(part[0].split(", "))), line)
                found[line] += 1
    return found


async def test_rows_lie_in_the_order_of_keys_that_tell_no_time(world: World) -> None:
    if world.db.dialect == "postgresql":
        return
    async with world.db.read() as tx:
        for table in (Participation, SealedVote):
            sql = await tx.one(text(f"SELECT sql FROM sqlite_master WHERE name = '{table.__tablename__}'"))
            assert sql.rstrip().endswith("WITHOUT ROWID")
            assert not [
                column for column in metadata.tables[str(table.__tablename__)].columns if "at" in column.name.split("_")
            ]


async def test_keys_that_nothing_needs_are_destroyed_and_those_of_open_ballots_kept(
    chamber: Chamber, keys: Path
) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    db = chamber.council.world.db
    orphan, young = UUID(int=1), UUID(int=2)
    for one in (orphan, young):
        await BallotBox(keys).make(one)
    old = time.time() - 7200
    for path in keys.glob(f"{orphan.hex}*"):
        os.utime(path, (old, old))
    for path in keys.glob(f"{ballot.hex}*"):
        os.utime(path, (old, old))
    await destroy_traces(db)
    assert {UUID(hex=path.stem) for path in keys.iterdir() if path.suffix != ".TAG"} == {ballot, young}


async def test_a_ballot_whose_keys_are_gone_is_withdrawn(chamber: Chamber, keys: Path) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    for member in (0, 1, 2):
        await chamber.vote_secretly(ballot, member, FOR)
    for path in keys.glob(f"{ballot.hex}*"):
        path.unlink()
    assert "keys_lost" in await refusal(chamber.vote_secretly(ballot, 3, FOR))
    assert "keys_lost" in await refusal(chamber.close(ballot))
    await chamber.council.world.do(ballots.withdraw_ballot, ballot, ZONE)
    async with chamber.council.world.db.read() as tx:
        assert await tx.all(select(SealedVote)) == []
        kept = await tx.get(Ballot, ballot)
    assert kept is not None
    assert kept.result == {}


async def test_closing_twice_at_once_counts_once(chamber: Chamber) -> None:
    ballot = await chamber.ballot(Method.SECRET)
    for member in (0, 1, 2):
        await chamber.vote_secretly(ballot, member, FOR)

    async def closed(attempt: Awaitable[dict[str, Any]]) -> bool:
        try:
            await attempt
        except Conflict:
            return False
        return True

    done = await asyncio.gather(closed(chamber.close(ballot)), closed(chamber.close(ballot)))
    assert sorted(done) == [False, True]
