"""What hangs on cards over the API: labels, checklists, comments, files, history, and what has left a board."""

from pydantic import BaseModel

from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.text import Input, Text
from projects.boards import (
    attachments,
    cards,
    checklists,
    comments,
    dependencies,
    full,
    history,
    labels,
    service,
    views,
)
from projects.boards.full import Archive
from projects.boards.labels import LabelChange, LabelInput
from projects.boards.models import LabelView
from projects.boards.parts import (
    CommentInput,
    FullCard,
    HistoryEntry,
    ListInput,
    Sign,
    TaskChange,
    TaskInput,
)
from projects.boards.views import SavedView, ViewInput
from web.http import After, Call, Guard, Page, Routes
from web.render.markdown import render_all

routes = Routes("cards")


class Written(Input):
    """A text in Markdown."""

    text: Text


class Rendered(BaseModel):
    """The same as HTML that is safe to show."""

    html: str


class Made(BaseModel):
    """What was made, to be spoken of."""

    id: str


@routes.post("/markdown", body=Written, result=Rendered, status=200, guard=Guard.OWN)
async def preview(call: Call, body: Written) -> Rendered:
    """How a text in Markdown will look."""
    return Rendered(html=(await render_all(body.text))[0])


@routes.get("/cards/{card}/full", result=FullCard)
async def read_full_card(call: Call) -> FullCard:
    """A card with all that hangs on it, its texts as HTML too."""
    async with call.db.read() as tx:
        whole = await full.read_full_card(tx, call.actor, call.id("card"))
    return await rendered(whole)


async def rendered(whole: FullCard) -> FullCard:
    """The same card, its texts as HTML too."""
    whole.html, *texts = await render_all(whole.card.description, *(comment.text for comment in whole.comments))
    for comment, html in zip(whole.comments, texts, strict=True):
        comment.html = html
    return whole


@routes.get("/cards/{card}/history", query=After, result=Page[HistoryEntry])
async def read_history(call: Call, query: After) -> Page[HistoryEntry]:
    """Who did what to a card, newest first."""
    async with call.db.read() as tx:
        entries, after = await history.page_history(tx, call.actor, call.id("card"), after=query.after)
    return Page(items=entries, next=call.following(after))


@routes.get("/boards/{board}/archive", result=Archive)
async def read_archive(call: Call) -> Archive:
    """The cards and columns that have left a board and can come back."""
    async with call.db.read() as tx:
        return await full.read_archive(tx, call.actor, call.id("board"))


@routes.post("/cards/{card}/archive", status=204)
async def archive_card(call: Call) -> None:
    """Take a card off its board and keep it."""
    async with call.db.write() as tx:
        await cards.remove_card(tx, call.actor, call.id("card"), archive=True)


@routes.post("/columns/{column}/archive", status=204)
async def archive_column(call: Call) -> None:
    """Take a column off its board, with its cards, and keep it."""
    async with call.db.write() as tx:
        await service.remove_column(tx, call.actor, call.id("column"), archive=True)


@routes.post("/boards/{board}/labels", body=LabelInput, result=LabelView)
async def create_label(call: Call, body: LabelInput) -> LabelView:
    """A new label of a board."""
    async with call.db.write() as tx:
        return await labels.create_label(tx, call.actor, call.id("board"), body)


@routes.patch("/labels/{label}", body=LabelChange, result=LabelView)
async def change_label(call: Call, body: LabelChange) -> LabelView:
    """Another name or colour of a label."""
    async with call.db.write() as tx:
        return await labels.change_label(tx, call.actor, call.id("label"), body)


@routes.delete("/labels/{label}")
async def remove_label(call: Call) -> None:
    """Take a label off its board and off the cards."""
    async with call.db.write() as tx:
        await labels.remove_label(tx, call.actor, call.id("label"))


@routes.post("/cards/{card}/checklists", body=ListInput, result=Made)
async def add_list(call: Call, body: ListInput) -> Made:
    """A new checklist on a card."""
    async with call.db.write() as tx:
        return Made(id=str((await checklists.add_list(tx, call.actor, call.id("card"), body)).id))


@routes.patch("/checklists/{checklist}", body=ListInput, status=204)
async def rename_list(call: Call, body: ListInput) -> None:
    """Another title of a checklist."""
    async with call.db.write() as tx:
        await checklists.rename_list(tx, call.actor, call.id("checklist"), body)


@routes.delete("/checklists/{checklist}")
async def remove_list(call: Call) -> None:
    """Remove a checklist."""
    async with call.db.write() as tx:
        await checklists.remove_list(tx, call.actor, call.id("checklist"))


@routes.post("/checklists/{checklist}/tasks", body=TaskInput, result=Made)
async def add_task(call: Call, body: TaskInput) -> Made:
    """A new thing to tick off, the last one of its list."""
    async with call.db.write() as tx:
        return Made(id=str((await checklists.add_task(tx, call.actor, call.id("checklist"), body)).id))


@routes.patch("/tasks/{task}", body=TaskChange, status=204)
async def change_task(call: Call, body: TaskChange) -> None:
    """Tick, rename, give to somebody, date or move a thing to tick off."""
    async with call.db.write() as tx:
        await checklists.change_task(tx, call.actor, call.id("task"), body)


@routes.delete("/tasks/{task}")
async def remove_task(call: Call) -> None:
    """Take a thing off its checklist."""
    async with call.db.write() as tx:
        await checklists.remove_task(tx, call.actor, call.id("task"))


@routes.post("/cards/{card}/comments", body=CommentInput, result=Made)
async def add_comment(call: Call, body: CommentInput) -> Made:
    """Write a comment on a card; `@` and a name tells that person."""
    async with call.db.write() as tx:
        return Made(id=str((await comments.add_comment(tx, call.actor, call.id("card"), body)).id))


@routes.patch("/card-comments/{card_comment}", body=CommentInput, status=204)
async def change_comment(call: Call, body: CommentInput) -> None:
    """Write one's own comment anew; needs If-Match."""
    seen = call.if_match()
    async with call.db.write() as tx:
        await comments.change_comment(tx, call.actor, call.id("card_comment"), body, seen)


@routes.delete("/card-comments/{card_comment}")
async def remove_comment(call: Call) -> None:
    """Take a comment back: one's own, or as an owner of the space."""
    async with call.db.write() as tx:
        await comments.remove_comment(tx, call.actor, call.id("card_comment"))


@routes.put("/card-comments/{card_comment}/reactions/{sign}", status=204)
async def add_reaction(call: Call) -> None:
    """Give a sign to a comment."""
    async with call.db.write() as tx:
        await _react(tx, call, given=True)


@routes.delete("/card-comments/{card_comment}/reactions/{sign}")
async def remove_reaction(call: Call) -> None:
    """Take one's sign back."""
    async with call.db.write() as tx:
        await _react(tx, call, given=False)


async def _react(tx: Tx, call: Call, *, given: bool) -> None:
    if call.text("sign") not in list(Sign):
        raise NotFound()
    await comments.react(tx, call.actor, call.id("card_comment"), Sign(call.text("sign")), given=given)


@routes.put("/cards/{card}/blockers/{blocker}", status=204)
async def add_dependency(call: Call) -> None:
    """Say that a card waits for another, on whatever board; a circle is refused."""
    async with call.db.write() as tx:
        await dependencies.add_dependency(tx, call.actor, call.id("card"), call.id("blocker"))


@routes.delete("/cards/{card}/blockers/{blocker}")
async def remove_dependency(call: Call) -> None:
    """Say that a card does not wait for another any more."""
    async with call.db.write() as tx:
        await dependencies.remove_dependency(tx, call.actor, call.id("card"), call.id("blocker"))


@routes.get("/boards/{board}/views", result=Page[SavedView])
async def list_views(call: Call) -> Page[SavedView]:
    """One's own views of a board, and those that are shared."""
    async with call.db.read() as tx:
        return Page(items=await views.list_views(tx, call.actor, call.id("board")))


@routes.post("/boards/{board}/views", body=ViewInput, result=SavedView)
async def save_view(call: Call, body: ViewInput) -> SavedView:
    """Keep a view of a board; `shared`, everybody who reads the board sees it."""
    async with call.db.write() as tx:
        return await views.save_view(tx, call.actor, call.id("board"), body)


@routes.delete("/board-views/{board_view}")
async def remove_view(call: Call) -> None:
    """Forget a view."""
    async with call.db.write() as tx:
        await views.remove_view(tx, call.actor, call.id("board_view"))


@routes.put("/cards/{card}/files/{file}", status=204)
async def attach_file(call: Call) -> None:
    """Attach a shared file to a card: no copy, and the file keeps its own rights."""
    async with call.db.write() as tx:
        await attachments.attach_file(tx, call.actor, call.id("card"), call.id("file"))


@routes.delete("/cards/{card}/files/{file}")
async def detach_file(call: Call) -> None:
    """Take a file off a card; the file stays."""
    async with call.db.write() as tx:
        await attachments.detach_file(tx, call.actor, call.id("card"), call.id("file"))
