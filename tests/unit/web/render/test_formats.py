"""Dates, hours and sizes as people say them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from web.render import formats
from web.render.locale import Language

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 13, 55, tzinfo=UTC)
MEETING = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "jeudi 26 novembre à 18 h 30"), ("en", "Thursday 26 November at 18:30")]
)
def test_a_date_is_said_in_the_persons_zone(language: Language, text: str) -> None:
    assert plain(formats.when(MEETING, language, PARIS, NOW)) == text


def test_a_date_breaks_only_after_the_weekday_and_before_the_hour() -> None:
    assert formats.when(MEETING, "fr", PARIS, NOW).split(" ") == [
        "jeudi",
        "26\u00a0novembre",
        "à\u00a018\u00a0h\u00a030",
    ]


def test_another_zone_moves_the_hour_and_the_day() -> None:
    reunion = ZoneInfo("Indian/Reunion")
    late = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
    assert plain(formats.when(late, "fr", reunion, NOW)) == "vendredi 27 novembre à 1 h"


def test_the_hour_is_right_on_both_sides_of_the_change_of_clocks() -> None:
    before, after = datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    hours = [plain(formats.clock(moment.astimezone(PARIS), "fr")) for moment in (before, after)]
    assert hours == ["1 h 30", "3 h 30"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 12, 1), "mardi 1er décembre"),
        (date(2026, 12, 11), "vendredi 11 décembre"),
        (date(2027, 1, 1), "vendredi 1er janvier 2027"),
    ],
)
def test_the_first_of_a_month_and_another_year(value: date, text: str) -> None:
    assert plain(formats.day(value, "fr", NOW.date())) == text


def test_a_full_day_always_has_its_year() -> None:
    assert plain(formats.full_day(date(2026, 12, 3), "fr")) == "jeudi 3 décembre 2026"
    assert plain(formats.full_day(date(2026, 12, 1), "en")) == "Tuesday 1 December 2026"


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        (timedelta(hours=1), "aujourd’hui à 15 h 55"),
        (timedelta(hours=10), "demain à 0 h 55"),
        (timedelta(days=-1), "hier à 14 h 55"),
        (timedelta(days=2), "mercredi 25 novembre à 14 h 55"),
    ],
)
def test_near_days_have_their_own_words(shift: timedelta, text: str) -> None:
    assert plain(formats.near(NOW + shift, "fr", PARIS, NOW)) == text


def test_a_span_names_the_day_once() -> None:
    end = MEETING + timedelta(minutes=90)
    assert plain(formats.span(MEETING, end, "fr", PARIS, NOW)) == "jeudi 26 novembre, de 18 h 30 à 20 h"
    assert plain(formats.span(MEETING, end, "en", PARIS, NOW)) == "Thursday 26 November, from 18:30 to 20:00"
    night = plain(formats.span(MEETING, MEETING + timedelta(hours=7), "fr", PARIS, NOW))
    assert night == "jeudi 26 novembre à 18 h 30 au vendredi 27 novembre à 1 h 30"


@pytest.mark.parametrize(
    ("shift", "french", "english"),
    [
        (timedelta(seconds=-20), "à l’instant", "just now"),
        (timedelta(minutes=-5), "il y a 5 minutes", "5 minutes ago"),
        (timedelta(hours=2), "dans 2 heures", "in 2 hours"),
        (timedelta(days=-1), "il y a 1 jour", "1 day ago"),
    ],
)
def test_how_long_ago(shift: timedelta, french: str, english: str) -> None:
    assert plain(formats.ago(NOW + shift, "fr", NOW)) == french
    assert plain(formats.ago(NOW + shift, "en", NOW)) == english


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (0, "0 octet", "0 bytes"),
        (1, "1 octet", "1 byte"),
        (812, "812 octets", "812 bytes"),
        (1_000, "1 ko", "1 kB"),
        (2_431_000, "2,4 Mo", "2.4 MB"),
        (999_960, "1 Mo", "1 MB"),
        (151_600_000, "152 Mo", "152 MB"),
        (2 * 1024**3, "2,1 Go", "2.1 GB"),
        (5 * 10**15, "5 000 To", "5,000 TB"),
    ],
)
def test_sizes(count: int, french: str, english: str) -> None:
    assert plain(formats.size(count, "fr")) == french
    assert plain(formats.size(count, "en")) == english


def test_numbers_and_lists() -> None:
    assert plain(formats.number(12_400, "fr")) == "12 400"
    assert formats.number(12.5, "fr", 1) == "12,5"
    assert formats.listed(["Amélie", "Bruno", "Chloé"], "fr") == "Amélie, Bruno et Chloé"


def test_machine_time_is_utc() -> None:
    assert formats.machine(MEETING.astimezone(PARIS)) == "2026-11-26T17:30:00Z"
