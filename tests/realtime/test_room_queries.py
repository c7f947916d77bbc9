"""Weighing the rights of everybody in a room costs as many queries for ten as for one."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from collab.core.database import Database
from meetings.rooms.live import Rooms
from tests.realtime.test_rooms import Town, plan
from tests.support.app import App


@contextmanager
def counting(db: Database) -> Iterator[list[str]]:
    """Every SELECT that readers run meanwhile, but for those of the recorder and of presence by video, which look each
    second by themselves."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        by_themselves = ("recording_now", "recording_answer", "council_sitting")
        if statement.startswith("SELECT") and not any(table in statement for table in by_themselves):
            seen.append(statement)

    engine = db._reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("rooms", [1, 2])
async def test_the_number_of_queries_does_not_depend_on_how_many_are_there(app: App, rooms: int) -> None:
    async with AsyncExitStack() as stack:
        towns = [Town(app, await plan(app), stack) for _ in range(rooms)]
        counts = []
        for _ in range(2):
            for town in towns:
                for role in ("agent", "editor", "reader"):
                    await town.joined(role)
            with counting(app.db) as seen:
                await app.deps.part(Rooms).enforce()
            counts.append(len(seen))
        assert app.deps.part(Rooms).present == rooms * 6
        assert counts[0] == counts[1] <= 10, seen
