"""Eight writers move the cards of one board at once: what a move costs, and whether one is refused or lost."""

import asyncio
import random
import time

from bench.account import Account, board_with_cards, signed_in
from bench.figures import Figure
from bench.server import running
from tests.support.postgres import PostgresServer

_WRITERS = 8
_MOVES = 250  # of each writer
_CARDS = 200


async def measure() -> list[Figure]:
    """On SQLite, then on PostgreSQL."""
    figures = await _measure("SQLite")
    postgres = PostgresServer(durable=True)
    try:
        return figures + await _measure("PostgreSQL", HEMICYCLE_DATABASE_URL=postgres.url(postgres.create()))
    finally:
        postgres.stop()


async def _measure(database: str, **environment: str) -> list[Figure]:
    with running(**environment) as server:
        async with signed_in(server) as accounts:
            board = await board_with_cards(accounts, server.demo["ids"]["space"], _CARDS)
            cards = [card["id"] for card in board["columns"][0]["cards"]]
            columns = [column["id"] for column in board["columns"]]
            before = server.cpu()
            writers = [_write(accounts[n % len(accounts)], random.Random(n), cards, columns) for n in range(_WRITERS)]
            results = await asyncio.gather(*writers)
            cost = (server.cpu() - before) / (_WRITERS * _MOVES) * 1000
            after = await accounts[0].get(f"/boards/{board['id']}")
    times = sorted(seconds for of_writer, _ in results for seconds in of_writer)
    there = sorted(card["id"] for column in after["columns"] for card in column["cards"])
    return [
        Figure(f"a card moved, {_WRITERS} writers on {database}, CPU of the server", cost, "ms", 5),
        Figure(f"the same, p99 until the answer ({database})", times[int(len(times) * 0.99)] * 1000, "ms"),
        Figure(f"moves refused ({database})", sum(refused for _, refused in results), "moves", 0),
        Figure(
            f"cards lost or doubled ({database})", len(set(cards) ^ set(there)) + len(there) - len(cards), "cards", 0
        ),
    ]


async def _write(
    account: Account, dice: random.Random, cards: list[str], columns: list[str]
) -> tuple[list[float], int]:
    """The seconds that each move took, and how many were refused."""
    times, refused = [], 0
    for _ in range(_MOVES):
        move = {"column": dice.choice(columns), "position": dice.randrange(_CARDS)}
        start = time.perf_counter()
        status, _ = await account.write("PATCH", f"/cards/{dice.choice(cards)}", move)
        times.append(time.perf_counter() - start)
        refused += status != 200
    return times, refused
