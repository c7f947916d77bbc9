"""Copy and move files over the API, within a space and from one to another."""

from collab.files.models import NodeView, TransferInput
from web import transfers
from web.contents import Contents
from web.http import API, Answer, Call, Routes

routes = Routes("files")


@routes.post("/files/{file}/copy", body=TransferInput, result=NodeView)
async def copy_file(call: Call, body: TransferInput) -> Answer:
    """Copy a file, or a folder with all that is in it, here or into another space."""
    view = await transfers.copy(call.db, call.deps.part(Contents).storage, call.actor, call.id("file"), body)
    return Answer(view, status=201, headers={"Location": f"{API}/files/{view.id}"}, rev=view.rev)


@routes.post("/files/{file}/move", body=TransferInput, result=NodeView, status=200)
async def move_file(call: Call, body: TransferInput) -> Answer:
    """Move a file, or a folder with all that is in it, here or into another space; its versions go with it."""
    view = await transfers.move(call.db, call.deps.part(Contents).storage, call.actor, call.id("file"), body)
    return Answer(view, rev=view.rev)
