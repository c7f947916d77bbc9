"""One's sessions, tokens and second factor are one's own, and only a signed-in browser may touch them: a token that
leaked must not make others. The only way to obtain a Session or a Credential by its id."""

from uuid import UUID

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from collab.core.i18n import msg
from directory.sessions.models import Credential, CredentialKind, Session


def own(actor: Actor) -> UUID:
    """The person whose own things these are. Raises Denied for a token, NotFound for anybody else."""
    decided("sessions:own")
    if actor.kind is ActorKind.TOKEN:
        raise Denied("sessions.needs_session", msg("Sign in to do this: a token is not enough."))
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise NotFound()
    return actor.id


async def get_session(tx: Tx, actor: Actor, session_id: UUID) -> Session:
    """One of the actor's own sessions."""
    person = own(actor)
    session = await tx.get(Session, session_id)
    if session is None or session.person_id != person:
        raise NotFound()
    return session


async def get_credential(tx: Tx, actor: Actor, credential_id: UUID, kind: CredentialKind) -> Credential:
    """One of the actor's own tokens or application passwords."""
    person = own(actor)
    credential = await tx.get(Credential, credential_id)
    if credential is None or credential.person_id != person or credential.kind != kind:
        raise NotFound()
    return credential
