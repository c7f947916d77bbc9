"""Fields of a board's own, on each database: their making, their order, what cards say in them, what is told of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.events import Announcement
from collab.core.ids import new_id
from collab.core.journal import JournalEntry
from collab.core.words import fold_words
from projects.boards import cards, fields, history, queries
from projects.boards.fields import MAX_FIELDS, BoardField, CardValue, ChoiceInput, FieldChange, FieldInput
from projects.boards.findable import Cards
from projects.boards.kinds import FieldKind
from projects.boards.models import CardChange, FieldView
from tests.service.projects.boards.conftest import World, add_person


@pytest.fixture
async def card(world: World) -> UUID:
    todo, *_ = await world.columns()
    (made,) = await world.add_cards(todo, "Toiture")
    return made


async def add(world: World, title: str, kind: str = "text", *choices: str, shown: bool = False) -> FieldView:
    wanted = [ChoiceInput(name=name) for name in choices]
    data = FieldInput(title=title, kind=FieldKind(kind), shown=shown, choices=wanted)
    made: FieldView = await world.do(fields.create_field, world.board, data)
    return made


async def say(world: World, card: UUID, rev: int, values: dict[UUID, Any], actor: Any = None) -> Any:
    return await world.do(cards.change_card, card, CardChange(values=values), rev, actor=actor)


async def shown(world: World) -> list[str]:
    return [field["title"] for field in (await world.see())["fields"]]


async def test_editors_define_fields_and_readers_do_not(world: World) -> None:
    made = await world.do(
        fields.create_field, world.board, FieldInput(title="Coût", kind=FieldKind.NUMBER), actor=world.editor
    )
    assert await shown(world) == ["Coût"]
    with pytest.raises(Denied):
        await world.do(fields.change_field, made.id, FieldChange(title="Prix"), actor=world.reader)
    with pytest.raises(NotFound):
        await world.do(fields.change_field, made.id, FieldChange(title="Prix"), actor=world.stranger)
    with pytest.raises(NotFound):
        await world.do(fields.change_field, uuid4(), FieldChange(title="Prix"))
    with pytest.raises(Conflict):
        await add(world, "cout")
    with pytest.raises(Invalid):
        await world.do(fields.change_field, made.id, FieldChange())
    async with world.db.read() as tx:
        about = select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == world.board)
        actions = await tx.all(about.order_by(col(JournalEntry.seq)))
    assert actions[-1] == "boards.field_create"


async def test_the_order_of_fields_is_that_of_everybody(world: World) -> None:
    made = [await add(world, title) for title in ("A", "B", "C", "D")]
    await world.do(fields.change_field, made[3].id, FieldChange(position=1))
    await world.do(fields.change_field, made[0].id, FieldChange(position=99))
    assert await shown(world) == ["D", "B", "C", "A"]
    for _ in range(60):  # a gap that is halved until the ranks are written anew
        await world.do(fields.change_field, made[0].id, FieldChange(position=1))
        await world.do(fields.change_field, made[1].id, FieldChange(position=1))
    assert await shown(world) == ["D", "B", "A", "C"]


async def test_a_board_has_so_many_fields_and_no_more(world: World) -> None:
    async with world.db.write() as tx:
        tx.add(*fields.rows_of_fields(world.board, [FieldInput(title="Note", kind=FieldKind.TEXT)] * MAX_FIELDS))
    titles = await shown(world)
    assert titles[:2] == ["Note", "Note (2)"] and len(set(titles)) == MAX_FIELDS
    with pytest.raises(Invalid):
        await add(world, "Encore")


async def test_cards_say_something_in_each_kind_of_field(world: World, card: UUID) -> None:
    text, number, day = [await add(world, kind, kind) for kind in ("text", "number", "date")]
    choice, person = await add(world, "Avis", "choice", "Favorable", "Réservé"), await add(world, "Élu", "person")
    told: list[Announcement] = []
    world.db.bus.announce_to(told.append)
    assert world.editor.id is not None
    said = {
        text.id: "  rue  de la Mairie ",
        number.id: "012.50",
        day.id: "2026-12-24",
        choice.id: str(choice.choices[0].id),
        person.id: str(world.editor.id),
    }
    made = await say(world, card, 1, said)
    assert made.rev == 2
    (face,) = (await world.see())["columns"][0]["cards"]
    assert face["values"] == {
        str(text.id): "rue de la Mairie",
        str(number.id): "12.5",
        str(day.id): "2026-12-24",
        str(choice.id): str(choice.choices[0].id),
        str(person.id): {"id": str(world.editor.id), "name": "Bruno Petit", "photo": False},
    }
    assert told[-1].payload()["card"]["values"] == face["values"]
    async with world.db.read() as tx:
        (entry, *_), _ = await history.page_history(tx, world.owner, card)
        (document,) = await Cards().documents(tx, [card])
    told_of = entry.details["values"]
    assert ["Avis", "", "Favorable"] in told_of and ["Élu", "", "Bruno Petit"] in told_of
    assert set(fold_words("Mairie Favorable Bruno", 100).split()) <= set(document.words.split())

    # one field alone is emptied, the others stay
    await say(world, card, 2, {text.id: None, number.id: "12.50"})
    (face,) = (await world.see())["columns"][0]["cards"]
    assert str(text.id) not in face["values"] and len(face["values"]) == 4
    async with world.db.read() as tx:
        (entry, *_), _ = await history.page_history(tx, world.owner, card)
    assert entry.details == {"values": [["text", "rue de la Mairie", ""]]}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "douze"),
        ("number", "1e5"),
        ("number", "1234567890123456"),
        ("date", "24/12/2026"),
        ("date", "2026-02-30"),
        ("choice", "Favorable"),
        ("choice", "00000000-0000-7000-8000-000000000000"),
        ("person", "Bruno"),
    ],
)
async def test_what_a_field_cannot_hold_is_refused_by_its_name(world: World, card: UUID, kind: str, value: str) -> None:
    field = await add(world, "Champ", kind, *(["Favorable"] if kind == "choice" else []))
    with pytest.raises(Invalid) as refused:
        await say(world, card, 1, {field.id: value})
    assert set(refused.value.errors) == {f"values.{field.id}"}
    async with world.db.read() as tx:
        assert (await queries.read_card(tx, world.owner, card)).rev == 1


async def test_values_of_other_boards_and_of_strangers_are_refused(world: World, card: UUID) -> None:
    person = await add(world, "Élu", "person")
    with pytest.raises(Invalid):
        await say(world, card, 1, {new_id(): "x"})
    with pytest.raises(Invalid):
        await say(world, card, 1, {person.id: str(world.stranger.id)})
    with pytest.raises(Denied):
        await say(world, card, 1, {person.id: None}, world.reader)


async def test_what_was_changed_meanwhile_is_told_with_its_values(world: World, card: UUID) -> None:
    field = await add(world, "Note")
    await say(world, card, 1, {field.id: "à eux"})
    with pytest.raises(StaleRevision) as stale:
        await say(world, card, 1, {field.id: "à moi"})
    assert stale.value.extra["current"]["values"] == {str(field.id): "à eux"}  # type: ignore[index]
    assert stale.value.extra["yours"]["values"] == {str(field.id): "à moi"}  # type: ignore[index]


async def test_an_archived_field_keeps_what_cards_say_and_takes_no_more(world: World, card: UUID) -> None:
    field = await add(world, "Note")
    await say(world, card, 1, {field.id: "gardée"})
    await world.do(fields.change_field, field.id, FieldChange(archived=True))
    with pytest.raises(Invalid):
        await say(world, card, 2, {field.id: "autre"})
    async with world.db.read() as tx:
        (document,) = await Cards().documents(tx, [card])
    assert "gardee" not in document.words
    back = await world.do(fields.change_field, field.id, FieldChange(archived=False))
    assert back.archived is False
    (face,) = (await world.see())["columns"][0]["cards"]
    assert face["values"] == {str(field.id): "gardée"}


async def test_a_choice_taken_off_stays_on_the_cards_that_say_it(world: World, card: UUID) -> None:
    field = await add(world, "Avis", "choice", "Favorable", "Réservé")
    first, second = field.choices
    await say(world, card, 1, {field.id: str(first.id)})
    kept = [ChoiceInput(id=second.id, name="Avec réserves"), ChoiceInput(name="Défavorable")]
    after = await world.do(fields.change_field, field.id, FieldChange(choices=kept))
    assert [(one.name, one.archived) for one in after.choices] == [
        ("Avec réserves", False),
        ("Défavorable", False),
        ("Favorable", True),
    ]
    twice = [ChoiceInput(name="Oui"), ChoiceInput(name="oui")]
    for wrong in (twice, [ChoiceInput(id=new_id(), name="Oui")]):
        with pytest.raises(Invalid):
            await world.do(fields.change_field, field.id, FieldChange(choices=wrong))
    plain = await add(world, "Note")
    with pytest.raises(Invalid):
        await world.do(fields.change_field, plain.id, FieldChange(choices=[ChoiceInput(name="Oui")]))


async def test_a_board_of_many_values_takes_no_more_statements(world: World) -> None:
    todo, *_ = await world.columns()
    made = [await add(world, f"Champ {number}") for number in range(5)]
    await world.add_cards(todo, "Une carte")

    async def statements() -> int:
        count = 0

        def tick(*_: Any) -> None:
            nonlocal count
            count += 1

        engine = world.db.engine.sync_engine
        event.listen(engine, "before_cursor_execute", tick)
        await world.see()
        event.remove(engine, "before_cursor_execute", tick)
        return count

    before = await statements()
    keys = await world.add_cards(todo, *(f"Carte {number}" for number in range(20)))
    for key in keys:
        await say(world, key, 1, {field.id: "dit" for field in made})
    assert await statements() == before
    async with world.db.read() as tx:
        assert len(await tx.all(select(col(CardValue.card_id)))) == 100
        assert len(await tx.all(select(BoardField))) == 5


async def test_somebody_who_is_on_no_card_is_not_shown(world: World, card: UUID) -> None:
    """A person is read with the value: one who left the space stays where they were."""
    field = await add(world, "Élu", "person")
    await add_person(world.db, "Zoé Blanc")
    await say(world, card, 1, {field.id: str(world.reader.id)})
    (face,) = (await world.see())["columns"][0]["cards"]
    assert face["values"][str(field.id)]["name"] == "Chloé Roux"
