"""Which picture a film shows when, and where its chapters begin."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meetings.recording.cutting import Chapter, Cut, Picture, chapters, cut
from meetings.recording.mixing import lanes_of
from meetings.recording.reading import Mark

ANNE = Picture(0, "anne", False, [(0.0, 100.0)], [0.0, 10.2, 50.0])
BRUNO = Picture(1, "bruno", False, [(5.0, 100.0)], [5.0, 20.3, 60.0])
SCREEN = Picture(2, "anne", True, [(30.0, 40.0)], [30.1])


def test_who_speaks_is_shown_from_their_next_keyframe_on() -> None:
    marks = [Mark(10.0, ("anne",)), Mark(20.0, ("bruno",)), Mark(25.0, ("bruno", "anne")), Mark(50.0, ("anne",))]
    assert cut([ANNE, BRUNO], marks, 100.0) == [
        Cut(0.0, 0),
        Cut(20.3, 1),
        Cut(50.0, 0),
    ]


def test_a_shared_screen_goes_before_any_face() -> None:
    marks = [Mark(32.0, ("bruno",)), Mark(60.0, ("bruno",))]
    assert cut([ANNE, BRUNO, SCREEN], marks, 100.0) == [
        Cut(0.0, 0),
        Cut(30.1, 2),
        Cut(40.0, None),
        Cut(60.0, 1),
    ]


def test_without_a_keyframe_nothing_changes() -> None:
    blind = Picture(1, "bruno", False, [(5.0, 100.0)], [])
    assert cut([ANNE, blind], [Mark(20.0, ("bruno",))], 100.0) == [Cut(0.0, 0)]


@given(st.lists(st.tuples(st.floats(0, 90), st.sampled_from(["anne", "bruno", "chloe"])), max_size=20))
def test_a_film_never_begins_a_picture_between_keyframes(spoken: list[tuple[float, str]]) -> None:
    pictures = [ANNE, BRUNO, SCREEN]
    cuts = cut(pictures, [Mark(at, (who,)) for at, who in sorted(spoken)], 100.0)
    assert [one.at for one in cuts] == sorted(one.at for one in cuts)
    for one in cuts:
        assert one.place is None or (one.at in pictures[one.place].keys and pictures[one.place].is_sent(one.at))


def test_a_chapter_is_a_turn_to_speak_that_lasts() -> None:
    marks = [
        Mark(1.0, ("anne",)),
        Mark(40.0, ("bruno",)),
        Mark(41.0, ("anne",)),  # a word in between makes no chapter
        Mark(60.0, ("bruno",)),
        Mark(90.0, ()),
    ]
    assert chapters(marks, 0.0, 100.0, [80.0]) == [
        Chapter(0.0, "anne"),
        Chapter(60.0, "bruno"),
        Chapter(80.0, ""),
    ]


spans = st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 10)), max_size=6)


@given(st.lists(spans, max_size=6))
def test_on_no_lane_do_two_speak_at_once(lengths: list[list[tuple[float, float]]]) -> None:
    tracks = [[(begin, begin + length) for begin, length in own] for own in lengths]
    lanes = lanes_of(tracks)
    laid = sorted(
        (lane, *span) for own, places in zip(tracks, lanes, strict=True) for span, lane in zip(own, places, strict=True)
    )
    for (lane, _, end), (following, begin, _) in pairwise(laid):
        assert lane != following or end < begin
