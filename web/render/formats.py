"""Dates, sizes and numbers as people say them, in French and English. Pure: the time of now is an argument.

Called by the template filters of `pages.py` and by the mails. Words and forms come from CLDR through Babel; the way of
saying an hour (« 18 h 30 ») is the French administration's own. Spaces inside an expression do not break.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

from web.render.locale import Language

NBSP: Final = "\u00a0"
_CLDR: Final[dict[Language, str]] = {"fr": "fr_FR", "en": "en_GB"}
_SIZE_UNITS: Final[dict[Language, tuple[str, ...]]] = {
    "fr": ("ko", "Mo", "Go", "To"),
    "en": ("kB", "MB", "GB", "TB"),
}
_NEAR_DAYS: Final[dict[Language, dict[int, str]]] = {
    "fr": {-1: "hier", 0: "aujourd’hui", 1: "demain"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}


def number(value: float, language: Language, digits: int = 0) -> str:
    """« 12 400 », "12,400"; at most `digits` decimals, none shown for a whole number."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return format_decimal(value, pattern, locale=_CLDR[language]).replace("\u202f", NBSP)


def size(count: int, language: Language) -> str:
    """« 812 octets », « 2,4 Mo »: decimal units, as disks and mail limits are given."""
    if count < 1000:
        word = {"fr": "octet", "en": "byte"}[language]
        plural = count >= 2 if language == "fr" else count != 1
        return f"{count}{NBSP}{word}{'s' if plural else ''}"
    amount = count / 1000
    for unit in _SIZE_UNITS[language]:
        digits = 1 if amount < 100 else 0
        if round(amount, digits) < 1000 or unit == _SIZE_UNITS[language][-1]:
            return f"{number(round(amount, digits), language, digits)}{NBSP}{unit}"
        amount /= 1000
    raise AssertionError("the last unit takes every size")


def day(value: date, language: Language, now: date) -> str:
    """« jeudi 26 novembre », with the year when it is not this one; the first of a month is « 1er »."""
    return _day(value, language, with_year=value.year != now.year)


def full_day(value: date, language: Language) -> str:
    """« jeudi 3 décembre 2026 », for dates that are read again in another year."""
    return _day(value, language, with_year=True)


def _day(value: date, language: Language, *, with_year: bool) -> str:
    text = format_date(value, "EEEE d MMMM y" if with_year else "EEEE d MMMM", locale=_CLDR[language])
    if language == "fr" and value.day == 1:
        text = text.replace(" 1 ", " 1er ", 1)
    weekday, rest = text.split(" ", 1)
    return f"{weekday} {rest.replace(' ', NBSP)}"


def short_day(value: date, language: Language, now: date) -> str:
    """« 26 nov. », with the year when it is not this one."""
    pattern = "d MMM" if value.year == now.year else "d MMM y"
    return format_date(value, pattern, locale=_CLDR[language]).replace(" ", NBSP)


def clock(value: datetime, language: Language) -> str:
    """« 18 h 30 », « 9 h », "18:30"."""
    if language == "en":
        return f"{value:%H:%M}"
    minutes = f"{NBSP}{value:%M}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


def when(value: datetime, language: Language, zone: tzinfo, now: datetime) -> str:
    """« jeudi 26 novembre à 18 h 30 » in the person's zone."""
    local, today = value.astimezone(zone), now.astimezone(zone).date()
    return f"{day(local.date(), language, today)} {_at(language)}{NBSP}{clock(local, language)}"


def near(value: datetime, language: Language, zone: tzinfo, now: datetime) -> str:
    """« aujourd’hui à 18 h 30 », « demain à 9 h », else the full date of `when`."""
    local = value.astimezone(zone)
    word = _NEAR_DAYS[language].get((local.date() - now.astimezone(zone).date()).days)
    if word is None:
        return when(value, language, zone, now)
    return f"{word} {_at(language)}{NBSP}{clock(local, language)}"


def span(start: datetime, end: datetime, language: Language, zone: tzinfo, now: datetime) -> str:
    """« jeudi 26 novembre, de 18 h 30 à 20 h »; with both dates when it goes over midnight."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() != last.date():
        link = {"fr": "au", "en": "to"}[language]
        return f"{when(start, language, zone, now)} {link} {when(end, language, zone, now)}"
    opening, link = {"fr": ("de", "à"), "en": ("from", "to")}[language]
    today = now.astimezone(zone).date()
    hours = f"{opening}{NBSP}{clock(first, language)} {link}{NBSP}{clock(last, language)}"
    return f"{day(first.date(), language, today)}, {hours}"


def ago(value: datetime, language: Language, now: datetime) -> str:
    """« il y a 5 minutes », « dans 2 heures », « à l’instant » under 45 seconds."""
    delta = value - now
    if abs(delta) < timedelta(seconds=45):
        return {"fr": "à l’instant", "en": "just now"}[language]
    text = format_timedelta(delta, add_direction=True, threshold=0.99, locale=_CLDR[language])
    return text.replace(NBSP, " ")


def listed(items: Sequence[str], language: Language) -> str:
    """« Amélie, Bruno et Chloé »."""
    return format_list(items, locale=_CLDR[language])


def machine(value: datetime) -> str:
    """RFC 3339 in UTC, for the `datetime` attribute."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _at(language: Language) -> str:
    return {"fr": "à", "en": "at"}[language]
