"""Signing in and out over the API, and the second factor."""

from pydantic import BaseModel

from directory.sessions import second_factor
from directory.sessions.keys import Keys
from directory.sessions.models import CodeInput, Owes, SignInInput
from web.door import (
    confirm_code,
    cookie,
    end_session,
    finishing,
    no_cookie,
    renew_recovery_codes,
    show_code,
    sign_in,
    take_factor_away,
)
from web.http import Answer, Call, Guard, Routes

routes = Routes("sessions")


class SignInView(BaseModel):
    """A session just opened. `second_factor`: `done`; `required` or `enrol` when it is owed before anything else."""

    second_factor: Owes


class EnrolmentView(BaseModel):
    """What an application for codes needs."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Codes that stand in for the second factor once each; shown this once."""

    recovery_codes: list[str]


@routes.post("/sessions", body=SignInInput, result=SignInView, guard=Guard.PUBLIC)
async def open_session(call: Call, body: SignInInput) -> Answer:
    """Sign in with login and password; the answer sets the session's cookie."""
    signed = await sign_in(call, body.login, body.password)
    headers = cookie(call.deps.settings, signed.token)
    return Answer(SignInView(second_factor=signed.owes), status=201, headers=headers)


@routes.delete("/sessions/current", guard=Guard.PUBLIC)
async def close_session(call: Call) -> Answer:
    """Sign out, whether the sign-in was finished or not."""
    await end_session(call)
    return Answer(None, status=204, headers=no_cookie(call.deps.settings))


@routes.post("/sessions/current/second-factor", body=CodeInput, result=SignInView, guard=Guard.PUBLIC, status=200)
async def finish_session(call: Call, body: CodeInput) -> Answer:
    """Finish a sign-in with a code, or a recovery code; the answer renews the cookie."""
    token = await show_code(call, body.code)
    return Answer(SignInView(second_factor=Owes.NOTHING), headers=cookie(call.deps.settings, token))


@routes.post("/me/second-factor", result=EnrolmentView, guard=Guard.PUBLIC)
async def begin_enrolment(call: Call) -> EnrolmentView:
    """Begin to enrol a second factor."""
    async with call.db.write() as tx:
        issuer = call.deps.settings.place.name
        begun = await second_factor.begin_enrolment(tx, call.deps.part(Keys), finishing(call), issuer)
    return EnrolmentView(secret=begun.secret, uri=begun.uri)


@routes.post("/me/second-factor/confirmation", body=CodeInput, result=RecoveryCodes, guard=Guard.PUBLIC, status=200)
async def confirm_enrolment(call: Call, body: CodeInput) -> Answer:
    """Put it in force with a first code; the answer holds the recovery codes and renews the cookie."""
    codes, token = await confirm_code(call, body.code)
    return Answer(RecoveryCodes(recovery_codes=codes), headers=cookie(call.deps.settings, token))


@routes.post("/me/second-factor/recovery-codes", body=CodeInput, result=RecoveryCodes, guard=Guard.OWN, status=200)
async def renew_codes(call: Call, body: CodeInput) -> RecoveryCodes:
    """New recovery codes; the old ones are void."""
    return RecoveryCodes(recovery_codes=await renew_recovery_codes(call, body.code))


@routes.post("/me/second-factor/removal", body=CodeInput, guard=Guard.OWN, status=204)
async def remove_factor(call: Call, body: CodeInput) -> None:
    """Do without the second factor, where that is allowed."""
    await take_factor_away(call, body.code)
