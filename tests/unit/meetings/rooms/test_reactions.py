"""How often one may react."""

from collections import deque

import pytest

from collab.core.errors import TooMany
from meetings.rooms.reactions import AT_ONCE, WITHIN, pace


def test_a_few_at_once_and_then_when_the_first_is_old() -> None:
    given: deque[float] = deque()
    for number in range(AT_ONCE):
        pace(given, number / 10)
    with pytest.raises(TooMany) as refused:
        pace(given, 1.0)
    assert refused.value.retry_after == 2
    pace(given, WITHIN)
    assert len(given) == AT_ONCE, "what was refused does not count"
    with pytest.raises(TooMany):
        pace(given, WITHIN)
