"""Multipart forms with files, part by part as they arrive, so that a file of any size goes straight to the disk."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from collab.core.errors import Invalid
from collab.core.i18n import msg
from web.contents import STALL_SECONDS
from web.http import BODY_SECONDS

MAX_FIELD = 4096


def broken() -> Invalid:
    """The form cannot be read."""
    return Invalid("not_a_form", msg("The form did not arrive as it was sent. Please try again."))


async def parts_of(request: web.Request) -> AsyncIterator[BodyPartReader]:
    """The parts of a multipart form as they arrive. Raises Invalid when it is none."""
    try:
        reader = await request.multipart()
    except (HttpProcessingError, ValueError, AssertionError):
        raise broken() from None
    while True:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                part = await reader.next()
        except (HttpProcessingError, ValueError, TimeoutError):
            raise broken() from None
        if part is None:
            return
        if not isinstance(part, BodyPartReader):
            raise broken()
        yield part


async def text_of(part: BodyPartReader) -> str:
    """A short text field. Raises Invalid when it is not one."""
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(data) <= MAX_FIELD and (chunk := await part.read_chunk(MAX_FIELD)):
                data += chunk
        if len(data) <= MAX_FIELD:
            return data.decode("utf-8")
    except (ValueError, TimeoutError):
        pass
    raise broken()
