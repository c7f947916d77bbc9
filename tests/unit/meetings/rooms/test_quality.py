"""A room in a few numbers."""

from dataclasses import replace
from uuid import uuid4

from meetings.media.port import ParticipantStats, PictureStats, Stats
from meetings.rooms.quality import RoomQuality


def test_pictures_are_counted_by_size_whatever_their_layers_are_called() -> None:
    pictures = tuple(PictureStats("t", "x" * 50, height) for height in (0, 160, 239, 360, 480, 2160))
    figures = ParticipantStats(
        str(uuid4()), 1, 2, 0.0, 0.1, None, (*pictures, PictureStats("t", "l", 160, paused=True))
    )
    room = RoomQuality()
    room.heard(Stats("room", (figures, replace(figures, participant=str(uuid4())))))
    totals = room.totals()
    assert totals.pictures == {"small": 4, "medium": 2, "large": 4}
    assert totals.paused == 2
