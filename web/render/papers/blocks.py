"""What a paper is made of, whatever it is shown as: a page (macros/paper.html), PDF (paper.typ) or ODT (odt.py).

Texts are data all the way: nothing in them is markup of any of the three. Headings begin at 1 under the title.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Style = Literal["", "strong", "em", "strike", "break"]
Run = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title of a part."""

    level: int
    text: str
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words with their emphasis. `soft`: said in passing."""

    runs: Sequence[Run]
    soft: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each item is made of blocks."""

    items: Sequence[Sequence["Block"]]
    ordered: bool = False
    kind: str = "bullets"


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: Sequence["Block"]
    kind: str = "quote"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; `widths`: of the columns, in parts of the whole."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms with what holds for each."""

    pairs: Sequence[tuple[str, str]]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signs by hand: capacity and name, with room for it."""

    who: Sequence[tuple[str, str]]
    kind: str = "signatures"


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new sheet."""

    kind: str = "page"


Block = Heading | Paragraph | Bullets | Quote | Table | Facts | Signatures | NewPage


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper whole. `over`: a line above the title; `foot`: at the bottom of each page, before its number.

    `register`: its sheets are numbered and initialled by hand (CGCT R2121-9). `day`: year, month, day of what it tells.
    """

    title: str
    over: str
    subject: str
    author: str
    day: tuple[int, int, int]
    language: str
    foot: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    register: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the process that sets it takes it."""
        return asdict(self)

    @property
    def outline(self) -> list[str]:
        """The headings in their order, the title first: what a screen reader must find in the PDF."""
        return [self.title, *(one.text for one in self.blocks if isinstance(one, Heading))]


def words(text: str, style: Style = "") -> Paragraph:
    """A paragraph of one run."""
    return Paragraph([(text, style)])
