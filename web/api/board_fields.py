"""Fields of a board's own and templates of cards and boards, over the API."""

from pydantic import BaseModel

from projects.boards import card_templates, fields, queries, templates
from projects.boards.card_templates import CardTemplateChange, CardTemplateInput, CardTemplateView
from projects.boards.fields import FieldChange, FieldInput
from projects.boards.models import BoardSummary, FieldView
from projects.boards.ready_made import ready_made
from projects.boards.templates import BoardCopyInput, BoardTemplateInput, BoardTemplateView
from web.http import Call, Guard, Page, Routes
from web.page import locale_of

routes = Routes("board_fields")


class ReadyMadeView(BaseModel):
    """A board that is ready to be made: its name for `template`, what it is called and what it is for."""

    name: str
    title: str
    about: str


@routes.post("/boards/{board}/fields", body=FieldInput, result=FieldView)
async def create_field(call: Call, body: FieldInput) -> FieldView:
    """A new field of a board, the last one."""
    async with call.db.write() as tx:
        return await fields.create_field(tx, call.actor, call.id("board"), body)


@routes.patch("/board-fields/{board_field}", body=FieldChange, result=FieldView)
async def change_field(call: Call, body: FieldChange) -> FieldView:
    """Another title, place or set of choices of a field; archived, it keeps its values and can be taken up again."""
    async with call.db.write() as tx:
        return await fields.change_field(tx, call.actor, call.id("board_field"), body)


@routes.get("/boards/{board}/card-templates", result=Page[CardTemplateView])
async def list_card_templates(call: Call) -> Page[CardTemplateView]:
    """The templates of a board's cards, by name; a new card names one as its `template`."""
    async with call.db.read() as tx:
        return Page(items=await card_templates.list_card_templates(tx, call.actor, call.id("board")))


@routes.post("/boards/{board}/card-templates", body=CardTemplateInput, result=CardTemplateView)
async def save_card_template(call: Call, body: CardTemplateInput) -> CardTemplateView:
    """Make a template of a card; one of that name is written anew."""
    async with call.db.write() as tx:
        return await card_templates.save_card_template(tx, call.actor, call.id("board"), body)


@routes.patch("/card-templates/{card_template}", body=CardTemplateChange, result=CardTemplateView)
async def rename_card_template(call: Call, body: CardTemplateChange) -> CardTemplateView:
    """Another name of a template of cards."""
    async with call.db.write() as tx:
        return await card_templates.rename_card_template(tx, call.actor, call.id("card_template"), body)


@routes.delete("/card-templates/{card_template}")
async def remove_card_template(call: Call) -> None:
    """Forget a template of cards."""
    async with call.db.write() as tx:
        await card_templates.remove_card_template(tx, call.actor, call.id("card_template"))


@routes.get("/board-templates", result=Page[ReadyMadeView], guard=Guard.OWN)
async def list_ready_made(call: Call) -> Page[ReadyMadeView]:
    """The ready-made boards; a new board names one as its `template`."""
    made = ready_made(locale_of(call.request).render)
    return Page(items=[ReadyMadeView(name=name, title=one.title, about=one.about) for name, one in made.items()])


@routes.get("/spaces/{space}/board-templates", result=Page[BoardTemplateView])
async def list_board_templates(call: Call) -> Page[BoardTemplateView]:
    """The templates of boards that a space keeps; a new board names one as its `template`."""
    async with call.db.read() as tx:
        return Page(items=await templates.list_board_templates(tx, call.actor, call.id("space")))


@routes.post("/boards/{board}/templates", body=BoardTemplateInput, result=BoardTemplateView)
async def save_board_template(call: Call, body: BoardTemplateInput) -> BoardTemplateView:
    """Keep a board as a template of its space, with or without its cards."""
    async with call.db.write() as tx:
        return await templates.save_board_template(tx, call.actor, call.id("board"), body)


@routes.delete("/board-templates/{board_template}")
async def remove_board_template(call: Call) -> None:
    """Forget a template of boards."""
    async with call.db.write() as tx:
        await templates.remove_board_template(tx, call.actor, call.id("board_template"))


@routes.post("/boards/{board}/copy", body=BoardCopyInput, result=BoardSummary)
async def copy_board(call: Call, body: BoardCopyInput) -> BoardSummary:
    """A new board like another, with or without its cards."""
    async with call.db.write() as tx:
        board = await templates.copy_board(tx, call.actor, call.id("board"), body)
        return await queries.summarise(tx, call.actor, board, call.today)
