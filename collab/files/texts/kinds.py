"""Which files have a text that can be read, by their names. Pure."""

from enum import StrEnum

from collab.files.rules import split_name

LARGEST = 100 << 20  # bytes; what is larger is not read


class TextKind(StrEnum):
    """How the text of a file is got at."""

    PDF = "pdf"
    OFFICE = "office"  # ODF and OOXML: XML in a ZIP
    HTML = "html"
    MAIL = "mail"
    PLAIN = "plain"


_SUFFIXES: dict[TextKind, str] = {
    TextKind.PDF: "pdf",
    TextKind.OFFICE: "odt ods odp odg ott ots otp odm docx docm dotx xlsx xlsm xltx pptx pptm ppsx potx",
    TextKind.HTML: "html htm xhtml",
    TextKind.MAIL: "eml",
    TextKind.PLAIN: (
        "txt text md markdown rst adoc tex csv tsv log ini conf cfg toml yaml yml json xml ics vcf sql srt vtt "
        "css js ts py sh bat c h java php r geojson gpx kml svg"
    ),
}
_KINDS = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}


def text_kind(name: str) -> TextKind | None:
    """How to read the text of a file with this name; None where there is none to read."""
    return _KINDS.get(split_name(name)[1].removeprefix(".").lower())
