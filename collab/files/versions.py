"""Former versions: the way back to one, and what is said of them. Beside service.py, with whose turns it writes."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict
from collab.core.i18n import msg
from collab.files.access import get_node
from collab.files.models import FileVersion, Node
from collab.files.nodes import append_version, get_version
from collab.files.scanning import check_offered
from collab.files.storage import Stored
from collab.files.turns import take_unlocked, tell
from collab.spaces.access import Can


async def check_restored_version(tx: Tx, actor: Actor, file_id: UUID, number: int) -> FileVersion:
    """The former version that `restore_version` would repeat, to copy its bytes first."""
    node = await get_node(tx, actor, file_id, Can.EDIT)
    version = await get_version(tx, file_id, number)
    check_offered(tx, actor, version)
    if number == node.version:
        raise Conflict("files.current_version_already", msg("This is the current version already."))
    return version


async def restore_version(tx: Tx, actor: Actor, file_id: UUID, number: int, stored: Stored) -> Node:
    """Make a former content the current one again, as a new version. `stored`: a copy of its bytes."""
    node, rev = await take_unlocked(tx, actor, file_id, Can.EDIT)
    version = await check_restored_version(tx, actor, file_id, number)
    await append_version(tx, actor, node, stored, version.comment, restored_from=number)
    await tx.flush()
    tx.record(
        actor, "files.restore_version", space=node.space_id, subject=file_id, name=node.name, number=number,
        sha256=stored.sha256,
    )  # fmt: skip
    await tell(tx, node.space_id, rev, [node])
    return node


async def comment_version(tx: Tx, actor: Actor, file_id: UUID, number: int, comment: str) -> FileVersion:
    """Say something else of a version than was said before; empty: nothing."""
    node, rev = await take_unlocked(tx, actor, file_id, Can.EDIT)
    version = await get_version(tx, file_id, number)
    if version.comment == comment:
        return version
    version.comment = comment
    tx.record(actor, "files.comment_version", space=node.space_id, subject=file_id, name=node.name, number=number)
    await tell(tx, node.space_id, rev, [node])
    return version
