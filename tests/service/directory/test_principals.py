"""Under which ids others may have given somebody rights."""

from sqlalchemy import update
from sqlmodel import col

from collab.core.database import Database
from directory.people import queries
from directory.units.models import Unit, UnitInput
from directory.units.service import add_unit
from tests.service.directory.test_people import CLI, add


async def test_a_closed_service_above_gives_its_people_no_right(db: Database) -> None:
    async with db.write() as tx:
        top = await add_unit(tx, CLI, UnitInput(name="Direction"))
        inner = await add_unit(tx, CLI, UnitInput(name="Voirie", parent_id=top.id))
    person = await add(db, "yann", unit_id=str(inner.id))
    async with db.read() as tx:
        assert await queries.list_principals(tx, [person.id]) == {person.id: {top.id, inner.id}}
    async with db.write() as tx:
        await tx.execute(update(Unit).where(col(Unit.id) == top.id).values(active=False))
    async with db.read() as tx:
        assert await queries.list_principals(tx, [person.id]) == {person.id: {inner.id}}
        assert await queries.principals_of(tx, person) == {inner.id}
