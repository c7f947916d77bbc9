"""Fills an empty place with the commune: accounts, spaces, boards, files, meetings. Once, in one transaction.

Everything goes through the services, as the people themselves would do it, so that rights and journal are right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Tx
from collab.files.comments import CommentInput, add_comment
from collab.files.favourites import set_favourite
from collab.files.models import FolderInput, TagColour, UploadQuery
from collab.files.service import add_file, add_version, create_folder
from collab.files.storage import Stored
from collab.files.tagging import create_tag, tag_node
from collab.files.tags import TagInput
from collab.spaces.models import DataClass, MemberInput, PrincipalKind, Role, Space, SpaceInput
from collab.spaces.personal import personal_space
from collab.spaces.service import create_space, set_member
from directory.groups.models import Group, GroupInput
from directory.groups.service import add_group, set_group_members
from directory.people.models import Person, PersonInput
from directory.people.queries import find_by_login, principals_of
from directory.people.service import add_person, set_admin
from directory.units.models import Unit, UnitInput
from directory.units.service import add_unit
from meetings.calendar.invitations import Place
from meetings.calendar.models import Meeting, MeetingChange, MeetingInput, MeetingState
from meetings.calendar.service import create_meeting, update_meeting
from projects.boards.cards import change_card, create_card
from projects.boards.models import Board, CardChange, CardInput
from projects.boards.queries import read_board
from projects.boards.service import create_board
from web.contents import Contents, ReadBlock
from web.demo.commune import COUNCIL, SERVICES, player, residents

SETUP = job_actor("demonstration")
SPACE_TITLE = "Rénovation de l’école Jules-Verne"
COUNCIL_TITLE = "Préparation du conseil municipal"
MEETING_MINUTES = 90

# title, column (0 to 2), days from today until it is due (None: no date), logins of those who do it
Cards = Sequence[tuple[str, int, int | None, Sequence[str]]]

SCHOOL_CARDS: Cards = (
    ("Relire l’étude thermique", 0, 2, ("camille.roche",)),
    ("Demander trois devis pour l’isolation", 0, 6, ("camille.roche", "aicha.diallo")),
    ("Préparer la réunion avec les parents d’élèves", 0, 9, ("christine.aubert", "lea.bonnet")),
    ("Vérifier l’accès des pompiers pendant le chantier", 0, None, ()),
    ("Choisir la couleur des menuiseries", 0, 20, ("lea.bonnet",)),
    ("Déposer le dossier de subvention DETR", 1, -1, ("thierry.gauthier",)),
    ("Installer les classes provisoires", 1, 12, ("laurent.picard", "yann.kermorgant")),
    ("Plan de circulation autour de l’école", 1, 4, ("mehdi.saidi",)),
    ("Diagnostic amiante", 2, -20, ("sandrine.morel",)),
    ("Délibération de principe", 2, -45, ("helene.marchand",)),
)
COUNCIL_CARDS: Cards = (
    ("Rapport sur les orientations budgétaires", 0, 8, ("thierry.gauthier",)),
    ("Note explicative : tarifs de la cantine", 0, 5, ("christine.aubert", "marie-claude.renard")),
    ("Convention avec l’association sportive", 0, 14, ("michel.courtois",)),
    ("Projet de délibération : vente du terrain des Aulnes", 1, 3, ("isabelle.chevalier",)),
    ("Relecture de l’ordre du jour", 1, 1, ("sophie.lambert", "anne.villeneuve")),
    ("Réserver la salle du conseil", 2, -3, ("ines.carpentier",)),
)

BUDGET = """poste;montant HT;état
Isolation des façades;184 000 €;devis attendus
Menuiseries;96 500 €;devis attendus
Chaufferie bois;142 000 €;étude terminée
Ventilation;38 200 €;étude terminée
Classes provisoires;27 400 €;commandées
"""
MINUTES = """Compte rendu de la réunion de chantier n° 4

Présents : Camille Roche, Laurent Picard, Sandrine Morel, Léa Bonnet.

1. Les classes provisoires seront livrées avant les vacances.
2. Le diagnostic amiante est favorable : aucune intervention préalable.
3. La circulation rue des Tilleuls passe en sens unique le temps des travaux.

Prochaine réunion : jeudi prochain, en visioconférence.
"""
NOTE = """Tarifs de la restauration scolaire

La commission propose de maintenir les six tranches de quotient familial et
d’augmenter les tarifs de 1,5 %, en dessous de la hausse des denrées.
Incidence sur le budget : + 18 400 € de recettes en année pleine.
"""
CIRCULATION = """Plan de circulation pendant les travaux

Rue des Tilleuls : sens unique, de la mairie vers l’école.
Dépose-minute : place du Marché, de 8 h à 9 h et de 16 h à 17 h.
Accès des pompiers : par l’impasse des Lilas, laissée libre jour et nuit.
"""
DRAFT = """Points à voir avec Laurent avant la réunion

- date de livraison des classes provisoires
- qui prévient les parents d’élèves de la rue des Tilleuls ?
"""


@dataclass(frozen=True, slots=True)
class Ids:
    """What demo.json names."""

    space: UUID
    board: UUID
    meeting: UUID


async def add_people(tx: Tx) -> None:
    """The commune's people, services and council as local accounts."""
    units = {name: (await add_unit(tx, SETUP, UnitInput(name=name))).id for name in (*SERVICES, COUNCIL)}
    members: list[UUID] = []
    for one in residents():
        data = PersonInput(
            login=one.login,
            display_name=one.name,
            given_name=one.given,
            family_name=one.family,
            mail=one.mail,
            title=one.title,
            unit_id=units[one.service or COUNCIL],
        )
        person = await add_person(tx, SETUP, data)
        if not one.service:
            members.append(person.id)
    council = await add_group(tx, SETUP, GroupInput(name=COUNCIL))
    await set_group_members(tx, SETUP, council.id, members)


async def people_are_there(tx: Tx) -> bool:
    """Whether the commune was settled before."""
    return await find_by_login(tx, player("agent").login) is not None


async def actor_of(tx: Tx, login: str) -> Actor:
    """A person of the commune as an actor."""
    person = await _person(tx, login)
    return Actor(ActorKind.PERSON, id=person.id, groups=await principals_of(tx, person), admin=person.is_admin)


async def find_ids(tx: Tx) -> Ids | None:
    """The ids of a place that is filled already."""
    row: Space | None = await tx.one(select(Space).where(col(Space.title) == SPACE_TITLE).limit(1))
    if row is None:
        return None
    agent = await actor_of(tx, player("agent").login)
    board = await tx.one(select(col(Board.id)).where(col(Board.space_id) == row.id).order_by(col(Board.id)).limit(1))
    meeting = await tx.one(
        select(col(Meeting.id))
        .where(col(Meeting.space_id) == row.id, col(Meeting.organiser_id) == agent.id)
        .order_by(col(Meeting.id))
        .limit(1)
    )
    return Ids(row.id, board, meeting)


async def store_files(contents: Contents) -> dict[str, Stored]:
    """Write the bytes of the files first: a transaction names only what is on disk."""
    texts = {
        "budget.csv": BUDGET,
        "budget 2.csv": BUDGET.replace("184 000 €;devis attendus", "176 300 €;trois devis reçus"),
        "budget 3.csv": BUDGET.replace("184 000 €;devis attendus", "171 900 €;retenu"),
        "minutes.txt": MINUTES,
        "minutes 3.txt": MINUTES.replace("n° 4", "n° 3"),
        "note.txt": NOTE,
        "circulation.txt": CIRCULATION,
        "draft.txt": DRAFT,
    }
    return {name: await contents.receive(_reader(text.encode())) for name, text in texts.items()}


def _reader(data: bytes) -> ReadBlock:
    parts = [data, b""]

    async def read() -> bytes:
        return parts.pop(0)

    return read


async def fill(tx: Tx, stored: Mapping[str, Stored], place: Place, columns: Sequence[tuple[str, bool]]) -> Ids:
    """Spaces, boards, files and meetings. The people must be there."""
    agent = await actor_of(tx, player("agent").login)
    admin = await _person(tx, player("admin").login)
    if not admin.is_admin:
        await set_admin(tx, SETUP, admin.id, True)
    elected = await _person(tx, player("elected").login)
    council: Group = await tx.one(select(Group).where(col(Group.name) == COUNCIL))
    technical: Unit = await tx.one(select(Unit).where(col(Unit.name) == "Services techniques"))

    school = await create_space(
        tx, agent, SpaceInput(title=SPACE_TITLE, description="Isolation, chaufferie bois et cour végétalisée.")
    )
    for kind, principal, role in (
        (PrincipalKind.PERSON, admin.id, Role.OWNER),
        (PrincipalKind.PERSON, elected.id, Role.EDITOR),
        (PrincipalKind.UNIT, technical.id, Role.EDITOR),
        (PrincipalKind.GROUP, council.id, Role.READER),
    ):
        await set_member(tx, agent, school.id, MemberInput(principal_kind=kind, principal_id=principal, role=role))
    for login in ("christine.aubert", "aicha.diallo", "thierry.gauthier", "helene.marchand"):
        person = await _person(tx, login)
        data = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person.id, role=Role.EDITOR)
        await set_member(tx, agent, school.id, data)
    board = await _board(tx, agent, school.id, "Travaux d’été", columns, SCHOOL_CARDS, place)
    await _school_files(tx, agent, school.id, stored)
    meeting = await _meetings(tx, agent, school.id, [elected.id, admin.id], place)

    head = await actor_of(tx, "sophie.lambert")
    preparation = await create_space(
        tx,
        head,
        SpaceInput(
            title=COUNCIL_TITLE,
            description="Rapports, notes explicatives et pièces de la prochaine séance.",
            data_class=DataClass.ORDINARY,
        ),
    )
    secretariat: Unit = await tx.one(select(Unit).where(col(Unit.name) == "Secrétariat général"))
    for kind, principal, role in (
        (PrincipalKind.GROUP, council.id, Role.READER),
        (PrincipalKind.PERSON, elected.id, Role.EDITOR),
        (PrincipalKind.UNIT, secretariat.id, Role.EDITOR),
    ):
        await set_member(tx, head, preparation.id, MemberInput(principal_kind=kind, principal_id=principal, role=role))
    for login in ("thierry.gauthier", "christine.aubert", "isabelle.chevalier", "camille.roche"):
        person = await _person(tx, login)
        data = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person.id, role=Role.EDITOR)
        await set_member(tx, head, preparation.id, data)
    await _board(tx, head, preparation.id, "Ordre du jour", columns, COUNCIL_CARDS, place)
    await add_file(tx, head, preparation.id, UploadQuery(name="Note tarifs de la cantine.txt"), stored["note.txt"])
    return Ids(school.id, board, meeting)


async def _school_files(tx: Tx, agent: Actor, space: UUID, stored: Mapping[str, Stored]) -> None:
    """Folders, a budget that was revised twice, minutes that are discussed; and the agent's own notes."""
    yard = await create_folder(tx, agent, space, FolderInput(name="Chantier"))
    plans = await create_folder(tx, agent, space, FolderInput(name="Plans"))
    reports = await create_folder(tx, agent, space, FolderInput(name="Comptes rendus", folder=yard.id))
    budget = await add_file(tx, agent, space, UploadQuery(name="Budget prévisionnel.csv"), stored["budget.csv"])
    finances = await actor_of(tx, "thierry.gauthier")
    for name, comment in (("budget 2.csv", "Trois devis reçus pour les façades"), ("budget 3.csv", "Offre retenue")):
        await add_version(tx, finances, budget.id, stored[name], None, comment)
    third = UploadQuery(name="Compte rendu n° 3.txt", folder=reports.id)
    await add_file(tx, agent, space, third, stored["minutes 3.txt"])
    fourth = UploadQuery(name="Compte rendu n° 4.txt", folder=reports.id)
    minutes = await add_file(tx, agent, space, fourth, stored["minutes.txt"])
    roads = UploadQuery(name="Plan de circulation.txt", folder=plans.id)
    await add_file(tx, agent, space, roads, stored["circulation.txt"])
    tags = {}
    for name, colour in (("À relire", TagColour.ORANGE), ("Validé", TagColour.GREEN), ("Confidentiel", TagColour.RED)):
        tags[name] = (await create_tag(tx, agent, space, TagInput(name=name, colour=colour))).id
    await tag_node(tx, agent, budget.id, tags["Validé"])
    await tag_node(tx, agent, minutes.id, tags["À relire"])
    who = await _person(tx, "laurent.picard")
    question = CommentInput(text=f"@{who.display_name} : la date de livraison du point 1 est-elle sûre ?")
    await add_comment(tx, agent, minutes.id, question)
    answer = CommentInput(text="Oui, le fournisseur l’a confirmée hier.")
    await add_comment(tx, await actor_of(tx, "laurent.picard"), minutes.id, answer)
    await set_favourite(tx, agent, budget.id)
    own = await personal_space(tx, agent)
    await add_file(tx, agent, own, UploadQuery(name="Points à voir.txt"), stored["draft.txt"])


async def bring_meeting_to_today(tx: Tx, meeting_id: UUID, place: Place) -> None:
    """The meeting of today takes place today, at whatever hour the demonstration starts."""
    meeting = await tx.get(Meeting, meeting_id)
    if meeting is None or meeting.state != MeetingState.PLANNED:
        return
    if meeting.starts_at <= tx.now < meeting.ends_at - timedelta(minutes=MEETING_MINUTES // 2):
        return
    agent = await actor_of(tx, player("agent").login)
    await update_meeting(
        tx,
        agent,
        meeting_id,
        MeetingChange(starts_at=_just_now(tx.now), duration=MEETING_MINUTES),
        meeting.rev,
        place,
    )


def _just_now(now: datetime) -> datetime:
    """The last quarter of an hour."""
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)


async def _meetings(tx: Tx, agent: Actor, space: UUID, invited: list[UUID], place: Place) -> UUID:
    today = MeetingInput(
        title="Réunion de chantier n° 5",
        description="Avancement des classes provisoires, circulation, prochaines commandes.",
        starts_at=_just_now(tx.now),
        duration=MEETING_MINUTES,
        invitees=invited,
    )
    first = await create_meeting(tx, agent, space, today, place)
    zone = ZoneInfo(place.zone)
    next_week = datetime.combine(tx.now.astimezone(zone).date() + timedelta(days=7), time(14, 0), zone)
    later = MeetingInput(title="Réunion de chantier n° 6", starts_at=next_week, duration=60, invitees=invited)
    await create_meeting(tx, agent, space, later, place)
    return first.id


async def _board(
    tx: Tx,
    actor: Actor,
    space: UUID,
    title: str,
    columns: Sequence[tuple[str, bool]],
    cards: Cards,
    place: Place,
) -> UUID:
    board = await create_board(tx, actor, space, title, columns)
    whole = await read_board(tx, actor, board.id)
    today = tx.now.astimezone(ZoneInfo(place.zone)).date()
    for text, column, days, logins in cards:
        made = await create_card(
            tx, actor, board.id, CardInput(column=UUID(str(whole["columns"][column]["id"])), title=text)
        )
        change: dict[str, object] = {}
        if days is not None:
            change["due"] = today + timedelta(days=days)
        if logins:
            change["assignees"] = [(await _person(tx, login)).id for login in logins]
        if change:
            await change_card(tx, actor, made.id, CardChange.model_validate(change), made.rev)
    return board.id


async def _person(tx: Tx, login: str) -> Person:
    person = await find_by_login(tx, login)
    assert person is not None, login
    return person
