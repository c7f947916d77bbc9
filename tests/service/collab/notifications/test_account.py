"""People learn at once what was changed about how they sign in."""

from sqlalchemy import select

from collab.core.access import job_actor
from collab.core.database import Database
from collab.notifications.models import Kind, Notification
from directory.people.models import PersonInput
from directory.people.service import add_person
from directory.sessions.events import SecondFactorChanged
from directory.sessions.service import set_password
from web.wiring import wire_services

SETUP = job_actor("set-up")


async def test_a_changed_password_and_second_factor_are_told(db: Database) -> None:
    wire_services(db.bus)
    async with db.write() as tx:
        person = await add_person(tx, SETUP, PersonInput(login="camille", display_name="Camille Roche"))
        await set_password(tx, SETUP, person.id, "first hash")
    async with db.write() as tx:
        assert await tx.all(select(Notification)) == []
        await set_password(tx, SETUP, person.id, "second hash")
        tx.emit(SecondFactorChanged(person_id=person.id, enrolled=False))
    async with db.read() as tx:
        told = await tx.all(select(Notification))
    assert {row.kind for row in told} == {Kind.ACCOUNT}
    assert {row.person_id for row in told} == {person.id}
    assert len(told) == 2
