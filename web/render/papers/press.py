"""Words papers and has them set in a process of their own: typesetting holds no request, and dies alone."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from meetings.council.documents.making import Paper, Printed, Wanted
from meetings.council.minutes.models import MinutesView
from web.render.locale import Locales
from web.render.papers.acts import sheet_of
from web.render.papers.voice import Voice

SECONDS_EACH = 30
MOST_LINE = 128 << 20


class PressFailed(Exception):
    """The process that sets papers died or took too long; the job tries again."""


class TypstPress:
    """The press of meetings/council/documents/making.py. Documents are in the language of the law: French."""

    def __init__(self, locales: Locales, zone: str) -> None:
        self._voice = Voice(locales["fr"], ZoneInfo(zone))

    async def compose(self, view: MinutesView, wanted: Sequence[Wanted]) -> list[Paper]:
        """What documents say, worded in a thread."""
        return await asyncio.to_thread(lambda: [self._compose(view, one) for one in wanted])

    def _compose(self, view: MinutesView, wanted: Wanted) -> Paper:
        sheet = sheet_of(view, wanted, self._voice)
        content = json.dumps(sheet.as_json(), ensure_ascii=False, sort_keys=True).encode()
        return Paper(f"{sheet.title} – {sheet.over}" if sheet.over else sheet.title, content)

    async def print(self, papers: Sequence[Paper]) -> list[Printed]:
        """Their files. Raises PressFailed."""
        if not papers:
            return []
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "web.render.papers.setting",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it may quote the paper
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            limit=MOST_LINE,
        )
        try:
            return [await self._one(process, paper) for paper in papers]
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def _one(self, process: asyncio.subprocess.Process, paper: Paper) -> Printed:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(SECONDS_EACH):
                process.stdin.write(paper.content + b"\n")
                await process.stdin.drain()
                answer = json.loads(await process.stdout.readline())
        except (TimeoutError, OSError, ValueError) as error:
            raise PressFailed(f"{type(error).__name__}, status {process.returncode}") from None
        return Printed(base64.b64decode(answer["pdf"]), base64.b64decode(answer["odt"]))
