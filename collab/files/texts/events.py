"""What happens to the text of files."""

from uuid import UUID

from collab.core.events import Fact


class TextsRead(Fact):
    """What these files say is known now."""

    file_ids: list[UUID]
