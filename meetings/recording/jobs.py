"""What follows a recording: a process makes files of it, which go into the space; what nobody came back to ends.

Registered in web/scheduled.py. What was written is destroyed once the files are kept, and only then.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import job_actor
from collab.core.database import Database, Tx
from collab.core.jobs import Handler, Job
from collab.files.filing import file_folder
from collab.files.storage import Storage, Stored
from directory.people.models import Person
from meetings.calendar.models import Meeting
from meetings.recording.models import Ending, Recording, RecordingNow, State
from meetings.recording.service import COMPOSE, end_recording
from meetings.rooms.guest_models import Guest, GuestVisit
from meetings.rooms.models import RoomVisit

log = structlog.get_logger()

SETTLE = "recordings.settle"
TYPE = "enregistrements"
PATIENCE = timedelta(minutes=2)
"""For so long after the last one has gone, people may come back to a room that is recorded."""
BLOCK = 1 << 20

Words = Callable[[str], str]
"""How `microphone`, `camera`, `screen`, `screen_sound`, `gap`, `film` and `folder` are called in names of files."""


def handlers(storage: Storage, folder: Path, words: Words, day: Callable[[datetime], str]) -> dict[str, Handler]:
    """`folder`: where recordings were written; `day`: a moment as part of a file's name."""
    turn = asyncio.Semaphore(1)  # each keeps a processor busy

    async def compose(db: Database, job: Job) -> None:
        recording = UUID(job.payload["recording"])
        try:
            async with turn:
                await compose_recording(db, storage, folder, recording, words, day)
        except Exception:
            if job.attempts >= job.max_attempts:  # what was written stays on the disk
                await _give_up(db, recording)
            raise

    async def settle(db: Database, _job: Job) -> None:
        await settle_recordings(db)

    return {COMPOSE: compose, SETTLE: settle}


async def _give_up(db: Database, recording_id: UUID) -> None:
    async with db.write() as tx:
        recording = await tx.get(Recording, recording_id)
        if recording is not None and recording.state == State.COMPOSING:
            recording.state = State.FAILED.value


async def settle_recordings(db: Database) -> None:
    """End those whose rooms have been empty for a while: the server was gone, and nobody came back."""
    async with db.write() as tx:
        for now in await tx.all(select(RecordingNow)):
            if await _is_left(tx, now.meeting_id):
                await end_recording(tx, now.meeting_id, Ending.INTERRUPTED)


async def _is_left(tx: Tx, meeting_id: UUID) -> bool:
    last = tx.now - PATIENCE
    for visits in (RoomVisit, GuestVisit):
        recent = select(col(visits.id)).where(
            col(visits.meeting_id) == meeting_id, col(visits.left_at).is_(None) | (col(visits.left_at) > last)
        )
        if await tx.one(recent.limit(1)) is not None:
            return False
    return True


async def compose_recording(
    db: Database, storage: Storage, folder: Path, recording_id: UUID, words: Words, day: Callable[[datetime], str]
) -> None:
    """Make the files of a recording and put them into its meeting's space; a second time does nothing."""
    async with db.read() as tx:
        recording = await tx.get(Recording, recording_id)
        if recording is None or recording.state != State.COMPOSING:
            return
        names = await _names(tx, recording.meeting_id)
    source = folder / str(recording_id)
    labels = {word: words(word) for word in ("microphone", "camera", "screen", "screen_sound")}
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    out = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="composing-", dir=folder))
    try:
        made = await _compose(source, out, names | labels, words("gap"))
        stored: list[tuple[str, Stored]] = []
        try:
            for name in [made["film"], *made["tracks"]] if made["film"] else []:
                stored.append((name, await _store(storage, out / name)))
            await _file(db, recording_id, made, stored, words, day)
        except BaseException:
            await storage.delete([one.key for _, one in stored])
            raise
        await asyncio.to_thread(shutil.rmtree, source, ignore_errors=True)
    finally:
        await asyncio.to_thread(shutil.rmtree, out, ignore_errors=True)


async def _names(tx: Tx, meeting_id: UUID) -> dict[str, str]:
    """How each participant was called."""
    people = (
        select(col(RoomVisit.id), col(Person.display_name))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .where(col(RoomVisit.meeting_id) == meeting_id)
    )
    guests = (
        select(col(GuestVisit.id), col(Guest.name))
        .join(Guest, col(Guest.id) == col(GuestVisit.guest_id))
        .where(col(GuestVisit.meeting_id) == meeting_id)
    )
    return {str(row[0]): str(row[1]) for row in [*await tx.rows(people), *await tx.rows(guests)]}


async def _compose(source: Path, out: Path, names: dict[str, str], gap: str) -> dict[str, Any]:
    """The answer of meetings/recording/compose.py."""
    if not source.is_dir():  # noqa: ASYNC240 - one look
        return {"tracks": [], "film": None, "duration": 0, "gaps": []}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "meetings.recording.compose",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    asked = {"folder": str(source), "out": str(out), "names": names, "gap": gap}
    try:
        said, complaint = await process.communicate(json.dumps(asked).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise OSError(f"composing ended with {process.returncode}: {complaint.decode(errors='replace')[-500:]}")
    answer: dict[str, Any] = json.loads(said)
    return answer


async def _store(storage: Storage, path: Path) -> Stored:
    async with AsyncExitStack() as stack:
        source = stack.enter_context(await asyncio.to_thread(path.open, "rb"))
        upload = await stack.enter_async_context(storage.receive())
        while block := await asyncio.to_thread(source.read, BLOCK):
            await upload.write(block)
        return await upload.finish()


async def _file(
    db: Database,
    recording_id: UUID,
    made: dict[str, Any],
    stored: list[tuple[str, Stored]],
    words: Words,
    day: Callable[[datetime], str],
) -> None:
    """Into the space, in one transaction with what the recording says of itself."""
    actor = job_actor("recording")
    async with db.write() as tx:
        recording = await tx.get(Recording, recording_id)
        meeting = await tx.get(Meeting, recording.meeting_id) if recording is not None else None
        if recording is None or meeting is None:
            return
        recording.seconds, recording.gaps = round(made["duration"]), made["gaps"]
        recording.state = State.READY.value if stored else State.EMPTY.value
        if stored:
            when = day(recording.started_at or recording.asked_at)
            suffix = Path(stored[0][0]).suffix
            files = [(f"{words('film')} {meeting.title} {when}{suffix}", stored[0][1]), *stored[1:]]
            name = f"{words('folder')} {meeting.title} {when}"
            folder, nodes = await file_folder(tx, actor, meeting.space_id, name, files, TYPE)
            recording.folder_id, recording.film_id = folder.id, nodes[0].id
        tx.record(
            actor, "recordings.file", space=meeting.space_id, subject=meeting.id, recording=str(recording_id),
            seconds=recording.seconds, gaps=len(recording.gaps), files=len(stored),
        )  # fmt: skip
