"""The door: sign-in form, second factor, sign-out, the link that sets a password. `/` is the door and the home page."""

from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field

from collab.core.access import PUBLIC
from collab.core.errors import DomainError, Invalid, TooMany, Unauthenticated
from collab.core.i18n import msg
from collab.core.text import Input
from directory.sessions import second_factor, service
from directory.sessions.keys import Keys
from directory.sessions.models import PASSWORD_MIN, Code, NewPassword, Owes, SignInInput
from directory.sessions.passwords import Passwords
from web import problems
from web.door import confirm_code, cookie, end_session, finishing, no_cookie, note, own_path, show_code, sign_in
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes
from web.page import show
from web.pages.home import today
from web.qr import qr_image

routes = page_routes("pages.sign_in")


class Next(BaseModel):
    """Where to go after signing in."""

    next: str = Field(default="/", max_length=2000)


class SignInForm(SignInInput):
    """The form at the door."""

    next: str = "/"


class CodeForm(Input):
    """The form of the second factor."""

    code: Code
    next: str = "/"


class ResetForm(Input):
    """The form behind a reset link."""

    new: NewPassword
    again: str


@routes.get("/", query=Next, guard=Guard.PUBLIC)
async def door(call: Call, query: Next) -> web.Response:
    """The home page; for those who are signed out, the way in."""
    target = own_path(query.next)
    if call.identity.pending:
        return await _factor_page(call, target, {})
    if call.actor.person_id is None:
        return await _sign_in_page(call, {"next": target}, {})
    if target != "/":
        raise web.HTTPSeeOther(target)
    return await today(call)


@routes.post("/", guard=Guard.PUBLIC)
async def enter(call: Call) -> web.Response:
    """Sign in."""
    values = {"login": "", "password": "", **await read_form(call.request)}
    data, errors = accept(call.request, SignInForm, values)
    if data is None:
        return await _sign_in_page(call, values, errors, status=422)
    target = own_path(data.next)
    try:
        signed = await sign_in(call, data.login, data.password)
    except DomainError as error:
        return await _sign_in_page(call, values, {"form": errors_of(call.request, error)["form"]}, refused=error)
    if signed.owes is not Owes.NOTHING:
        target = f"/?next={quote(target)}"
    raise web.HTTPSeeOther(target, headers=cookie(call.deps.settings, signed.token))


@routes.post("/second-factor", guard=Guard.PUBLIC)
async def finish(call: Call) -> web.Response:
    """Finish signing in with a code; or with the first code of a new second factor, which gives recovery codes."""
    pending = call.identity.pending
    if pending is None:
        raise web.HTTPSeeOther("/")
    values = await read_form(call.request)
    data, errors = accept(call.request, CodeForm, values)
    target = own_path(values.get("next", "/"))
    if data is None:
        return await _factor_page(call, target, errors, status=422)
    try:
        if pending.owes is Owes.ENROLMENT:
            codes, token = await confirm_code(call, data.code)
            page = await show(call, "directory/sessions/recovery_codes.html", codes=codes, target=target)
            page.headers.update(cookie(call.deps.settings, token))
            return page
        token = await show_code(call, data.code)
    except (Unauthenticated, TooMany) as error:
        return await _factor_page(call, target, {"code": errors_of(call.request, error).popitem()[1]}, refused=error)
    raise web.HTTPSeeOther(target, headers=cookie(call.deps.settings, token))


@routes.post("/sign-out", guard=Guard.PUBLIC)
async def leave(call: Call) -> web.Response:
    """Sign out."""
    if call.identity.pending or call.actor.person_id is not None:
        await end_session(call)
    raise web.HTTPSeeOther("/", headers=no_cookie(call.deps.settings))


@routes.get("/reset/{token}", guard=Guard.PUBLIC)
async def reset(call: Call) -> web.Response:
    """The form behind a reset link."""
    return await _reset_page(call, {})


@routes.post("/reset/{token}", guard=Guard.PUBLIC)
async def set_password(call: Call) -> web.Response:
    """Set the password, once."""
    values = {"again": "", **await read_form(call.request)}
    data, errors = accept(call.request, ResetForm, values)
    if data is not None and data.again != data.new:
        errors = errors_of(call.request, Invalid(errors={"again": msg("The two passwords are not the same.")}))
    if data is None or errors:
        return await _reset_page(call, errors)
    async with call.db.read() as tx:
        await service.find_reset_link(tx, call.text("token"))
    hashed = await call.deps.part(Passwords).hash(data.new)
    async with call.db.write() as tx:
        person = await service.use_reset_link(tx, PUBLIC, call.text("token"), hashed)
    note(call, "reset_link_used", person_id=person.id)
    return await _sign_in_page(call, {"login": person.login}, {}, reset=True)


async def _sign_in_page(
    call: Call,
    values: dict[str, str],
    errors: Errors,
    *,
    status: int = 200,
    refused: DomainError | None = None,
    reset: bool = False,
) -> web.Response:
    page = await show(
        call,
        "directory/sessions/sign_in.html",
        status=int(problems.status_of(refused)) if refused else status,
        values=values,
        errors=errors,
        target=own_path(values.get("next", "/")),
        reset=reset,
    )
    return _retry_after(page, refused)


async def _factor_page(
    call: Call, target: str, errors: Errors, *, status: int = 200, refused: DomainError | None = None
) -> web.Response:
    pending = call.identity.pending
    assert pending is not None
    status = int(problems.status_of(refused)) if refused else status
    if pending.owes is Owes.CODE:
        page = await show(call, "directory/sessions/code.html", status=status, errors=errors, target=target)
        return _retry_after(page, refused)
    async with call.db.write() as tx:
        issuer = call.deps.settings.place.name
        begun = await second_factor.begin_enrolment(tx, call.deps.part(Keys), finishing(call), issuer)
    page = await show(
        call,
        "directory/sessions/enrol.html",
        status=status,
        errors=errors,
        target=target,
        enrolment=begun,
        picture=qr_image(begun.uri),
    )
    return _retry_after(page, refused)


def _retry_after(page: web.Response, refused: DomainError | None) -> web.Response:
    if isinstance(refused, TooMany):
        page.headers["Retry-After"] = str(refused.retry_after)
    return page


async def _reset_page(call: Call, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        person = await service.find_reset_link(tx, call.text("token"))
    return await show(
        call,
        "directory/sessions/reset.html",
        status=422 if errors else 200,
        login=person.login,
        errors=errors,
        least=PASSWORD_MIN,
    )
