"""Ranges and conditions of RFC 9110, by its own examples and by what is broken."""

from datetime import UTC, datetime, timedelta

import pytest

from web.ranges import Part, Unsatisfiable, etags, http_date, parse_date, parse_range, precondition, range_applies

MODIFIED = datetime(2026, 11, 23, 18, 30, 1, 500, UTC)


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("bytes=0-499", [(0, 500)]),
        ("bytes=500-999", [(500, 1000)]),
        ("bytes=-500", [(9500, 10000)]),
        ("bytes=9500-", [(9500, 10000)]),
        ("bytes=0-0,-1", [(0, 1), (9999, 10000)]),
        ("bytes=500-600,601-999", [(500, 601), (601, 1000)]),
        ("bytes=0-99999", [(0, 10000)]),
        ("bytes=-99999", [(0, 10000)]),
        ("Bytes = 5-6 , ,\t8-9", [(5, 7), (8, 10)]),
        ("bytes=0-1,20000-", [(0, 2)]),
    ],
)
def test_ranges(header: str, parts: list[tuple[int, int]]) -> None:
    assert parse_range(header, 10000) == [Part(*part) for part in parts]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=1-2-3",
        "bytes=--5",
        "bytes=0x1-2",
        "bytes=١-٢",
        "bytes=-1.5",
        "lines=1-2",
        "bytes=" + "9" * 30 + "-",
        "bytes=" + ",".join(f"{number}-{number}" for number in range(50)),
        "bytes=0-,0-,0-",
    ],
)
def test_what_is_broken_or_greedy_gives_the_whole(header: str) -> None:
    assert parse_range(header, 10000) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10000-", 10000), ("bytes=-0", 10000), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, size)


def test_a_part_says_where_it_is() -> None:
    assert Part(0, 500).content_range(1234) == "bytes 0-499/1234"


def test_dates() -> None:
    assert http_date(MODIFIED) == "Mon, 23 Nov 2026 18:30:01 GMT"
    assert parse_date("Monday, 23-Nov-26 18:30:01 GMT") == MODIFIED.replace(microsecond=0)
    for broken in ("", "yesterday", "Mon, 99 Nov 2026 18:30:01 GMT", "\x00"):
        assert parse_date(broken) is None


def test_lists_of_tags() -> None:
    assert etags('"a", W/"b" ,"c,d"') == ['"a"', 'W/"b"', '"c,d"']


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"If-None-Match": '"x"'}, None),
        ({"If-None-Match": '"x", W/"e"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"', "If-Modified-Since": http_date(MODIFIED)}, None),  # the tag decides alone
        ({"If-Modified-Since": http_date(MODIFIED)}, 304),
        ({"If-Modified-Since": http_date(MODIFIED - timedelta(seconds=1))}, None),
        ({"If-Modified-Since": "yesterday"}, None),
        ({"If-Match": '"e"'}, None),
        ({"If-Match": "*"}, None),
        ({"If-Match": 'W/"e"'}, 412),
        ({"If-Match": '"x"', "If-None-Match": '"e"'}, 412),
        ({"If-Unmodified-Since": http_date(MODIFIED)}, None),
        ({"If-Unmodified-Since": http_date(MODIFIED - timedelta(seconds=1))}, 412),
    ],
)
def test_conditions(headers: dict[str, str], status: int | None) -> None:
    assert precondition(headers, '"e"', MODIFIED) == status


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        (None, True),
        ('"e"', True),
        ('W/"e"', False),
        ('"x"', False),
        (http_date(MODIFIED), True),
        (http_date(MODIFIED + timedelta(seconds=1)), False),
        ("rubbish", False),
    ],
)
def test_a_range_under_condition(condition: str | None, applies: bool) -> None:
    headers = {} if condition is None else {"If-Range": condition}
    assert range_applies(headers, '"e"', MODIFIED) is applies
