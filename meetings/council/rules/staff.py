"""Delays of personnel: interviews of the year, reviews of their reports, files of candidates (rules H3 and H4)."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from meetings.council.rules.agenda import Duty
from meetings.council.rules.delays import add_months, last_day
from meetings.council.rules.entries import Assembly, Entry, find

CONVOKED_DAYS: Sequence[Entry[int]] = (Entry(8, "décret 2014-1526", frozenset(Assembly), date(2015, 1, 1)),)
REPORT_DAYS: Sequence[Entry[int]] = (Entry(15, "décret 2014-1526", frozenset(Assembly), date(2015, 1, 1)),)
REVIEW_DAYS: Sequence[Entry[int]] = (Entry(15, "décret 2014-1526", frozenset(Assembly), date(2015, 1, 1)),)
FILE_YEARS = 2  # recommendation of the CNIL, not a text of law


def convoke_interview_by(interview: date) -> Duty:
    """Until when the agent is called to the interview of the year, with job sheet and form (rule H4)."""
    return Duty(interview - timedelta(days=_value(CONVOKED_DAYS, interview)), "décret 2014-1526")


def report_by(interview: date) -> Duty:
    """Until when its report is notified (rule H4)."""
    return Duty(interview + timedelta(days=_value(REPORT_DAYS, interview)), "décret 2014-1526")


def review_until(notified: date, holidays: Collection[date] = ()) -> Duty:
    """The last day on which the agent may ask for a review of the report: clear days (rule H4)."""
    return Duty(last_day(notified, _value(REVIEW_DAYS, notified), holidays), "décret 2014-1526")


def keep_file_until(last_contact: date) -> date:
    """Until when an unsuccessful candidate's file is kept: two years from the last contact (rule H3)."""
    return add_months(last_contact, 12 * FILE_YEARS)


def is_file_overdue(last_contact: date, today: date) -> bool:
    """Whether it should be gone (rule H3)."""
    return today > keep_file_until(last_contact)


def _value(table: Sequence[Entry[int]], on: date) -> int:
    entry = find(table, Assembly.FREE, on)
    return table[0].value if entry is None else entry.value
