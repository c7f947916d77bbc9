"""Roles on boards and hidden cards: what somebody may not see is in nothing that they get, whichever way they ask."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Denied, DomainError, Invalid, NotFound
from collab.core.events import Announcement
from collab.core.journal import JournalEntry
from collab.notifications.models import Notification
from collab.spaces.access import Can
from collab.spaces.models import PrincipalKind, Role
from projects.boards import (
    access,
    cards,
    checklists,
    comments,
    dependencies,
    full,
    history,
    people,
    queries,
    service,
    sharing,
)
from projects.boards.findable import Cards
from projects.boards.models import CardChange, CardInput
from projects.boards.parts import CommentInput, ListInput, TaskChange, TaskInput
from projects.boards.roles import BoardMemberInput, BoardRole, Opening, role_on
from projects.exchange.export import compose, gather, rows_of
from tests.service.projects.boards.conftest import COLUMNS, World, add_person
from web.realtime.audience import Hearing, body_of, deliveries, rooms_of

TODAY = date(2026, 11, 26)


def key_of(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id


async def change(world: World, card: UUID, actor: Actor | None = None, **values: Any) -> Any:
    """Change a card's content as it is now."""
    async with world.db.write() as tx:
        rev = (await queries.read_card(tx, actor or world.owner, card)).rev
        return await cards.change_card(tx, actor or world.owner, card, CardChange(**values), rev)


async def name(world: World, whom: Actor, role: BoardRole) -> None:
    """Give somebody a role on the board."""
    data = BoardMemberInput(principal_kind=PrincipalKind.PERSON, principal_id=key_of(whom), role=role)
    await world.do(sharing.set_member, world.board, data)


@contextmanager
def heard(db: Database) -> Iterator[list[Announcement]]:
    """What is announced meanwhile."""
    told: list[Announcement] = []
    db.bus.announce_to(told.append)
    yield told
    db.bus._sinks.remove(told.append)


async def hears(db: Database, board: UUID, actor: Actor, told: list[Announcement]) -> list[dict[str, Any]]:
    """What of this a socket of the actor's gets: the first told at each rev counts."""
    async with db.read() as tx:
        place = await access.find_board(tx, actor, board, Can.READ)
    hearing = Hearing.PART if place.role is BoardRole.OWN else Hearing.WHOLE
    rooms = rooms_of(f"board:{board}", actor.principals, hearing)
    got: dict[int, dict[str, Any]] = {}
    for fact in told:
        if fact.topic != f"board:{board}":
            continue
        for where, what in deliveries(fact):
            if rooms & set(where):
                got.setdefault(fact.rev, body_of(what) if what is not None else {"type": "again", "data": {}})
    return list(got.values())


def test_who_owns_the_space_owns_its_boards_and_who_is_not_in_it_is_a_guest() -> None:
    assert role_on(Role.OWNER, Opening.CLOSED, []) is BoardRole.OWNER
    assert role_on(Role.EDITOR, Opening.SPACE, [BoardRole.OWN]) is BoardRole.EDITOR
    assert role_on(Role.EDITOR, Opening.READ, []) is BoardRole.READER
    assert role_on(Role.READER, Opening.OWN, []) is BoardRole.OWN
    assert role_on(Role.READER, Opening.CLOSED, [BoardRole.EDITOR]) is BoardRole.EDITOR
    assert role_on(Role.EDITOR, Opening.CLOSED, []) is None
    assert role_on(None, Opening.SPACE, [BoardRole.EDITOR]) is None
    assert role_on(None, Opening.SPACE, [BoardRole.EDITOR, BoardRole.OWN]) is BoardRole.OWN


async def test_a_guest_sees_the_cards_that_are_theirs_and_works_on_those(world: World) -> None:
    todo, _, done = await world.columns()
    theirs, other = await world.add_cards(todo, "La leur", "Une autre")
    with pytest.raises(Invalid):
        await name(world, world.stranger, BoardRole.EDITOR)
    with pytest.raises(NotFound):
        await world.do(queries.read_board, world.board, actor=world.stranger)
    await name(world, world.stranger, BoardRole.OWN)
    await change(world, theirs, assignees=[key_of(world.stranger)])
    seen = await world.do(queries.read_board, world.board, actor=world.stranger)
    assert [card["title"] for column in seen["columns"] for card in column["cards"]] == ["La leur"] and seen["limited"]
    (found,), _ = await world.do(queries.page_boards, TODAY, actor=world.stranger)
    assert (found.cards, found.late) == (1, 0)
    list_ = await world.do(checklists.add_list, theirs, ListInput(title="À voir"))
    task = await world.do(checklists.add_task, list_.id, TaskInput(title="Signer"))
    await world.do(checklists.change_task, task.id, TaskChange(done=True), actor=world.stranger)
    await world.do(comments.add_comment, theirs, CommentInput(text="Fait."), actor=world.stranger)
    await world.do(cards.change_card, theirs, CardChange(column=done), None, actor=world.stranger)
    for verb, *args in (
        (cards.remove_card, theirs),
        (cards.create_card, world.board, CardInput(column=todo, title="X")),
        (checklists.add_list, theirs, ListInput(title="X")),
        (checklists.change_task, task.id, TaskChange(title="X")),
        (sharing.read_sharing, world.board),
    ):
        with pytest.raises(Denied):
            await world.do(verb, *args, actor=world.stranger)
    for asking in (queries.read_card, cards.remove_card, history.page_history):
        with pytest.raises(NotFound):
            await world.do(asking, other, actor=world.stranger)
    found, _ = await world.do(people.list_assignable, world.board, actor=world.stranger)
    assert [one.name for one in found] == ["Denis Noir"]


async def test_a_board_that_is_closed_is_not_there_for_the_space(world: World) -> None:
    await world.do(sharing.set_opening, world.board, Opening.CLOSED)
    for verb in (queries.read_board, full.read_archive, sharing.read_sharing):
        with pytest.raises(NotFound):
            await world.do(verb, world.board, actor=world.editor)
    assert await world.do(queries.page_boards, TODAY, actor=world.editor) == ([], None)
    await name(world, world.reader, BoardRole.EDITOR)
    (todo, *_) = await world.columns()
    await world.do(cards.create_card, world.board, CardInput(column=todo, title="X"), actor=world.reader)
    with pytest.raises(Denied):
        await world.do(sharing.set_opening, world.board, Opening.SPACE, actor=world.reader)
    async with world.db.read() as tx:
        actions = [row.action for row in await tx.all(select(JournalEntry).order_by(col(JournalEntry.seq)))]
    assert actions[-2:] == ["boards.open", "boards.set_member"]


async def test_a_hidden_card_is_no_card_to_others(world: World) -> None:
    todo, *_ = await world.columns()
    secret, open_ = await world.add_cards(todo, "Secrète", "Ouverte")
    await world.do(dependencies.add_dependency, open_, secret)
    with heard(world.db) as told:
        await change(world, secret, actor=world.editor, hidden=True)
    for actor, type_ in (
        (world.editor, "card.restored"),
        (world.owner, "card.removed"),
        (world.reader, "card.removed"),
    ):
        got = await hears(world.db, world.board, actor, told)
        assert [event["type"] for event in got if event["type"] != "topic.moved"][-1:] == [type_]
    nothing = UUID("0190d5a0-0000-7000-8000-000000000000")
    for verb, *args in (
        (queries.read_card,),
        (full.read_full_card,),
        (history.page_history,),
        (cards.remove_card,),
        (cards.restore_card,),
        (comments.add_comment, CommentInput(text="X")),
        (checklists.add_list, ListInput(title="X")),
    ):
        errors = []
        for key in (secret, nothing):
            with pytest.raises(DomainError) as raised:
                await world.do(verb, key, *args, actor=world.reader)
            errors.append((type(raised.value), raised.value.code, raised.value.message))
        assert errors[0] == errors[1]
    whole = await world.do(full.read_full_card, open_)
    assert (whole.waits_for, whole.waits_for_unseen, whole.card.blockers) == ([], 1, 1)
    assert (await world.do(full.read_full_card, open_, actor=world.editor)).waits_for_unseen == 0
    with heard(world.db) as told:
        await change(world, secret, actor=world.editor, hidden=False)
    got = await hears(world.db, world.board, world.owner, told)
    assert ("card.restored", "Secrète") in [(one["type"], one["data"].get("card", {}).get("title")) for one in got]


async def test_somebody_always_sees_a_hidden_card(world: World) -> None:
    todo, *_ = await world.columns()
    (secret,) = await world.add_cards(todo, "Secrète")
    card = await change(world, secret, hidden=True)
    assert [one.id for one in card.members] == [key_of(world.owner)]
    with pytest.raises(Invalid):
        await change(world, secret, members=[])
    await change(world, secret, members=[key_of(world.editor)])
    with pytest.raises(NotFound):
        await world.do(queries.read_card, secret)
    async with world.db.read() as tx:
        rows = await tx.all(select(JournalEntry).order_by(col(JournalEntry.seq)))
    assert [row.action for row in rows][-3:] == ["boards.hide_card", "boards.card_members", "boards.card_members"]


async def test_what_was_told_of_a_card_is_taken_back_with_the_sight_of_it(world: World) -> None:
    todo, *_ = await world.columns()
    (secret,) = await world.add_cards(todo, "Secrète")
    await change(world, secret, assignees=[key_of(world.reader)])
    await change(world, secret, hidden=True, assignees=[], members=[key_of(world.editor)])
    await world.do(comments.add_comment, secret, CommentInput(text="@Chloé Roux"), actor=world.editor)
    async with world.db.read() as tx:
        assert [row for row in await tx.all(select(Notification)) if "card=" in row.url] == []


@dataclass
class Made:
    """A card made by chance: its board, the word that only those may come upon who see it, what was told of it."""

    board: UUID
    word: str
    told: list[Announcement]


async def make_by_chance(world: World, chance: random.Random, everybody: list[Actor]) -> dict[UUID, Made]:
    """Two boards shared in whatever way, with cards that concern whomever, every other one hidden."""
    made: dict[UUID, Made] = {}
    for board in [world.board, (await world.do(service.create_board, world.space, "Autre", COLUMNS)).id]:
        await world.do(sharing.set_opening, board, chance.choice(list(Opening)))
        for whom in everybody[1:]:
            role = chance.choice([None, *(BoardRole if whom in everybody[:3] else [BoardRole.OWN])])
            if role is not None:
                data = BoardMemberInput(principal_kind=PrincipalKind.PERSON, principal_id=key_of(whom), role=role)
                await world.do(sharing.set_member, board, data)
        todo, doing, _ = [UUID(one["id"]) for one in (await world.see(board))["columns"]]
        async with world.db.read() as tx:
            allowed = sorted(await people.list_among(tx, board, [key_of(one) for one in everybody]))
        for number in range(6):
            card = (await world.do(cards.create_card, board, CardInput(column=todo, title="Sans nom"))).id
            whose = {key_of(world.owner), *chance.sample(allowed, chance.randrange(len(allowed)))}
            sight: dict[str, Any] = {chance.choice(["assignees", "members"]): whose, "hidden": number % 2 == 1}
            await change(world, card, **sight)
            with heard(world.db) as told:
                word = f"mot{len(made)}fin"
                await change(world, card, title=word, description=word)
                await world.do(comments.add_comment, card, CommentInput(text=word))
                await world.do(cards.change_card, card, CardChange(column=doing), None)
                await world.do(service.remove_column, doing)
                await world.do(service.restore_column, doing)
            made[card] = Made(board, word, told)
    return made


@pytest.mark.parametrize("seed", range(3))
async def test_what_one_may_not_see_is_in_nothing_one_gets(world: World, seed: int) -> None:
    """Every way to ask gives the same cards, and no word of another."""
    guest = await add_person(world.db, "Guy Invité")
    everybody = [world.owner, world.editor, world.reader, world.stranger, guest]
    made = await make_by_chance(world, random.Random(seed), everybody)
    for actor in everybody:
        async with world.db.read() as tx:
            seen = {one.id for one in await access.list_readable_cards(tx, actor, made)}
            assert set(await Cards().show(tx, actor, list(made))) == seen
            for card in made:
                assert (card in seen) is await finds(tx, actor, card)
                assert (card in seen) is (key_of(actor) in {one.id for one in await people.list_seeing(tx, card)})
            found, _ = await queries.page_boards(tx, actor, TODAY)
            words = [json.dumps([one.model_dump(mode="json") for one in await queries.list_my_cards(tx, actor, TODAY)])]
            for board in found:
                here = {card for card in seen if made[card].board == board.id}
                whole, rows = await queries.read_board(tx, actor, board.id), await gather(tx, actor, board.id)
                assert {UUID(one["id"]) for column in whole["columns"] for one in column["cards"]} == here
                assert board.cards == len(here)
                words += [json.dumps(whole), json.dumps(compose(rows)), json.dumps(rows_of(rows, "oui"))]
            assert {made[card].board for card in seen} <= {board.id for board in found}
            findable = {
                one.id for one in await Cards().documents(tx, list(made)) if one.audience & audience(world, actor)
            }
            assert seen <= findable
        for card, one in made.items():
            events = ""
            if one.board in {board.id for board in found}:
                events = json.dumps(await hears(world.db, one.board, actor, one.told))
            assert (one.word in events) is (card in seen), (seed, one.word)
            if card not in seen:
                assert not any(one.word in text or str(card) in text for text in [*words, events]), (seed, one.word)


async def finds(tx: Tx, actor: Actor, card: UUID) -> bool:
    """Whether access leads the actor to the card."""
    try:
        await access.find_card(tx, actor, card, Can.READ)
    except NotFound:
        return False
    return True


def audience(world: World, actor: Actor) -> frozenset[UUID]:
    """Under which ids the search looks for the actor: as collab/search/service.py has it."""
    inside = actor in (world.owner, world.editor, world.reader)
    return actor.principals | ({world.space} if inside else set())
