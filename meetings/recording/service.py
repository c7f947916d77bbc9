"""The only writer of recordings: asked for, agreed to, begun, ended; each step is journalled in the space's chain.

recorder.py calls it and makes the engine obey; jobs.py makes files of what ended.
"""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from collab.core.access import Actor, job_actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.jobs import enqueue
from meetings.calendar.models import Meeting, MeetingKind
from meetings.recording.models import Ending, Recording, RecordingAnswer, RecordingNow, State
from meetings.rooms.access import Admission, admit, get_hosted
from meetings.rooms.models import Kind
from meetings.rooms.wire import Profile

COMPOSE = "recordings.compose"


def profile_of(meeting: Meeting) -> Profile:
    """Whoever sits in public is told; everybody else is asked."""
    return Profile.NOTICE if meeting.kind == MeetingKind.PUBLIC else Profile.CONSENT


async def ask_recording(tx: Tx, actor: Actor, meeting_id: UUID) -> Recording:
    """A host wants a recording: after a notice it begins, else once everybody has agreed. Raises Conflict."""
    meeting = await get_hosted(tx, actor, meeting_id)
    if actor.person_id is None:
        raise Denied()
    if await tx.get(RecordingNow, meeting_id) is not None:
        raise Conflict("recording.goes_on", msg("The meeting is being recorded already."))
    recording = Recording(
        id=new_id(),
        meeting_id=meeting_id,
        profile=profile_of(meeting).value,
        state=State.ASKING.value,
        started_by=actor.person_id,
        asked_at=tx.now,
    )
    tx.add(recording)
    await tx.flush()
    tx.add(RecordingNow(meeting_id=meeting_id, recording_id=recording.id))
    tx.add(RecordingAnswer(recording_id=recording.id, who_id=actor.person_id, agrees=True, at=tx.now))
    await tx.flush()
    _record(tx, actor, meeting, "recordings.ask", recording, profile=recording.profile)
    if recording.profile == Profile.NOTICE:
        await begin_recording(tx, actor, meeting_id)
    return recording


async def begin_recording(tx: Tx, actor: Actor, meeting_id: UUID) -> None:
    """Everybody has agreed, or was told. Nothing happens when it has begun."""
    recording, meeting = await _find(tx, meeting_id)
    if recording is None or recording.state != State.ASKING:
        return
    recording.state, recording.started_at = State.RUNNING.value, tx.now
    _record(tx, actor, meeting, "recordings.begin", recording)


async def answer_recording(tx: Tx, actor: Actor, meeting_id: UUID, agrees: bool) -> None:
    """Somebody in the room, or at its door, agrees to be recorded, or objects where that is possible."""
    admission = await admit(tx, actor, meeting_id)
    await _answer(tx, actor, admission, agrees)


async def _answer(tx: Tx, actor: Actor, admission: Admission, agrees: bool) -> None:
    recording, meeting = await _find(tx, admission.meeting_id)
    if recording is None:
        raise NotFound("recording.none", msg("The meeting is not being recorded."))
    if not agrees and recording.profile != Profile.NOTICE:
        raise Denied("recording.agree_or_leave", msg("Whoever does not agree to be recorded leaves the room."))
    answer = await tx.get(RecordingAnswer, (recording.id, admission.person_id))
    if answer is not None and answer.agrees == agrees:
        return
    if answer is None:
        answer = RecordingAnswer(recording_id=recording.id, who_id=admission.person_id, agrees=agrees, at=tx.now)
        tx.add(answer)
    answer.agrees, answer.at = agrees, tx.now
    action = "recordings.agree" if agrees else "recordings.object"
    _record(tx, actor, meeting, action, recording, who=str(admission.person_id))


async def require_answer(tx: Tx, actor: Actor, admission: Admission, recorded: bool | None) -> None:
    """At the door of a room that is recorded: raise Denied for who has not said whether they agree."""
    recording, _ = await _find(tx, admission.meeting_id)
    if recording is None or admission.kind is not Kind.PERSON:
        return
    if recorded is not None:
        await _answer(tx, actor, admission, recorded)
    elif await tx.get(RecordingAnswer, (recording.id, admission.person_id)) is None:
        if recording.profile == Profile.NOTICE:
            raise Denied("recording.notice", msg("This meeting is recorded. You may be kept out of the recording."))
        raise Denied("recording.consent", msg("This meeting is recorded. Whoever comes in agrees to it."))


async def stop_recording(tx: Tx, actor: Actor, meeting_id: UUID) -> None:
    """A host ends it, or takes the question back. Raises Conflict where there is none."""
    await get_hosted(tx, actor, meeting_id)
    if await tx.get(RecordingNow, meeting_id) is None:
        raise Conflict("recording.none", msg("The meeting is not being recorded."))
    await end_recording(tx, meeting_id, Ending.STOPPED, actor)


async def end_recording(tx: Tx, meeting_id: UUID, ending: Ending, actor: Actor | None = None) -> None:
    """It is over: what was written becomes files, a question that nobody answered becomes nothing."""
    recording, meeting = await _find(tx, meeting_id)
    if recording is None:
        return
    await tx.execute(delete(RecordingNow).where(col(RecordingNow.meeting_id) == meeting_id))
    begun = recording.state == State.RUNNING
    recording.state = State.COMPOSING.value if begun else State.EMPTY.value
    recording.ended_at, recording.ending = tx.now, ending.value
    _record(tx, actor or job_actor("recording"), meeting, "recordings.end", recording, ending=ending.value)
    if begun:
        await enqueue(tx, COMPOSE, {"recording": str(recording.id)}, key=f"{COMPOSE}:{recording.id}")


async def _find(tx: Tx, meeting_id: UUID) -> tuple[Recording | None, Meeting]:
    """The recording that is asked for or goes on in this room."""
    meeting = await tx.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound()
    now = await tx.get(RecordingNow, meeting_id)
    found: Recording | None = await tx.get(Recording, now.recording_id) if now is not None else None
    return found, meeting


def _record(tx: Tx, actor: Actor, meeting: Meeting, action: str, recording: Recording, **details: str) -> None:
    tx.record(actor, action, space=meeting.space_id, subject=meeting.id, recording=str(recording.id), **details)
