"""Columns: added, renamed, moved, removed with their cards and restored."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.errors import Denied, Invalid, NotFound
from collab.core.journal import JournalEntry
from projects.boards import cards, service
from projects.boards.models import CardChange, ColumnChange
from tests.service.projects.boards.conftest import World


async def names(world: World) -> list[str]:
    return [column["title"] for column in (await world.see())["columns"]]


async def test_columns_move_and_change(world: World) -> None:
    todo, _, done = await world.columns()
    await world.do(service.change_column, done, ColumnChange(position=0))
    assert await names(world) == ["Fait", "À faire", "En cours"]
    await world.do(service.change_column, todo, ColumnChange(title="Demandes", done=True, position=99))
    assert await names(world) == ["Fait", "En cours", "Demandes"]
    assert [column["done"] for column in (await world.see())["columns"]] == [True, False, True]
    with pytest.raises(Invalid):
        await world.do(service.change_column, todo, ColumnChange())
    with pytest.raises(Denied):
        await world.do(service.change_column, todo, ColumnChange(title="X"), actor=world.reader)


async def test_column_ranks_that_grow_too_long_are_shortened(world: World) -> None:
    await world.do(service.add_column, world.board, "Bloqué")
    expected = await names(world)
    for _ in range(220):
        third = UUID((await world.see())["columns"][2]["id"])
        await world.do(service.change_column, third, ColumnChange(position=1))
        expected[1:3] = expected[2:0:-1]
    assert await names(world) == expected


async def test_a_removed_column_comes_back_with_its_cards(world: World) -> None:
    todo, doing, _ = await world.columns()
    a, b = await world.add_cards(doing, *"AB")
    await world.do(service.remove_column, doing)
    assert await names(world) == ["À faire", "Fait"]
    assert await world.titles() == [[], []]
    with pytest.raises(NotFound):
        await world.do(cards.change_card, a, CardChange(column=todo), None)
    with pytest.raises(NotFound):
        await world.do(cards.restore_card, b)
    with pytest.raises(NotFound):
        await world.do(service.remove_column, doing)
    await world.do(service.restore_column, doing)
    await world.do(service.restore_column, doing)
    assert await names(world) == ["À faire", "En cours", "Fait"]
    assert await world.titles() == [[], ["A", "B"], []]


async def test_the_life_of_a_board_is_in_the_journal(world: World) -> None:
    await world.do(service.rename_board, world.board, "Travaux d'hiver")
    await world.do(service.archive_board, world.board)
    await world.do(service.archive_board, world.board)
    await world.do(service.restore_board, world.board)
    async with world.db.read() as tx:
        about = select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == world.board)
        rows = await tx.all(about.order_by(col(JournalEntry.seq)))
    assert rows == ["boards.create", "boards.rename", "boards.archive", "boards.restore"]
