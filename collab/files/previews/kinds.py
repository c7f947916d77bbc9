"""How a file is shown without being opened, by its name. Pure.

SVG and HTML are shown as their text: what they are is a program.
"""

from enum import StrEnum

from collab.files.rules import media_type, split_name
from collab.files.texts.kinds import text_kind


class PreviewKind(StrEnum):
    """What stands for the file."""

    PICTURE = "picture"
    PDF = "pdf"
    OFFICE = "office"
    TEXT = "text"
    SOUND = "sound"
    FILM = "film"
    NONE = "none"


_PICTURES = "png jpg jpeg jpe jfif gif webp bmp tif tiff"
# What LibreOffice opens, under these names.
_OFFICE = "odt ott ods ots odp otp odg doc dot docx docm dotx rtf xls xlt xlsx xlsm xltx ppt pps pptx pptm ppsx potx"
PAGED = (PreviewKind.PDF, PreviewKind.OFFICE)
PICTURED = (PreviewKind.PICTURE, *PAGED)  # what has a small picture for lists
MADE = (*PICTURED, PreviewKind.TEXT)
_LARGEST = {PreviewKind.PICTURE: 200 << 20, PreviewKind.PDF: 500 << 20, PreviewKind.OFFICE: 100 << 20}


def suffix_of(name: str) -> str:
    """The suffix in lower case, without its dot."""
    return split_name(name)[1].removeprefix(".").lower()


def preview_kind(name: str, size: int) -> PreviewKind:
    """How a file of this name and size is shown."""
    suffix, kind = suffix_of(name), PreviewKind.NONE
    if suffix in _PICTURES.split():
        kind = PreviewKind.PICTURE
    elif suffix == "pdf":
        kind = PreviewKind.PDF
    elif suffix in _OFFICE.split():
        kind = PreviewKind.OFFICE
    elif text_kind(name) is not None:
        kind = PreviewKind.TEXT
    elif media_type(name).startswith("audio/"):
        kind = PreviewKind.SOUND
    elif media_type(name).startswith("video/"):
        kind = PreviewKind.FILM
    return kind if 0 < size <= _LARGEST.get(kind, size) else PreviewKind.NONE
