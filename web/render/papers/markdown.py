"""Markdown of people as blocks of a paper. What has no form there (links, code, pictures) leaves its words."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from web.render.papers.blocks import Block, Bullets, Heading, Paragraph, Quote, Run, Style, Table

MOST = 20_000
DEEPEST = 6
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False, "maxNesting": 20})
_PARSER.enable(["table", "strikethrough"]).disable("image")
_STYLES: dict[str, Style] = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}


def blocks_of(text: str, under: int) -> list[Block]:
    """The blocks of a text whose headings stand under one of level `under`, without leaving a level out."""
    return list(_Reader(_PARSER.parse(text[:MOST]), under).read())


class _Reader:
    """Walks the parser's flat list of tokens."""

    def __init__(self, tokens: Sequence[Token], under: int) -> None:
        self._tokens, self._at, self._under = tokens, 0, under
        self._levels: list[int] = []

    def read(self, until: str = "") -> Iterator[Block]:
        """The blocks up to a token of this type, or to the end."""
        while self._at < len(self._tokens):
            token = self._next()
            if token.type == until:
                return
            match token.type:
                case "heading_open":
                    yield Heading(self._level(int(token.tag[1])), "".join(run for run, _ in self._inline()))
                    self._next()
                case "paragraph_open":
                    yield Paragraph(self._inline())
                    self._next()
                case "bullet_list_open" | "ordered_list_open":
                    yield self._list(token.type.replace("open", "close"))
                case "blockquote_open":
                    yield Quote(list(self.read("blockquote_close")))
                case "table_open":
                    yield self._table()
                case "fence" | "code_block":
                    yield Paragraph([(token.content.rstrip(), "")])

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _level(self, typed: int) -> int:
        """One deeper than what it stands under, however many marks were typed."""
        while self._levels and self._levels[-1] >= typed:
            self._levels.pop()
        self._levels.append(typed)
        return min(self._under + len(self._levels), DEEPEST)

    def _inline(self) -> list[Run]:
        return _runs(self._next().children or [])

    def _list(self, close: str) -> Bullets:
        items: list[list[Block]] = []
        while self._next().type != close:
            items.append(list(self.read("list_item_close")))
        return Bullets(items, ordered=close.startswith("ordered"))

    def _table(self) -> Table:
        rows: list[list[str]] = []
        while (token := self._next()).type != "table_close":
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append("".join(run for run, _ in _runs(token.children or [])))
        return Table("", rows[0], rows[1:])


def _runs(tokens: Sequence[Token]) -> list[Run]:
    """Words with the innermost emphasis that they stand in."""
    found: list[Run] = []
    styles: list[Style] = []
    for token in tokens:
        if token.type in _STYLES:
            styles.append(_STYLES[token.type])
        elif token.type.endswith("_close") and token.type.replace("close", "open") in _STYLES:
            styles.pop()
        elif token.type in ("softbreak", "hardbreak"):
            found.append(("\n", "break"))
        elif token.content:
            found.append((token.content, styles[-1] if styles else ""))
    return found
