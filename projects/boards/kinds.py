"""What a field of a board's own may hold, and how a plain value is kept. Pure; the reader of imports knows it too."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum

from collab.core.i18n import msg

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")


class FieldKind(StrEnum):
    """What a field of a board holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    PERSON = "person"


def plain_value(kind: FieldKind, text: str) -> str:
    """How a text, a number or a day is kept. Raises ValueError with a Message for what it cannot be."""
    line = " ".join(text.split())
    if line == "" or kind is FieldKind.TEXT:
        return line
    if kind is FieldKind.NUMBER:
        if not _NUMBER.fullmatch(line) or not line.isascii():
            raise ValueError(msg("This is no number: up to 15 figures, a point, and up to 6 more."))
        number = format(Decimal(line).normalize(), "f")
        return "0" if number == "-0" else number
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", line):
            return date.fromisoformat(line).isoformat()
    except ValueError:
        pass
    raise ValueError(msg("This is no day of the calendar."))
