"""What people add to files, as pages and forms: favourites, tags, comments, words on versions; and what was done.

All of it works without scripts; hc-live (src/files/live.ts) brings a page up to date while it is looked at.
"""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.files import comments, favourites, tagging, versions
from collab.files.activity import list_activity
from collab.files.comments import CommentInput
from collab.files.models import VersionChange
from collab.files.tags import TagChange, TagInput, list_tags
from web.contents import Contents
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import After, Call, Guard, page_routes, rev_of
from web.page import show
from web.pages.file_parts import colours, item_address, said
from web.pages.files import item_page, place_of

routes = page_routes("pages.file_marks")


class CommentForm(CommentInput):
    """One's own comment, written anew, and the rev that was seen."""

    rev: Annotated[int, Field(ge=1, lt=1_000_000_000)]


@routes.get("/files/favourites", query=After, guard=Guard.OWN)
async def show_favourites(call: Call, query: After) -> web.Response:
    """One's favourite files and folders."""
    async with call.db.read() as tx:
        found, after = await favourites.list_favourites(tx, call.actor, after=query.after)
    return await show(call, "collab/files/favourites.html", favourites=found, following=call.following(after))


@routes.post("/files/{space}/items/{file}/favourite")
async def set_favourite(call: Call) -> web.Response:
    """Keep it within reach, or no longer."""
    wanted = (await read_form(call.request)).get("on") == "true"
    async with call.db.write() as tx:
        change = favourites.set_favourite if wanted else favourites.drop_favourite
        await change(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(item_address(call))


@routes.post("/files/{space}/items/{file}/tags")
async def set_tags(call: Call) -> web.Response:
    """Give it these tags and no others; a new one is made on the way."""
    fields = await read_fields(call.request)
    new = {name: value for name, value in fields.items() if name in ("name", "colour") and value.strip()}
    made, errors = accept(call.request, TagInput, new) if "name" in new else (None, {})
    if not errors:
        try:
            async with call.db.write() as tx:
                space, _ = await place_of(call, tx)
                chosen = set(fields.getall("tag", []))
                if made is not None:
                    chosen.add(str((await tagging.create_tag(tx, call.actor, space.id, made)).id))
                for tag in await list_tags(tx, call.actor, space.id):
                    change = tagging.tag_node if str(tag.id) in chosen else tagging.untag_node
                    await change(tx, call.actor, call.id("file"), tag.id)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
    if errors:
        return await item_page(call, {"tag_name": " ".join(errors.values())})
    raise web.HTTPSeeOther(item_address(call, "#tags"))


@routes.post("/files/{space}/items/{file}/comments")
async def add_comment(call: Call) -> web.Response:
    """Write a comment."""
    values = await read_form(call.request)
    data, errors = accept(call.request, CommentInput, values)
    if data is None:
        return await item_page(call, {"comment": " ".join(errors.values())}, written=values)
    async with call.db.write() as tx:
        await comments.add_comment(tx, call.actor, call.id("file"), data)
    raise web.HTTPSeeOther(item_address(call, "#comments"))


@routes.post("/files/{space}/items/{file}/comments/{comment}")
async def change_comment(call: Call) -> web.Response:
    """Write one's own comment anew."""
    values = await read_form(call.request)
    form, errors = accept(call.request, CommentForm, values)
    if form is not None:
        try:
            async with call.db.write() as tx:
                text = CommentInput(text=form.text)
                await comments.change_comment(tx, call.actor, call.id("comment"), text, form.rev)
        except StaleRevision as error:
            errors = errors_of(call.request, error)
    if errors:
        return await item_page(call, {"comment": " ".join(errors.values())}, written=values)
    raise web.HTTPSeeOther(item_address(call, "#comments"))


@routes.post("/files/{space}/items/{file}/comments/{comment}/remove")
async def remove_comment(call: Call) -> web.Response:
    """Take a comment back."""
    async with call.db.write() as tx:
        await comments.remove_comment(tx, call.actor, call.id("comment"))
    raise web.HTTPSeeOther(item_address(call, "#comments"))


@routes.post("/files/{space}/items/{file}/versions/{number}/restore")
async def restore_version(call: Call) -> web.Response:
    """Make a former version the current one again."""
    file, number, contents = call.id("file"), rev_of(call.text("number")), call.deps.part(Contents)
    stored = await contents.copy_version(call.actor, file, number)
    async with contents.keeping(stored), call.db.write() as tx:
        await versions.restore_version(tx, call.actor, file, number, stored)
    raise web.HTTPSeeOther(item_address(call, "#versions"))


@routes.post("/files/{space}/items/{file}/versions/{number}/comment")
async def comment_version(call: Call) -> web.Response:
    """Say something of a version."""
    values = {"comment": "", **await read_form(call.request)}
    data, errors = accept(call.request, VersionChange, values)
    if data is None:
        return await item_page(call, {"version": " ".join(errors.values())})
    async with call.db.write() as tx:
        await versions.comment_version(tx, call.actor, call.id("file"), rev_of(call.text("number")), data.comment)
    raise web.HTTPSeeOther(item_address(call, "#versions"))


@routes.get("/files/{space}/activity", query=After)
async def show_activity(call: Call, query: After) -> web.Response:
    """What was done with the files of a space."""
    async with call.db.read() as tx:
        space, rights = await place_of(call, tx)
        lines, after = await list_activity(tx, call.actor, space.id, after=query.after)
    return await show(
        call,
        "collab/files/activity.html",
        space=space,
        lines=said(call, lines),
        following=call.following(after),
        **rights,
    )


@routes.get("/files/{space}/tags")
async def show_tags(call: Call) -> web.Response:
    """The tags of a space."""
    return await _tags_page(call, {}, {})


@routes.post("/files/{space}/tags")
async def create_tag(call: Call) -> web.Response:
    """Make a tag."""
    values = await read_form(call.request)
    data, errors = accept(call.request, TagInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                await tagging.create_tag(tx, call.actor, call.id("space"), data)
        except Conflict as error:
            errors = errors_of(call.request, error)
    return await _tags_done(call, values, errors)


@routes.post("/files/{space}/tags/{tag}")
async def change_tag(call: Call) -> web.Response:
    """Another name or colour."""
    data, errors = accept(call.request, TagChange, await read_form(call.request))
    if data is not None:
        try:
            async with call.db.write() as tx:
                await tagging.change_tag(tx, call.actor, call.id("tag"), data)
        except Conflict as error:
            errors = errors_of(call.request, error)
    return await _tags_done(call, {}, errors)


@routes.post("/files/{space}/tags/{tag}/remove")
async def remove_tag(call: Call) -> web.Response:
    """Remove a tag from everything that has it."""
    async with call.db.write() as tx:
        await tagging.remove_tag(tx, call.actor, call.id("tag"))
    return await _tags_done(call, {}, {})


async def _tags_done(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    if errors:
        return await _tags_page(call, values, errors)
    raise web.HTTPSeeOther(f"/files/{call.id('space')}/tags")


async def _tags_page(call: Call, values: dict[str, Any], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        space, rights = await place_of(call, tx)
        tags = await list_tags(tx, call.actor, space.id)
    return await show(
        call,
        "collab/files/tags.html",
        status=422 if errors else 200,
        space=space,
        tags=tags,
        colours=colours(call),
        values=values,
        errors=errors,
        **rights,
    )
