"""What every request passes through, outermost first: request id and log, errors, security headers, identity, CSRF."""

import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web

from collab.core.errors import Denied, DomainError, TooMany, Unauthenticated
from collab.core.i18n import msg
from web import problems
from web.deps import DEPS
from web.http import ENDPOINT, FORMS
from web.identity import IDENTITY, NOBODY, Identity
from web.listening import HeaderDeadline
from web.metrics import Metrics
from web.origins import ANY_ORIGIN, DAV_DOOR, MEDIA_DOORS, own_origins
from web.page import NONCE, REQUEST_ID, locale_of, problem_page

log = structlog.get_logger()

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
HSTS_SECONDS = 31_536_000


def cookie_name(secure: bool) -> str:
    """The session cookie's name; the prefix binds it to this host and to TLS (RFC 6265bis), where there is TLS."""
    return "__Host-hemicycle" if secure else "hemicycle"


@web.middleware
async def observe(request: web.Request, handler: Next) -> web.StreamResponse:
    """Give the request an id, time it, log it without addresses, names or query strings."""
    request_id = secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    request[NONCE] = secrets.token_urlsafe(16)
    request[IDENTITY] = NOBODY
    structlog.contextvars.bind_contextvars(request=request_id)
    started = time.perf_counter()
    status = 500
    deadline = request.app[DEPS].parts.get(HeaderDeadline)
    if deadline is not None:
        deadline.heard(request)
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        endpoint = request.get(ENDPOINT)
        name = endpoint.name if endpoint else "other"
        seconds = time.perf_counter() - started
        metrics = request.app[DEPS].part(Metrics)
        metrics.requests.labels(name, request.method, str(status)).inc()
        metrics.seconds.labels(name).observe(seconds)
        log.info("request", endpoint=name, method=request.method, status=status, ms=round(seconds * 1000, 1))
        structlog.contextvars.unbind_contextvars("request")


@web.middleware
async def answer_errors(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn whatever is raised into a problem document or a page."""
    try:
        return await handler(request)
    except DomainError as error:
        endpoint = request.get(ENDPOINT)
        if endpoint is not None and endpoint.refuse is not None and not isinstance(error, Unauthenticated):
            response: web.StreamResponse = endpoint.refuse(request, error)
            if request.can_read_body and not request.content.at_eof():
                response.headers["Connection"] = "close"  # the rest of the body is not read
            return response
        return await _problem(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        status, code, message = problems.from_http(error)
        plain = DomainError(code, message)
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return await _problem(request, plain, status, headers)
    except (ConnectionResetError, TimeoutError):
        raise
    except Exception:
        log.exception("request_failed")
        return await _problem(request, DomainError("unexpected", problems.UNEXPECTED), 500)


async def _problem(
    request: web.Request, error: DomainError, status: int | None = None, headers: dict[str, str] | None = None
) -> web.StreamResponse:
    texts = locale_of(request)
    body = {
        "type": "about:blank",
        "status": status,
        "code": error.code,
        "title": texts.render(error.message),
        "request_id": request[REQUEST_ID],
    }
    if status is None:
        body = problems.document(error, texts, request[REQUEST_ID])
    headers = dict(headers or {})
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated) and request.path.startswith(MEDIA_DOORS):
        headers["WWW-Authenticate"] = 'Bearer realm="Hemicycle"'
    elif isinstance(error, Unauthenticated) and (
        request.headers.get(hdrs.AUTHORIZATION) or request.path.startswith(DAV_DOOR)
    ):
        headers["WWW-Authenticate"] = 'Basic realm="Hemicycle", charset="UTF-8"'
    if not request.content.at_eof() and request.can_read_body:
        headers["Connection"] = "close"  # the rest of the body is not read
    if problems.wants_json(request):
        return problems.json_response(body, headers)
    if isinstance(error, Unauthenticated) and request.method in SAFE:
        raise web.HTTPSeeOther(f"/?next={quote(request.path_qs)}")
    return await problem_page(request, body, headers)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Say to browsers what an answer of ours may do: nothing from elsewhere, no framing, no sniffing.

    Run as each answer begins, so that streamed ones have them too.
    """
    headers = response.headers
    if request.path.startswith(MEDIA_DOORS):
        headers.update(ANY_ORIGIN)
    headers.setdefault("X-Request-Id", request[REQUEST_ID])
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("X-Frame-Options", "DENY")
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = content_policy(request[NONCE])
    if request.app[DEPS].settings.secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    if not request.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")


def content_policy(nonce: str) -> str:
    """The content security policy of our pages; scripts need the nonce of this answer."""
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob: mediastream:; "
        "connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@web.middleware
async def identify(request: web.Request, handler: Next) -> web.StreamResponse:
    """Find out who asks. A credential in Authorization that is worth nothing is refused; a stale cookie is nobody."""
    if request.path.startswith(MEDIA_DOORS):
        return await handler(request)  # they know their own tokens and no cookie
    deps = request.app[DEPS]
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is not None:
        identity = await _by_header(deps.identities.find, header)
        if identity is None:
            raise Unauthenticated("bad_credentials", msg("This token or password is not valid, or no longer."))
        request[IDENTITY] = identity
        return await handler(request)
    if request.path.startswith(DAV_DOOR):
        return await handler(request)  # programs say who they are; a browser's cookie opens nothing here
    cookie = request.cookies.get(cookie_name(deps.settings.secure))
    if cookie:
        request[IDENTITY] = await deps.identities.find("session", cookie) or NOBODY
    _check_origin(request, cookie is not None)
    return await handler(request)


async def _by_header(find: Callable[[str, str], Awaitable[Identity | None]], header: str) -> Identity | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return await find("bearer", value.strip())
    if scheme.lower() == "basic":
        try:
            return await find("basic", base64.b64decode(value.strip(), validate=True).decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _check_origin(request: web.Request, has_cookie: bool) -> None:
    """Refuse a write that another site made the browser send (a cookie goes along by itself; a form needs none)."""
    is_form = request.match_info.route.name in request.app[FORMS]
    if request.method in SAFE or not (has_cookie or is_form or request.path.endswith("/sessions")):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if site in ("same-origin", "none"):
        return
    if site is None and origin is not None and origin in own_origins(request.app[DEPS].settings):
        return
    raise Denied("csrf", msg("This request came from another site and was refused."))
