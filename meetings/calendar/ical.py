"""A meeting as a calendar entry that mail programs understand (iTIP, RFC 5546, over mail, RFC 6047). Pure.

The only importer of icalendar, which is loaded with the first entry that is written. The UID stays for the meeting's
whole life, SEQUENCE rises with each change, so that a program finds the entry again and drops what is older.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Timezone, vCalAddress

PRODUCT = "-//Hemicycle//Meetings//FR"
PARTSTAT = {"waiting": "NEEDS-ACTION", "accepted": "ACCEPTED", "tentative": "TENTATIVE", "declined": "DECLINED"}
# Every change of hour that an entry written today can fall under.
FIRST_YEAR, LAST_YEAR = 2020, 2040


@dataclass(frozen=True, slots=True)
class Party:
    """Who organises or is invited. `answer`: one of the keys of PARTSTAT."""

    name: str
    mail: str
    answer: str = "waiting"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the calendar entry says. `zone`: an IANA name; `url`: the meeting's page; `stamp`: when this was written."""

    meeting_id: UUID
    sequence: int
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    url: str
    stamp: datetime
    organiser: Party
    invited: Sequence[Party]


def uid_of(meeting_id: UUID, url: str) -> str:
    """The entry's UID: the meeting's id at this server's host (RFC 7986, 5.3)."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0] or "hemicycle"
    return f"{meeting_id}@{host}"


def render(entry: Entry, method: str) -> bytes:
    """The VCALENDAR. `method`: REQUEST, or CANCEL."""
    from icalendar import Calendar, Event, vUri

    zone = ZoneInfo(entry.zone)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_timezone(entry.zone))
    event = Event()
    event.add("uid", uid_of(entry.meeting_id, entry.url))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamp)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", entry.title)
    if entry.description:
        event.add("description", entry.description)
    event.add("location", entry.url)
    event.add("url", vUri(entry.url))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _address(entry.organiser))
    for party in entry.invited:
        address = _address(party)
        address.params["ROLE"] = "REQ-PARTICIPANT"
        address.params["PARTSTAT"] = PARTSTAT[party.answer]
        address.params["RSVP"] = "TRUE"
        event.add("attendee", address)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(party: Party) -> "vCalAddress":
    from icalendar import vCalAddress

    address = vCalAddress(f"mailto:{party.mail}")
    # a parameter knows no escape (RFC 5545, 3.2), yet some programs take a backslash for one
    address.params["CN"] = party.name.replace('"', "'").replace("\\", "/")
    return address


@cache
def _timezone(name: str) -> "Timezone":
    """The zone's rules: working them out takes long, and a place has one zone."""
    from icalendar import Timezone

    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 1, 1)
    return Timezone.from_tzinfo(ZoneInfo(name), first_date=first, last_date=last)
