"""Boards that come in from files and leave as files: whole, by those who may, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.ids import new_id
from collab.core.jobs import Job, Worker
from collab.core.journal import JournalEntry
from collab.core.text import sort_key
from collab.files.models import Kind, Node, TagColour
from collab.notifications.models import Notification
from collab.spaces import service as spaces
from collab.spaces.models import SpaceInput
from projects.boards import attachments, cards, checklists, comments, dependencies, full, labels, queries, service
from projects.boards.fields import ChoiceInput, FieldChange, FieldInput, change_field, create_field
from projects.boards.kinds import FieldKind
from projects.boards.labels import LabelInput
from projects.boards.models import CardChange, ColumnChange
from projects.boards.parts import CardComment, CommentInput, ListInput, Sign, TaskChange, TaskInput
from projects.exchange import apart, export
from projects.exchange.events import CardsImported
from projects.exchange.export import Form
from projects.exchange.models import KEEP, MOST_KEPT, BoardImport, ImportChoice, ImportView, State
from projects.exchange.reading import Wanted
from projects.exchange.service import (
    WRITE,
    change_import,
    drop_import,
    forget_imports,
    receive_import,
    start_import,
    view_import,
)
from projects.exchange.writing import LOT, write_import
from tests.service.projects.boards.conftest import World
from tests.unit.projects.exchange.files import TRELLO, as_json

GUESSED = Wanted(0, "", [], "Sans titre", "À faire")


async def receive(world: World, raw: bytes, name: str = "fichier.json", actor: Actor | None = None) -> UUID:
    async with apart.read_apart(raw, GUESSED, cards=False) as (about, _):
        pass
    made: BoardImport = await world.do(
        receive_import, world.space, name, raw, about, GUESSED._asdict(), actor=actor or world.editor
    )
    return made.id


async def view(world: World, key: UUID, actor: Actor | None = None) -> ImportView:
    async with world.db.read() as tx:
        return await view_import(tx, actor or world.editor, key)


async def take(world: World, raw: bytes) -> tuple[ImportView, UUID]:
    """Import a file as the editor, to its end; gives what became of it and the board."""
    key = await receive(world, raw)
    await world.do(start_import, key, actor=world.editor)
    await Worker(world.db, {WRITE: write_import}).run_due()
    done = await view(world, key)
    assert done.board is not None
    return done, done.board


async def taken_out(world: World, board: UUID, actor: Actor | None = None) -> dict[str, Any]:
    async with world.db.read() as tx:
        return export.compose(await export.gather(tx, actor or world.owner, board))


async def test_a_board_of_trello_becomes_ours(world: World) -> None:
    done, board = await take(world, as_json(TRELLO))
    assert (done.state, done.done, done.cards, done.title) == (State.DONE, 2, 2, "Travaux d’été")
    assert [(one.name, one.known) for one in done.people] == [("Élodie Martin", "Élodie Martin")]
    whole = await world.see(board)
    assert [(one["title"], [card["title"] for card in one["cards"]]) for one in whole["columns"]] == [
        ("À faire", ["Toiture de l’école"]),
        ("En cours", []),
    ]
    (roof,) = whole["columns"][0]["cards"]
    assert (roof["due"], roof["tasks"], roof["tasks_done"], roof["comments"]) == ("2026-07-01", 2, 1, 2)
    assert [one["name"] for one in roof["assignees"]] == ["Élodie Martin"]
    async with world.db.read() as tx:
        shown = await full.read_full_card(tx, world.editor, UUID(roof["id"]))
        archive = await full.read_archive(tx, world.owner, board)
        assert await tx.one(select(func.count()).select_from(Notification)) == 0
    assert ([one.title for one in archive.cards], [one.title for one in archive.columns]) == (["Devis"], ["Ancienne"])
    # Comments are told to be brought here: nobody is made to say what they did not say here.
    said = [(one.author, one.person.name, one.text, one.mine, one.removable) for one in shown.comments]
    assert said == [
        ("Élodie Martin", "Bruno Petit", "D’abord", False, True),
        ("Jean Dupont", "Bruno Petit", "Ensuite", False, True),
    ]
    assert shown.comments[0].made_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    with pytest.raises(Denied):
        await world.do(comments.change_comment, shown.comments[0].id, CommentInput(text="x"), 1, actor=world.editor)
    # What was brought in goes on as any board.
    await world.do(cards.change_card, UUID(roof["id"]), CardChange(column=UUID(whole["columns"][1]["id"])), None)


async def furnish(world: World) -> list[UUID]:
    """Put onto the board all that a board can hold."""
    todo, doing, done = await world.columns()
    first, second, gone, kept = await world.add_cards(todo, "Toiture", "Échafaudage", "Retirée", "Archivée")
    (last,) = await world.add_cards(done, "Réception")
    urgent = await world.do(labels.create_label, world.board, LabelInput(name="Urgent"))
    await world.do(labels.create_label, world.board, LabelInput(name="Sans carte"))
    change = CardChange(
        description="Voir **le plan**\n\n- a\n- b",
        start=date(2026, 12, 1),
        due=date(2026, 12, 24),
        labels=[urgent.id],
        assignees=[world.editor.id, world.owner.id],
    )
    await world.do(cards.change_card, first, change, 1)
    seers = [world.owner.id, world.editor.id]
    await world.do(cards.change_card, second, CardChange(hidden=True, members=seers), 1)
    await world.do(service.change_column, doing, ColumnChange(wip=3))
    pieces = await world.do(checklists.add_list, first, ListInput(title="Pièces"))
    for title in ("Plan", "Devis"):
        task = await world.do(checklists.add_task, pieces.id, TaskInput(title=title))
    await world.do(
        checklists.change_task, task.id, TaskChange(done=True, person=world.editor.id, due=date(2026, 12, 2))
    )
    for number in range(2):
        said = await world.do(comments.add_comment, first, CommentInput(text=f"Remarque {number}"))
    async with world.db.write() as tx:
        await comments.react(tx, world.reader, said.id, Sign.THANKS, given=True)
    await world.do(dependencies.add_dependency, last, first)
    await world.do(dependencies.add_dependency, first, second)
    await world.do(cards.remove_card, gone)
    async with world.db.write() as tx:
        await cards.remove_card(tx, world.owner, kept, archive=True)
    await world.do(service.add_column, world.board, "À part")
    aside = (await world.columns())[-1]
    await world.add_cards(aside, "Dans une colonne archivée")
    async with world.db.write() as tx:
        await service.remove_column(tx, world.owner, aside, archive=True)
    return [first, second, gone, kept, last]


async def test_what_goes_out_comes_in_again(world: World) -> None:
    await furnish(world)
    out = await taken_out(world, world.board)
    assert [one["title"] for one in out["cards"]] == [
        "Toiture", "Échafaudage", "Archivée", "Réception", "Dans une colonne archivée",
    ]  # fmt: skip
    done, board = await take(world, json.dumps(out).encode())
    assert (done.state, done.failure, done.done) == (State.DONE, "", 5)
    again = await taken_out(world, board)
    for whole in (out, again):
        for card in whole["cards"]:
            for name in ("created_at", "updated_at", "history"):
                del card[name]
            for comment in card["comments"]:
                del comment["reactions"]
    assert again == out
    # And what that gives comes in once more, the same.
    _, third = await take(world, json.dumps(again).encode())
    last = await taken_out(world, third)
    assert [[one["text"] for one in card["comments"]] for card in last["cards"]] == [
        [one["text"] for one in card["comments"]] for card in out["cards"]
    ]


async def test_an_export_tells_what_its_reader_may_read(world: World) -> None:
    first, *_ = await furnish(world)
    async with world.db.write() as tx:
        made = []
        for name, title in (("plan.pdf", None), ("secret.pdf", "Cabinet")):
            space = world.space
            if title:
                space = (await spaces.create_space(tx, world.owner, SpaceInput(title=title))).id
            node = Node(
                id=new_id(), space_id=space, folder_id=space, kind=Kind.FILE.value, name=name, name_key=name,
                sort_name=sort_key(name), created_at=tx.now, updated_at=tx.now,
            )  # fmt: skip
            tx.add(node)
            made.append(node)
        await tx.flush()
    for node in made:
        await world.do(attachments.attach_file, first, node.id)
    for actor, names in ((world.owner, ["plan.pdf", "secret.pdf"]), (world.reader, ["plan.pdf"])):
        out = await taken_out(world, world.board, actor)
        assert sorted(out["cards"][0]["files"]) == names
        assert ("secret" in json.dumps(out)) is (len(names) == 2)
    with pytest.raises(NotFound):
        await taken_out(world, world.board, world.stranger)
    with pytest.raises(NotFound):
        await world.do(export.record_export, world.board, Form.CSV, actor=world.stranger)
    await world.do(export.record_export, world.board, Form.CSV, actor=world.reader)
    async with world.db.read() as tx:
        actions = await tx.all(select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == world.board))
    assert actions[-1] == "boards.export"


async def test_the_rows_of_a_table_can_be_given_to_an_import(world: World) -> None:
    await furnish(world)
    async with world.db.read() as tx:
        rows = export.rows_of(await export.gather(tx, world.owner, world.board), "oui")
    assert [row[0] for row in rows] == ["Toiture", "Échafaudage", "Archivée", "Réception", "Dans une colonne archivée"]
    assert rows[0][1:] == [
        "À faire", "Voir **le plan**\n\n- a\n- b", "2026-12-01", "2026-12-24", "Urgent",
        "Bruno Petit, Élodie Martin", "", "1/2", 2, "",
    ]  # fmt: skip
    assert [row[-1] for row in rows] == ["", "", "oui", "", "oui"]


async def test_five_thousand_cards_come_in_by_lots(world: World) -> None:
    rows = "".join(f'"Carte ""{n}""; n° {n}";Étape {n % 3};Élodie Martin\n' for n in range(5_000))
    done, board = await take(world, f"Titre;Colonne;Responsable\n{rows}".encode("cp1252"))
    assert (done.state, done.done) == (State.DONE, 5_000)
    whole = await world.see(board)
    assert [len(one["cards"]) for one in whole["columns"]] == [1667, 1667, 1666]
    assert [card["title"] for card in whole["columns"][1]["cards"][:2]] == ['Carte "1"; n° 1', 'Carte "4"; n° 4']
    assert whole["rev"] == 5_000 // LOT + 1  # a lot is one rev, and so is the end


async def test_a_worker_that_dies_is_followed_by_one_that_goes_on(world: World) -> None:
    rows = "".join(f"Carte {n};Étape {n % 2}\n" for n in range(2 * LOT + 10))
    key = await receive(world, f"Titre;Colonne\n{rows}".encode())
    await world.do(start_import, key, actor=world.editor)
    lots = 0

    async def die(*_: Any) -> None:
        nonlocal lots
        lots += 1
        if lots == 2:
            raise ConnectionError

    world.db.bus.within(CardsImported, die)
    worker = Worker(world.db, {WRITE: write_import})
    await worker.run_due()
    assert ((await view(world, key)).state, (await view(world, key)).done) == (State.RUNNING, LOT)
    async with world.db.write() as tx:
        await tx.execute(update(Job).values(run_at=tx.now))
    await worker.run_due()
    done = await view(world, key)
    assert (done.state, done.done) == (State.DONE, 2 * LOT + 10)
    assert done.board is not None
    titles = [card["title"] for column in (await world.see(done.board))["columns"] for card in column["cards"]]
    assert sorted(titles) == sorted(f"Carte {n}" for n in range(2 * LOT + 10))


async def test_what_stops_an_import_is_said(world: World) -> None:
    key = await receive(world, b"Titre\nA\nB\n")
    await world.do(start_import, key, actor=world.editor)
    begun = await view(world, key)
    assert begun.board is not None
    await world.do(service.archive_board, begun.board)
    await Worker(world.db, {WRITE: write_import}).run_due()
    stopped = await view(world, key)
    assert (stopped.state, stopped.failure, stopped.done) == (State.FAILED, "archived", 0)

    key = await receive(world, b"Titre\nA\nB\n")
    await world.do(start_import, key, actor=world.editor)
    assert world.editor.id
    await world.do(spaces.remove_member, world.space, world.editor.id)
    await Worker(world.db, {WRITE: write_import}).run_due()
    async with world.db.read() as tx:
        row = await tx.get(BoardImport, key)
    assert row is not None
    assert (row.state, row.failure, row.raw) == (State.FAILED, "left", b"")
    with pytest.raises(NotFound):
        await view(world, key)


async def test_a_file_is_its_persons_alone_and_taken_once(world: World) -> None:
    with pytest.raises(Denied):
        await receive(world, b"Titre\nA\n", actor=world.reader)
    key = await receive(world, b"Titre\nA\n", "cartes.csv")
    assert (await view(world, key)).title == "cartes"
    for actor in (world.owner, world.reader, world.stranger):
        with pytest.raises(NotFound):
            await view(world, key, actor)
        with pytest.raises(NotFound):
            await world.do(start_import, key, actor=actor)
    async with world.db.read() as tx:
        row = await tx.get(BoardImport, key)
    assert row is not None
    choice = ImportChoice(title="Mes cartes")
    await world.do(change_import, key, choice, row.about, row.wanted, actor=world.editor)
    await world.do(start_import, key, actor=world.editor)
    for verb in (start_import, drop_import):
        with pytest.raises(Conflict):
            await world.do(verb, key, actor=world.editor)
    await Worker(world.db, {WRITE: write_import}).run_due()
    done = await view(world, key)
    assert (done.title, done.state) == ("Mes cartes", State.DONE)
    await world.do(drop_import, key, actor=world.editor)
    assert done.board is not None
    assert (await world.see(done.board))["title"] == "Mes cartes"


async def test_files_are_forgotten(world: World) -> None:
    keys = [await receive(world, b"Titre\nA\n") for _ in range(MOST_KEPT + 2)]
    async with world.db.read() as tx:
        assert set(await tx.all(select(col(BoardImport.id)))) == set(keys[2:])
    async with world.db.write() as tx:
        await tx.execute(update(BoardImport).values(created_at=tx.now - KEEP - timedelta(days=1)))
    now = world.db.clock.now()
    await forget_imports(world.db, Job(kind="boards.forget_imports", payload={}, run_at=now, created_at=now))
    async with world.db.read() as tx:
        assert await tx.all(select(col(BoardImport.id))) == []


async def test_a_file_that_cannot_be_read_is_refused(world: World) -> None:
    for raw in (b"{", b"\x00" * 10, b'{"lists": [], "cards": 3}'):
        with pytest.raises(Invalid):
            await receive(world, raw)


async def test_dependencies_of_a_file_close_no_circle(world: World) -> None:
    out = await taken_out(world, world.board)
    out["cards"] = [
        {"key": key, "column": 0, "title": key, "waits_for": waits}
        for key, waits in (("a", ["b", "z"]), ("b", ["c"]), ("c", ["a", "c"]), ("d", ["a"]))
    ]
    _, board = await take(world, json.dumps(out).encode())
    again = await taken_out(world, board)
    titles = {card["key"]: card["title"] for card in again["cards"]}
    assert {card["title"]: [titles[one] for one in card["waits_for"]] for card in again["cards"]} == {
        "a": ["b"],
        "b": ["c"],
        "c": [],
        "d": ["a"],
    }
    async with world.db.read() as tx:
        whole = await queries.read_board(tx, world.owner, board)
        assert await tx.all(select(CardComment)) == []
    assert [card["blockers"] for card in whole["columns"][0]["cards"]] == [1, 1, 0, 1]


async def test_fields_go_out_and_come_in_again(world: World) -> None:
    choices = [ChoiceInput(name="Favorable", colour=TagColour.GREEN), ChoiceInput(name="Réservé")]
    made = []
    for title, kind in (("Coût", "number"), ("Avis", "choice"), ("Instructeur", "person"), ("Ancien", "text")):
        data = FieldInput(title=title, kind=FieldKind(kind), shown=True, choices=choices if kind == "choice" else [])
        made.append(await world.do(create_field, world.board, data))
    (card,) = await world.add_cards((await world.columns())[0], "Permis")
    said = ("12.5", str(made[1].choices[1].id), str(world.editor.id), "gardé")
    values = dict(zip([field.id for field in made], said, strict=True))
    await world.do(cards.change_card, card, CardChange(values=values), 1)
    await world.do(change_field, made[3].id, FieldChange(archived=True))
    first = await taken_out(world, world.board)
    assert first["cards"][0]["values"] == {
        "Coût": "12.5",
        "Avis": "Réservé",
        "Instructeur": "bruno.petit",
        "Ancien": "gardé",
    }
    done, board = await take(world, as_json(first))
    assert done.losses == []
    second = await taken_out(world, board)
    assert second["fields"] == first["fields"]
    assert second["cards"][0]["values"] == first["cards"][0]["values"]
    async with world.db.read() as tx:
        (row,) = export.rows_of(await export.gather(tx, world.reader, world.board), "oui")
    assert row[-4:] == ["12.5", "Réservé", "Bruno Petit", "gardé"]
