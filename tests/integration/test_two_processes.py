"""Two web processes on PostgreSQL and Redis: what is withdrawn through one of them ends at the other within 5 s."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support import database
from tests.support.app import App, beside, running
from tests.support.listener import connected
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

WITHIN = 5.0


@pytest.fixture
async def pair(
    tmp_path: Path, postgres_server: PostgresServer, redis_server: RedisServer
) -> AsyncIterator[tuple[App, App]]:
    name = postgres_server.create(postgres_server.template("product", database.prepare))
    async with AsyncExitStack() as stack:
        redis = {"url": redis_server.url}
        url = postgres_server.url(name)
        first = await stack.enter_async_context(running(tmp_path, database_url=url, redis=redis))
        second = await stack.enter_async_context(beside(first))
        yield first, second
    postgres_server.drop(name)


async def test_a_session_revoked_at_one_process_loses_its_socket_at_the_other(pair: tuple[App, App]) -> None:
    here, there = pair
    lost, kept = await here.client("agent"), await here.client("agent")
    async with AsyncExitStack() as stack:
        # Sessions are of the host: the same cookies open sockets at the other process.
        closing = await stack.enter_async_context(connected(lost, here.url))
        assert closing.client.connected
        cookie = {"Cookie": "hemicycle=" + next(iter(lost.cookie_jar)).value, "Origin": there.url}
        at_second = await stack.enter_async_context(connected(lost, there.url, **cookie))
        other = {"Cookie": "hemicycle=" + next(iter(kept.cookie_jar)).value, "Origin": there.url}
        staying = await stack.enter_async_context(connected(kept, there.url, **other))
        await at_second.subscribe(f"space:{here.space}")
        async with kept.delete("/api/v1/me/sessions") as answer:  # through the first process
            assert answer.status == 204
        started = time.monotonic()
        await closing.wait_for("disconnect", seconds=1)
        await at_second.wait_for("disconnect", seconds=WITHIN)
        assert time.monotonic() - started < WITHIN
        assert staying.client.connected
        answer = await staying.ask("subscribe", {"topic": f"space:{here.space}"})
        assert answer["ok"]
