"""What is never too slow, and what always is, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.http import TooSlow
from web.pace import Pace

steps = st.lists(st.tuples(st.integers(1, 1 << 18), st.floats(0.001, 60)), max_size=200)


@given(steps)
def test_a_kibibyte_a_second_is_enough(sizes: list[tuple[int, float]]) -> None:
    pace = Pace()
    for size, waited in sizes:
        pace.note(max(size, int(waited * 1024) + 1), waited)


@given(st.floats(1, 59.9), st.integers(1, 1000))
def test_what_trickles_is_refused_within_two_windows(waited: float, size: int) -> None:
    size = min(size, int(waited * 1000))
    pace, total = Pace(), 0.0
    with pytest.raises(TooSlow):
        while total < 120:
            pace.note(size, waited)
            total += waited


@given(st.integers(0, 60 * 1024))
def test_what_ends_is_not_slow(size: int) -> None:
    Pace().note(0, 60.0)
    pace = Pace()
    pace.note(size, 59.0)
    pace.note(0, 30.0)
