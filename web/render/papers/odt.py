"""A paper (blocks.py) as OpenDocument text. Runs in the process that sets papers: odfdo takes its time."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from odfdo import Cell, Document, Element, Header, List, ListItem, Paragraph, Row, Span, Style, Table

_SPANS = {"strong": "Hstrong", "em": "Hem", "strike": "Hstrike"}


def odt_of(sheet: Mapping[str, Any]) -> bytes:
    """The file. `sheet`: Sheet.as_json()."""
    document = Document("text")
    document.language = f"{sheet['language']}-{'FR' if sheet['language'] == 'fr' else 'GB'}"
    document.meta.title = sheet["title"]
    document.meta.subject = sheet["subject"]
    document.meta.initial_creator = sheet["author"]
    _add_styles(document)
    for level in document.get_styles("outline"):
        for part in level.get_elements("text:outline-level-style"):
            part.set_attribute("style:num-format", "")  # titles bring their own numbers
    body = document.body
    body.clear()
    if sheet["over"]:
        body.append(Paragraph(sheet["over"]))
    body.append(Header(1, sheet["title"]))
    tables = 0
    for one in sheet["blocks"]:
        if one["kind"] == "table":
            tables += 1
            if one["caption"]:
                body.append(Paragraph(one["caption"], style="Hcaption"))
            body.append(_table(one, f"Table{tables}"))
            body.append(Paragraph(""))
            continue
        for element in _elements(one):
            body.append(element)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_styles(document: Document) -> None:
    document.insert_style(Style("text", name="Hstrong", bold=True), automatic=True)
    document.insert_style(Style("text", name="Hem", italic=True), automatic=True)
    strike = Style("text", name="Hstrike")
    strike.set_properties({"style:text-line-through-style": "solid"}, area="text")
    document.insert_style(strike, automatic=True)
    caption = Style("paragraph", name="Hcaption", area="text", bold=True)
    document.insert_style(caption, automatic=True)
    page = Style("paragraph", name="Hpage")
    page.set_properties({"fo:break-before": "page"}, area="paragraph")
    document.insert_style(page, automatic=True)


def _elements(one: Mapping[str, Any]) -> list[Element]:
    match one["kind"]:
        case "heading":
            return [Header(one["level"] + 1, one["text"])]
        case "paragraph":
            return [_paragraph(one["runs"])]
        case "bullets":
            return [_list(one)]
        case "quote":
            return [element for inner in one["blocks"] for element in _elements(inner)]
        case "facts":
            return [_paragraph([(term, "strong"), (" – ", ""), (what, "")]) for term, what in one["pairs"]]
        case "signatures":
            return [Paragraph(text) for capacity, name in one["who"] for text in (capacity, "", "", name)]
        case "page":
            return [Paragraph("", style="Hpage")]
    return []


def _paragraph(runs: Sequence[Sequence[str]]) -> Paragraph:
    paragraph = Paragraph("")
    for text, style in runs:
        if style == "break":
            paragraph.append(Element.from_tag("text:line-break"))
        else:
            paragraph.append(Span(text, style=_SPANS[style]) if style in _SPANS else Span(text))
    return paragraph


def _list(one: Mapping[str, Any]) -> List:
    made = List()
    for blocks in one["items"]:
        item = ListItem()
        for inner in blocks:
            for element in _elements(inner):
                item.append(element)
        made.append(item)
    return made


def _table(one: Mapping[str, Any], name: str) -> Element:
    """A table whose first row is marked as its head."""
    table = Table(name)
    rows = [_row(cells) for cells in (one["head"], *one["rows"])]
    head = Element.from_tag("table:table-header-rows")
    head.append(rows[0])
    column = Element.from_tag("table:table-column")
    column.set_attribute("table:number-columns-repeated", str(len(one["head"])))
    table.append(column)
    table.append(head)
    for row in rows[1:]:
        table.append(row)
    return table


def _row(cells: Sequence[str]) -> Row:
    row = Row()
    for text in cells:
        cell = Cell()
        cell.clear()
        cell.append(Paragraph(text))
        row.append(cell)
    return row
