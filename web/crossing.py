"""What one slice shows of another's things, left to those who may see them. Called by the doors of either."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from meetings.council.minutes.models import MinutesView
from projects.boards.access import list_readable_cards


async def leave_seen_cards(tx: Tx, actor: Actor, view: MinutesView) -> MinutesView:
    """The minutes with those of the cards that came out of deliberations that the actor sees."""
    ids: set[UUID] = {card for act in view.acts for card in act.cards}
    seen = {card.id for card in await list_readable_cards(tx, actor, ids)} if ids else set()
    for act in view.acts:
        act.cards = [card for card in act.cards if card in seen]
    return view
