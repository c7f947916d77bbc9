"""How an endpoint is declared: method, path, what it takes and gives, who may call it.

The declaration is the one source for parsing, for the OpenAPI description and for the tests that walk every route. A
handler gets a Call and its parsed input and returns a model, an Answer or a ready response. An endpoint guarded by
ACCESS that answers without any access function having decided is refused: a forgotten check cannot leak.
"""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import unquote_to_bytes
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from collab.core.access import Actor, watching
from collab.core.database import Database
from collab.core.errors import Denied, DomainError, Invalid, NotFound, Unauthenticated
from collab.core.i18n import Message, msg
from web.deps import DEPS, Deps
from web.identity import IDENTITY, Identity

API = "/api/v1"
BODY_SECONDS = 30
MOST_FIELDS = 1000
# More than that is nobody who could be helped by hearing of each.
MOST_FAULTS = 50

T = TypeVar("T")


class Guard(StrEnum):
    """Who may call an endpoint at all."""

    ACCESS = "access"  # an access function decides, or the answer is refused
    OWN = "own"  # signed in; touches only what is the caller's own
    ADMIN = "admin"  # administrators of the platform, with a second factor
    MEDIA = "media"  # who shows a media token; the handler reads it, an access function decides
    PUBLIC = "public"  # anybody


class PreconditionRequired(DomainError):
    """A change of content without If-Match."""


class TooLarge(DomainError):
    """The body is larger than this door takes."""


class TooSlow(DomainError):
    """The body did not come in time, or comes so slowly that nobody can wait for it."""

    def __init__(self) -> None:
        super().__init__("body_too_slow", msg("The rest of the request did not arrive in time."))


class BadRequest(DomainError):
    """The body is not what its type says, at a door whose protocol wants 400."""


class PreconditionFailed(DomainError):
    """If-Match names something else than what is there now."""


class WrongType(DomainError):
    """The body is of a type that this door does not take."""


class After(BaseModel):
    """Which part of a list: what comes after the thing with this id, the last of the part before."""

    model_config = ConfigDict(extra="forbid")
    after: UUID | None = None


class Page(BaseModel, Generic[T]):
    """A list: `next` is the address of the rest, or null."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with more to say than its model: status, headers, an ETag."""

    body: BaseModel | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    rev: int | None = None


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared route."""

    method: str
    path: str
    handler: Handler
    guard: Guard
    tag: str
    body: Any = None
    query: type[BaseModel] | None = None
    result: Any = None
    status: int = 200
    raw: bool = False
    takes: str = "application/octet-stream"  # what a raw body is
    gives: str = ""  # what a raw answer is
    page: bool = False
    refuse: Callable[[web.Request, DomainError], web.StreamResponse] | None = None  # how this door tells errors

    @property
    def name(self) -> str:
        """Unique, for OpenAPI and metrics."""
        return f"{self.tag}.{self.handler.__name__}"

    @property
    def summary(self) -> str:
        """The first line of what the handler says of itself."""
        return (inspect.getdoc(self.handler) or self.name).splitlines()[0]


async def _nowhere(_call: "Call") -> None:
    """Nothing answers here."""
    raise NotFound()


# Where a request went for which nothing is declared.
NOWHERE = Endpoint("GET", "", _nowhere, Guard.PUBLIC, "other")

ENDPOINT: web.RequestKey[Endpoint] = web.RequestKey("endpoint", Endpoint)
ENDPOINTS: web.AppKey[Sequence[Endpoint]] = web.AppKey("endpoints", Sequence)
FORMS: web.AppKey[frozenset[str]] = web.AppKey("forms", frozenset)


class Call:
    """One request as a handler sees it."""

    def __init__(self, request: web.Request, endpoint: Endpoint) -> None:
        self.request = request
        self.endpoint = endpoint
        self.deps: Deps = request.app[DEPS]
        self.identity: Identity = request[IDENTITY]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.identity.actor

    @property
    def db(self) -> Database:
        """Where transactions are opened."""
        return self.deps.db

    @property
    def today(self) -> date:
        """The date at the place."""
        return self.db.clock.now().astimezone(ZoneInfo(self.deps.settings.place.time_zone)).date()

    def id(self, name: str) -> UUID:
        """The UUID in the path; one that is none is a thing that does not exist."""
        try:
            return UUID(self.request.match_info[name])
        except ValueError:
            raise NotFound() from None

    def text(self, name: str) -> str:
        """A part of the path as text."""
        return self.request.match_info[name]

    def following(self, after: object | None) -> str | None:
        """The address of the part of this list that comes after that thing; None at the end."""
        return None if after is None else str(self.request.rel_url.update_query(after=str(after)))

    def if_match(self) -> int:
        """The rev that the caller has seen. Raises PreconditionRequired without one."""
        return rev_of(self.if_match_tags().strip().removeprefix("W/").strip('"'))

    def if_match_tags(self) -> str:
        """If-Match as it was sent. Raises PreconditionRequired without one."""
        header = self.request.headers.get("If-Match")
        if header is None:
            raise PreconditionRequired(
                "precondition_required", msg("Say which version you changed: send If-Match with its ETag.")
            )
        return header


def rev_of(digits: str) -> int:
    """The number that was sent as a rev; -1, which is never the current one, for what cannot be a rev of ours."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


class Routes:
    """The endpoints of one slice."""

    def __init__(self, tag: str, prefix: str = API) -> None:
        self.tag = tag
        self.prefix = prefix
        self.endpoints: list[Endpoint] = []

    def add(self, method: str, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a handler for a method and a path. See Endpoint for what else may be said."""

        def declare(handler: Handler) -> Handler:
            kwargs.setdefault("guard", Guard.ACCESS)
            self.endpoints.append(
                Endpoint(method=method, path=self.prefix + path, handler=handler, tag=self.tag, **kwargs)
            )
            return handler

        return declare

    def get(self, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a GET (and with it a HEAD)."""
        return self.add("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a POST; answers 201 unless said otherwise."""
        kwargs.setdefault("status", 201)
        return self.add("POST", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH."""
        return self.add("PATCH", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT."""
        return self.add("PUT", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE; answers 204 unless said otherwise."""
        kwargs.setdefault("status", 204)
        return self.add("DELETE", path, **kwargs)


def page_routes(tag: str) -> "PageRoutes":
    """The pages of one slice: like Routes, without the API's prefix, answering HTML."""
    return PageRoutes(tag, prefix="")


class PageRoutes(Routes):
    """Routes whose answers and errors are pages."""

    def add(self, method: str, path: str, **kwargs: Any) -> Callable[[Handler], Handler]:
        """Declare a page or the target of a form."""
        kwargs["page"] = True
        if method == "POST":
            kwargs["status"] = 200
        return super().add(method, path, **kwargs)


def install(app: web.Application, endpoints: Sequence[Endpoint]) -> None:
    """Put the declared endpoints into the application; the names of those that take forms stand under FORMS."""
    app[FORMS] = frozenset(endpoint.name for endpoint in endpoints if endpoint.page and endpoint.method != "GET")
    for endpoint in endpoints:
        path = endpoint.path.replace("{tail}", "{tail:.*}")  # `tail`: whatever follows, however deep
        app.router.add_route(endpoint.method, path, _runner(endpoint), name=endpoint.name)
        if endpoint.method == "GET":
            app.router.add_route("HEAD", path, _runner(endpoint))


def _runner(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def run(request: web.Request) -> web.StreamResponse:
        request[ENDPOINT] = endpoint
        call = Call(request, endpoint)
        with watching() as decisions:
            _check_guard(call)
            arguments = {}
            if endpoint.query is not None:
                arguments["query"] = parse(endpoint.query, _query_of(request), "query")
            if endpoint.body is not None:
                arguments["body"] = await read_body(request, endpoint.body)
            result = await endpoint.handler(call, **arguments)
            if endpoint.guard in (Guard.ACCESS, Guard.MEDIA) and not decisions:
                raise RuntimeError(f"{endpoint.name} answered without an access decision")
        return _respond(endpoint, result)

    return run


def _check_guard(call: Call) -> None:
    guard = call.endpoint.guard
    if guard in (Guard.PUBLIC, Guard.MEDIA):
        return
    if call.identity.pending:
        raise Unauthenticated("sessions.second_factor", msg("Your second factor is missing: finish signing in first."))
    if call.actor.person_id is None:
        raise Unauthenticated()
    if guard is Guard.ADMIN:
        require_admin(call.actor)
    scopes = call.actor.scopes
    if guard is Guard.OWN and scopes is not None and call.endpoint.method == "GET" and "read" not in scopes:
        raise Denied("token_scope")


def require_admin(actor: Actor) -> None:
    """Raise unless the actor administers the platform; those who do not are not told what is there."""
    if not actor.admin:
        raise NotFound()
    if actor.scopes is not None and "admin" not in actor.scopes:
        raise Denied("token_scope")


def _query_of(request: web.Request) -> dict[str, Any]:
    try:
        unquote_to_bytes(request.rel_url.raw_query_string).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("not_utf8", msg("The request is not UTF-8 text.")) from None
    query = request.query
    return {name: query.getall(name) if len(query.getall(name)) > 1 else query[name] for name in query}


async def read_body(request: web.Request, model: Any) -> Any:
    """The JSON body as `model`. Raises Invalid with a reason by field; TooLarge beyond the limit."""
    raw = await read_whole(request)
    try:
        value = json.loads(raw.decode("utf-8")) if raw else {}
    except UnicodeDecodeError:
        raise Invalid("not_utf8", msg("The request is not UTF-8 text.")) from None
    except (ValueError, RecursionError):
        raise Invalid("not_json", msg("The request is not valid JSON.")) from None
    return parse(model, value, "body")


async def read_text(request: web.Request, content_type: str, most: int) -> str:
    """The body as text of this type, `most` bytes long at most. Raises WrongType, TooLarge and BadRequest."""
    if request.content_type != content_type:
        raise WrongType("wrong_type", msg("This door takes %(type)s.", type=content_type))
    if (request.content_length or 0) > most:
        raise _too_large()
    raw = await read_whole(request)
    if len(raw) > most:
        raise _too_large()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("not_utf8", msg("The request is not UTF-8 text.")) from None


async def read_whole(request: web.Request) -> bytes:
    """The body, up to the limit of what is no upload. Raises TooLarge, TooSlow."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        raise TooSlow() from None


def _too_large() -> TooLarge:
    return TooLarge("too_large", msg("This is more than can be accepted here."))


def parse(model: Any, value: Any, what: str) -> Any:
    """`value` as `model`, or Invalid with the reasons by field."""
    if isinstance(value, dict) and len(value) > MOST_FIELDS:
        raise Invalid()
    try:
        return TypeAdapter(model).validate_python(value) if not _is_model(model) else model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MOST_FAULTS:
            raise Invalid() from None
        faults = error.errors(include_input=False, include_url=False, include_context=True)
        raise Invalid(errors={_place(fault["loc"], what): explain(fault) for fault in faults}) from None


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _place(location: Sequence[int | str], what: str) -> str:
    return ".".join(str(part) for part in location) or what


def explain(fault: Mapping[str, Any]) -> Message:
    """One fault of pydantic's in words for people."""
    context = fault.get("ctx", {})
    kind = fault["type"]
    if kind == "missing":
        return msg("This is needed.")
    if kind == "extra_forbidden":
        return msg("This field is not known here.")
    if kind in ("string_too_long", "too_long"):
        return msg("At most %(max)s characters.", max=context["max_length"])
    if kind in ("string_too_short", "too_short"):
        return msg("At least %(min)s characters.", min=context["min_length"])
    if kind in ("greater_than_equal", "greater_than"):
        return msg("At least %(min)s.", min=context.get("ge", context.get("gt")))
    if kind in ("less_than_equal", "less_than"):
        return msg("At most %(max)s.", max=context.get("le", context.get("lt")))
    if kind in ("enum", "literal_error"):
        return msg("One of: %(choices)s.", choices=str(context["expected"]).replace(" or ", ", "))
    if kind == "value_error" and "must not be empty" in fault["msg"]:
        return msg("This must not be empty.")
    if kind == "value_error" and "control characters" in fault["msg"]:
        return msg("Control characters are not accepted.")
    return _WRONG_TYPES.get(kind.split("_")[0], msg("This value cannot be accepted."))


_WRONG_TYPES = {
    "string": msg("A text is expected here."),
    "int": msg("A whole number is expected here."),
    "float": msg("A number is expected here."),
    "bool": msg("True or false is expected here."),
    "uuid": msg("An identifier is expected here."),
    "date": msg("A date is expected here, such as 2026-11-26."),
    "datetime": msg("A date and time with its zone is expected here, such as 2026-11-26T18:30:00+01:00."),
    "timezone": msg("A date and time with its zone is expected here, such as 2026-11-26T18:30:00+01:00."),
    "list": msg("A list is expected here."),
    "dict": msg("An object is expected here."),
    "model": msg("An object is expected here."),
}


def _respond(endpoint: Endpoint, result: Any) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    answer = result if isinstance(result, Answer) else Answer(result, status=endpoint.status)
    headers = dict(answer.headers)
    if answer.rev is not None:
        headers["ETag"] = f'"{answer.rev}"'
    if answer.body is None:
        return web.Response(status=204 if answer.status == 200 else answer.status, headers=headers)
    return web.Response(
        status=answer.status, text=answer.body.model_dump_json(), content_type="application/json", headers=headers
    )
