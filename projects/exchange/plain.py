"""Values of strangers' files, made plain: texts, dates and colours of whatever shape. Pure."""

import colorsys
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

PLACE = "Europe/Paris"
COLOURS = ("grey", "red", "orange", "green", "teal", "blue", "violet", "pink")
_NAMED = {
    "yellow": "orange", "lime": "green", "sky": "teal", "black": "grey", "purple": "violet", "cyan": "teal",
    "brown": "orange", "amber": "orange", "light_green": "green", "dark_grey": "grey", "deep_orange": "orange",
}  # fmt: skip
# Where on the wheel of hues each colour ends, in degrees.
_WHEEL = ((20, "red"), (70, "orange"), (160, "green"), (200, "teal"), (250, "blue"), (290, "violet"), (345, "pink"))


def line_of(value: Any) -> str:
    """One line without control characters; empty for what is no text."""
    return " ".join(text_of(value).split())


def text_of(value: Any) -> str:
    """A text in NFC without control characters but tabs and line ends; empty for what is no text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs")).strip()


def key_of(value: Any) -> str:
    """An id that things refer to each other by; empty for what is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def list_of(value: Any) -> list[Any]:
    """A list; of an object its values, of anything else nothing. PHP writes lists with gaps as objects."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []


def maps_of(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list."""
    return [one for one in list_of(value) if isinstance(one, Mapping)]


def number_of(value: Any) -> float:
    """A number to sort by; 0 for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def ordered(things: Iterable[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """Sorted by a number they bear."""
    return sorted(things, key=lambda one: number_of(one.get(key)))


def moment_of(value: Any) -> datetime | None:
    """A moment that was written in ISO 8601 or as seconds since 1970; None for what is none."""
    try:
        if isinstance(value, str) and not value.lstrip("-").isdigit():
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(PLACE))
        seconds = 0 if isinstance(value, bool) else int(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def day_of(value: Any) -> str | None:
    """The day of a moment, where the place stands; a day alone is itself."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value if _is_day(value) else None
    moment = moment_of(value)
    return moment.astimezone(ZoneInfo(PLACE)).date().isoformat() if moment else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def colour_of(value: Any) -> str:
    """The nearest of our colours to a name or to hexadecimal digits."""
    name = line_of(value).lower().removeprefix("#")
    base = name.removesuffix("_light").removesuffix("_dark")
    for known in (name, base):
        if known in COLOURS:
            return known
        if known in _NAMED:
            return _NAMED[known]
    if not re.fullmatch(r"[0-9a-f]{6}", name):
        return "grey"
    red, green, blue = (int(name[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < 0.15:
        return "grey"
    return next((colour for end, colour in _WHEEL if hue * 360 < end), "red")
