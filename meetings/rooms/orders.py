"""What an assembly that sits in a room orders there: who alone may be in it, who is out for a while, whose microphone
stays closed, who presides, and who is never put out.

The sitting writes it in the transaction of its event; access.py asks it whenever somebody comes in and every few
seconds, so that whoever is kept out stands in the lobby until the order ends. Nobody's vote depends on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import JSON, select
from sqlmodel import Field, SQLModel, col

from collab.core.database import Tx
from collab.core.events import Fact

KEPT_OUT = "rooms.kept_out"


class RoomOrder(SQLModel, table=True):
    """The order that holds in a meeting's room, as ids of persons; gone with the sitting."""

    __tablename__ = "room_order"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    closed: bool = False
    inside: list[str] = Field(default_factory=list, sa_type=JSON)
    seated: list[str] = Field(default_factory=list, sa_type=JSON)
    presiding: list[str] = Field(default_factory=list, sa_type=JSON)
    aside: list[str] = Field(default_factory=list, sa_type=JSON)
    silenced: list[str] = Field(default_factory=list, sa_type=JSON)


@dataclass(frozen=True, slots=True)
class Order:
    """The same. `closed`: a closed session, for those `inside` alone; `seated`: members, whom nobody puts out;
    `aside`: who withdrew from what is discussed; `silenced`: whose microphone who presides has closed."""

    closed: bool = False
    inside: frozenset[UUID] = frozenset()
    seated: frozenset[UUID] = frozenset()
    presiding: frozenset[UUID] = frozenset()
    aside: frozenset[UUID] = frozenset()
    silenced: frozenset[UUID] = frozenset()

    def keeps_out(self, who: UUID, *, hosts: bool, looks_on: bool = False) -> bool:
        """Whether somebody, or a program in their name that `looks_on`, waits outside. Who organises the meeting stays
        in a closed session, to serve it; who withdrew does not, whoever they are."""
        return who in self.aside or (self.closed and (looks_on or not (hosts or who in self.inside)))


NO_ORDER = Order()


class RoomOrdered(Fact):
    """Another order holds in a meeting's room."""

    meeting_id: UUID


async def find_orders(tx: Tx, meetings: Collection[UUID]) -> Mapping[UUID, Order]:
    """The orders that hold in these rooms; of others there is none."""
    rows = await tx.all(select(RoomOrder).where(col(RoomOrder.meeting_id).in_(meetings)))
    return {row.meeting_id: _order(row) for row in rows}


async def set_order(tx: Tx, meeting_id: UUID, order: Order) -> None:
    """Let this hold in the room from now on. Nothing happens where it does."""
    row = await tx.get(RoomOrder, meeting_id)
    if (NO_ORDER if row is None else _order(row)) == order:
        return
    if row is None:
        row = RoomOrder(meeting_id=meeting_id)
        tx.add(row)
    row.closed = order.closed
    row.inside, row.seated, row.presiding = _ids(order.inside), _ids(order.seated), _ids(order.presiding)
    row.aside, row.silenced = _ids(order.aside), _ids(order.silenced)
    if order == NO_ORDER:
        await tx.flush()
        await tx.delete(row)
    await tx.flush()
    tx.emit(RoomOrdered(meeting_id=meeting_id))


def _ids(people: Collection[UUID]) -> list[str]:
    return sorted(map(str, people))


def _order(row: RoomOrder) -> Order:
    def people(ids: list[str]) -> frozenset[UUID]:
        return frozenset(map(UUID, ids))

    return Order(
        row.closed,
        people(row.inside),
        people(row.seated),
        people(row.presiding),
        people(row.aside),
        people(row.silenced),
    )
