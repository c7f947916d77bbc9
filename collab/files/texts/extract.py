"""Reads the text of one file; runs apart (collab/files/apart), for files that come from anybody.

What a file claims to be is checked against what it is: a page of HTML called .pdf is not read. Archives and XML are
read piece by piece and given up beyond their limits; XML with a document type is refused, since entities are what
bombs and thefts of files are made of, and no office file has one.
"""

import email
import email.policy
import html.parser
import re
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from collab.core.words import fold_words
from collab.files.apart.refusal import Refusal
from collab.files.texts.decoding import decode
from collab.files.texts.kinds import TextKind
from collab.files.texts.models import MOST_TEXT, MOST_WORDS

MB = 1 << 20
MOST_PARTS = 10_000  # of a ZIP
MOST_UNPACKED = 100 * MB
MOST_PLAIN = 4 * MB
LARGEST_MAIL = 60 * MB
MOST_PAGES = 3_000
MOST_DEPTH = 200
MOST_ELEMENTS = 5_000_000
BLOCK = 1 << 16

_SPACES = re.compile(r"[ \t\f\v\r\u00a0]+")
_LINES = re.compile(r"\s*\n\s*")


def answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`{"file": name in the folder, "kind": TextKind}` → `{"text", "words"}`."""
    text = tidy(read_text(folder / request["file"], TextKind(request["kind"])))
    return {"text": text, "words": fold_words(text, MOST_WORDS)}


def tidy(text: str) -> str:
    """Without what no database keeps, spaces and empty lines made one, MOST_TEXT characters at most."""
    clean = text[: 2 * MOST_TEXT].replace("\x00", "").encode("utf-8", "ignore").decode()
    return _LINES.sub("\n", _SPACES.sub(" ", clean)).strip()[:MOST_TEXT]


def read_text(path: Path, kind: TextKind) -> str:
    """The text of a file. Raises Refusal, and whatever broken files make libraries raise."""
    return _READERS[kind](path)


def _joined(parts: Iterator[str]) -> str:
    """Until there is enough."""
    taken: list[str] = []
    size = 0
    for part in parts:
        taken.append(part)
        size += len(part)
        if size > MOST_TEXT:
            break
    return "".join(taken)


def _pdf(path: Path) -> str:
    import pypdfium2

    with path.open("rb") as file:
        if b"%PDF-" not in file.read(1024):
            raise Refusal("is not a PDF")
    document = pypdfium2.PdfDocument(path)

    def pages() -> Iterator[str]:
        for number in range(min(len(document), MOST_PAGES)):
            page = document[number]
            text = page.get_textpage()
            yield text.get_text_bounded() + "\n"
            text.close()
            page.close()

    try:
        return _joined(pages())
    finally:
        document.close()


def _office(path: Path) -> str:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise Refusal("is not an office file") from None
    with archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise Refusal("holds too many parts")
        wanted = [part for part in parts if _OFFICE_PARTS.fullmatch(part.filename)]
        budget = _Budget(MOST_UNPACKED, MOST_ELEMENTS)

        def texts() -> Iterator[str]:
            for part in sorted(wanted, key=lambda part: _in_order(part.filename)):
                with archive.open(part) as file:
                    yield from _xml_text(file, budget)
                yield "\n"

        return _joined(texts())


# What holds what people wrote, of text documents, sheets and slides.
_OFFICE_PARTS = re.compile(
    r"content\.xml|word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml"
    r"|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml|xl/comments\d*\.xml"
    r"|ppt/slides/slide\d+\.xml|ppt/notesSlides/notesSlide\d+\.xml"
)


def _in_order(name: str) -> tuple[object, ...]:
    """Slides and sheets as they are numbered."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


class _Budget:
    """What one file may still unpack to."""

    def __init__(self, size: int, elements: int) -> None:
        self._size, self._elements = size, elements

    def take(self, *, size: int = 0, elements: int = 0) -> None:
        self._size -= size
        self._elements -= elements
        if self._size < 0 or self._elements < 0:
            raise Refusal("unpacks to more than an office file holds")


_BREAKS = frozenset({"p", "h", "br", "line-break", "si", "row", "tr", "table-cell", "tc", "tab", "s", "comment"})


def _xml_text(file: IO[bytes], budget: _Budget) -> Iterator[str]:
    """The text between the tags, parsed block by block."""
    found: list[str] = []
    path: list[str] = []
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: object) -> None:
        raise Refusal("holds a document type, which office files do not")

    def start(name: str, _attributes: object) -> None:
        path.append(name)
        budget.take(elements=1)
        if len(path) > MOST_DEPTH:
            raise Refusal("is nested too deeply")

    def end(name: str) -> None:
        path.pop()
        if name.rpartition("}")[2] in _BREAKS:
            found.append("\n" if name.endswith(("}p", "}h", "}si")) else " ")

    def data(text: str) -> None:
        # In OOXML, text stands in `t` alone; what else there is are numbers, fields and names of styles.
        if "openxmlformats" not in path[-1] or path[-1].endswith("}t"):
            found.append(text)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    while block := file.read(BLOCK):
        budget.take(size=len(block))
        parser.Parse(block, False)
        yield "".join(found)
        found.clear()
    parser.Parse(b"", True)
    yield "".join(found)


def _plain(path: Path) -> str:
    with path.open("rb") as file:
        text = decode(file.read(MOST_PLAIN))
    if text is None:
        raise Refusal("is not text")
    return text


class _Html(html.parser.HTMLParser):
    _APART = frozenset({"script", "style", "template", "noscript"})
    _INLINE = re.compile("a|abbr|b|bdi|bdo|cite|code|em|font|i|kbd|mark|s|small|span|strong|sub|sup|u|var")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self._APART
        if not self._INLINE.fullmatch(tag):
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(self._hidden - (tag in self._APART), 0)
        if not self._INLINE.fullmatch(tag):
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _html_text(source: str) -> str:
    parser = _Html()
    parser.feed(source)
    parser.close()
    return "".join(parser.found)


def _html(path: Path) -> str:
    return _html_text(_plain(path))


def _mail(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST_MAIL)
    message = email.message_from_binary_file(BytesIO(data), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    lines = [f"{message.get(name, '')}\n" for name in ("subject", "from", "to", "cc", "date")]
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = _mail_body(body)
        lines.append(_html_text(text) if body.get_content_type() == "text/html" else text)
    lines += [f"\n{part.get_filename()}" for part in message.iter_attachments() if part.get_filename()]
    return "".join(lines)


def _mail_body(part: Any) -> str:
    payload = part.get_payload(decode=True) or b""
    charset = part.get_content_charset()
    if charset is not None:
        try:
            return str(payload.decode(charset))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(payload) or ""


_READERS: dict[TextKind, Callable[[Path], str]] = {
    TextKind.PDF: _pdf,
    TextKind.OFFICE: _office,
    TextKind.HTML: _html,
    TextKind.MAIL: _mail,
    TextKind.PLAIN: _plain,
}
