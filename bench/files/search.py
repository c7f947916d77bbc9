"""Searches in 100,000 documents of 40 spaces, half of which the searcher is in, on SQLite and on PostgreSQL.

The whole of what an answer takes: the statement, the owner's access, the passages. Words are drawn as they are in
texts, the second half as often as the first, so that the commonest stands in most documents.
"""

import random
import statistics
import tempfile
import time
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel

from bench.figures import Figure
from collab.core.access import Actor
from collab.core.database import Database
from collab.core.ids import new_id
from collab.core.words import stems
from collab.files.findable import FILE, Files
from collab.files.rules import name_key, sort_name
from collab.search.index import put_documents
from collab.search.models import SearchQuery
from collab.search.service import Search
from tests.support.commune import add_person, add_space
from tests.support.database import prepare, sqlite_url
from tests.support.lag import LoopLag
from tests.support.postgres import PostgresServer
from web.memory import settle

DOCUMENTS = 100_000
SPACES = 40
WORDS_EACH = 80
LOT = 1_000
TIMES = 7
SYLLABLES = ["ba", "ré", "ti", "mon", "la", "cou", "per", "sé", "du", "ni", "vo", "gra", "chè", "lu", "fi", "tan"]
QUERIES = {
    "the commonest word": "mot0",
    "a rare word": "mot2499",
    "three words": "mot1 mot7 mot40",
    "a phrase": '"mot0 mot1"',
    "the beginning of a word": "ba",
    "one without another": "mot2 -mot0",
    "a word of a name": "dossier mot3",
}


async def measure() -> list[Figure]:
    """The slowest of these kinds of queries (the median of each), and the longest time the loop was held."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="hemicycle-bench-") as name:
        figures += await _measure(sqlite_url(Path(name)), "SQLite")
    server = PostgresServer(durable=True)
    try:
        figures += await _measure(server.url(server.create(server.template("product", prepare))), "PostgreSQL")
    finally:
        server.stop()
    return figures


async def _measure(url: str, kind: str) -> list[Figure]:
    db = Database(url)
    try:
        actor = await _fill(db)
        settle()
        search = Search([Files()])
        async with LoopLag() as lag:
            medians = {what: await _time(db, search, actor, query) for what, query in QUERIES.items()}
    finally:
        await db.stop()
    for what, seconds in medians.items():
        print(f"  {kind}, {what}: {seconds * 1000:.1f} ms", flush=True)
    return [
        Figure(
            f"search in {DOCUMENTS:,} documents ({kind}), the slowest query", max(medians.values()) * 1000, "ms", 50
        ),
        Figure(f"event loop held meanwhile at most ({kind})", lag.worst * 1000, "ms", 20),
    ]


async def _time(db: Database, search: Search, actor: Actor, query: str) -> float:
    times: list[float] = []
    for _ in range(TIMES):
        start = time.perf_counter()
        async with db.read() as tx:
            hits, _ = await search.find(tx, actor, SearchQuery(q=query))
        times.append(time.perf_counter() - start)
        assert hits, query
    return statistics.median(times)


async def _fill(db: Database) -> Actor:
    """Half of the spaces are the actor's."""
    drawn = random.Random(4)
    words = [f"mot{number}" for number in range(2_500)] + ["".join(drawn.choices(SYLLABLES, k=4)) for _ in range(2_500)]
    words = list(dict.fromkeys(words))
    weights = list(accumulate(1 / (number % 2_500 + 1) for number in range(len(words))))
    folded = {word: " ".join(stems(word)) for word in words}
    async with db.write() as tx:
        actor, other = await add_person(tx, "ada"), await add_person(tx, "zoe")
        spaces = [(await add_space(tx, (actor, other)[number % 2], f"Espace {number}")).id for number in range(SPACES)]
    tables = SQLModel.metadata.tables
    for start in range(0, DOCUMENTS, LOT):
        rows = [_rows(drawn, folded, weights, spaces, number) for number in range(start, start + LOT)]
        async with db.write() as tx:
            moment = tx.now - timedelta(minutes=DOCUMENTS - start)
            for table in ("file_node", "file_version", "file_text"):
                times = {
                    name: moment for name in ("created_at", "updated_at", "made_at", "checked_at", "tried_at")
                    if name in tables[table].columns
                }  # fmt: skip
                await tx.execute(insert(tables[table]), [{**row[table], **times} for row in rows])
            ids = [row["file_node"]["id"] for row in rows]
            for part in range(0, LOT, 250):
                await put_documents(tx, FILE, await Files().documents(tx, ids[part : part + 250]))
    return actor


def _rows(
    drawn: random.Random, folded: dict[str, str], weights: list[float], spaces: list[UUID], number: int
) -> dict[str, dict[str, Any]]:
    """The rows of one file; `weights` are summed up."""
    node, version, space = new_id(), new_id(), spaces[number % SPACES]
    said = drawn.choices(list(folded), cum_weights=weights, k=WORDS_EACH + 2)
    text = " ".join(said[2:])
    name = f"Dossier {said[0]} {said[1]} {number}.txt"
    common = {"size": len(text), "sha256": "0" * 64}
    return {
        "file_node": {
            "id": node, "rev": 1, "space_id": space, "folder_id": space, "kind": "file", "name": name, "version": 1,
            "name_key": name_key(name), "sort_name": sort_name(name), **common,
        },
        "file_version": {"id": version, "file_id": node, "number": 1, "key": version.hex, "damaged": False, **common},
        "file_text": {
            "version_id": version, "state": "read", "text": text, "reason": "",
            "words": " ".join(folded[word] for word in said[2:]),
            "attempts": 1,
        },
    }  # fmt: skip
