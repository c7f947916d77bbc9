"""Tells people that a space is open to them now. Called by web/wiring.py in the transaction that adds them.

Only those who are added themselves: who comes in with a group or a service finds the space on their home page.
"""

from collab.core.database import Tx
from collab.core.i18n import msg
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.events import MemberAdded
from collab.spaces.models import PrincipalKind, Space


async def tell_new_member(tx: Tx, fact: MemberAdded) -> None:
    """Notify the person, unless they did it themselves."""
    if fact.principal_kind is not PrincipalKind.PERSON or fact.principal_id == fact.by:
        return
    space = await tx.get(Space, fact.space_id)
    assert space is not None  # its membership was written in this transaction
    await notify(
        tx,
        fact.principal_id,
        Kind.MEMBERSHIP,
        msg("You are now a member of the space “%(space)s”.", space=space.title),
        url=f"/spaces/{space.id}",
        key=f"spaces.added:{space.id}:{tx.now.timestamp()}",
    )
