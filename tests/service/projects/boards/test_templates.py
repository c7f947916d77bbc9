"""Templates of cards and of boards, ready-made boards and copies, on each database."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.events import Fact
from collab.core.ids import new_id
from collab.core.text import sort_key
from collab.spaces import service as spaces
from collab.spaces.models import MemberInput, PrincipalKind, Role, SpaceInput
from projects.boards import card_templates, cards, checklists, fields, full, labels, service, templates
from projects.boards.blueprints import Blueprint, CardPlan
from projects.boards.card_templates import CardTemplateChange, CardTemplateInput
from projects.boards.events import CardsMade
from projects.boards.fields import ChoiceInput, FieldChange, FieldInput
from projects.boards.kinds import FieldKind
from projects.boards.labels import LabelInput
from projects.boards.models import CardChange, CardInput
from projects.boards.parts import CardEvent, ListInput, TaskChange, TaskInput
from projects.boards.ready_made import ready_made
from projects.boards.templates import BoardCopyInput, BoardTemplateInput
from tests.service.projects.boards.conftest import World


@pytest.fixture
async def card(world: World) -> UUID:
    """A card that says something of everything."""
    todo, *_ = await world.columns()
    (made,) = await world.add_cards(todo, "Permis")
    label = await world.do(labels.create_label, world.board, LabelInput(name="Urgent"))
    choices = [ChoiceInput(name="Favorable"), ChoiceInput(name="Réservé")]
    opinion = await world.do(
        fields.create_field, world.board, FieldInput(title="Avis", kind=FieldKind.CHOICE, choices=choices)
    )
    officer = await world.do(fields.create_field, world.board, FieldInput(title="Agent", kind=FieldKind.PERSON))
    change = CardChange(
        description="Lire **tout**",
        due=date(2026, 12, 24),
        labels=[label.id],
        assignees=[world.editor.id],
        values={opinion.id: str(opinion.choices[1].id), officer.id: str(world.reader.id)},
    )
    await world.do(cards.change_card, made, change, 1)
    listed = await world.do(checklists.add_list, made, ListInput(title="Pièces"))
    for title in ("Plan", "Devis"):
        task = await world.do(checklists.add_task, listed.id, TaskInput(title=title))
    await world.do(checklists.change_task, task.id, TaskChange(done=True))
    return UUID(str(made))


async def board_named(world: World, board: UUID) -> dict[str, Any]:
    return await world.see(board)


async def test_a_new_card_is_filled_from_a_template(world: World, card: UUID) -> None:
    made = await world.do(card_templates.save_card_template, world.board, CardTemplateInput(name="Dossier", card=card))
    assert (made.title, made.checklists) == ("Permis", ["Pièces"])
    todo, *_ = await world.columns()
    told: list[Any] = []
    world.db.bus.announce_to(told.append)
    data = CardInput(column=todo, title="Permis de Mme Roy", template=made.id)
    new = await world.do(cards.create_card, world.board, data, actor=world.editor)
    assert (new.title, new.description, new.tasks, new.tasks_done) == ("Permis de Mme Roy", "Lire **tout**", 2, 0)
    assert new.due is None and new.assignees == []
    before, after = (await world.see())["columns"][0]["cards"]
    assert (after["labels"], after["values"]) == (before["labels"], before["values"])
    assert told[-1].payload()["card"]["values"] == before["values"]
    async with world.db.read() as tx:
        whole = await full.read_full_card(tx, world.owner, new.id)
    assert [(task.title, task.done) for task in whole.checklists[0].tasks] == [("Plan", False), ("Devis", False)]


async def test_what_the_board_has_lost_is_left_out_of_new_cards(world: World, card: UUID) -> None:
    made = await world.do(card_templates.save_card_template, world.board, CardTemplateInput(name="Dossier", card=card))
    board = await world.see()
    await world.do(labels.remove_label, UUID(board["labels"][0]["id"]))
    await world.do(fields.change_field, UUID(board["fields"][0]["id"]), FieldChange(archived=True))
    await world.do(spaces.remove_member, world.space, world.reader.id)
    new = await world.do(
        cards.create_card, world.board, CardInput(column=(await world.columns())[0], title="X", template=made.id)
    )
    assert new.labels == [] and new.values == {} and new.tasks == 2


async def test_templates_of_cards_are_their_boards_alone(world: World, card: UUID) -> None:
    async def save(name: str, board: UUID = world.board, actor: Any = None) -> Any:
        data = CardTemplateInput(name=name, card=card)
        return await world.do(card_templates.save_card_template, board, data, actor=actor)

    first, second = await save("Dossier"), await save("Avis")
    assert (await save("dossier")).id == first.id
    with pytest.raises(Conflict):
        await world.do(card_templates.rename_card_template, second.id, CardTemplateChange(name="DOSSIER"))
    with pytest.raises(Denied):
        await save("Autre", actor=world.reader)
    other = await world.do(service.create_board, world.space, "Autre", [("À faire", False)])
    with pytest.raises(NotFound):
        await save("Autre", other.id)
    column = UUID((await world.see(other.id))["columns"][0]["id"])
    with pytest.raises(Invalid):
        await world.do(cards.create_card, other.id, CardInput(column=column, title="X", template=first.id))
    await world.do(card_templates.remove_card_template, second.id)
    with pytest.raises(NotFound):
        await world.do(card_templates.remove_card_template, second.id)
    async with world.db.read() as tx:
        assert [one.name for one in await card_templates.list_card_templates(tx, world.reader, world.board)] == [
            "dossier"
        ]


async def test_a_template_of_a_board_has_its_cards_where_one_asks_for_them(world: World, card: UUID) -> None:
    await world.do(card_templates.save_card_template, world.board, CardTemplateInput(name="Dossier", card=card))
    bare = await world.do(templates.save_board_template, world.board, BoardTemplateInput(title="Vide"))
    whole = await world.do(templates.save_board_template, world.board, BoardTemplateInput(title="Plein", cards=True))
    assert (bare.cards, whole.cards) == (0, 1)
    made: list[Fact] = []

    async def see(fact: CardsMade) -> None:
        made.append(fact)

    world.db.bus.after(CardsMade, see)
    boards = []
    for template in (bare, whole):
        args = (world.space, template.title, str(template.id), str)
        board = await world.do(templates.create_from_template, *args, actor=world.editor)
        boards.append(await board_named(world, board.id))
    old = await world.see()
    for board in boards:
        assert [(one["title"], one["done"]) for one in board["columns"]] == [
            (one["title"], one["done"]) for one in old["columns"]
        ]
        assert [one["name"] for one in board["labels"]] == ["Urgent"]
        assert [one["title"] for one in board["fields"]] == ["Avis", "Agent"]
        assert {one["id"] for one in board["fields"]}.isdisjoint(one["id"] for one in old["fields"])
    assert [len(board["columns"][0]["cards"]) for board in boards] == [0, 1]
    (new,) = boards[1]["columns"][0]["cards"]
    assert (new["due"], new["assignees"], new["tasks"], new["tasks_done"]) == (None, [], 2, 0)
    assert new["labels"] == [boards[1]["labels"][0]["id"]]
    opinion, officer = boards[1]["fields"]
    assert new["values"][opinion["id"]] == opinion["choices"][1]["id"]
    assert new["values"][officer["id"]]["id"] == str(world.reader.id)
    assert [str(key) for fact in made if isinstance(fact, CardsMade) for key in fact.cards] == [new["id"]]
    async with world.db.read() as tx:
        (one,) = await card_templates.list_card_templates(tx, world.reader, UUID(boards[1]["id"]))
        events = await tx.all(select(CardEvent).where(col(CardEvent.card_id) == UUID(new["id"])))
    assert one.name == "Dossier" and [event.action for event in events] == ["created"]


async def test_a_copy_takes_days_and_people_along(world: World, card: UUID) -> None:
    data = BoardCopyInput(title="Copie", cards=True)
    board = await board_named(world, (await world.do(templates.copy_board, world.board, data)).id)
    (new,) = board["columns"][0]["cards"]
    assert new["due"] == "2026-12-24" and [one["id"] for one in new["assignees"]] == [str(world.editor.id)]

    # elsewhere: who is not there is on no card
    async with world.db.write() as tx:
        other = await spaces.create_space(tx, world.owner, SpaceInput(title="Culture"))
    data = BoardCopyInput(title="Copie", cards=True, space=other.id)
    board = await board_named(world, (await world.do(templates.copy_board, world.board, data)).id)
    (new,) = board["columns"][0]["cards"]
    assert new["assignees"] == [] and list(new["values"]) == [board["fields"][0]["id"]]
    with pytest.raises(NotFound):
        await world.do(templates.copy_board, world.board, data, actor=world.editor)
    with pytest.raises(Denied):
        await world.do(templates.copy_board, world.board, BoardCopyInput(title="Copie"), actor=world.reader)
    with pytest.raises(NotFound):
        await world.do(templates.copy_board, world.board, BoardCopyInput(title="Copie"), actor=world.stranger)


async def test_templates_of_boards_are_seen_and_used_by_who_reads_their_space(world: World, card: UUID) -> None:
    made = await world.do(templates.save_board_template, world.board, BoardTemplateInput(title="Modèle"))
    async with world.db.read() as tx:
        assert await templates.list_board_templates(tx, world.stranger) == []
        assert [one.id for one in await templates.list_board_templates(tx, world.reader)] == [made.id]
        with pytest.raises(NotFound):
            await templates.list_board_templates(tx, world.stranger, world.space)
    async with world.db.write() as tx:
        own = await spaces.create_space(tx, world.stranger, SpaceInput(title="Ailleurs"))
    for wrong in (str(made.id), str(uuid4()), "projet"):
        with pytest.raises(Invalid):
            await world.do(templates.create_from_template, own.id, "X", wrong, str, actor=world.stranger)
    async with world.db.write() as tx:
        member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=world.stranger.id, role=Role.READER)
        await spaces.set_member(tx, world.owner, world.space, member)
    assert await world.do(templates.create_from_template, own.id, "X", str(made.id), str, actor=world.stranger)
    with pytest.raises(Denied):
        await world.do(templates.remove_board_template, made.id, actor=world.stranger)
    await world.do(templates.remove_board_template, made.id, actor=world.editor)
    with pytest.raises(NotFound):
        await world.do(templates.remove_board_template, made.id)


@pytest.mark.parametrize("name", ["project", "case", "event"])
async def test_ready_made_boards_can_be_made(world: World, name: str) -> None:
    made = await world.do(templates.create_from_template, world.space, "Nouveau", name, str)
    board = await board_named(world, made.id)
    plan: Blueprint = ready_made(str)[name].blueprint
    assert len(board["columns"]) == len(plan.columns) and board["columns"][-1]["done"]
    assert len(board["labels"]) == len(plan.labels) and len(board["fields"]) == len(plan.fields)
    async with world.db.read() as tx:
        stored = await card_templates.templates_of(tx, made.id)
    assert sorted(sort_key(one.name) for one in plan.templates) == [one.name_key for one in stored]
    column = UUID(board["columns"][0]["id"])
    new = await world.do(cards.create_card, made.id, CardInput(column=column, title="Une", template=stored[0].id))
    assert new.tasks == len(CardPlan.model_validate(stored[0].content).checklists[0].tasks) > 0


async def test_what_is_no_template_is_no_more_than_that(world: World) -> None:
    todo, *_ = await world.columns()
    with pytest.raises(Invalid):
        await world.do(cards.create_card, world.board, CardInput(column=todo, title="X", template=new_id()))
    with pytest.raises(NotFound):
        await world.do(card_templates.rename_card_template, new_id(), CardTemplateChange(name="X"))
