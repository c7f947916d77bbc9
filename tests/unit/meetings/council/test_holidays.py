"""Easter against a table, and the holidays of each territory."""

from datetime import date, timedelta

import pytest

from meetings.council.rules.holidays import Territory, easter, holidays_between, list_holidays

# Easter Sunday from 1900 to 2199 as a day of March (32 is the first of April), ten years a line.
TABLE = """
46 38 30 43 34 54 46 31 50 42
27 47 38 23 43 35 54 39 31 51
35 27 47 32 51 43 35 48 39 31
51 36 27 47 32 52 43 28 48 40
24 44 36 56 40 32 52 37 28 48
40 25 44 36 49 41 32 52 37 29
48 33 53 45 29 49 41 26 45 37
29 42 33 53 45 30 49 41 26 46
37 50 42 34 53 38 30 50 34 26
46 31 50 42 34 47 38 30 43 35
54 46 31 51 42 27 47 39 23 43
35 55 39 31 51 36 27 47 32 52
43 35 48 40 31 51 36 28 47 32
52 44 28 48 40 25 44 36 56 41
32 52 37 29 48 40 25 45 36 49
41 33 52 37 29 49 33 53 45 30
49 41 26 46 37 29 42 34 53 45
30 50 41 26 46 38 50 42 34 54
38 30 50 35 26 46 31 51 42 34
47 39 30 43 35 55 46 31 51 43
28 48 40 25 44 36 49 41 32 52
37 29 48 33 53 45 29 49 41 26
45 37 29 42 33 53 45 30 49 41
26 46 37 50 42 34 53 38 30 50
34 26 46 31 50 42 34 47 38 30
43 35 54 46 31 51 42 27 47 39
23 43 35 55 39 31 51 36 27 47
32 52 43 35 48 40 31 51 36 28
47 32 52 44 28 48 40 25 44 36
56 41 32 52 37 29 48 40 25 45
"""


def test_easter_from_1900_to_2199() -> None:
    days = [int(day) for day in TABLE.split()]
    assert len(days) == 300
    for year, day in enumerate(days, start=1900):
        assert easter(year) == date(year, 3, 1) + timedelta(days=day - 1)


@pytest.mark.parametrize(
    ("territory", "more"),
    [
        (Territory.METROPOLE, []),
        (Territory.ALSACE_MOSELLE, ["2026-04-03", "2026-12-26"]),
        (Territory.GUADELOUPE, ["2026-05-27"]),
        (Territory.MARTINIQUE, ["2026-05-22"]),
        (Territory.GUYANE, ["2026-06-10"]),
        (Territory.REUNION, ["2026-12-20"]),
        (Territory.MAYOTTE, ["2026-04-27"]),
        (Territory.SAINT_MARTIN, ["2026-05-28"]),
        (Territory.SAINT_BARTHELEMY, ["2026-10-09"]),
    ],
)
def test_eleven_days_and_those_of_the_territory(territory: Territory, more: list[str]) -> None:
    everywhere = ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"]
    found = [holiday.date.isoformat() for holiday in list_holidays(2026, territory)]
    assert found == sorted([f"2026-{day}" for day in everywhere] + more)


def test_a_holiday_is_one_since_its_law() -> None:
    may = date(1970, 5, 8)
    assert may not in {holiday.date for holiday in list_holidays(1970)}
    assert may.replace(year=1982) in {holiday.date for holiday in list_holidays(1982)}


def test_two_holidays_on_one_day_are_one() -> None:
    """Ascension fell on the first of May in 2008."""
    found = holidays_between(date(2008, 4, 30), date(2008, 5, 2))
    assert list(found) == [date(2008, 5, 1)]
    assert [holiday.date for holiday in list_holidays(2008)].count(date(2008, 5, 1)) == 2
