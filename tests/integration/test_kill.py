"""A server that is killed in the middle of work has kept everything it acknowledged.

Each round starts the real server on the same data, lets several writers create cards, move them and upload files,
kills it without warning, and looks at what is there after the next start.
"""

import asyncio
import hashlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from collab.core import journal
from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.spaces.models import SpaceInput
from collab.spaces.service import create_space
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions.models import TokenInput
from directory.sessions.service import create_token
from projects.boards.service import add_column, create_board
from tests.support.database import sqlite_url
from tests.support.forge import ROOT, Forge
from tests.support.ports import LOOPBACK, free_port
from tests.support.programs import Child, run

WRITERS = 6


@dataclass
class Kept:
    """What the server has acknowledged. A card's place may also be one that was asked for and never answered."""

    cards: dict[str, str] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Office:
    forge: Forge
    folder: Path
    token: str
    space: str
    board: str
    columns: list[str]

    @property
    def environment(self) -> dict[str, str]:
        return {"HEMICYCLE_DATA": str(self.folder), "HEMICYCLE_LOG_LEVEL": "warning"}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[tuple[Child, aiohttp.ClientSession]]:
        """A server on this data, killed on leaving, and a client of it."""
        port = free_port()
        environment = {**self.environment, "HEMICYCLE_PORT": str(port)}
        child = self.forge.start(["serve"], self.folder.parent / "server.log", environment)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with aiohttp.ClientSession(f"http://{LOOPBACK}:{port}", headers=headers) as client:
                await _until_healthy(child, client)
                yield child, client
        finally:
            child.stop(signal.SIGKILL)


async def _until_healthy(child: Child, client: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(30):
        while True:
            assert child.process.poll() is None, child.tail()
            try:
                async with client.get("/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


@pytest.fixture
async def office(tmp_path: Path, forge: Forge) -> Office:
    folder = tmp_path / "data"
    folder.mkdir()
    db = Database(sqlite_url(folder))
    async with db.write() as tx:
        person = await add_person(tx, job_actor("set-up"), PersonInput(login="zoe", display_name="Zoé"))
        actor = Actor(ActorKind.PERSON, person.id)
        space = await create_space(tx, actor, SpaceInput(title="Voirie"))
        board = await create_board(tx, actor, space.id, "Chantier", [])
        columns = [str((await add_column(tx, actor, board.id, title)).id) for title in ("À faire", "En cours", "Fait")]
        _, token = await create_token(tx, actor, TokenInput(name="essai", scopes=["read", "write"]))
    await db.stop()
    return Office(forge, folder, token, str(space.id), str(board.id), columns)


async def write(office: Office, client: aiohttp.ClientSession, kept: Kept, chance: random.Random) -> None:
    """Go on until the server is gone; note what was asked before asking, what was acknowledged after."""
    mine: list[str] = []
    while True:
        what = chance.choice(["create", "move", "move", "move", "upload"])
        if what == "upload":
            content = chance.randbytes(chance.choice([10, 5_000, 300_000]))
            path = f"/api/v1/spaces/{office.space}/files?name=f.bin&conflict=rename"
            made = await _ask(client, "POST", path, data=content)
            kept.files[made["id"]] = hashlib.sha256(content).hexdigest()
        elif what == "create" or not mine:
            column = chance.choice(office.columns)
            made = await _ask(
                client, "POST", f"/api/v1/boards/{office.board}/cards", json={"column": column, "title": "Carte"}
            )
            mine.append(made["id"])
            kept.cards[made["id"]] = column
        else:
            card, column = chance.choice(mine), chance.choice(office.columns)
            kept.asked.setdefault(card, set()).add(column)
            await _ask(client, "PATCH", f"/api/v1/cards/{card}", json={"column": column, "position": 0})
            kept.cards[card] = column
            kept.asked[card].clear()


async def _ask(client: aiohttp.ClientSession, method: str, path: str, **more: Any) -> dict[str, Any]:
    async with client.request(method, path, **more) as answer:
        told: dict[str, Any] = await answer.json()
        assert answer.status in (200, 201), told
        return told


async def check(office: Office, client: aiohttp.ClientSession, kept: Kept, recent: list[str]) -> None:
    """Everything acknowledged is there. `recent`: the files of the last round, which are read whole."""
    async with client.get(f"/api/v1/boards/{office.board}") as answer:
        board = await answer.json()
    places = {card["id"]: column["id"] for column in board["columns"] for card in column["cards"]}
    for card, column in kept.cards.items():
        assert places.get(card) in {column} | kept.asked.get(card, set()), f"card {card}: {places.get(card)}"
        kept.cards[card] = places[card]
    kept.asked.clear()
    for column in board["columns"]:
        ranks = [card["rank"] for card in column["cards"]]
        assert ranks == sorted(set(ranks))
    for file in recent:
        async with client.get(f"/api/v1/files/{file}/content") as answer:
            assert answer.status == 200, file
            assert hashlib.sha256(await answer.read()).hexdigest() == kept.files[file]


@pytest.mark.soak
async def test_nothing_acknowledged_is_lost(office: Office, budget: Callable[[int, int], int]) -> None:
    kept, seen, head = Kept(), 0, f"0:{journal.GENESIS}"
    rounds, idle = budget(20, 1_000), 0
    for round_ in range(rounds):
        chance = random.Random(round_)
        before = len(kept.cards) + len(kept.files)
        async with office.serving() as (child, client):
            await check(office, client, kept, list(kept.files)[seen:])
            seen = len(kept.files)
            writers = [
                asyncio.create_task(write(office, client, kept, random.Random(f"{round_} {number}")))
                for number in range(WRITERS)
            ]
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            os.kill(child.process.pid, signal.SIGKILL)
            done = await asyncio.gather(*writers, return_exceptions=True)
        child.process.wait()
        unexpected = [error for error in done if not isinstance(error, aiohttp.ClientError | ConnectionError)]
        assert not unexpected, f"round {round_}: {unexpected}\n{child.tail()}"
        head = await _verified(office, head, f"round {round_}")
        idle += len(kept.cards) + len(kept.files) == before
    async with office.serving() as (_, client):
        await check(office, client, kept, list(kept.files))
    assert idle <= rounds // 10, f"in {idle} of {rounds} rounds the server was killed before it answered anything"
    assert len(kept.cards) > 20
    told = await asyncio.to_thread(_check_journal, office, head)
    assert told.startswith("journal: whole")


async def _verified(office: Office, head: str, when: str) -> str:
    """The journal is whole and goes on from the head of the round before; gives its head."""
    db = Database(f"sqlite:///{office.folder}/hemicycle.sqlite3")
    async with db.read() as tx:
        report = await journal.verify(tx, head)
    await db.stop()
    assert report.faults == [], when
    return report.head


def _check_journal(office: Office, head: str) -> str:
    """What `hemicycle check --journal --expect HEAD` prints; raises when it does not exit with 0."""
    values = [f"{name}={value}" for name, value in office.environment.items()]
    return run(
        ["env", "-C", str(ROOT), *values, sys.executable, "-m", "web.cli", "check", "--journal", "--expect", head]
    )
