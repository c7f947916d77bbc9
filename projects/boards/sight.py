"""What a change of a card does to who sees it: what must hold afterwards, who is told what, what is journalled.

Called by cards.py and transfers.py, before the change (`of`) and after it (`keep`, then `tell`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid
from collab.core.i18n import msg
from collab.notifications.service import withdraw
from projects.boards import queries
from projects.boards.access import CardPlace
from projects.boards.events import CardChanged, CardRemoved, CardRestored, concerned_by, heard_by, topic_of
from projects.boards.models import CardDetails, CardMember
from projects.boards.people import sees_card
from projects.boards.seeing import concerned_by as concerned_in

OF_SIGHT = frozenset({"assignees", "units", "members", "hidden"})


def is_of_sight(*sent: Collection[str]) -> bool:
    """Whether a change with these fields may change who sees the card."""
    return any(not OF_SIGHT.isdisjoint(names) for names in sent)


@dataclass(frozen=True, slots=True)
class Sight:
    """Who saw a card before it was changed."""

    place: CardPlace
    hidden: bool
    concerned: frozenset[UUID]

    @classmethod
    async def of(cls, tx: Tx, place: CardPlace, *, hidden: bool) -> "Sight":
        """As it is now."""
        return cls(place, hidden, (await concerned_in(tx, [place.card]))[place.card])

    async def keep(self, tx: Tx, actor: Actor, *, hidden: bool) -> None:
        """See to it that somebody sees a hidden card: who hides it does."""
        if not hidden:
            return
        concerned = (await concerned_in(tx, [self.place.card]))[self.place.card]
        if not self.hidden and not concerned & actor.principals and actor.person_id is not None:
            tx.add(CardMember(card_id=self.place.card, principal_id=actor.person_id))
            await tx.flush()
        elif not concerned:
            text = msg("A hidden card has at least one member: give it to somebody, or show it.")
            raise Invalid("boards.nobody_sees", errors={"members": text})

    async def tell(self, tx: Tx, actor: Actor, card: CardDetails, rev: int) -> None:
        """Tell those who see the card now, and those who do not any more; journal what changed."""
        topic, shown, now = topic_of(self.place.board), queries.card_on_board(card), concerned_by(card)
        audience = heard_by(card).model_copy(
            update={
                "lost_whole": card.hidden and not self.hidden,
                "lost": self.concerned - now,
                "instead": CardRemoved(topic=topic, rev=rev, card=card.id),
            }
        )
        # A card that comes into somebody's sight has to be put where it lies.
        if now - self.concerned or (self.hidden and not card.hidden):
            tx.emit(CardRestored(topic=topic, rev=rev, column=card.column, card=shown, audience=audience))
        else:
            tx.emit(CardChanged(topic=topic, rev=rev, card=shown, audience=audience))
        await self._journal(tx, actor, now, hidden=card.hidden)
        if card.hidden or self.concerned - now:
            await withdraw(tx, path_of(self.place.board, card.id), ~(await sees_card(tx, card.id)))

    async def _journal(self, tx: Tx, actor: Actor, now: frozenset[UUID], *, hidden: bool) -> None:
        """Ids alone: who reads the journal of a space does not see all of its cards."""
        told: Mapping[str, Any] = {"space": self.place.space, "subject": self.place.card}
        if hidden != self.hidden:
            tx.record(actor, "boards.hide_card" if hidden else "boards.show_card", **told)
        if hidden and now != self.concerned:
            added, gone = (sorted(map(str, some)) for some in (now - self.concerned, self.concerned - now))
            tx.record(actor, "boards.card_members", **told, added=added, gone=gone)


def path_of(board_id: UUID, card_id: UUID) -> str:
    """Where notifications of a card lead."""
    return f"/boards/{board_id}?card={card_id}"
