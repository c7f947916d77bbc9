"""What an error becomes: problem+json (RFC 9457) on the API, a page elsewhere. The one place that decides it.

Nothing of an unknown exception leaves the server; a request id does, and finds it in the log.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from collab.core import errors
from collab.core.errors import DomainError
from collab.core.i18n import Message, msg
from web.http import API, BadRequest, PreconditionFailed, PreconditionRequired, TooLarge, TooSlow, WrongType
from web.origins import DAV_DOOR, MEDIA_DOORS
from web.render.locale import Texts

log = structlog.get_logger()

STATUS: Mapping[type[DomainError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Denied: HTTPStatus.FORBIDDEN,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.StaleRevision: HTTPStatus.PRECONDITION_FAILED,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    BadRequest: HTTPStatus.BAD_REQUEST,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    WrongType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}

_HTTP_MESSAGES: Mapping[int, Message] = {
    400: msg("The request is not valid."),
    404: msg("This page or item does not exist, or is not shared with you."),
    405: msg("This address does not take this method."),
    411: msg("Say how long the request is."),
    413: msg("This is more than can be accepted here."),
}

UNEXPECTED = msg("Something went wrong on our side. Nothing you had saved is lost; please try again.")


def status_of(error: DomainError) -> HTTPStatus:
    """The HTTP status of an error; 500 for one that says no more than that it is one."""
    found = (status for kind, status in STATUS.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def from_http(error: web.HTTPException) -> tuple[int, str, Message]:
    """Status, code and words for what aiohttp itself refuses."""
    message = _HTTP_MESSAGES.get(error.status, _HTTP_MESSAGES[400])
    return error.status, f"http_{error.status}", message


def document(error: DomainError, texts: Texts, request_id: str) -> dict[str, Any]:
    """The problem document of an error, in the person's language."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": int(status_of(error)),
        "code": error.code,
        "title": texts.render(error.message),
        "request_id": request_id,
        **error.extra,
    }
    if error.errors:
        body["errors"] = {place: texts.render(message) for place, message in error.errors.items()}
    return body


def json_response(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    """A problem document as a response."""
    return web.Response(
        status=int(body["status"]),
        text=json.dumps(body, ensure_ascii=False, default=str),
        content_type="application/problem+json",
        headers=headers,
    )


def wants_json(request: web.Request) -> bool:
    """Whether the door speaks JSON rather than pages."""
    return request.path.startswith((API, "/api/", "/health", "/metrics", "/socket.io", DAV_DOOR, *MEDIA_DOORS))
