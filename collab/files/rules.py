"""What a file or folder may be called, which names are the same, which name to propose instead. Pure.

A name is kept as it was typed, in Unicode's form NFC; two names that differ in case or in form alone are the same,
since they would be on the Windows and macOS machines that these files come from and go to.
"""

import mimetypes
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from collab.core.text import sort_key

MAX_NAME = 255  # bytes of UTF-8, as on every common file system
MAX_DEPTH = 64

# They show a name in another order than it is written: `exe.pdf` for `fdp.exe`.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean_name(raw: str) -> str:
    """The name in NFC. Raises Invalid, with the reason under `name`."""
    fault = _fault_of(raw)
    if fault is not None:
        raise Invalid("files.bad_name", msg("This name cannot be used."), errors={"name": fault})
    return unicodedata.normalize("NFC", raw)


def _fault_of(raw: str) -> Message | None:
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES or char in _BIDI_CONTROLS for char in raw):
        return msg("A name has no control characters and no line ends.")
    if not raw.strip():
        return msg("A name must not be empty.")
    if "/" in raw:
        return msg("A name has no “/”: make a folder instead.")
    if raw in (".", ".."):
        return msg("“.” and “..” stand for folders and cannot be names.")
    if len(unicodedata.normalize("NFC", raw).encode()) > MAX_NAME:
        return msg("This name is too long: at most %(max)s bytes.", max=MAX_NAME)
    return None


def name_key(name: str) -> str:
    """Equal for names that count as the same (Unicode 15, section 3.13, D145: canonical caseless match)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def sort_name(name: str) -> str:
    """The order of a list: without accents and case, numbers by their value, `plan.pdf` before `plan (2).pdf`."""
    stem, suffix = split_name(name)
    key = f"{sort_key(stem)}\x01{sort_key(suffix)}"
    return re.sub(r"[0-9]{1,9}", lambda digits: digits[0].zfill(10), key)[:1000]


def split_name(name: str) -> tuple[str, str]:
    """Stem and suffix with its dot; `.tar.gz` is one suffix, a leading dot begins none."""
    stem, dot, suffix = name.rpartition(".")
    if not stem.strip(".") or not 1 <= len(suffix) <= 16 or " " in suffix:
        return name, ""
    if stem.lower().endswith(".tar") and stem[:-4].strip("."):
        stem, suffix = stem[:-4], stem[-3:] + dot + suffix
    return stem, dot + suffix


def propose_names(name: str) -> Iterator[str]:
    """`plan (2).pdf`, `plan (3).pdf`, …: each a legal name."""
    stem, suffix = split_name(name)
    if numbered := re.fullmatch(r"(.+) \(\d{1,6}\)", stem, re.DOTALL):
        stem = numbered[1]
    number = 2
    while True:
        tail = f" ({number}){suffix}"
        yield _shorten(stem, MAX_NAME - len(tail.encode())) + tail
        number += 1


def _shorten(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, cut between characters."""
    return text.encode()[:size].decode("utf-8", "ignore")


def goes_at(trashed_at: datetime, days: int) -> datetime:
    """From when on what is in the trash is destroyed."""
    return trashed_at + timedelta(days=days)


class Look(StrEnum):
    """What a file is to the eye; the names are those of icons."""

    FOLDER = "folder"
    TEXT = "file-text"
    IMAGE = "image"
    SOUND = "volume-2"
    FILM = "video"
    OTHER = "file"


_TYPES = mimetypes.MimeTypes()  # Python's own table, not the machine's; what it lacks in an office:
for _kind, _suffix in {
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.graphics": ".odg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/rtf": ".rtf",
    "text/markdown": ".md",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
}.items():
    _TYPES.add_type(_kind, _suffix)
_TEXTS = (
    "application/msword",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-",
    "application/vnd.oasis.opendocument",
    "application/vnd.openxmlformats",
    "text/",
)
# Types that browsers run or parse as documents: sent as plain bytes, whatever headers stand beside.
_ACTIVE = re.compile(
    r"text/(html|javascript|css|xml)|application/(javascript|ecmascript|wasm|.*xml|x-shockwave.*)|.*\+xml"
)


def media_type(name: str) -> str:
    """The type to send for this name, never one that executes."""
    guessed, encoding = _TYPES.guess_type(f"x{split_name(name)[1]}")
    if guessed is None or encoding is not None or _ACTIVE.fullmatch(guessed):
        return "application/octet-stream"
    return guessed


def look_of(name: str) -> Look:
    """The icon of a file with this name."""
    kind = media_type(name)
    if kind.startswith(_TEXTS):
        return Look.TEXT
    return {"image": Look.IMAGE, "audio": Look.SOUND, "video": Look.FILM}.get(kind.partition("/")[0], Look.OTHER)
