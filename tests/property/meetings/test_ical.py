"""Whatever a meeting is called and whenever it is, its calendar entry says the same when it is read again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Timezone
from pydantic import TypeAdapter, ValidationError

from collab.core.ids import new_id
from collab.core.text import Title
from meetings.calendar.ical import Entry, Party, render, uid_of

TITLES = TypeAdapter(Title)


def _is_title(text: str) -> bool:
    try:
        return TITLES.validate_python(text) == text
    except ValidationError:
        return False


titles = st.text(min_size=1, max_size=200).filter(_is_title)
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=400)
instants = st.integers(1_610_000_000, 2_050_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Martinique", "Pacific/Noumea"])
URL = "https://mairie.example/meetings/1"


@given(title=titles, description=texts, name=titles, start=instants, minutes=st.integers(5, 1440), zone=zones)
def test_an_entry_says_the_same_when_it_is_read_again(
    title: str, description: str, name: str, start: datetime, minutes: int, zone: str
) -> None:
    meeting = new_id()
    entry = Entry(
        meeting_id=meeting,
        sequence=3,
        title=title,
        description=description,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        zone=zone,
        url=URL,
        stamp=start,
        organiser=Party("Camille Roche", "camille@mairie.example"),
        invited=[Party(name, "zoe@mairie.example", "accepted")],
    )
    calendar = Calendar.from_ical(render(entry, "REQUEST"))
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == uid_of(meeting, URL) == f"{meeting}@mairie.example"
    assert event["SEQUENCE"] == 3
    assert str(event["SUMMARY"]) == title
    assert str(event.get("DESCRIPTION", "")) == description
    assert event.decoded("DTSTART") == start
    assert event.decoded("DTEND") == start + timedelta(minutes=minutes)
    assert event["ATTENDEE"] == "mailto:zoe@mairie.example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


@given(start=instants, zone=zones)
def test_the_zone_travels_with_the_entry(start: datetime, zone: str) -> None:
    """A reader that knows no zone of this name finds its rules beside it (RFC 5545, 3.6.5)."""
    entry = Entry(new_id(), 0, "Séance", "", start, start, zone, URL, start, Party("A", "a@x.example"), [])
    calendar = Calendar.from_ical(render(entry, "CANCEL"))
    (rules,) = calendar.walk("VTIMEZONE")
    (event,) = calendar.walk("VEVENT")
    local = start.astimezone(ZoneInfo(zone))
    assert event["DTSTART"].params["TZID"] == rules["TZID"] == zone
    made = Timezone.from_ical(rules.to_ical())
    assert isinstance(made, Timezone)
    assert made.to_tz().utcoffset(local.replace(tzinfo=None)) == local.utcoffset()
    assert event["STATUS"] == "CANCELLED"


def test_a_backslash_in_a_name_hides_nothing_that_follows() -> None:
    start = datetime(2026, 1, 7, tzinfo=UTC)
    invited = [Party("Zoé \\", "zoe@mairie.example", "accepted")]
    organiser = Party("Camille Roche", "camille@mairie.example")
    entry = Entry(new_id(), 0, "Séance", "", start, start, "Europe/Paris", URL, start, organiser, invited)
    (event,) = Calendar.from_ical(render(entry, "REQUEST")).walk("VEVENT")
    assert event["ATTENDEE"].params["CN"] == "Zoé /"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_a_line_break_in_a_name_makes_no_line_of_its_own() -> None:
    entry = Entry(
        new_id(),
        0,
        "Réunion",
        "",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        "Europe/Paris",
        URL,
        datetime(2026, 1, 1, tzinfo=UTC),
        Party('Zoé "Z" Delattre', "z@x.example"),
        [],
    )
    (event,) = Calendar.from_ical(render(entry, "REQUEST")).walk("VEVENT")
    assert event["ORGANIZER"].params["CN"] == "Zoé 'Z' Delattre"
