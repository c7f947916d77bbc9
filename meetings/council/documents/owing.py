"""That the documents of a sitting are to be made, or made anew where what they say has changed."""

from datetime import timedelta
from uuid import UUID

from collab.core import jobs
from collab.core.database import Tx

MAKE = "council.documents"


LEISURE = timedelta(minutes=2)


async def owe_documents(tx: Tx, sitting_id: UUID, *, at_leisure: bool = False) -> None:
    """Owe them to the worker; those that would say the same are left as they are.

    `at_leisure`: somebody is still writing; once for all that is written in a minute.
    """
    key = f"{MAKE}:{sitting_id}:{tx.now:%Y%m%d%H%M}" if at_leisure else None
    await jobs.enqueue(tx, MAKE, {"sitting": str(sitting_id)}, run_at=tx.now + LEISURE if at_leisure else None, key=key)
