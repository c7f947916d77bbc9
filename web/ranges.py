"""Which part of a file a request asks for: RFC 9110, sections 13 and 14. Pure; web/contents.py acts on it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

# More parts, or more bytes in all than there are, is an attack or a mistake (section 14.2): the whole is sent.
MAX_PARTS = 32

_RANGE = re.compile(r"(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))", re.ASCII)
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class Unsatisfiable(Exception):
    """None of the ranges touches the file: 416."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from `start` to before `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """The field Content-Range of this part of `size` bytes."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_range(header: str, size: int) -> Sequence[Part] | None:
    """The parts of a file of `size` bytes, in the order asked for; None: send the whole, as for a broken header.

    Raises Unsatisfiable.
    """
    unit, equals, ranges = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    parts: list[Part] = []
    texts = [text.strip(" \t") for text in ranges.split(",")]
    texts = [text for text in texts if text]
    if not texts or len(texts) > MAX_PARTS:
        return None
    for text in texts:
        match = _RANGE.fullmatch(text)
        if match is None:
            return None
        first, last, suffix = (int(group) if group is not None else None for group in match.groups())
        if first is None:
            start, end = max(size - (suffix or 0), 0), size
        elif last is not None and last < first:
            return None
        else:
            start, end = first, size if last is None else min(last + 1, size)
        if start < end:
            parts.append(Part(start, end))
    if not parts:
        raise Unsatisfiable
    return parts if sum(part.size for part in parts) <= size else None


def http_date(instant: datetime) -> str:
    """An instant as an IMF-fixdate (section 5.6.7)."""
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)


def parse_date(text: str) -> datetime | None:
    """The instant of an HTTP date; None when it is none."""
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def etags(header: str) -> Sequence[str]:
    """The entity tags of a list, weak ones with their `W/`."""
    return [match[0] for match in _ETAG.finditer(header)]


def precondition(headers: Mapping[str, str], etag: str, modified: datetime) -> int | None:
    """304 or 412 when the conditions of a GET say so (section 13.2.2), else None. `etag`: strong, quoted."""
    modified = modified.replace(microsecond=0)
    if "If-Match" in headers:
        if headers["If-Match"].strip() != "*" and etag not in etags(headers["If-Match"]):
            return 412
    elif (since := parse_date(headers.get("If-Unmodified-Since", ""))) is not None and modified > since:
        return 412
    if "If-None-Match" in headers:
        known = headers["If-None-Match"]
        return 304 if known.strip() == "*" or etag in [tag.removeprefix("W/") for tag in etags(known)] else None
    since = parse_date(headers.get("If-Modified-Since", ""))
    return 304 if since is not None and modified <= since else None


def range_applies(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """Whether If-Range, where there is one, names what we have (section 13.1.5): exactly, and never weakly."""
    condition = headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    return parse_date(condition) == modified.replace(microsecond=0)
