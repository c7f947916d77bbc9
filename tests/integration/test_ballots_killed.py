"""A secret ballot on a server that is killed again and again: each vote is counted once or not at all, and the voter
sees which; once it is closed, neither the logs nor the memory of the server hold what opens an envelope."""

import asyncio
import base64
import os
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from sqlalchemy import func, select

from collab.core.database import Database
from meetings.council.secret.models import Participation, SealedVote
from meetings.council.secret.sealing import seal_inner
from tests.support.council import Council
from tests.support.forge import Forge

OPTIONS = ("00", "01", "99")


@pytest.fixture
async def council(tmp_path: Path, forge: Forge) -> Any:
    folder = tmp_path / "data"
    folder.mkdir()
    made = Council(folder, forge)
    yield made
    made.server.stop()


async def receipts_of(council: Council, tokens: Sequence[str]) -> list[str]:
    """What each voter's page says: a receipt, or nothing."""
    seen = [await council.ask(token, "GET", f"sittings/{council.sitting}/live") for token in tokens]
    return [told["mine"][0]["receipt"] for _, told in seen]


async def counts(council: Council) -> tuple[int, int]:
    db = Database(council.server.database_url)
    async with db.read() as tx:
        found = [int(await tx.one(select(func.count()).select_from(kind))) for kind in (Participation, SealedVote)]
    await db.stop()
    return found[0], found[1]


async def test_each_vote_counts_once_or_not_at_all(council: Council, budget: Callable[[int, int], int]) -> None:
    size = budget(18, 60)
    await council.settle(size)
    council.server.start()
    opened = await council.clerk("POST", f"sittings/{council.sitting}/ballots", json={"method": "secret"})
    live = await council.clerk("GET", f"sittings/{council.sitting}/live")
    key = base64.b64decode(live["ballot"]["sealing_key"])
    chance = random.Random(7)
    wanted = [chance.choice(OPTIONS) for _ in range(size)]
    sealed = [base64.b64encode(seal_inner(key, option)).decode() for option in wanted]
    kept: dict[int, str] = {}
    path = f"ballots/{opened['id']}/secret-vote"

    async def vote(number: int) -> None:
        try:
            status, told = await council.ask(council.tokens[number], "PUT", path, json={"sealed": sealed[number]})
        except (aiohttp.ClientError, ConnectionError):
            return  # not answered: the page will say
        assert status == 200, told
        kept.setdefault(number, told["receipt"])

    rounds = 0
    while len(kept) < size:
        waiting = [number for number in range(size) if number not in kept]
        voting = [asyncio.create_task(vote(number)) for number in waiting]
        if rounds < size:
            await asyncio.sleep(chance.uniform(0.005, 0.12))
            council.server.kill()
            await asyncio.gather(*voting)
            took_part, envelopes = await counts(council)
            assert took_part == envelopes >= len(kept)
            council.server.start()
        await asyncio.gather(*voting)
        shown = await receipts_of(council, council.tokens)
        assert all(shown[number] == receipt for number, receipt in kept.items())
        kept |= {number: receipt for number, receipt in enumerate(shown) if receipt}
        assert (await counts(council))[0] == len(kept)
        rounds += 1
    assert rounds > 2, "the server was never killed in the middle"
    secrets = [one.read_bytes() for one in (council.server.folder / "ballots").glob(f"{UUID(opened['id']).hex}.*")]
    assert len(secrets) == 2
    live = await council.clerk("POST", f"ballots/{opened['id']}/close", json={})
    result = live["items"][0]["ballots"][0]["result"]
    figures = (result["votes_for"], result["votes_against"], result["blank"], result["null"])
    assert figures == (*(wanted.count(option) for option in OPTIONS), 0)
    log = (council.server.folder / "log").read_bytes()
    for one in (*sealed, *(secret.hex() for secret in secrets)):
        assert one.encode() not in log
    memory = await asyncio.to_thread(memory_of, council.server.pid)
    private = next(one for one in secrets if len(one) > 100)
    pieces = private[500:532], private[-40:-8]  # of its exponent and of its coefficient: what is not public in it
    assert not [part for part in memory if any(piece in part for piece in pieces)], "the key is in memory"


def memory_of(pid: int) -> list[bytes]:
    """What a core dump of this process would hold: every part of its memory that can be written to."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="ascii").splitlines():
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place is None:
                continue
            start, end = int(place[1], 16), int(place[2], 16)
            try:
                os.lseek(memory.fileno(), start, os.SEEK_SET)
                found.append(memory.read(end - start))
            except OSError:
                continue  # not backed by memory
    return found
