"""Tables as CSV that opens in a spreadsheet with a double click: UTF-8 with its mark, semicolons, no formulas."""

import asyncio
import csv
import io
from collections.abc import Sequence

from aiohttp import hdrs, web

from web.contents import disposition

# What a spreadsheet takes for a formula when a cell begins with it.
ACTIVE = ("=", "+", "-", "@", "\t", "\r")


async def csv_response(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> web.Response:
    """The table as a file to save under this name."""
    text = await asyncio.to_thread(_write, header, rows)
    return web.Response(
        body=text.encode("utf-8-sig"),
        content_type="text/csv",
        charset="utf-8",
        headers={hdrs.CONTENT_DISPOSITION: disposition(name), hdrs.CACHE_CONTROL: "no-store"},
    )


def _write(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, delimiter=";")
    writer.writerow(header)
    writer.writerows([[plain(cell) for cell in row] for row in rows])
    return page.getvalue()


def plain(value: object) -> str:
    """A cell that is text, whatever somebody called their file."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(ACTIVE) else text
