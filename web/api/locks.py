"""Locks and room over the API: who is writing what, how much a space may hold."""

from datetime import timedelta

from collab.core.database import Tx
from collab.files import locks, quotas
from collab.files.access import get_node
from collab.files.locks import LockInput
from collab.files.models import NodeView
from collab.files.queries import views_of
from collab.files.quotas import QuotaInput, Usage
from collab.spaces.access import Can
from web.http import Answer, Call, Guard, Routes

routes = Routes("files")


@routes.put("/files/{file}/lock", body=LockInput, result=NodeView)
async def lock_file(call: Call, body: LockInput) -> Answer:
    """Be the only one who changes a file, or a folder with all that is in it, for so long; again to make it longer."""
    async with call.db.write() as tx:
        lasting = timedelta(minutes=body.minutes)
        node = await get_node(tx, call.actor, call.id("file"), Can.EDIT)
        own = [one for one in await locks.list_locks(tx, node) if one.person_id == call.actor.person_id]
        mine = next((one for one in own if one.node_id == node.id and not one.shared), None)
        if mine is not None:
            await locks.refresh_lock(tx, call.actor, node.id, mine.id, lasting)
        else:
            await locks.lock_node(tx, call.actor, node.id, shared=False, deep=True, owner="", lasting=lasting)
        return await _answer(tx, call)


@routes.delete("/files/{file}/lock", result=NodeView, status=200)
async def unlock_file(call: Call) -> Answer:
    """Take one's lock away; an owner of the space takes away what others hold."""
    async with call.db.write() as tx:
        await locks.unlock_node(tx, call.actor, call.id("file"))
        return await _answer(tx, call)


@routes.get("/spaces/{space}/usage", result=Usage)
async def get_usage(call: Call) -> Usage:
    """The bytes that a space's files take and may take, all versions and the trash included."""
    async with call.db.read() as tx:
        return await quotas.find_usage(tx, call.actor, call.id("space"))


@routes.put("/admin/spaces/{any_space}/quota", body=QuotaInput, result=Usage, guard=Guard.ADMIN)
async def set_quota(call: Call, body: QuotaInput) -> Usage:
    """The bytes that a space may hold; 0: without limit, null: what the settings say."""
    async with call.db.write() as tx:
        return await quotas.set_quota(tx, call.actor, call.id("any_space"), body)


async def _answer(tx: Tx, call: Call) -> Answer:
    node = await get_node(tx, call.actor, call.id("file"), Can.EDIT)
    [view] = await views_of(tx, [node])
    return Answer(view, rev=view.rev)
