"""One's own account over the API: who one is, choices, password, sessions, tokens, application passwords."""

from uuid import UUID

from pydantic import BaseModel

from directory.people.models import Person, SettingsChange
from directory.people.service import choose_settings
from directory.sessions import queries, service
from directory.sessions.models import (
    ApplicationPasswordInput,
    CredentialKind,
    CredentialMade,
    CredentialView,
    PasswordChange,
    SessionView,
    TokenInput,
)
from web.door import change_password, note
from web.http import Call, Guard, Page, Routes
from web.lookup import policy_of

routes = Routes("me")


class MeView(BaseModel):
    """Oneself. `language`: empty when not chosen. `second_factor`: whether one has enrolled one."""

    id: UUID
    login: str
    name: str
    mail: str
    is_admin: bool
    language: str
    theme: str
    second_factor: bool


@routes.get("/me", result=MeView, guard=Guard.OWN)
async def get_me(call: Call) -> MeView:
    """Who is signed in."""
    return await _me(call)


@routes.patch("/me", body=SettingsChange, result=MeView, guard=Guard.OWN)
async def update_me(call: Call, body: SettingsChange) -> MeView:
    """Choose one's language and theme."""
    assert call.actor.person_id is not None
    async with call.db.write() as tx:
        await choose_settings(tx, call.actor, call.actor.person_id, body)
    return await _me(call)


@routes.post("/me/password", body=PasswordChange, guard=Guard.OWN, status=204)
async def set_password(call: Call, body: PasswordChange) -> None:
    """Change the password of a local account; other sessions end."""
    await change_password(call, body)


@routes.get("/me/sessions", result=Page[SessionView], guard=Guard.OWN)
async def list_sessions(call: Call) -> Page[SessionView]:
    """Where one is signed in."""
    async with call.db.read() as tx:
        return Page(items=await queries.list_sessions(tx, call.actor, policy_of(call.deps.settings)))


@routes.delete("/me/sessions", guard=Guard.OWN)
async def revoke_other_sessions(call: Call) -> None:
    """Sign out everywhere else."""
    async with call.db.write() as tx:
        await service.revoke_other_sessions(tx, call.actor)
    note(call, "revoked", person_id=call.actor.person_id, why="other sessions")


@routes.delete("/me/sessions/{session}")
async def revoke_session(call: Call) -> None:
    """Sign out somewhere."""
    async with call.db.write() as tx:
        await service.revoke_session(tx, call.actor, call.id("session"))
    note(call, "revoked", person_id=call.actor.person_id, why="session")


@routes.get("/me/tokens", result=Page[CredentialView], guard=Guard.OWN)
async def list_tokens(call: Call) -> Page[CredentialView]:
    """One's API tokens."""
    return await _list(call, CredentialKind.API)


@routes.post("/me/tokens", body=TokenInput, result=CredentialMade, guard=Guard.OWN)
async def create_token(call: Call, body: TokenInput) -> CredentialMade:
    """A new API token; its secret is in this answer and nowhere else."""
    async with call.db.write() as tx:
        credential, secret = await service.create_token(tx, call.actor, body)
    note(call, "token_made", person_id=call.actor.person_id, why=CredentialKind.API)
    return CredentialMade(**queries.view_of(credential).model_dump(), secret=secret)


@routes.delete("/me/tokens/{token}")
async def revoke_token(call: Call) -> None:
    """Revoke an API token."""
    await _revoke(call, call.id("token"), CredentialKind.API)


@routes.get("/me/application-passwords", result=Page[CredentialView], guard=Guard.OWN)
async def list_application_passwords(call: Call) -> Page[CredentialView]:
    """One's application passwords."""
    return await _list(call, CredentialKind.APPLICATION)


@routes.post("/me/application-passwords", body=ApplicationPasswordInput, result=CredentialMade, guard=Guard.OWN)
async def create_application_password(call: Call, body: ApplicationPasswordInput) -> CredentialMade:
    """A new application password; its letters are in this answer and nowhere else."""
    async with call.db.write() as tx:
        credential, secret = await service.create_application_password(tx, call.actor, body.name)
    note(call, "token_made", person_id=call.actor.person_id, why=CredentialKind.APPLICATION)
    return CredentialMade(**queries.view_of(credential).model_dump(), secret=secret)


@routes.delete("/me/application-passwords/{password}")
async def revoke_application_password(call: Call) -> None:
    """Revoke an application password."""
    await _revoke(call, call.id("password"), CredentialKind.APPLICATION)


async def _me(call: Call) -> MeView:
    async with call.db.read() as tx:
        person = await tx.get(Person, call.actor.person_id)
        assert person is not None
        factor = await queries.view_factor(tx, person.id)
    return MeView(
        id=person.id,
        login=person.login,
        name=person.display_name,
        mail=person.mail,
        is_admin=person.is_admin,
        language=person.language,
        theme=person.theme,
        second_factor=factor.since is not None,
    )


async def _list(call: Call, kind: CredentialKind) -> Page[CredentialView]:
    async with call.db.read() as tx:
        return Page(items=await queries.list_credentials(tx, call.actor, kind))


async def _revoke(call: Call, credential_id: UUID, kind: CredentialKind) -> None:
    async with call.db.write() as tx:
        await service.revoke_credential(tx, call.actor, credential_id, kind)
    note(call, "revoked", person_id=call.actor.person_id, why=kind)
