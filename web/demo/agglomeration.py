"""The council of the communauté d'agglomération, to which the commune sends delegates: its next sitting is partly by
video, which a council of a commune may not be (CGCT L5211-11-1)."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.models import SpaceInput
from collab.spaces.service import create_space
from meetings.council.assemblies.models import Assembly, AssemblyInput, Member, MemberInput, Office
from meetings.council.assemblies.service import add_member, create_assembly
from meetings.council.publishing.service import open_page
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.sittings.convening import convene
from meetings.council.sittings.inputs import ConveneInput, ItemInput, SittingInput
from meetings.council.sittings.models import Sitting, SittingState
from meetings.council.sittings.service import add_item, create_sitting
from web.demo.commune import residents
from web.demo.people import person_of

TITLE = "Conseil communautaire du Val de Brume"
INHABITANTS, SEATS, DELEGATES = 61_300, 15, 15
SINCE = date(2026, 4, 10)
DAYS_AHEAD = 10
PRESIDENT = "Garnier"

ITEMS = (
    ("Tarifs des piscines intercommunales", "La grille propose une entrée unique à 4 € et la gratuité avant six ans."),
    ("Convention avec le syndicat des mobilités", "La convention finance deux lignes à la demande jusqu’en 2029."),
    ("Rapport sur l’eau et l’assainissement", "Le rapport annuel présente prix, rendement du réseau et travaux."),
)


async def settle_agglomeration(tx: Tx, clerk: Actor, zone: ZoneInfo) -> None:
    """The assembly and its next sitting, made where they are missing."""
    found: UUID | None = await tx.one(select(col(Assembly.id)).where(col(Assembly.title) == TITLE).limit(1))
    assembly = found or await _assembly(tx, clerk)
    coming = select(col(Sitting.id)).where(
        col(Sitting.assembly_id) == assembly,
        col(Sitting.state) != SittingState.CANCELLED,
        col(Sitting.starts_at) > tx.now,
    )
    if await tx.one(coming.limit(1)) is None:
        await _sitting(tx, clerk, assembly, zone)


async def _assembly(tx: Tx, clerk: Actor) -> UUID:
    space = await create_space(
        tx, clerk, SpaceInput(title="Conseil communautaire", description="Séances de la communauté d’agglomération.")
    )
    await tx.flush()
    data = AssemblyInput(title=TITLE, kind=Kind.EPCI, population=INHABITANTS, seats=SEATS, term_from=SINCE)
    assembly = await create_assembly(tx, clerk, space.id, data)
    elected = [one for one in residents() if not one.service][:DELEGATES]
    for place, one in enumerate(sorted(elected, key=lambda one: one.family != PRESIDENT), start=1):
        person = await person_of(tx, one.login)
        office = Office.PRESIDENT if place == 1 else Office.DEPUTY if place < 5 else Office.MEMBER
        function = {Office.PRESIDENT: "Président", Office.DEPUTY: "Vice-présidence"}.get(
            office, "Délégation de Valbrume"
        )
        mandate = MemberInput(person_id=person.id, office=office, function=function, joined=SINCE)
        await add_member(tx, clerk, assembly.id, mandate)
    await open_page(tx, clerk, assembly.id)
    return assembly.id


async def _sitting(tx: Tx, clerk: Actor, assembly: UUID, zone: ZoneInfo) -> None:
    day = tx.now.astimezone(zone).date() + timedelta(days=DAYS_AHEAD)
    data = SittingInput(
        title="Séance du conseil communautaire",
        starts_at=datetime.combine(day, time(18), zone),
        place="Siège de l’agglomération, salle des délibérations, et par visioconférence",
        remote=True,
    )
    sitting = await create_sitting(tx, clerk, assembly, data)
    await tx.flush()
    for title, note in ITEMS:
        await add_item(tx, clerk, sitting.id, ItemInput(title=title, note=note))
    await tx.flush()
    by: UUID = await tx.one(
        select(col(Member.id)).where(col(Member.assembly_id) == assembly, col(Member.office) == Office.PRESIDENT)
    )
    await convene(tx, clerk, sitting.id, ConveneInput(by=by, despite=True), zone.key)
