"""What people add to files, over the API: favourites, tags, comments; and what was done with them."""

from uuid import UUID

from collab.files import comments, favourites, tagging
from collab.files.activity import Line, list_activity
from collab.files.comments import CommentInput, CommentView
from collab.files.favourites import FavouriteView
from collab.files.models import NodeView, TagView
from collab.files.queries import find_node, views_of
from collab.files.tags import TagChange, TagInput, list_tags, view_of
from web.http import API, After, Answer, Call, Guard, Page, Routes
from web.page import locale_of

routes = Routes("files")


@routes.get("/me/favourites", query=After, result=Page[FavouriteView], guard=Guard.OWN)
async def get_favourites(call: Call, query: After) -> Page[FavouriteView]:
    """One's favourite files and folders, newest first."""
    async with call.db.read() as tx:
        items, after = await favourites.list_favourites(tx, call.actor, after=query.after)
    return Page(items=items, next=call.following(after))


@routes.put("/files/{file}/favourite", status=204)
async def set_favourite(call: Call) -> None:
    """Keep a file or folder within reach, for oneself."""
    async with call.db.write() as tx:
        await favourites.set_favourite(tx, call.actor, call.id("file"))


@routes.delete("/files/{file}/favourite")
async def drop_favourite(call: Call) -> None:
    """No longer keep it within reach."""
    async with call.db.write() as tx:
        await favourites.drop_favourite(tx, call.actor, call.id("file"))


@routes.get("/spaces/{space}/file-tags", result=Page[TagView])
async def get_tags(call: Call) -> Page[TagView]:
    """The tags of a space, by name."""
    async with call.db.read() as tx:
        return Page(items=await list_tags(tx, call.actor, call.id("space")))


@routes.post("/spaces/{space}/file-tags", body=TagInput, result=TagView)
async def create_tag(call: Call, body: TagInput) -> TagView:
    """A new tag."""
    async with call.db.write() as tx:
        return view_of(await tagging.create_tag(tx, call.actor, call.id("space"), body))


@routes.patch("/file-tags/{tag}", body=TagChange, result=TagView)
async def change_tag(call: Call, body: TagChange) -> TagView:
    """Another name or colour for a tag, on everything that has it."""
    async with call.db.write() as tx:
        return view_of(await tagging.change_tag(tx, call.actor, call.id("tag"), body))


@routes.delete("/file-tags/{tag}")
async def remove_tag(call: Call) -> None:
    """Remove a tag from its space and from everything that has it."""
    async with call.db.write() as tx:
        await tagging.remove_tag(tx, call.actor, call.id("tag"))


@routes.put("/files/{file}/tags/{tag}", result=NodeView)
async def tag_file(call: Call) -> NodeView:
    """Give a tag of its space to a file or folder."""
    async with call.db.write() as tx:
        [view] = await views_of(tx, [await tagging.tag_node(tx, call.actor, call.id("file"), call.id("tag"))])
        return view


@routes.delete("/files/{file}/tags/{tag}")
async def untag_file(call: Call) -> None:
    """Take a tag off a file or folder."""
    async with call.db.write() as tx:
        await tagging.untag_node(tx, call.actor, call.id("file"), call.id("tag"))


@routes.get("/files/{file}/comments", query=After, result=Page[CommentView])
async def get_comments(call: Call, query: After) -> Page[CommentView]:
    """The comments on a file or folder, newest first."""
    async with call.db.read() as tx:
        items, after = await comments.list_comments(tx, call.actor, call.id("file"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.post("/files/{file}/comments", body=CommentInput, result=CommentView)
async def add_comment(call: Call, body: CommentInput) -> Answer:
    """Comment on a file or folder; `@` and the name of a member tells them."""
    async with call.db.write() as tx:
        comment = await comments.add_comment(tx, call.actor, call.id("file"), body)
        [view], _ = await comments.list_comments(tx, call.actor, comment.node_id, limit=1)
    return Answer(view, status=201, headers={"Location": f"{API}/file-comments/{comment.id}"}, rev=view.rev)


@routes.patch("/file-comments/{comment}", body=CommentInput, status=204)
async def change_comment(call: Call, body: CommentInput) -> Answer:
    """Write one's own comment anew; needs If-Match."""
    async with call.db.write() as tx:
        comment = await comments.change_comment(tx, call.actor, call.id("comment"), body, call.if_match())
    return Answer(None, status=204, rev=comment.rev)


@routes.delete("/file-comments/{comment}")
async def remove_comment(call: Call) -> None:
    """Take a comment back: one's own, or as an owner of the space."""
    async with call.db.write() as tx:
        await comments.remove_comment(tx, call.actor, call.id("comment"))


@routes.get("/files/{file}/activity", query=After, result=Page[Line])
async def get_file_activity(call: Call, query: After) -> Page[Line]:
    """What was done with a file or folder, newest first."""
    async with call.db.read() as tx:
        node = await find_node(tx, call.actor, call.id("file"))
    return await _activity(call, node.space, node.id, query.after)


@routes.get("/spaces/{space}/file-activity", query=After, result=Page[Line])
async def get_space_activity(call: Call, query: After) -> Page[Line]:
    """What was done with the files of a space, newest first."""
    return await _activity(call, call.id("space"), None, query.after)


async def _activity(call: Call, space: UUID, node: UUID | None, after: UUID | None) -> Page[Line]:
    render = locale_of(call.request).render
    async with call.db.read() as tx:
        found, more = await list_activity(tx, call.actor, space, node, after=after)
    lines = [line.model_copy(update={"text": render(text)}) for line, text in found]
    return Page(items=lines, next=call.following(more))
