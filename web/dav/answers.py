"""What WebDAV answers are made of: multistatus documents, and errors with the precondition that was not met.

Documents are written as text, not as trees: a folder of a thousand is listed often.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from xml.sax.saxutils import escape, quoteattr

from aiohttp import hdrs, web

from collab.core.errors import Conflict, DomainError, Invalid
from collab.files.locks import Locked
from collab.files.quotas import QuotaExceeded
from collab.files.storage import StorageFull
from web.http import BadRequest, PreconditionFailed
from web.page import REQUEST_ID, locale_of
from web.problems import status_of

XML_TYPE = 'application/xml; charset="utf-8"'
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
OPEN = HEAD + '<D:multistatus xmlns:D="DAV:">'
CLOSE = "</D:multistatus>"

# Codes of refusals whose status has a meaning of its own here, and the precondition to name.
_CODES: dict[str, tuple[int, str]] = {
    "files.name_taken": (HTTPStatus.CONFLICT, ""),
    "files.bad_name": (HTTPStatus.FORBIDDEN, ""),
    "files.too_deep": (HTTPStatus.FORBIDDEN, ""),
    "files.into_itself": (HTTPStatus.FORBIDDEN, ""),
    "files.not_a_file": (HTTPStatus.METHOD_NOT_ALLOWED, ""),
    "files.not_a_folder": (HTTPStatus.CONFLICT, ""),
    "files.no_such_lock": (HTTPStatus.CONFLICT, "lock-token-matches-request-uri"),
    "files.cut": (HTTPStatus.BAD_REQUEST, ""),
    "dav.finite_depth": (HTTPStatus.FORBIDDEN, "propfind-finite-depth"),
    "dav.lock_token": (HTTPStatus.PRECONDITION_FAILED, "lock-token-matches-request-uri"),
    "dav.other_server": (HTTPStatus.BAD_GATEWAY, ""),
    "dav.body": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ""),
    "dav.exists": (HTTPStatus.METHOD_NOT_ALLOWED, ""),
    "dav.fixed": (HTTPStatus.FORBIDDEN, ""),
}


class Refused(DomainError):
    """What this protocol alone refuses; its code is in the table above."""


def refusal_of(error: DomainError) -> tuple[int, str]:
    """Status and precondition code of an error at this door."""
    if error.code in _CODES:
        return _CODES[error.code]
    if isinstance(error, Locked):
        return HTTPStatus.LOCKED, "lock-token-submitted"
    if isinstance(error, QuotaExceeded):
        return HTTPStatus.INSUFFICIENT_STORAGE, "quota-not-exceeded"
    if isinstance(error, StorageFull):
        return HTTPStatus.INSUFFICIENT_STORAGE, "sufficient-disk-space"
    if isinstance(error, BadRequest | PreconditionFailed):
        return status_of(error), ""
    if isinstance(error, Conflict | Invalid):
        return HTTPStatus.CONFLICT, ""
    return status_of(error), ""


def refuse(request: web.Request, error: DomainError) -> web.Response:
    """An error as this protocol tells it: a status, the precondition, the reason in the person's language."""
    status, condition = refusal_of(error)
    reason = escape(locale_of(request).render(error.message))
    named = f"<D:{condition}/>" if condition else ""
    if isinstance(error, Locked):
        named = f"<D:{condition}><D:href>{escape(request.rel_url.raw_path)}</D:href></D:{condition}>"
    body = (
        f'{HEAD}<D:error xmlns:D="DAV:" xmlns:h="urn:hemicycle">{named}<h:code>{escape(error.code)}</h:code>'
        f"<h:reason>{reason}</h:reason><h:request>{request[REQUEST_ID]}</h:request></D:error>"
    )
    return web.Response(status=status, body=body.encode(), headers={hdrs.CONTENT_TYPE: XML_TYPE})


def response(href: str, propstats: Iterable[tuple[int, str]]) -> str:
    """One response of a multistatus: an address that is escaped already, and properties by status."""
    parts = "".join(
        f"<D:propstat><D:prop>{properties}</D:prop><D:status>{status_line(status)}</D:status></D:propstat>"
        for status, properties in propstats
    )
    return f"<D:response><D:href>{href}</D:href>{parts}</D:response>"


def status_response(href: str, status: int, condition: str = "") -> str:
    """One response of a multistatus about a thing as a whole."""
    error = f"<D:error><D:{condition}/></D:error>" if condition else ""
    return f"<D:response><D:href>{href}</D:href><D:status>{status_line(status)}</D:status>{error}</D:response>"


def status_line(status: int) -> str:
    """As it stands in a document."""
    return f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}"


def multistatus(responses: Sequence[str]) -> web.Response:
    """207 with these responses."""
    body = (OPEN + "".join(responses) + CLOSE).encode()
    return web.Response(status=HTTPStatus.MULTI_STATUS, body=body, headers={hdrs.CONTENT_TYPE: XML_TYPE})


def element(namespace: str, name: str, content: str = "") -> str:
    """An element as text; the namespace of DAV has its prefix, others declare their own."""
    if namespace == "DAV:":
        return f"<D:{name}>{content}</D:{name}>" if content else f"<D:{name}/>"
    declared = f" xmlns={quoteattr(namespace)}"
    return f"<{name}{declared}>{content}</{name}>" if content else f"<{name}{declared}/>"


def document(root: str, content: str) -> bytes:
    """A whole document whose root is an element of DAV."""
    return f'{HEAD}<D:{root} xmlns:D="DAV:">{content}</D:{root}>'.encode()
