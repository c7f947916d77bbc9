"""What hangs on cards: labels, checklists, comments, files, history; and what leaves a board and comes back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.events import Announcement
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.core.text import sort_key
from collab.files import service as files
from collab.files.models import FolderInput, Kind, Node
from collab.notifications.models import Notification
from collab.spaces import service as spaces
from collab.spaces.models import SpaceInput
from directory.units.models import Unit
from projects.boards import (
    attachments,
    cards,
    checklists,
    comments,
    dependencies,
    full,
    history,
    labels,
    queries,
    service,
    views,
)
from projects.boards.events import CardChanged
from projects.boards.labels import LabelChange, LabelInput
from projects.boards.models import CARDS, COLUMNS, Card, CardChange, CardInput, ColumnChange
from projects.boards.parts import CommentInput, FullCard, ListInput, Sign, TaskChange, TaskInput
from projects.boards.rules import KEEP_REMOVED
from projects.boards.views import ViewInput
from tests.service.projects.boards.conftest import World, rows_of


@pytest.fixture
async def card(world: World) -> UUID:
    todo, *_ = await world.columns()
    (made,) = await world.add_cards(todo, "Toiture")
    return made


async def look(world: World, card: UUID, actor: Any = None) -> FullCard:
    async with world.db.read() as tx:
        return await full.read_full_card(tx, actor or world.owner, card)


async def face(world: World) -> dict[str, Any]:
    """The first card as the board shows it."""
    shown: dict[str, Any] = (await world.see())["columns"][0]["cards"][0]
    return shown


async def add_unit(world: World, name: str, *, active: bool = True) -> UUID:
    key = new_id()
    async with world.db.write() as tx:
        tx.add(
            Unit(
                id=key,
                source="local",
                source_key=str(key),
                name=name,
                path=f"{key}/",
                active=active,
                created_at=tx.now,
                updated_at=tx.now,
            )
        )
    return key


async def test_labels_belong_to_a_board_and_go_with_it(world: World, card: UUID) -> None:
    urgent = await world.do(labels.create_label, world.board, LabelInput(name="Urgent"))
    with pytest.raises(Conflict):
        await world.do(labels.create_label, world.board, LabelInput(name="ÙRGENT"))
    await world.do(cards.change_card, card, CardChange(labels=[urgent.id]), 1)
    assert (await face(world))["labels"] == [str(urgent.id)]
    await world.do(labels.change_label, urgent.id, LabelChange(name="Très urgent"))
    assert [label["name"] for label in (await world.see())["labels"]] == ["Très urgent"]
    other = await world.do(service.create_board, world.space, "Autre", [("À faire", False)])
    foreign = await world.do(labels.create_label, other.id, LabelInput(name="Ailleurs"))
    with pytest.raises(Invalid):
        await world.do(cards.change_card, card, CardChange(labels=[foreign.id]), 2)
    await world.do(labels.remove_label, urgent.id)
    assert (await face(world))["labels"] == []


async def test_a_card_is_given_to_services(world: World, card: UUID) -> None:
    roads, closed = await add_unit(world, "Voirie"), await add_unit(world, "Fermé", active=False)
    await world.do(cards.change_card, card, CardChange(units=[roads]), 1)
    assert [unit["name"] for unit in (await face(world))["units"]] == ["Voirie"]
    for wrong in (closed, new_id()):
        with pytest.raises(Invalid):
            await world.do(cards.change_card, card, CardChange(units=[roads, wrong]), 2)


async def test_a_card_begins_before_it_is_due(world: World, card: UUID) -> None:
    await world.do(cards.change_card, card, CardChange(start=date(2026, 12, 1), due=date(2026, 12, 1)), 1)
    for wrong in (CardChange(due=date(2026, 11, 30)), CardChange(start=date(2026, 12, 2))):
        with pytest.raises(Invalid):
            await world.do(cards.change_card, card, wrong, 2)


async def test_what_is_ticked_is_counted_on_the_card(world: World, card: UUID) -> None:
    made = await world.do(checklists.add_list, card, ListInput(title="Pièces"))
    one, two, three = [await world.do(checklists.add_task, made.id, TaskInput(title=title)) for title in "ABC"]
    await world.do(checklists.change_task, two.id, TaskChange(done=True, person=world.editor.id, due=date(2026, 12, 1)))
    await world.do(checklists.change_task, three.id, TaskChange(position=0))
    shown = await face(world)
    assert (shown["tasks"], shown["tasks_done"], shown["rev"]) == (3, 1, 1)
    tasks = (await look(world, card)).checklists[0].tasks
    assert [task.title for task in tasks] == ["C", "A", "B"]
    assert tasks[2].person is not None and tasks[2].person.name == "Bruno Petit"
    with pytest.raises(Invalid):
        await world.do(checklists.change_task, one.id, TaskChange(person=world.stranger.id))
    await world.do(checklists.remove_task, two.id)
    assert (await face(world))["tasks_done"] == 0
    await world.do(checklists.remove_list, made.id)
    assert (await face(world))["tasks"] == 0
    told = [row for row in (await rows_of(world, Notification)).values() if row.person_id == world.editor.id]
    assert any("B" in row.params.values() for row in told)


async def test_members_comment_and_react_and_those_named_are_told(world: World, card: UUID) -> None:
    made = await world.do(comments.add_comment, card, CommentInput(text="@Bruno Petit : **vu** ?"), actor=world.reader)
    await world.do(lambda tx, actor: comments.react(tx, actor, made.id, Sign.AGREED, given=True))
    await world.do(lambda tx, actor: comments.react(tx, actor, made.id, Sign.AGREED, given=True))
    shown = (await look(world, card)).comments[0]
    assert (shown.person.name, shown.mine, shown.removable) == ("Chloé Roux", False, True)
    assert [(one.sign, one.people, one.mine) for one in shown.reactions] == [(Sign.AGREED, ["Élodie Martin"], True)]
    assert (await face(world))["comments"] == 1
    told = [row.person_id for row in (await rows_of(world, Notification)).values() if row.kind == "mention"]
    assert told == [world.editor.id]
    with pytest.raises(Denied):
        await world.do(comments.change_comment, made.id, CommentInput(text="x"), 1)
    with pytest.raises(Denied):
        await world.do(comments.remove_comment, made.id, actor=world.editor)
    with pytest.raises(NotFound):
        await world.do(comments.add_comment, card, CommentInput(text="x"), actor=world.stranger)
    await world.do(comments.remove_comment, made.id)
    assert (await face(world))["comments"] == 0


async def test_a_file_is_seen_on_a_card_by_those_who_may_read_it(world: World, card: UUID) -> None:
    async with world.db.write() as tx:
        folder = await files.create_folder(tx, world.owner, world.space, FolderInput(name="Plans"))
        hidden = await spaces.create_space(tx, world.owner, SpaceInput(title="Affaires réservées"))
        rows = [
            Node(
                id=new_id(), space_id=space, folder_id=space, kind=Kind.FILE.value, name=name, name_key=name,
                sort_name=sort_key(name), created_at=tx.now, updated_at=tx.now,
            )
            for name, space in (("plan.pdf", world.space), ("secret.pdf", hidden.id))
        ]  # fmt: skip
        tx.add(*rows)
    plan, secret = (row.id for row in rows)
    for file in (plan, secret, plan):
        await world.do(attachments.attach_file, card, file)
    assert [file.name for file in (await look(world, card)).files] == ["plan.pdf", "secret.pdf"]
    assert [file.name for file in (await look(world, card, world.reader)).files] == ["plan.pdf"]
    assert (await face(world))["files"] == 1  # what hangs elsewhere is not counted before those who cannot see it
    for thing, reason in ((folder.id, Invalid), (new_id(), NotFound)):
        with pytest.raises(reason):
            await world.do(attachments.attach_file, card, thing)
    for refused in (attachments.attach_file, attachments.detach_file):
        with pytest.raises(NotFound):
            await world.do(refused, card, secret, actor=world.editor)
    async with world.db.read() as tx:
        entries, _ = await history.page_history(tx, world.reader, card)
    assert "secret" not in str(entries)
    await world.do(attachments.detach_file, card, plan)
    assert [file.name for file in (await look(world, card)).files] == ["secret.pdf"]


async def test_a_card_tells_who_did_what(world: World, card: UUID) -> None:
    _, doing, _ = await world.columns()
    change = CardChange(title="Toit", description="Tuiles", due=date(2026, 12, 1), assignees=[world.editor.id])
    await world.do(cards.change_card, card, change, 1)
    await world.do(cards.change_card, card, CardChange(column=doing, position=0), None, actor=world.editor)
    await world.do(cards.change_card, card, CardChange(column=doing, position=0), None)  # it is there: nothing to tell
    async with world.db.read() as tx:
        entries, after = await history.page_history(tx, world.reader, card)
        first, more = await history.page_history(tx, world.reader, card, limit=2)
        rest, _ = await history.page_history(tx, world.reader, card, after=more, limit=2)
        with pytest.raises(NotFound):
            await history.page_history(tx, world.stranger, card)
    assert after is None and [*first, *rest] == entries
    assert [(entry.action, entry.person) for entry in entries] == [
        ("moved", "Bruno Petit"),
        ("changed", "Élodie Martin"),
        ("created", "Élodie Martin"),
    ]
    assert entries[0].details == {"from_column": "À faire", "to_column": "En cours"}
    assert entries[1].details["title"] == ["Toiture", "Toit"]
    assert entries[1].details["due"] == [None, "2026-12-01"]
    assert entries[1].details["assignees"] == [[], ["Bruno Petit"]]
    assert "Tuiles" not in str(entries[1].details)


async def archive(world: World, card: UUID) -> None:
    await world.do(lambda tx, actor: cards.remove_card(tx, actor, card, archive=True))


async def test_what_is_archived_is_kept_and_comes_back(world: World, card: UUID) -> None:
    todo, doing, _ = await world.columns()
    (gone,) = await world.add_cards(todo, "Retirée")
    await archive(world, card)
    await world.do(cards.remove_card, gone)
    await world.do(lambda tx, actor: service.remove_column(tx, actor, todo, archive=True))
    async with world.db.read() as tx:
        shown = await full.read_archive(tx, world.reader, world.board)
    assert {(one.title, one.until is None) for one in shown.cards} == {("Toiture", True), ("Retirée", False)}
    assert [(one.title, one.until) for one in shown.columns] == [("À faire", None)]
    async with world.db.write() as tx:
        long_ago = tx.now - KEEP_REMOVED - timedelta(days=1)
        await tx.execute(update(CARDS).where(CARDS.c.removed_at.is_not(None)).values(removed_at=long_ago))
        await tx.execute(update(COLUMNS).where(COLUMNS.c.removed_at.is_not(None)).values(removed_at=long_ago))
        job = Job(id=new_id(), kind="x", payload={}, state="ready", run_at=tx.now, created_at=tx.now)
    await cards.destroy_removed(world.db, job)
    assert set(await rows_of(world, Card)) == {card}
    back = await world.do(cards.restore_card, card)
    assert back.column == doing  # its own column is away: the first one that is there
    await world.do(service.restore_column, todo)
    assert await world.titles() == [[], ["Toiture"], []]
    async with world.db.read() as tx:
        assert not await tx.all(select(CARDS.c.id).where(CARDS.c.archived))


async def test_a_column_may_have_a_limit_that_is_shown(world: World, card: UUID) -> None:
    todo, *_ = await world.columns()
    await world.do(service.change_column, todo, ColumnChange(wip=1))
    await world.add_cards(todo, "En plus")
    assert (await world.see())["columns"][0]["wip"] == 1
    assert (await world.titles())[0] == ["Toiture", "En plus"]
    await world.do(service.change_column, todo, ColumnChange(wip=None))
    assert (await world.see())["columns"][0]["wip"] is None


async def test_nothing_is_written_on_an_archived_board(world: World, card: UUID) -> None:
    made = await world.do(checklists.add_list, card, ListInput(title="Pièces"))
    await world.do(service.archive_board, world.board)
    with pytest.raises(Conflict):
        await world.do(comments.add_comment, card, CommentInput(text="x"))
    with pytest.raises(Conflict):
        await world.do(checklists.add_task, made.id, TaskInput(title="x"))


async def test_cards_wait_for_each_other_without_a_circle(world: World, card: UUID) -> None:
    todo, _, done = await world.columns()
    other = await world.do(service.create_board, world.space, "Autre", [("À faire", False)])
    async with world.db.read() as tx:
        (column,) = [one["id"] for one in (await queries.read_board(tx, world.owner, other.id))["columns"]]
    far = (await world.do(cards.create_card, other.id, CardInput(column=UUID(column), title="Échafaudage"))).id
    (last,) = await world.add_cards(todo, "Réception")
    await world.do(dependencies.add_dependency, last, card)
    await world.do(dependencies.add_dependency, card, far)
    assert (await face(world))["blockers"] == 1
    for waiting, blocker in ((far, last), (far, card), (card, card)):
        with pytest.raises(Conflict):
            await world.do(dependencies.add_dependency, waiting, blocker)
    shown = await look(world, card)
    assert ([one.title for one in shown.waits_for], [one.title for one in shown.holds_up]) == (
        ["Échafaudage"],
        ["Réception"],
    )
    await world.do(cards.change_card, card, CardChange(column=done), None)
    assert [one["blockers"] for one in (await world.see())["columns"][0]["cards"]] == [0]
    await world.do(dependencies.remove_dependency, card, far)
    assert (await look(world, card)).waits_for == []


async def test_what_a_card_waits_for_elsewhere_is_told_to_those_who_may_read_it(world: World, card: UUID) -> None:
    hidden = await world.do(spaces.create_space, SpaceInput(title="Affaires réservées"))
    board = await world.do(service.create_board, hidden.id, "Secret", [("À faire", False)])
    async with world.db.read() as tx:
        (column,) = [one["id"] for one in (await queries.read_board(tx, world.owner, board.id))["columns"]]
    secret = (await world.do(cards.create_card, board.id, CardInput(column=UUID(column), title="Secret"))).id
    with pytest.raises(NotFound):
        await world.do(dependencies.add_dependency, card, secret, actor=world.editor)
    await world.do(dependencies.add_dependency, card, secret)
    assert [one.title for one in (await look(world, card)).waits_for] == ["Secret"]
    assert (await look(world, card, world.editor)).waits_for == []
    assert (await face(world))["blockers"] == 0
    with pytest.raises(NotFound):
        await world.do(dependencies.remove_dependency, card, secret, actor=world.editor)


async def test_who_waits_is_told_when_what_they_wait_for_is_done_or_gone(world: World, card: UUID) -> None:
    _, doing, _ = await world.columns()
    (awaited,) = await world.add_cards(doing, "Devis")
    await world.do(dependencies.add_dependency, card, awaited)

    async def told(verb: Any, *args: Any) -> list[int]:
        """For how many cards the waiting one waits, each time its board is told of it."""
        async with world.db.write() as tx:
            await verb(tx, world.owner, *args)
            revs = [fact.rev for fact in tx.facts if isinstance(fact, Announcement)]
            assert revs == sorted(set(revs))
            return [fact.card.blockers for fact in tx.facts if isinstance(fact, CardChanged) and fact.card.id == card]

    assert await told(service.change_column, doing, ColumnChange(done=True)) == [0]
    assert await told(service.change_column, doing, ColumnChange(done=False)) == [1]
    assert await told(service.change_column, doing, ColumnChange(title="Chez l’entreprise")) == []
    assert await told(service.remove_column, doing) == [0]
    assert await told(service.restore_column, doing) == [1]
    assert await told(cards.remove_card, awaited) == [0]
    assert await told(service.remove_column, doing) == []  # the card was gone before


async def test_views_are_kept_for_oneself_or_shared(world: World) -> None:
    mine = await world.do(views.save_view, world.board, ViewInput(title="À moi", query="person=me"), actor=world.reader)
    with pytest.raises(Denied):
        await world.do(views.save_view, world.board, ViewInput(title="A", query="", shared=True), actor=world.reader)
    shared = await world.do(views.save_view, world.board, ViewInput(title="Budget", query="view=table", shared=True))
    async with world.db.read() as tx:
        seen = await views.list_views(tx, world.reader, world.board)
        assert [(view.title, view.mine) for view in seen] == [("Budget", False), ("À moi", True)]
        assert [view.id for view in await views.list_views(tx, world.editor, world.board)] == [shared.id]
    for view, actor, reason in ((mine.id, world.owner, NotFound), (shared.id, world.editor, Denied)):
        with pytest.raises(reason):
            await world.do(views.remove_view, view, actor=actor)
    await world.do(views.remove_view, mine.id, actor=world.reader)


async def test_my_tasks_are_mine_and_those_of_my_service(world: World, card: UUID) -> None:
    todo, *_ = await world.columns()
    (ours,) = await world.add_cards(todo, "Pour la voirie")
    unit = await add_unit(world, "Voirie")
    await world.do(cards.change_card, card, CardChange(assignees=[world.editor.id], due=date(2026, 11, 1)), 1)
    await world.do(cards.change_card, ours, CardChange(units=[unit]), 1)
    agent = replace(world.editor, groups=frozenset({unit}))
    today = date(2026, 11, 26)
    async with world.db.read() as tx:
        both = await queries.list_my_cards(tx, agent, today, with_units=True)
        own = await queries.list_my_cards(tx, agent, today)
        elsewhere = replace(world.stranger, groups=frozenset({unit}))
        other = await queries.list_my_cards(tx, elsewhere, today, with_units=True)
    assert [(one.title, one.late) for one in both] == [("Toiture", True), ("Pour la voirie", False)]
    assert [one.title for one in own] == ["Toiture"]
    assert other == []  # in no space: what their service has to do there is not theirs to see
