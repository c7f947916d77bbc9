"""What happens through links."""

from uuid import UUID

from collab.core.events import Fact


class DepositsGathered(Fact):
    """So many files came through a deposit box since those who edit there were told last. `box`: what it is called."""

    space_id: UUID
    folder_id: UUID
    link_id: UUID
    box: str
    count: int
    people: list[UUID]
