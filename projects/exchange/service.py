"""The only writer of imports, until one is on its way: writing.py makes the board.

The doors have the file read (apart.py) before they call: nothing here waits for more than its transaction.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Denied
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.jobs import Job, enqueue
from collab.core.text import sort_key
from collab.spaces.access import Can, require
from collab.spaces.queries import people_of
from directory.units.models import Unit
from projects.boards.labels import BoardLabel
from projects.boards.models import COLUMNS, Board
from projects.boards.rules import spread
from projects.exchange.access import get_import
from projects.exchange.fields import made_fields
from projects.exchange.matching import match_people
from projects.exchange.models import (
    KEEP,
    MOST_KEPT,
    BoardImport,
    ColumnPreview,
    ImportChoice,
    ImportView,
    PersonPreview,
    State,
    TablePreview,
)

WRITE = "boards.import"


async def receive_import(
    tx: Tx, actor: Actor, space_id: UUID, name: str, raw: bytes, about: dict[str, Any], wanted: dict[str, Any]
) -> BoardImport:
    """Keep a file that was read, to be looked at before it is taken. One's oldest are forgotten beyond MOST_KEPT."""
    await require(tx, actor, space_id, Can.EDIT)
    if actor.person_id is None:
        raise Denied()
    made = BoardImport(
        id=new_id(),
        space_id=space_id,
        person_id=actor.person_id,
        name=name,
        title=about["title"] or name.rpartition(".")[0][:200] or name,
        raw=raw,
        about=about,
        wanted=wanted,
        made={},
        created_at=tx.now,
    )
    own = select(col(BoardImport.id)).where(
        col(BoardImport.person_id) == actor.person_id, col(BoardImport.state) != State.RUNNING
    )
    old: Sequence[UUID] = await tx.all(own.order_by(col(BoardImport.id).desc()).offset(MOST_KEPT - 1))
    await tx.execute(delete(BoardImport).where(col(BoardImport.id).in_(old)))
    tx.add(made)
    await tx.flush()
    return made


async def change_import(
    tx: Tx, actor: Actor, import_id: UUID, choice: ImportChoice, about: dict[str, Any], wanted: dict[str, Any]
) -> BoardImport:
    """Take the file in another way: `about` is what it says then."""
    found = await _waiting(tx, actor, import_id)
    if choice.title is not None:
        found.title = choice.title
    elif choice.board is not None and about["title"]:
        found.title = about["title"]
    found.about, found.wanted = about, wanted
    return found


async def start_import(tx: Tx, actor: Actor, import_id: UUID) -> BoardImport:
    """Make the board with its columns and labels, and owe its cards."""
    found = await _waiting(tx, actor, import_id)
    board = Board(id=new_id(), space_id=found.space_id, title=found.title, created_at=tx.now, updated_at=tx.now)
    tx.add(board)
    await tx.flush()
    columns = found.about["columns"] or [{"title": found.title, "done": False, "wip": None, "archived": False}]
    rows = [
        {
            "id": new_id(),
            "board_id": board.id,
            "title": column["title"],
            "done": column["done"],
            "wip": column["wip"],
            "rank": rank,
            "archived": column["archived"],
            "removed_at": tx.now if column["archived"] else None,
        }
        for column, rank in zip(columns, spread(len(columns)), strict=True)
    ]
    await tx.execute(insert(COLUMNS), rows)
    labels = [
        BoardLabel(id=new_id(), board_id=board.id, name=name, name_key=sort_key(name), colour=colour)
        for name, colour in found.about["labels"].items()
    ]
    tx.add(*labels)
    fields = made_fields(board.id, found.about.get("fields", []), tx.now)
    tx.add(*fields)
    found.made = {
        "fields": [str(field.id) for field in fields],
        "columns": [str(row["id"]) for row in rows],
        "labels": {label.name: str(label.id) for label in labels},
        "cards": {},
    }
    found.board_id, found.state = board.id, State.RUNNING.value
    kind, cards = found.about["kind"], found.about["cards"]
    tx.record(actor, "boards.import", space=found.space_id, subject=board.id, title=board.title, kind=kind, cards=cards)
    await enqueue(tx, WRITE, {"import": str(found.id)}, key=f"{WRITE}:{found.id}")
    return found


async def drop_import(tx: Tx, actor: Actor, import_id: UUID) -> None:
    """Forget the file; a board that was made of it stays. Raises Conflict while it is being made."""
    found = await get_import(tx, actor, import_id)
    if found.state == State.RUNNING:
        raise _under_way()
    await tx.delete(found)


async def _waiting(tx: Tx, actor: Actor, import_id: UUID) -> BoardImport:
    await get_import(tx, actor, import_id)
    found = await tx.lock(BoardImport, import_id)
    if found is None or found.state != State.READ:
        raise _under_way()
    return found


def _under_way() -> Conflict:
    return Conflict("exchange.under_way", msg("This import has already begun: open its page to see how far it is."))


async def view_import(tx: Tx, actor: Actor, import_id: UUID) -> ImportView:
    """An import as its person sees it; its losses are told by the door, in their language."""
    found = await get_import(tx, actor, import_id)
    about = found.about
    known = match_people(about["people"], await people_of(tx, found.space_id))
    units = await units_by_name(tx, about["units"])
    return ImportView(
        id=found.id,
        space=found.space_id,
        board=found.board_id,
        name=found.name,
        title=found.title,
        kind=about["kind"],
        state=State(found.state),
        failure=found.failure,
        done=found.done,
        cards=about["cards"],
        archived=about["archived"],
        checklists=about["checklists"],
        comments=about["comments"],
        labels=list(about["labels"]),
        boards=about["boards"],
        chosen=about["board"],
        columns=[ColumnPreview.model_validate(column) for column in about["columns"]],
        people=[
            PersonPreview(name=one["name"], known=known[key].display_name if key in known else "", cards=one["cards"])
            for key, one in about["people"].items()
        ],
        unknown_units=[name for name in about["units"] if name not in units],
        table=TablePreview.model_validate(about["table"]) if "table" in about else None,
    )


async def units_by_name(tx: Tx, names: Sequence[str]) -> dict[str, UUID]:
    """The services of these names, where only one bears it."""
    if not names:
        return {}
    found: dict[str, list[UUID]] = {}
    for key, name in await tx.rows(select(col(Unit.id), col(Unit.name)).where(col(Unit.active))):
        found.setdefault(sort_key(name), []).append(key)
    named = {name: found.get(sort_key(name), []) for name in names}
    return {name: ids[0] for name, ids in named.items() if len(ids) == 1}


async def forget_imports(db: Database, _job: Job) -> None:
    """Forget the files that nobody took up, and what was said of the others; a daily job."""
    async with db.write() as tx:
        old = col(BoardImport.created_at) < tx.now - KEEP
        await tx.execute(delete(BoardImport).where(old, col(BoardImport.state) != State.RUNNING))
