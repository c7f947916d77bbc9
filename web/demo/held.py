"""The sitting of the commune's council that was held two weeks ago: who came late or left, what was voted, the minutes.

Everything goes through the services; the transaction's clock is set to the hours of that evening and back.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from directory.people.models import Person
from meetings.council.assemblies.models import Member
from meetings.council.minutes.models import Act, TextInput
from meetings.council.minutes.service import begin_minutes, propose_minutes, publish_act, publish_list, save_text
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import ballots, live
from meetings.council.sittings.convening import convene
from meetings.council.sittings.inputs import (
    BallotOpening,
    CloseInput,
    ConveneInput,
    Entry,
    EventInput,
    ItemInput,
    SittingInput,
    VoteInput,
)
from meetings.council.sittings.models import Choice, Method, Sitting, SittingState
from meetings.council.sittings.service import add_item, create_sitting

DAYS_AGO = 13
CONVENED_BEFORE = timedelta(days=8)

# title, kind, family name of who presents it, note, deliberation, debates, votes for, against, abstentions
Agenda = Sequence[tuple[str, ItemKind, str, str, str, str, tuple[int, int, int] | None]]

AGENDA: Agenda = (
    (
        "Communications de la maire",
        ItemKind.INFORMATION,
        "Villeneuve",
        "Décisions prises par délégation depuis la dernière séance.",
        "",
        "Mme la maire rend compte des décisions prises par délégation. M. Legrand demande le coût du diagnostic de la "
        "salle des fêtes ; il lui est répondu 8 400 € hors taxes.",
        None,
    ),
    (
        "Dénomination de la place devant la médiathèque",
        ItemKind.DELIBERATION,
        "Vasseur",
        "La commission culture propose le nom de Marguerite Audoux, couturière et romancière.",
        "Le conseil municipal, après en avoir délibéré, **décide** de nommer *place Marguerite-Audoux* l’espace public "
        "situé devant la médiathèque.",
        "Mme Vasseur rappelle la consultation des habitants. M. Weber salue le choix et demande qu’un panneau raconte "
        "la vie de l’autrice.",
        (31, 0, 0),
    ),
    (
        "Subventions aux associations",
        ItemKind.DELIBERATION,
        "Courtois",
        "Le tableau des subventions représente 148 000 €, en hausse de 2 %.\n\n"
        "| Association | Montant |\n|---|---|\n| Valbrume athlétisme | 12 000 € |\n| Harmonie municipale | 6 500 € |",
        "Le conseil municipal, après en avoir délibéré :\n\n1. **attribue** les subventions du tableau annexé ;\n"
        "2. **autorise** Mme la maire à signer les conventions.",
        "Mme Gros regrette que l’aide aux clubs baisse d’un côté et monte de l’autre. M. Courtois répond que la "
        "répartition suit le nombre de licenciés.\n\n> « Nous appliquons la règle votée en mars. »",
        (24, 5, 1),
    ),
    (
        "Protection fonctionnelle d’un agent",
        ItemKind.DELIBERATION,
        "Villeneuve",
        "Un agent d’accueil a été menacé ; la protection est de droit.",
        "Le conseil municipal **accorde** la protection fonctionnelle à l’agent concerné.",
        "Pas de débat.",
        (30, 0, 0),
    ),
)
CLOSED_ITEM = "Protection fonctionnelle d’un agent"
ROLL_CALL = "Subventions aux associations"
LATE, EARLY, EXCUSED, AWAY, ASIDE = "Navarro", "Marty", ("Besson", "Humbert"), ("Le Roux",), "Courtois"
PROXIES = (("Besson", "Gros"),)


async def settle_held(tx: Tx, clerk: Actor, assembly: UUID, zone: ZoneInfo) -> UUID:
    """The sitting that was held, made where there is none."""
    found: UUID | None = await tx.one(
        select(col(Sitting.id))
        .where(col(Sitting.assembly_id) == assembly, col(Sitting.state) == SittingState.CLOSED)
        .order_by(col(Sitting.starts_at).desc())
        .limit(1)
    )
    if found is not None:
        return found
    now = tx.now
    try:
        return await _Evening(tx, clerk, assembly, zone).hold()
    finally:
        tx.now = now


class _Evening:
    """That evening, minute by minute."""

    def __init__(self, tx: Tx, clerk: Actor, assembly: UUID, zone: ZoneInfo) -> None:
        self.tx, self.clerk, self.assembly, self.zone = tx, clerk, assembly, zone
        day = tx.now.astimezone(zone).date() - timedelta(days=DAYS_AGO)
        self.start = datetime.combine(day, time(18, 30), zone)
        self.members: dict[str, UUID] = {}
        self.people: dict[str, UUID] = {}
        self.sitting = UUID(int=0)

    async def hold(self) -> UUID:
        """From the convocation to the minutes."""
        tx = self.tx
        rows = await tx.rows(
            select(col(Person.family_name), col(Member.id), col(Person.id))
            .join(Person, col(Person.id) == col(Member.person_id))
            .where(col(Member.assembly_id) == self.assembly)
        )
        self.members, self.people = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
        tx.now = self.start - CONVENED_BEFORE
        data = SittingInput(
            title="Séance du conseil municipal", starts_at=self.start, place="Salle du conseil, hôtel de ville"
        )
        self.sitting = (await create_sitting(tx, self.clerk, self.assembly, data)).id
        await tx.flush()
        items = [await self._item(*one[:5]) for one in AGENDA]
        by = ConveneInput(by=self.members["Villeneuve"])
        await convene(tx, self.clerk, self.sitting, by, self.zone.key)
        await self._open()
        for number, (item, one) in enumerate(zip(items, AGENDA, strict=True)):
            await self._deal(item, one[0], one[6], minute=12 + 18 * number)
        await self._enter(84, Entry.CLOSED)
        await self._write(items)
        return self.sitting

    async def _item(self, title: str, kind: ItemKind, who: str, note: str, text: str) -> UUID:
        public = title != CLOSED_ITEM
        data = ItemInput(title=title, kind=kind, note=note, draft=text, public=public, rapporteur_id=self.people[who])
        item = await add_item(self.tx, self.clerk, self.sitting, data)
        await self.tx.flush()
        return item.id

    async def _enter(self, minute: int, kind: Entry, who: str = "", **more: object) -> None:
        self.tx.now = self.start + timedelta(minutes=minute)
        data = EventInput(kind=kind, member_id=self.members.get(who), **more)
        await live.enter(self.tx, self.clerk, self.sitting, data, self.zone.key)
        await self.tx.flush()

    async def _open(self) -> None:
        absent = {LATE, *EXCUSED, *AWAY}
        for who in self.members:
            if who not in absent:
                await self._enter(-5, Entry.PRESENT, who)
        for who in EXCUSED:
            await self._enter(-4, Entry.EXCUSED, who)
        for giver, holder in PROXIES:
            await self._enter(-3, Entry.PROXY_GIVEN, giver, other_id=self.members[holder])
        await self._enter(1, Entry.CHAIR, "Villeneuve")
        await self._enter(2, Entry.OPENED)
        await self._enter(3, Entry.SECRETARY, "Bonnet")

    async def _deal(self, item: UUID, title: str, votes: tuple[int, int, int] | None, minute: int) -> None:
        await self._enter(minute, Entry.ITEM_OPENED, item_id=item)
        if title == ROLL_CALL:
            await self._enter(minute + 1, Entry.WITHDREW, ASIDE, item_id=item, why=Withdrawal.PERSONAL)
        if votes is not None:
            await self._vote(title, votes)
        if title == AGENDA[0][0]:
            await self._enter(minute + 6, Entry.PRESENT, LATE)
        await self._enter(minute + 15, Entry.ITEM_CLOSED, item_id=item)
        if title == ROLL_CALL:
            await self._enter(minute + 16, Entry.LEFT, EARLY)

    async def _vote(self, title: str, votes: tuple[int, int, int]) -> None:
        tx, zone = self.tx, self.zone.key
        tx.now += timedelta(minutes=9)
        is_called = title == ROLL_CALL
        opening = BallotOpening(
            method=Method.ROLL_CALL if is_called else Method.HANDS, public_requests=9 if is_called else 0
        )
        ballot = (await ballots.open_ballot(tx, self.clerk, self.sitting, opening, zone)).id
        await tx.flush()
        figures = CloseInput(votes_for=votes[0], votes_against=votes[1], abstentions=votes[2])
        if is_called:
            await self._call(ballot, votes)
            figures = CloseInput()
        await ballots.close_ballot(tx, self.clerk, ballot, figures, zone)
        await tx.flush()

    async def _call(self, ballot: UUID, votes: tuple[int, int, int]) -> None:
        """The members are called in the order of the table; the last ones are the opposition."""
        there = [who for who in self.members if who not in {*EXCUSED, *AWAY, ASIDE}] + [giver for giver, _ in PROXIES]
        for number, who in enumerate(there):
            choice = (
                Choice.FOR if number < votes[0] else Choice.AGAINST if number < sum(votes[:2]) else Choice.ABSTAINED
            )
            data = VoteInput(choice=choice, member_id=self.members[who])
            await ballots.cast_vote(self.tx, self.clerk, ballot, data, self.zone.key)

    async def _write(self, items: Sequence[UUID]) -> None:
        """The minutes, proposed; the list and the public deliberations are online."""
        tx, zone = self.tx, self.zone
        await begin_minutes(tx, self.sitting, self.start.date())
        tx.now = self.start + timedelta(days=2)
        texts = {f"debates:{item}": one[5] for item, one in zip(items, AGENDA, strict=True)}
        texts["opening"] = "Le conseil observe une minute de silence à la mémoire de M. René Astier, ancien adjoint."
        for part, text in texts.items():
            await save_text(tx, self.clerk, self.sitting, part, TextInput(text=text), 0, zone)
        await publish_list(tx, self.clerk, self.sitting, zone)
        public = {item for item, one in zip(items, AGENDA, strict=True) if one[0] != CLOSED_ITEM}
        for act in await tx.all(select(Act).where(col(Act.sitting_id) == self.sitting).order_by(col(Act.number))):
            if act.item_id in public:
                await publish_act(tx, self.clerk, self.sitting, act.id, zone)
        tx.now = self.start + timedelta(days=5)
        await propose_minutes(tx, self.clerk, self.sitting, zone)
        await tx.flush()
