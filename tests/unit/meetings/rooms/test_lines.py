"""What everybody may know of a connection: the worst of it, in a word, and not at every lost packet."""

from uuid import UUID

import pytest

from meetings.media.port import ParticipantStats, PictureStats
from meetings.rooms.lines import Lines, judge
from meetings.rooms.wire import Level, Trouble

ME, YOU = UUID(int=1), UUID(int=2)
BAD = (Level.FAIR, Trouble.SENDING)


def figures(
    up: float = 0.0, down: float = 0.0, trip: float | None = None, pictures: tuple[PictureStats, ...] = ()
) -> ParticipantStats:
    return ParticipantStats(str(ME), 1, 1, up, down, trip, pictures)


@pytest.mark.parametrize(
    ("stats", "concealed", "expected"),
    [
        (figures(), 0.0, None),
        (figures(up=0.03, down=0.03, trip=0.3), 0.03, None),
        (figures(up=0.08), 0.0, (Level.FAIR, Trouble.SENDING)),
        (figures(up=0.08, down=0.2), 0.0, (Level.POOR, Trouble.RECEIVING)),
        (figures(), 0.2, (Level.POOR, Trouble.RECEIVING)),
        (figures(trip=1.2), 0.0, (Level.POOR, Trouble.FAR)),
        (figures(pictures=(PictureStats("t", "l", 0, paused=True),)), 0.0, (Level.FAIR, Trouble.NARROW)),
    ],
)
def test_the_worst_is_said_and_why(stats: ParticipantStats, concealed: float, expected: object) -> None:
    assert judge(stats, concealed) == expected


def test_a_trouble_is_shown_when_it_lasts_and_until_it_is_over_for_a_while() -> None:
    lines = Lines()
    seen = []
    for found in (BAD, None, BAD, BAD, None, None, BAD, None, None, None):
        lines.follow({ME: found, YOU: None})
        seen.append(ME in lines.shown)
    assert seen == [False, False, False, True, True, True, True, True, True, False]
    assert YOU not in lines.shown


def test_who_has_left_is_forgotten() -> None:
    lines = Lines()
    for _ in range(2):
        lines.follow({ME: BAD, YOU: BAD})
    lines.follow({YOU: BAD})
    assert [line.participant for line in lines.view()] == [YOU]
    lines.follow({ME: BAD, YOU: BAD})
    assert ME not in lines.shown
