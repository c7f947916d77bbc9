"""Identifiers are UUIDs of version 7 (RFC 9562, section 5.7) that follow the clock."""

import time

from collab.core.ids import new_id


def test_version_and_variant() -> None:
    for _ in range(1_000):
        made = new_id()
        assert made.version == 7
        assert made.int >> 62 & 0b11 == 0b10


def test_the_first_48_bits_are_the_milliseconds_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_later_ids_sort_after_earlier_ones() -> None:
    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.002)
    assert made == sorted(made)


def test_none_comes_twice() -> None:
    assert len({new_id() for _ in range(20_000)}) == 20_000
