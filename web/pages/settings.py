"""One's own settings: display, password, second factor, sessions, tokens. Notifications are in their own module."""

from typing import Any

from aiohttp import web

from collab.core.errors import Conflict, Invalid, TooMany, Unauthenticated
from collab.core.i18n import Message, msg
from collab.core.text import Input
from directory.people.models import SettingsChange
from directory.people.service import choose_settings
from directory.sessions import queries, second_factor, service
from directory.sessions.keys import Keys
from directory.sessions.models import (
    PASSWORD_MIN,
    ApplicationPasswordInput,
    Code,
    CredentialKind,
    Owes,
    PasswordChange,
    Scope,
    TokenInput,
)
from directory.sessions.rules import owed
from web.door import (
    change_password,
    confirm_code,
    cookie,
    finishing,
    note,
    renew_recovery_codes,
    take_factor_away,
)
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes
from web.lookup import policy_of
from web.page import show
from web.pages.settings_sections import SECTIONS
from web.qr import qr_image
from web.render.pages import Notice

routes = page_routes("pages.settings")

LANGUAGES: dict[str, Message] = {"": msg("As the browser asks"), "fr": msg("French"), "en": msg("English")}
THEMES: dict[str, tuple[Message, str]] = {
    "system": (msg("As the device"), "monitor"),
    "light": (msg("Light"), "sun"),
    "dark": (msg("Dark"), "moon"),
}
SCOPES: dict[Scope, Message] = {
    "read": msg("Read what I can read"),
    "write": msg("Add and change cards, files and meetings"),
    "manage": msg("Manage spaces and their members"),
    "admin": msg("Administer the platform"),
}
DAYS = (7, 30, 90, 366)


class CodeForm(Input):
    """A code of the second factor."""

    code: Code


class PasswordForm(PasswordChange):
    """The new password is typed twice."""

    again: str


async def _page(call: Call, template: str, *, status: int = 200, saved: bool = False, **data: Any) -> web.Response:
    notices = (Notice("success", msg("Your settings are saved.")),) if saved else ()
    template = f"directory/sessions/{template}.html"
    return await show(call, template, status=status, notices=notices, sections=SECTIONS, **data)


@routes.get("/settings", guard=Guard.OWN)
async def display(call: Call) -> web.Response:
    """Language and theme."""
    return await _display_page(call)


@routes.post("/settings", guard=Guard.OWN)
async def choose_display(call: Call) -> web.Response:
    """Change language and theme."""
    assert call.actor.person_id is not None
    data, errors = accept(call.request, SettingsChange, {"language": "", **await read_form(call.request)})
    if data is None:
        return await _display_page(call, errors)
    async with call.db.write() as tx:
        await choose_settings(tx, call.actor, call.actor.person_id, data)
    raise web.HTTPSeeOther("/settings?saved")


async def _display_page(call: Call, errors: Errors | None = None) -> web.Response:
    return await _page(
        call,
        "display",
        status=422 if errors else 200,
        saved="saved" in call.request.query,
        language=call.identity.language,
        theme=call.identity.theme,
        languages=LANGUAGES,
        themes=THEMES,
        errors=errors or {},
    )


@routes.get("/settings/password", guard=Guard.OWN)
async def password(call: Call) -> web.Response:
    """The password of a local account."""
    return await _password_page(call, {})


@routes.post("/settings/password", guard=Guard.OWN)
async def set_password(call: Call) -> web.Response:
    """Change it; other sessions end."""
    values = {"old": "", "new": "", "again": "", **await read_form(call.request)}
    data, errors = accept(call.request, PasswordForm, values)
    if data is not None:
        try:
            if data.new != data.again:
                raise Invalid(errors={"again": msg("The two passwords are not the same.")})
            await change_password(call, PasswordChange(old=data.old, new=data.new))
        except (Invalid, TooMany, Conflict) as error:
            errors = errors_of(call.request, error)
    if errors:
        return await _password_page(call, errors)
    raise web.HTTPSeeOther("/settings/password?saved")


async def _password_page(call: Call, errors: Errors) -> web.Response:
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        kept = await queries.find_password(tx, call.actor.person_id)
    return await _page(
        call,
        "password",
        status=422 if errors else 200,
        saved="saved" in call.request.query,
        is_local=kept is not None,
        changed=kept.changed_at if kept else None,
        errors=errors,
        least=PASSWORD_MIN,
    )


@routes.get("/settings/second-factor", guard=Guard.OWN)
async def factor(call: Call) -> web.Response:
    """Whether one has a second factor."""
    return await _factor_page(call)


@routes.get("/settings/second-factor/enrol", guard=Guard.OWN)
async def enrol(call: Call) -> web.Response:
    """The QR code, once a second factor was begun."""
    return await _enrol_page(call, {})


@routes.post("/settings/second-factor/enrol", guard=Guard.OWN)
async def confirm(call: Call) -> web.Response:
    """Put the second factor in force with a first code."""
    data, errors = accept(call.request, CodeForm, await read_form(call.request))
    if data is not None:
        try:
            codes, token = await confirm_code(call, data.code)
        except (Unauthenticated, TooMany) as error:
            errors = {"code": errors_of(call.request, error).popitem()[1]}
        else:
            page = await _page(call, "new_codes", codes=codes)
            page.headers.update(cookie(call.deps.settings, token))
            return page
    return await _enrol_page(call, errors)


@routes.post("/settings/second-factor/codes", guard=Guard.OWN)
async def renew_codes(call: Call) -> web.Response:
    """New recovery codes."""
    data, errors = accept(call.request, CodeForm, await read_form(call.request))
    if data is not None:
        try:
            return await _page(call, "new_codes", codes=await renew_recovery_codes(call, data.code))
        except (Unauthenticated, TooMany) as error:
            errors = {"code": errors_of(call.request, error).popitem()[1]}
    return await _factor_page(call, errors)


@routes.post("/settings/second-factor/remove", guard=Guard.OWN)
async def remove(call: Call) -> web.Response:
    """Do without the second factor."""
    data, errors = accept(call.request, CodeForm, await read_form(call.request))
    if data is not None:
        try:
            await take_factor_away(call, data.code)
        except (Unauthenticated, TooMany, Conflict) as error:
            errors = {"code": errors_of(call.request, error).popitem()[1]}
    if errors:
        return await _factor_page(call, errors)
    raise web.HTTPSeeOther("/settings/second-factor?saved")


async def _factor_page(call: Call, errors: Errors | None = None) -> web.Response:
    assert call.actor.person_id is not None
    async with call.db.read() as tx:
        view = await queries.view_factor(tx, call.actor.person_id)
    needed = owed(policy_of(call.deps.settings), is_admin=call.actor.admin, enrolled=False, shown=False)
    return await _page(
        call,
        "factor",
        status=422 if errors else 200,
        saved="saved" in call.request.query,
        factor=view,
        needed=needed is not Owes.NOTHING,
        errors=errors or {},
    )


async def _enrol_page(call: Call, errors: Errors) -> web.Response:
    try:
        async with call.db.write() as tx:
            issuer = call.deps.settings.place.name
            begun = await second_factor.begin_enrolment(tx, call.deps.part(Keys), finishing(call), issuer)
    except Conflict:
        raise web.HTTPSeeOther("/settings/second-factor") from None
    picture = qr_image(begun.uri)
    return await _page(
        call, "enrol_more", status=422 if errors else 200, enrolment=begun, picture=picture, errors=errors
    )


@routes.get("/settings/sessions", guard=Guard.OWN)
async def sessions(call: Call) -> web.Response:
    """Where one is signed in."""
    async with call.db.read() as tx:
        found = await queries.list_sessions(tx, call.actor, policy_of(call.deps.settings))
    return await _page(call, "sessions", sessions=found, saved="saved" in call.request.query)


@routes.post("/settings/sessions/revoke-others", guard=Guard.OWN)
async def revoke_others(call: Call) -> web.Response:
    """Sign out everywhere else."""
    async with call.db.write() as tx:
        await service.revoke_other_sessions(tx, call.actor)
    note(call, "revoked", person_id=call.actor.person_id, why="other sessions")
    raise web.HTTPSeeOther("/settings/sessions?saved")


@routes.post("/settings/sessions/{session}/revoke")
async def revoke_session(call: Call) -> web.Response:
    """Sign out somewhere."""
    async with call.db.write() as tx:
        await service.revoke_session(tx, call.actor, call.id("session"))
    note(call, "revoked", person_id=call.actor.person_id, why="session")
    raise web.HTTPSeeOther("/settings/sessions?saved")


@routes.get("/settings/tokens", guard=Guard.OWN)
async def tokens(call: Call) -> web.Response:
    """One's API tokens."""
    return await _tokens_page(call)


@routes.post("/settings/tokens", guard=Guard.OWN)
async def create_token(call: Call) -> web.Response:
    """A new API token, shown once."""
    values = await read_form(call.request)
    sent = {"name": values.get("name", ""), "days": values.get("days", "90")}
    wanted = {**sent, "scopes": [scope for scope in SCOPES if f"scope_{scope}" in values]}
    data, errors = accept(call.request, TokenInput, wanted)
    if data is not None:
        try:
            async with call.db.write() as tx:
                _, secret = await service.create_token(tx, call.actor, data)
        except (Invalid, Conflict) as error:
            errors = errors_of(call.request, error)
        else:
            note(call, "token_made", person_id=call.actor.person_id, why=CredentialKind.API)
            return await _tokens_page(call, secret=secret)
    return await _tokens_page(call, values=values, errors=errors)


@routes.post("/settings/tokens/{token}/revoke")
async def revoke_token(call: Call) -> web.Response:
    """Revoke an API token."""
    return await _revoke(call, "token", CredentialKind.API, "/settings/tokens")


async def _tokens_page(
    call: Call, *, secret: str = "", values: dict[str, str] | None = None, errors: Errors | None = None
) -> web.Response:
    async with call.db.read() as tx:
        found = await queries.list_credentials(tx, call.actor, CredentialKind.API)
    offered = {scope: text for scope, text in SCOPES.items() if scope != "admin" or call.actor.admin}
    return await _page(
        call,
        "tokens",
        status=422 if errors else 200,
        saved="saved" in call.request.query,
        tokens=found,
        secret=secret,
        scopes=offered,
        all_scopes=SCOPES,
        days=DAYS,
        values=values or {"scope_read": "true"},
        errors=errors or {},
    )


@routes.get("/settings/application-passwords", guard=Guard.OWN)
async def application_passwords(call: Call) -> web.Response:
    """One's application passwords."""
    return await _application_page(call)


@routes.post("/settings/application-passwords", guard=Guard.OWN)
async def create_application_password(call: Call) -> web.Response:
    """A new application password, shown once."""
    values = {"name": "", **await read_form(call.request)}
    data, errors = accept(call.request, ApplicationPasswordInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                _, secret = await service.create_application_password(tx, call.actor, data.name)
        except Conflict as error:
            errors = errors_of(call.request, error)
        else:
            note(call, "token_made", person_id=call.actor.person_id, why=CredentialKind.APPLICATION)
            return await _application_page(call, secret=secret)
    return await _application_page(call, values=values, errors=errors)


@routes.post("/settings/application-passwords/{password}/revoke")
async def revoke_application_password(call: Call) -> web.Response:
    """Revoke an application password."""
    return await _revoke(call, "password", CredentialKind.APPLICATION, "/settings/application-passwords")


async def _application_page(
    call: Call, *, secret: str = "", values: dict[str, str] | None = None, errors: Errors | None = None
) -> web.Response:
    async with call.db.read() as tx:
        found = await queries.list_credentials(tx, call.actor, CredentialKind.APPLICATION)
    return await _page(
        call,
        "application_passwords",
        status=422 if errors else 200,
        saved="saved" in call.request.query,
        passwords=found,
        secret=secret,
        login=call.identity.login,
        values=values or {"name": ""},
        errors=errors or {},
    )


async def _revoke(call: Call, name: str, kind: CredentialKind, back: str) -> web.Response:
    async with call.db.write() as tx:
        await service.revoke_credential(tx, call.actor, call.id(name), kind)
    note(call, "revoked", person_id=call.actor.person_id, why=kind)
    raise web.HTTPSeeOther(f"{back}?saved")
