"""The commune's council of 33 in the demonstration, with a sitting that was held and one convened for next week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.models import Space
from meetings.council.assemblies.models import Assembly, AssemblyInput, Member, MemberInput, Office
from meetings.council.assemblies.service import add_clerk, add_member, create_assembly
from meetings.council.publishing.service import open_page
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.convening import acknowledge, convene
from meetings.council.sittings.inputs import ConveneInput, ItemInput, SittingInput
from meetings.council.sittings.models import Sitting, SittingState
from meetings.council.sittings.service import add_item, create_sitting
from web.demo.agglomeration import settle_agglomeration
from web.demo.commune import COUNCIL, ELECTED, residents
from web.demo.held import settle_held
from web.demo.people import actor_of, person_of

INHABITANTS = 12_400
DAYS_AHEAD = 8
SINCE = date(2026, 3, 20)
MAJORITY, OPPOSITION = "Valbrume ensemble", "Valbrume autrement"
CLERKS = ("sophie.lambert", "karim.benali")
ACKNOWLEDGED = ("philippe.garnier", "marie-claude.renard", "michel.courtois")

# title, kind, family name of who presents it, note
Items = Sequence[tuple[str, ItemKind, str, str]]

ITEMS: Items = (
    (
        "Communications du maire",
        ItemKind.INFORMATION,
        "Villeneuve",
        "Décisions prises par délégation depuis la dernière séance.",
    ),
    (
        "Rapport sur les orientations budgétaires",
        ItemKind.DELIBERATION,
        "Garnier",
        "Le rapport présente les engagements pluriannuels, la structure de la dette et l’évolution des dépenses de "
        "personnel. Le conseil prend acte de la tenue du débat.",
    ),
    (
        "Tarifs de la restauration scolaire",
        ItemKind.DELIBERATION,
        "Renard",
        "La commission propose de maintenir les six tranches de quotient familial et d’augmenter les tarifs de 1,5 %.",
    ),
    (
        "Rénovation de l’école Jules-Verne : plan de financement",
        ItemKind.DELIBERATION,
        "Mansouri",
        "Le plan de financement prévoit la DETR, le fonds vert et un emprunt de 180 000 €.",
    ),
    (
        "Convention avec l’association sportive",
        ItemKind.DELIBERATION,
        "Courtois",
        "La convention fixe une subvention de 12 000 € et la mise à disposition du gymnase.",
    ),
    ("Questions orales", ItemKind.ORAL_QUESTION, "Villeneuve", ""),
)


@dataclass(frozen=True, slots=True)
class Councils:
    """What demo.json tells of: the commune's council, its next sitting, the one that was held."""

    assembly: UUID
    sitting: UUID
    sitting_held: UUID


async def settle_council(tx: Tx, space: str, zone: ZoneInfo) -> Councils:
    """The assemblies and their sittings, made where they are missing. `space`: the title of the council's."""
    clerk = await actor_of(tx, CLERKS[0])
    space_id: UUID = await tx.one(select(col(Space.id)).where(col(Space.title) == space).limit(1))
    found: UUID | None = await tx.one(
        select(col(Assembly.id)).where(col(Assembly.space_id) == space_id).order_by(col(Assembly.id)).limit(1)
    )
    assembly = found or await _assembly(tx, clerk, space_id)
    coming: UUID | None = await tx.one(
        select(col(Sitting.id))
        .where(
            col(Sitting.assembly_id) == assembly,
            col(Sitting.state) != SittingState.CANCELLED,
            col(Sitting.starts_at) > tx.now,
        )
        .order_by(col(Sitting.starts_at))
        .limit(1)
    )
    await open_page(tx, clerk, assembly)
    held = await settle_held(tx, clerk, assembly, zone)
    await settle_agglomeration(tx, clerk, zone)
    return Councils(assembly, coming or await _sitting(tx, clerk, assembly, zone), held)


async def _assembly(tx: Tx, clerk: Actor, space_id: UUID) -> UUID:
    data = AssemblyInput(title=COUNCIL, kind=Kind.COMMUNE, population=INHABITANTS, seats=len(ELECTED), term_from=SINCE)
    assembly = await create_assembly(tx, clerk, space_id, data)
    await add_clerk(tx, clerk, assembly.id, (await person_of(tx, CLERKS[1])).id)
    elected = [one for one in residents() if not one.service]
    for place, one in enumerate(elected, start=1):
        office = Office.PRESIDENT if place == 1 else Office.DEPUTY if "adjoint" in one.title else Office.MEMBER
        person = await person_of(tx, one.login)
        mandate = MemberInput(
            person_id=person.id,
            office=office,
            function=one.title,
            party=MAJORITY if place <= 25 else OPPOSITION,
            joined=SINCE,
        )
        await add_member(tx, clerk, assembly.id, mandate)
    return assembly.id


async def _sitting(tx: Tx, clerk: Actor, assembly: UUID, zone: ZoneInfo) -> UUID:
    day = tx.now.astimezone(zone).date() + timedelta(days=DAYS_AHEAD)
    start = datetime.combine(day, time(18, 30), zone)
    data = SittingInput(title="Séance du conseil municipal", starts_at=start, place="Salle du conseil, hôtel de ville")
    sitting = await create_sitting(tx, clerk, assembly, data)
    await tx.flush()
    by_name = {one.family: one.login for one in residents() if not one.service}
    for title, kind, name, note in ITEMS:
        rapporteur = await person_of(tx, by_name[name])
        await add_item(tx, clerk, sitting.id, ItemInput(title=title, kind=kind, note=note, rapporteur_id=rapporteur.id))
    await tx.flush()
    president = await actor_of(tx, by_name["Villeneuve"])
    by: UUID = await tx.one(
        select(col(Member.id)).where(col(Member.assembly_id) == assembly, col(Member.person_id) == president.id)
    )
    await convene(tx, clerk, sitting.id, ConveneInput(by=by), zone.key)
    await tx.flush()
    for login in ACKNOWLEDGED:
        await acknowledge(tx, await actor_of(tx, login), sitting.id)
    return sitting.id
