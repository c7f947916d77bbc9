"""What a sitting orders in its meeting room: who presides there, who is out while an item is discussed from which they
withdrew, who alone stays in closed session, whose microphone the chair has closed. Votes are taken elsewhere and depend
on none of it (CGCT L2121-16: the police of the assembly is over the room, not over a mandate)."""

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Tx
from meetings.council.assemblies.models import Assembly, Clerk, MemberView
from meetings.council.sittings.rules import Phase, State
from meetings.rooms.orders import NO_ORDER, Order


async def order_of(tx: Tx, assembly: Assembly, members: list[MemberView], state: State) -> Order:
    """The order that this state asks for; none once the sitting is over."""
    if state.phase is Phase.CLOSED:
        return NO_ORDER
    people = {str(one.id): one.person_id for one in members}
    clerks = set(await tx.all(select(col(Clerk.person_id)).where(col(Clerk.assembly_id) == assembly.id)))
    aside = state.aside(state.item) if state.item else {}
    return Order(
        closed=state.private,
        inside=frozenset(clerks | set(people.values())) if state.private else frozenset(),
        seated=frozenset(people.values()),
        presiding=frozenset(clerks | {people[who] for who in [state.chair] if who in people}),
        aside=frozenset(people[who] for who in aside if who in people),
        silenced=frozenset(people[who] for who in state.silenced if who in people),
    )
