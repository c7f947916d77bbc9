"""Who reacts to what: the one list that joins slices which do not know each other."""

from collab.core import topics
from collab.core.database import Tx
from collab.core.events import Fact
from collab.spaces.events import MembersChanged
from web.deps import Deps
from web.realtime.hub import RIGHTS, Hub


def wire(deps: Deps) -> None:
    """Register every reaction."""
    bus, hub = deps.db.bus, deps.part(Hub)

    async def rights_changed(tx: Tx, _fact: Fact) -> None:
        await topics.raise_rev(tx, RIGHTS)

    async def recheck(_fact: Fact) -> None:
        await hub.recheck()

    bus.within(MembersChanged, rights_changed)
    bus.after(MembersChanged, recheck)
