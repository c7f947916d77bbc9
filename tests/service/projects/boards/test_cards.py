"""Cards: created, changed, moved, removed and restored, with the facts that are told."""

import asyncio
import random
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.events import Announcement
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.notifications.models import Notification
from collab.spaces import service as spaces
from collab.spaces.models import SpaceInput
from projects.boards import cards, queries, service
from projects.boards.events import CardMoved, CardsReordered, topic_of
from projects.boards.models import CARDS, BoardView, Card, CardChange, CardInput
from projects.boards.rules import KEEP_REMOVED, TOO_LONG
from tests.service.projects.boards.conftest import COLUMNS, World, rows_of


def moved(column: UUID, position: int) -> CardChange:
    return CardChange(column=column, position=position)


async def test_a_whole_board_has_the_shape_that_is_described(world: World) -> None:
    todo, *_ = await world.columns()
    one, _ = await world.add_cards(todo, "Nid-de-poule", "Marquage")
    change = CardChange(due=date(2026, 11, 26), assignees=[world.editor.id, world.owner.id])
    await world.do(cards.change_card, one, change, 1)
    whole = await world.see()
    assert BoardView.model_validate(whole).model_dump(mode="json") == whole
    assert whole["rev"] == 3
    assert [person["name"] for person in whole["columns"][0]["cards"][0]["assignees"]] == [
        "Bruno Petit",
        "Élodie Martin",
    ]


async def test_new_cards_come_last(world: World) -> None:
    todo, doing, _ = await world.columns()
    await world.add_cards(todo, "A", "B")
    await world.add_cards(doing, "C")
    assert await world.titles() == [["A", "B"], ["C"], []]


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0, "DABC"), (1, "ADBC"), (2, "ABDC"), (3, "ABCD"), (99, "ABCD"), (-5, "DABC"), (2**80, "ABCD")],
)
async def test_a_position_counts_from_0_after_the_move_and_is_clamped(
    world: World, position: int, expected: str
) -> None:
    todo, *_ = await world.columns()
    *_, card = await world.add_cards(todo, *"ABCD")
    await world.do(cards.change_card, card, moved(todo, position), None)
    assert await world.titles() == [list(expected), [], []]


async def test_a_move_changes_no_other_row_and_not_its_own_rev(world: World) -> None:
    todo, doing, _ = await world.columns()
    _, card, _ = await world.add_cards(todo, *"ABC")
    await world.add_cards(doing, *"XY")
    before = await rows_of(world, Card)
    after_move = await world.do(cards.change_card, card, moved(doing, 1), None)
    after = await rows_of(world, Card)
    assert await world.titles() == [["A", "C"], ["X", "B", "Y"], []]
    assert after_move.rev == 1
    assert after_move.column == doing
    assert {id_ for id_ in before if before[id_] != after[id_]} == {card}
    assert after[card].updated_at == before[card].updated_at


async def test_a_move_without_position_or_column_does_what_remains(world: World) -> None:
    todo, doing, _ = await world.columns()
    first, _, _ = await world.add_cards(todo, *"ABC")
    await world.do(cards.change_card, first, CardChange(position=1), None)
    assert await world.titles() == [list("BAC"), [], []]
    await world.add_cards(doing, "X")
    await world.do(cards.change_card, first, CardChange(column=doing), None)
    assert await world.titles() == [list("BC"), ["X", "A"], []]


async def test_ranks_that_grow_too_long_are_shortened_and_told(world: World) -> None:
    todo, *_ = await world.columns()
    await world.add_cards(todo, *"ABCD")
    told: list[Announcement] = []
    world.db.bus.announce_to(told.append)
    expected = list("ABCD")
    for _ in range(220):  # the third of four becomes the second, again and again: always the same gap
        third = (await world.see())["columns"][0]["cards"][2]
        await world.do(cards.change_card, UUID(third["id"]), moved(todo, 1), None)
        expected[1:3] = expected[2:0:-1]
    assert await world.titles() == [expected, [], []]
    assert any(isinstance(fact, CardsReordered) for fact in told)
    assert [fact.rev for fact in told] == list(range(told[0].rev, told[0].rev + len(told)))
    assert max(len(row.rank) for row in (await rows_of(world, Card)).values()) <= TOO_LONG


async def test_two_moves_at_once_end_in_one_order(world: World) -> None:
    todo, doing, done = await world.columns()
    ids = await world.add_cards(todo, *"ABCDEFGH")
    told: list[Announcement] = []
    world.db.bus.announce_to(told.append)
    dice = random.Random(7)
    moves = [(dice.choice(ids), dice.choice((todo, doing, done)), dice.randrange(9)) for _ in range(80)]

    async def mover(share: list[tuple[UUID, UUID, int]]) -> None:
        for card, column, position in share:
            await world.do(cards.change_card, card, moved(column, position), None)

    await asyncio.gather(*(mover(moves[start::8]) for start in range(8)))
    # What a browser does with the events: the last place of each card, in the order of the revs, sorted by rank.
    places: dict[UUID, tuple[UUID, str]] = {}
    for fact in sorted(told, key=lambda fact: fact.rev):
        assert isinstance(fact, CardMoved)
        places[fact.card] = (fact.column, fact.rank)
    whole = await world.see()
    assert len(told) == 80
    assert whole["rev"] == max(fact.rev for fact in told)
    for column in whole["columns"]:
        here = [card["id"] for card in column["cards"]]
        heard = sorted((rank, str(card)) for card, (where, rank) in places.items() if str(where) == column["id"])
        assert [card for card in here if UUID(card) in places] == [card for _, card in heard]
    assert sorted(title for titles in await world.titles() for title in titles) == list("ABCDEFGH")


async def test_a_stale_edit_is_refused_with_both_versions(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "Nid-de-poule")
    await world.do(cards.change_card, card, CardChange(title="Nid-de-poule, rue Haute"), 1, actor=world.editor)
    with pytest.raises(StaleRevision) as caught:
        await world.do(cards.change_card, card, CardChange(description="Urgent", due=date(2026, 12, 1)), 1)
    assert caught.value.extra["yours"] == {"description": "Urgent", "due": "2026-12-01"}
    current = caught.value.extra["current"]
    assert isinstance(current, dict)
    assert (current["title"], current["rev"]) == ("Nid-de-poule, rue Haute", 2)
    async with world.db.read() as tx:
        assert (await queries.read_card(tx, world.owner, card)).description == ""


async def test_content_and_place_change_together(world: World) -> None:
    todo, doing, _ = await world.columns()
    (card,) = await world.add_cards(todo, "A")
    told: list[Announcement] = []
    world.db.bus.announce_to(told.append)
    after = await world.do(cards.change_card, card, CardChange(title="B", column=doing, position=0), 1)
    assert (after.title, after.column, after.rev) == ("B", doing, 2)
    assert [fact.wire for fact in told] == ["card.changed", "card.moved"]
    assert told[1].rev == told[0].rev + 1


async def test_only_members_of_the_space_get_cards(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "A")
    with pytest.raises(Invalid) as caught:
        await world.do(cards.change_card, card, CardChange(assignees=[world.stranger.id]), 1)
    assert set(caught.value.errors) == {"assignees"}
    after = await world.do(cards.change_card, card, CardChange(assignees=[world.reader.id]), 1)
    assert [person.id for person in after.assignees] == [world.reader.id]
    await world.do(spaces.remove_member, world.space, world.reader.id)
    both = CardChange(assignees=[world.reader.id, world.editor.id])
    assert len((await world.do(cards.change_card, card, both, 2)).assignees) == 2
    assert (await world.do(cards.change_card, card, CardChange(assignees=[]), 3)).assignees == []


async def test_who_gets_a_card_from_somebody_else_is_notified(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "Nid-de-poule")
    await world.do(cards.change_card, card, CardChange(assignees=[world.owner.id, world.editor.id]), 1)
    await world.do(cards.change_card, card, CardChange(assignees=[world.editor.id]), 2)
    async with world.db.read() as tx:
        (told,) = await tx.all(select(Notification))
    assert told.person_id == world.editor.id
    assert told.params == {"card": "Nid-de-poule"}
    assert told.url == f"/boards/{world.board}?card={card}"


async def test_a_removed_card_comes_back_where_it_was(world: World) -> None:
    todo, *_ = await world.columns()
    a, b, c = await world.add_cards(todo, *"ABC")
    await world.do(cards.remove_card, b)
    assert await world.titles() == [["A", "C"], [], []]
    with pytest.raises(NotFound):
        await world.do(cards.change_card, b, moved(todo, 0), None)
    with pytest.raises(NotFound):
        await world.do(cards.remove_card, b)
    await world.do(cards.restore_card, b)
    await world.do(cards.restore_card, b)
    assert await world.titles() == [["A", "B", "C"], [], []]
    # Its rank was taken meanwhile: C between A and nothing gets what B had.
    await world.do(cards.remove_card, b)
    ranks = {id_: row.rank for id_, row in (await rows_of(world, Card)).items()}
    async with world.db.write() as tx:
        await tx.execute(update(CARDS).where(CARDS.c.id == c).values(rank=ranks[b]))
    await world.do(cards.restore_card, b)
    assert await world.titles() == [["A", "C", "B"], [], []]
    assert a in await rows_of(world, Card)


async def test_a_card_goes_only_to_columns_of_its_board(world: World) -> None:
    todo, doing, _ = await world.columns()
    (card,) = await world.add_cards(todo, "A")
    other = await world.do(service.create_board, world.space, "Autre", COLUMNS)
    foreign = UUID((await world.see(other.id))["columns"][0]["id"])
    await world.do(service.remove_column, doing)
    for column in (foreign, doing, new_id()):
        with pytest.raises(Invalid) as caught:
            await world.do(cards.change_card, card, moved(column, 0), None)
        assert set(caught.value.errors) == {"column"}
        with pytest.raises(Invalid):
            await world.do(cards.create_card, world.board, CardInput(column=column, title="B"))


async def test_roles_decide(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "A")
    await world.do(cards.change_card, card, moved(todo, 0), None, actor=world.editor)
    with pytest.raises(Denied):
        await world.do(cards.change_card, card, moved(todo, 0), None, actor=world.reader)
    with pytest.raises(Denied):
        await world.do(service.archive_board, world.board, actor=world.editor)
    for verb, args in ((cards.change_card, (moved(todo, 0), None)), (cards.remove_card, ()), (queries.read_card, ())):
        with pytest.raises(NotFound):
            await world.do(verb, card, *args, actor=world.stranger)


async def test_an_archived_board_is_read_only(world: World) -> None:
    todo, *_ = await world.columns()
    (card,) = await world.add_cards(todo, "A")
    await world.do(service.archive_board, world.board)
    assert (await world.see())["archived"] is True
    for verb, args in (
        (cards.change_card, (card, moved(todo, 0), None)),
        (cards.create_card, (world.board, CardInput(column=todo, title="B"))),
        (service.rename_board, (world.board, "Autre")),
        (service.remove_column, (todo,)),
    ):
        with pytest.raises(Conflict) as caught:
            await world.do(verb, *args)
        assert caught.value.code == "projects.board_archived"
    await world.do(service.restore_board, world.board)
    await world.do(cards.change_card, card, moved(todo, 0), None)


async def test_my_cards_are_the_unfinished_ones_of_my_spaces_soonest_first(world: World) -> None:
    todo, _, done = await world.columns()
    ids = await world.add_cards(todo, "Sans date", "Demain", "Hier", "Finie", "Retirée", "À une autre")
    today = date(2026, 11, 26)
    dues = [None, today + timedelta(1), today - timedelta(1), today, today, today]
    for card, due in zip(ids, dues, strict=True):
        people = [world.reader.id if card == ids[5] else world.editor.id]
        await world.do(cards.change_card, card, CardChange(assignees=people, due=due), 1)
    await world.do(cards.change_card, ids[3], moved(done, 0), None)
    await world.do(cards.remove_card, ids[4])

    async def mine(limit: int = 20) -> list[tuple[str, bool]]:
        async with world.db.read() as tx:
            return [(c.title, c.late) for c in await queries.list_my_cards(tx, world.editor, today, limit)]

    assert await mine() == [("Hier", True), ("Demain", False), ("Sans date", False)]
    assert await mine(1) == [("Hier", True)]
    async with world.db.read() as tx:
        (board,) = await queries.list_boards(tx, world.editor, today)
    assert (board.cards, board.late) == (5, 1)
    await world.do(spaces.remove_member, world.space, world.editor.id)
    assert await mine() == []


async def test_what_was_removed_long_ago_is_destroyed(world: World) -> None:
    todo, doing, _ = await world.columns()
    old, recent, kept = await world.add_cards(todo, *"ABC")
    (within,) = await world.add_cards(doing, "D")
    await world.do(cards.change_card, old, CardChange(assignees=[world.owner.id]), 1)
    await world.do(cards.remove_card, old)
    await world.do(cards.remove_card, recent)
    await world.do(service.remove_column, doing)
    async with world.db.write() as tx:
        long_ago = tx.now - KEEP_REMOVED - timedelta(hours=1)
        for table, row in (("card", old), ("board_column", doing)):
            target = CARDS.metadata.tables[table]
            await tx.execute(update(target).where(target.c.id == row).values(removed_at=long_ago))
    job = Job(kind="boards.destroy_removed", payload={}, run_at=long_ago, created_at=long_ago)
    await cards.destroy_removed(world.db, job)
    assert set(await rows_of(world, Card)) == {recent, kept}
    assert within not in await rows_of(world, Card)
    with pytest.raises(NotFound):
        await world.do(cards.restore_card, old)


async def test_boards_of_other_spaces_do_not_show(world: World) -> None:
    async with world.db.write() as tx:
        other = await spaces.create_space(tx, world.stranger, SpaceInput(title="RH"))
        await service.create_board(tx, world.stranger, other.id, "Recrutement", COLUMNS)
    async with world.db.read() as tx:
        boards = await queries.list_boards(tx, world.owner, date(2026, 11, 26))
        assert [board.title for board in boards] == ["Travaux"]
        with pytest.raises(NotFound):
            await queries.list_boards(tx, world.owner, date(2026, 11, 26), space_id=other.id)


async def test_every_change_raises_the_topic_by_one(world: World) -> None:
    todo, *_ = await world.columns()
    told: list[Announcement] = []
    world.db.bus.announce_to(told.append)
    (card,) = await world.add_cards(todo, "A")
    column = await world.do(service.add_column, world.board, "Bloqué")
    await world.do(cards.remove_card, card)
    await world.do(cards.restore_card, card)
    await world.do(service.remove_column, column.id)
    await world.do(service.restore_column, column.id)
    await world.do(service.rename_board, world.board, "Travaux d'hiver")
    assert [fact.rev for fact in told] == [1, 2, 3, 4, 5, 6, 7]
    assert {fact.topic for fact in told} == {topic_of(world.board)}
    assert [fact.wire for fact in told] == [
        "card.created",
        "column.added",
        "card.removed",
        "card.restored",
        "column.removed",
        "column.restored",
        "board.changed",
    ]
