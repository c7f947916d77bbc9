"""Who may do what with minutes: those who run the sitting and its secretary write them (CGCT L2121-15); the other
readers of the sitting see them once they are proposed."""

from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from meetings.council.assemblies.access import SCOPES, Can, Standing
from meetings.council.assemblies.models import Assembly
from meetings.council.minutes.models import Minutes, State
from meetings.council.sittings.access import get_sitting, take_sitting
from meetings.council.sittings.live import Room, read_room
from meetings.council.sittings.models import Sitting, SittingState


@dataclass(frozen=True, slots=True)
class Open:
    """Minutes with all that they rest on. `writes`: the actor may write them."""

    minutes: Minutes
    sitting: Sitting
    assembly: Assembly
    standing: Standing
    room: Room
    writes: bool

    @property
    def runs(self) -> bool:
        """The actor may propose, settle and publish."""
        return Can.RUN in self.standing.grants


async def get_minutes(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> Open:
    """The minutes of a sitting that was held, for who may read them."""
    decided("minutes:read")
    return await _open(tx, actor, await get_sitting(tx, actor, sitting_id, Can.READ), zone)


async def take_minutes(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo, *, run: bool = False) -> Open:
    """The same to write them, the sitting locked before they are read. `run`: only for who runs the sitting."""
    decided("minutes:write")
    found = await _open(tx, actor, await take_sitting(tx, actor, sitting_id, Can.READ), zone)
    require_writer(actor, found, run=run)
    return found


def require_writer(actor: Actor, found: Open, *, run: bool = False) -> None:
    """Raise Denied for who may only read them. `run`: for everybody but who runs the sitting."""
    if not (found.runs if run else found.writes):
        raise Denied()
    if actor.scopes is not None and SCOPES[Can.RUN] not in actor.scopes:
        raise Denied("token_scope")


async def _open(tx: Tx, actor: Actor, known: tuple[Sitting, Assembly, Standing], zone: tzinfo) -> Open:
    sitting, assembly, standing = known
    minutes: Minutes | None = await tx.one(select(Minutes).where(col(Minutes.sitting_id) == sitting.id))
    if minutes is None:
        if sitting.state == SittingState.CLOSED:
            raise NotFound()
        raise Conflict("council.not_held", msg("Minutes begin when the sitting is closed."))
    room = await read_room(tx, sitting, assembly, zone)
    is_secretary = standing.member is not None and str(standing.member) == room.state.secretary
    writes = Can.RUN in standing.grants or is_secretary
    if minutes.state == State.DRAFT and not writes:
        raise NotFound()
    return Open(minutes, sitting, assembly, standing, room, writes)


async def open_held(tx: Tx, sitting_id: UUID, zone: tzinfo) -> Open | None:
    """The minutes for a job, or for what everybody may read of them: nobody in particular asks."""
    minutes: Minutes | None = await tx.one(select(Minutes).where(col(Minutes.sitting_id) == sitting_id))
    sitting = await tx.get(Sitting, sitting_id)
    assembly = await tx.get(Assembly, sitting.assembly_id) if sitting else None
    if minutes is None or sitting is None or assembly is None:
        return None
    room = await read_room(tx, sitting, assembly, zone)
    return Open(minutes, sitting, assembly, Standing(), room, writes=False)
