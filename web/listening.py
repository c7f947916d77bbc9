"""What happens on a connection before there is a request: what cannot be parsed, what comes too slowly.

aiohttp answers what its parser refuses in words of its own, and waits for ever for the first headers of a connection
when they come a byte a second. Here both are answered like every other refusal, at the price of one timer a connection.
web/main.py listens through a HeaderDeadline around a Doorstep.
"""

import asyncio
import secrets
from collections.abc import Callable

import structlog
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from collab.core.i18n import Message, msg
from web import problems
from web.render.locale import Locales, choose_language

log = structlog.get_logger()

HEADER_SECONDS = 10.0
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_TOO_LONG = ("request_too_long", msg("The address or a header of this request is longer than can be accepted."))
_BAD_METHOD = ("bad_method", msg("The request begins with a method that does not exist."))
_NOT_HTTP = ("bad_request", msg("The request is not valid."))
_TOO_SLOW = ("headers_too_slow", msg("The request did not arrive in time."))


class Refusals:
    """Problem documents for what never became a request. `language`: the place's, since nobody's is known yet."""

    def __init__(self, locales: Locales, language: str) -> None:
        self._locales = locales
        self._language = language

    def unparsed(self, request: web.BaseRequest, status: int, error: BaseException | None) -> web.Response:
        """The answer to what the parser refused, or to a failure outside of the application. Echoes nothing of it."""
        code, message = _TOO_LONG if isinstance(error, LineTooLong) else _NOT_HTTP
        if isinstance(error, BadHttpMethod):
            code, message = _BAD_METHOD
        if status >= 500:
            code, message = "unexpected", problems.UNEXPECTED
        return self._answer(status, code, message, request.headers.get("Accept-Language", ""))

    def late(self) -> bytes:
        """The whole answer (RFC 9110, 15.5.9) to headers that took too long."""
        response = self._answer(408, *_TOO_SLOW)
        body = response.body
        assert isinstance(body, bytes)
        response.headers.update({"Content-Length": str(len(body)), "Connection": "close"})
        lines = ["HTTP/1.1 408 Request Timeout", *(f"{name}: {value}" for name, value in response.headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def _answer(self, status: int, code: str, message: Message, accept: str = "") -> web.Response:
        request_id = secrets.token_hex(8)
        log.info("request_refused", request=request_id, status=status, code=code)
        texts = self._locales[choose_language(None if accept else self._language, accept)]
        title = texts.render(message)
        body = {"type": "about:blank", "status": status, "code": code, "title": title, "request_id": request_id}
        return problems.json_response(body, {**HEADERS, "X-Request-Id": request_id})


class Doorstep:
    """A protocol factory for the server of an aiohttp runner; its refusals are ours."""

    def __init__(self, server: web.Server, refusals: Refusals) -> None:
        self._server = server
        self._refusals = refusals

    def __call__(self) -> asyncio.Protocol:
        loop = asyncio.get_running_loop()
        return _Connection(self._server, self._refusals, loop=loop, access_log=None)


class _Connection(web.RequestHandler):
    """One connection, as aiohttp's."""

    __slots__ = ("_refusals",)

    def __init__(self, server: web.Server, refusals: Refusals, **options: object) -> None:
        super().__init__(server, **options)  # type: ignore[arg-type]  # passed on as they came
        self._refusals = refusals

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer once and close; a connection on which an answer has begun is cut."""
        if status >= 500:
            log.error("connection_failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        response = self._refusals.unparsed(request, status, exc)
        response.force_close()
        return response


class HeaderDeadline:
    """A protocol factory around another: what has not asked for anything in time is told so and closed."""

    def __init__(
        self,
        factory: Callable[[], asyncio.Protocol],
        late: Callable[[], bytes],
        seconds: float = HEADER_SECONDS,
    ) -> None:
        self._factory = factory
        self._late = late
        self._seconds = seconds
        self._waiting: dict[asyncio.BaseProtocol, asyncio.TimerHandle] = {}

    def __call__(self) -> asyncio.Protocol:
        protocol = self._factory()
        loop = asyncio.get_running_loop()
        self._waiting[protocol] = loop.call_later(self._seconds, self._give_up, protocol)
        return protocol

    def heard(self, request: web.Request) -> None:
        """A request has begun on this connection."""
        timer = self._waiting.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """No connection is waited for any more."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()

    def _give_up(self, protocol: asyncio.BaseProtocol) -> None:
        self._waiting.pop(protocol, None)
        transport: asyncio.Transport | None = getattr(protocol, "transport", None)
        if transport is not None and not transport.is_closing():
            transport.write(self._late())
            transport.close()
