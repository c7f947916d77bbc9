"""A media worker is killed under two people in real browsers: they see and hear each other again by themselves."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from meetings.media.pool import Pool
from tests.browser.test_room import inside, media_arrives, plan
from tests.support.app import running
from tests.support.chromium import Browse
from web.media import Media

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_call_survives_the_death_of_its_worker(tmp_path: Path, browse: Browse, workers: int) -> None:
    async with running(tmp_path, media={"workers": workers}) as app:
        meeting = await plan(app)
        pages = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
        for page in pages:
            await media_arrives(page)
        pool = app.deps.part(Media).engine
        assert isinstance(pool, Pool)
        busy = next(worker for worker in pool.workers if worker.rooms)
        os.kill(busy.engine.pid, signal.SIGKILL)
        killed = time.monotonic()
        for page in pages:
            await page.evaluate("window.peers.length = 0")  # what was received before says nothing
        await asyncio.gather(*(media_arrives(page) for page in pages))
        print(f"{workers} worker(s): killed to both see and hear each other {time.monotonic() - killed:.1f} s")
        for page in pages:
            await page.get_by_role("button", name="Quitter").click()
