"""Tells people what was changed about how they sign in: if it was not them, they should know at once.

Called by web/wiring.py in the transaction of the change.
"""

from collab.core.database import Tx
from collab.core.i18n import msg
from collab.notifications.models import Kind
from collab.notifications.service import notify
from directory.sessions.events import PasswordChanged, SecondFactorChanged

URL = "/settings/sessions"


async def tell_password_changed(tx: Tx, fact: PasswordChanged) -> None:
    """Not for the first password: whoever sets it knows."""
    if not fact.first:
        text = msg("Your password was changed. If it was not you, tell your administrator.")
        key = f"account.password:{tx.now.timestamp()}"
        await notify(tx, fact.person_id, Kind.ACCOUNT, text, url=URL, key=key)


async def tell_second_factor_changed(tx: Tx, fact: SecondFactorChanged) -> None:
    """Turned on or off."""
    text = (
        msg("Signing in to your account asks for a code now.")
        if fact.enrolled
        else msg("Signing in to your account asks for no code any more. If it was not you, tell your administrator.")
    )
    key = f"account.second_factor:{tx.now.timestamp()}"
    await notify(tx, fact.person_id, Kind.ACCOUNT, text, url=URL, key=key)
