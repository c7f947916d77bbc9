"""Tables as an OpenDocument spreadsheet (ISO 26300): one sheet, cells that are text, numbers, times or durations.

Written by hand: a zip of three small files. Beside tables.py, whose CSV says the same.
"""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from aiohttp import hdrs, web

from web.contents import disposition

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "number": "datastyle",
        "fo": "xsl-fo-compatible",
    }.items()
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
_STYLES = (
    "<office:automatic-styles>"
    '<number:date-style style:name="N1"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/><number:text>:</number:text><number:seconds number:style="long"/>'
    "</number:date-style>"
    '<number:time-style style:name="N2" number:truncate-on-overflow="false"><number:hours number:style="long"/>'
    '<number:text>:</number:text><number:minutes number:style="long"/><number:text>:</number:text>'
    '<number:seconds number:style="long"/></number:time-style>'
    '<style:style style:name="co1" style:family="table-column">'
    '<style:table-column-properties style:column-width="5cm"/></style:style>'
    '<style:style style:name="head" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="when" style:family="table-cell" style:data-style-name="N1"/>'
    '<style:style style:name="long" style:family="table-cell" style:data-style-name="N2"/>'
    "</office:automatic-styles>"
)

Cell = str | int | datetime | timedelta | None


async def ods_response(name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> web.Response:
    """The table as a file to save under this name. Times are shown as they are, without their zone."""
    body = await asyncio.to_thread(write_ods, title, header, rows)
    headers = {hdrs.CONTENT_DISPOSITION: disposition(name), hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=body, content_type=ODS, headers=headers)


def write_ods(title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """The spreadsheet's bytes."""
    table = (
        f"<table:table table:name={quoteattr(_legible(title)[:60])}>"
        f'<table:table-column table:style-name="co1" table:number-columns-repeated="{max(len(header), 1)}"/>'
        f"<table:table-header-rows>{_row(header, 'head')}</table:table-header-rows>"
        f"{''.join(_row(row) for row in rows)}</table:table>"
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{_NAMESPACES} office:version="1.3">{_STYLES}'
        f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", ODS, zipfile.ZIP_STORED)  # first and not compressed: that is how it is recognised
        parts.writestr("content.xml", content)
        parts.writestr("META-INF/manifest.xml", _MANIFEST)
    return file.getvalue()


def _row(cells: Sequence[Cell], style: str = "") -> str:
    return f"<table:table-row>{''.join(_cell(cell, style) for cell in cells)}</table:table-row>"


def _cell(cell: Cell, style: str) -> str:
    match cell:
        case None | "":
            return "<table:table-cell/>"
        case datetime():
            value, shown = f"{cell:%Y-%m-%dT%H:%M:%S}", f"{cell:%d/%m/%Y %H:%M:%S}"
            kind, style = f'office:value-type="date" office:date-value="{value}"', "when"
        case timedelta():
            hours, minutes, seconds = parts_of(cell)
            value, shown = f"PT{hours:02}H{minutes:02}M{seconds:02}S", spoken(cell)
            kind, style = f'office:value-type="time" office:time-value="{value}"', "long"
        case int():
            kind, shown = f'office:value-type="float" office:value="{cell}"', str(cell)
        case _:
            kind, shown = 'office:value-type="string"', _legible(cell)
    named = f' table:style-name="{style}"' if style else ""
    return f"<table:table-cell{named} {kind}><text:p>{escape(shown)}</text:p></table:table-cell>"


def parts_of(length: timedelta) -> tuple[int, int, int]:
    """Hours, minutes, seconds."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return minutes // 60, minutes % 60, seconds


def spoken(length: timedelta) -> str:
    """A duration as 1:02:03."""
    hours, minutes, seconds = parts_of(length)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _legible(text: str) -> str:
    """Without what XML cannot say."""
    return "".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff")
