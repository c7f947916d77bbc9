"""Forms of pages: read, checked by the same models as the API, and shown again with what was typed when refused."""

import asyncio
from collections.abc import Mapping
from typing import TypeVar

from aiohttp import web
from multidict import MultiDict
from pydantic import BaseModel

from collab.core.errors import DomainError, Invalid
from collab.core.i18n import msg
from web.http import BODY_SECONDS, TooLarge, TooSlow, parse
from web.page import locale_of

M = TypeVar("M", bound=BaseModel)

Errors = dict[str, str]


async def read_form(request: web.Request) -> dict[str, str]:
    """The text fields that were sent, blank ones left out. Raises Invalid or TooLarge."""
    return {name: value for name, value in (await read_fields(request)).items() if value.strip()}


async def read_fields(request: web.Request) -> MultiDict[str]:
    """The text fields that were sent, blank and repeated ones as they came. Raises Invalid or TooLarge."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            sent = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge("too_large", msg("This is more than can be accepted here.")) from None
    except TimeoutError:
        raise TooSlow() from None
    except (ValueError, LookupError, RuntimeError):  # the last: a transfer encoding that aiohttp does not know
        raise Invalid("not_a_form", msg("The form did not arrive as it was sent. Please try again.")) from None
    return MultiDict((name, value) for name, value in sent.items() if isinstance(value, str))


def accept(request: web.Request, model: type[M], values: Mapping[str, object]) -> tuple[M | None, Errors]:
    """The values as `model` and no errors, or None and what is wrong by field, in the person's language."""
    try:
        accepted: M = parse(model, values, "form")
    except DomainError as error:
        return None, errors_of(request, error)
    return accepted, {}


def errors_of(request: web.Request, error: DomainError) -> Errors:
    """What is wrong by field; an error about no field in particular stands under `form`."""
    texts = locale_of(request)
    found = {name: texts.render(message) for name, message in error.errors.items()}
    return found or {"form": texts.render(error.message)}
