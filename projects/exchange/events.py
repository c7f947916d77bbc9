"""What happens as boards come in."""

from uuid import UUID

from collab.core.events import Fact


class CardsImported(Fact):
    """These cards are new, some of many: the search reads them."""

    cards: list[UUID]
