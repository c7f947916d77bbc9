"""Cards that go to another board: what the mover is told, what comes of it, and what is refused."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.journal import JournalEntry
from collab.notifications.models import Notification
from collab.spaces import service as spaces
from collab.spaces.models import MemberInput, PrincipalKind, Role, SpaceInput
from projects.boards import (
    cards,
    checklists,
    comments,
    fields,
    full,
    history,
    labels,
    queries,
    service,
    sharing,
    transfers,
)
from projects.boards.fields import FieldInput
from projects.boards.kinds import FieldKind
from projects.boards.labels import LabelInput
from projects.boards.models import CardChange
from projects.boards.parts import CommentInput, ListInput, TaskChange, TaskInput
from projects.boards.roles import Opening
from projects.boards.transfers import TransferInput
from tests.service.projects.boards.conftest import COLUMNS, World
from tests.service.projects.boards.test_rights import change, heard, hears, key_of


async def other_board(world: World) -> tuple[UUID, UUID]:
    """A board of another space, of the owner and the stranger; its first column."""
    space = await world.do(spaces.create_space, SpaceInput(title="Ressources humaines"))
    member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=key_of(world.stranger), role=Role.EDITOR)
    await world.do(spaces.set_member, space.id, member)
    board = await world.do(service.create_board, space.id, "Dossiers", COLUMNS)
    return board.id, UUID((await world.see(board.id))["columns"][0]["id"])


async def full_card(world: World) -> UUID:
    """A card with people, labels, a checklist and a comment."""
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "Recrutement")
    kept, lost = [
        (await world.do(labels.create_label, world.board, LabelInput(name=name))).id for name in ("Urgent", "Voirie")
    ]
    await change(world, card, assignees=[key_of(world.editor), key_of(world.owner)], labels=[kept, lost])
    list_ = await world.do(checklists.add_list, card, ListInput(title="Pièces"))
    task = await world.do(checklists.add_task, list_.id, TaskInput(title="CV"))
    await world.do(checklists.change_task, task.id, TaskChange(person=key_of(world.editor)))
    await world.do(comments.add_comment, card, CommentInput(text="Vu"))
    return card


async def test_the_mover_is_told_and_the_card_takes_the_rights_of_where_it_goes(world: World) -> None:
    card, (board, column) = await full_card(world), await other_board(world)
    await world.do(labels.create_label, board, LabelInput(name="urgent"))
    places = await world.do(transfers.list_destinations, card)
    assert [(one.title, one.space_title) for one in places] == [("Dossiers", "Ressources humaines")]
    told = await world.do(transfers.preview_transfer, card, column)
    assert [one.name for one in told.gains.people] == ["Denis Noir"] and told.gains.count == 1
    assert [one.name for one in told.loses.people] == ["Bruno Petit", "Chloé Roux"]
    assert ([one.name for one in told.left], told.labels, told.tasks) == (["Bruno Petit"], ["Voirie"], 1)
    with heard(world.db) as events:
        moved = await world.do(transfers.transfer_card, card, TransferInput(column=column, told=told.told, position=0))
    assert (moved.board, moved.column, [one.name for one in moved.assignees]) == (board, column, ["Élodie Martin"])
    assert [event["type"] for event in await hears(world.db, world.board, world.reader, events)] == ["card.removed"]
    assert [event["type"] for event in await hears(world.db, board, world.stranger, events)] == ["card.created"]
    whole = await world.do(full.read_full_card, card, actor=world.stranger)
    assert [one.text for one in whole.comments] == ["Vu"] and whole.checklists[0].tasks[0].person is None
    assert [label.name for label in await world.do(board_labels, board) if label.id in whole.card.labels] == ["urgent"]
    with pytest.raises(NotFound):
        await world.do(queries.read_card, card, actor=world.editor)
    (last, *_), _ = await world.do(history.page_history, card, actor=world.stranger)
    assert (last.action, last.details) == ("transferred", {"from_board": "", "to_board": "Dossiers"})
    async with world.db.read() as tx:
        entries = await tx.all(select(JournalEntry).where(col(JournalEntry.action) == "boards.move_card"))
        urls = {row.person_id: row.url for row in await tx.all(select(Notification)) if "card=" in row.url}
    assert len(entries) == 2 and urls == {}


async def board_labels(tx: object, _actor: object, board: UUID) -> object:
    """The labels of a board, as a service is called."""
    return await labels.labels_of(tx, board)  # type: ignore[arg-type]


async def test_nothing_happens_when_it_would_not_be_what_was_told(world: World) -> None:
    card, (board, column) = await full_card(world), await other_board(world)
    told = await world.do(transfers.preview_transfer, card, column)
    await world.do(sharing.set_opening, board, Opening.CLOSED)
    with pytest.raises(Conflict):
        await world.do(transfers.transfer_card, card, TransferInput(column=column, told=told.told))
    assert (await world.do(queries.read_card, card)).board == world.board
    todo, *_ = await world.columns()
    with pytest.raises(Invalid):
        await world.do(transfers.preview_transfer, card, todo)
    with pytest.raises(NotFound):
        await world.do(transfers.preview_transfer, card, column, actor=world.editor)
    with pytest.raises(Denied):
        await world.do(transfers.list_destinations, card, actor=world.reader)


async def test_a_hidden_card_stays_hidden_and_somebody_sees_it(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "Secrète")
    _, column = await other_board(world)
    await change(world, card, hidden=True, members=[key_of(world.editor)])
    await change(world, card, assignees=[key_of(world.owner)], members=[key_of(world.editor)])
    told = await world.do(transfers.preview_transfer, card, column)
    assert told.hidden and told.gains.count == 0
    moved = await world.do(transfers.transfer_card, card, TransferInput(column=column, told=told.told))
    assert moved.hidden and [one.name for one in moved.assignees] == ["Élodie Martin"] and moved.members == []
    with pytest.raises(NotFound):
        await world.do(cards.change_card, card, CardChange(column=column), None, actor=world.stranger)


async def test_what_a_card_says_follows_it_where_the_same_field_is(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "Toiture")
    board, column = await other_board(world)
    cost, note, other = [
        (await world.do(fields.create_field, where, FieldInput(title=title, kind=kind))).id
        for where, title, kind in (
            (world.board, "Coût", FieldKind.NUMBER),
            (world.board, "Note", FieldKind.TEXT),
            (board, "coût", FieldKind.NUMBER),
        )
    ]
    await change(world, card, values={cost: "12", note: "Confidentiel"})
    told = await world.do(transfers.preview_transfer, card, column)
    assert told.fields == ["Note"]
    moved = await world.do(transfers.transfer_card, card, TransferInput(column=column, told=told.told))
    assert moved.values == {other: "12"}
