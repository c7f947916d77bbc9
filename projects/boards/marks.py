"""What a card bears on its face besides its own row: people, services, labels, values, members, files, blockers.

All of it comes in one statement, for a card, a column or a whole board: a move pays for it too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    String,
    bindparam,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from collab.core.database import Tx
from collab.files.models import Node
from directory.people.models import Person
from directory.units.models import Unit
from projects.boards.fields import CardValue
from projects.boards.labels import BoardLabel, CardLabel
from projects.boards.models import CARDS, Board, BoardColumn, Card, CardAssignee, CardMember, CardUnit
from projects.boards.parts import CardBlocker, CardFile

Marks = dict[str, Any]
_MEMBERS = {"members": "person", "services": "unit"}


def _statement(which: ColumnElement[bool]) -> CompoundSelect[Any]:
    """The marks of the live cards for which `which` holds, in the order in which they are shown."""
    none = type_coerce(null(), String)

    def of(kind: str, link: Any, target: Any, name: Any, photo: Any, key: Any) -> Any:
        word: ColumnElement[str] = literal_column(f"'{kind}'", String)
        columns: tuple[Any, ...] = (
            link.card_id,
            word.label("kind"),
            col(target.id).label("thing"),
            name.label("name"),
            photo.label("photo"),
        )
        return select(*columns, key.label("key")).join(Card, col(Card.id) == link.card_id).where(which)

    people = of(
        "assignees", CardAssignee, Person, col(Person.display_name), col(Person.photo_hash), col(Person.sort_name)
    )
    units = of("units", CardUnit, Unit, col(Unit.name), none, col(Unit.name))
    members = of("members", CardMember, Person, col(Person.display_name), col(Person.photo_hash), col(Person.sort_name))
    services = of("services", CardMember, Unit, col(Unit.name), none, col(Unit.name))
    labels = of("labels", CardLabel, BoardLabel, none, none, col(BoardLabel.name))
    said = col(CardValue.value)
    values: Any = (CardValue.card_id, literal_column("'values'", String), CardValue.field_id, said, Person.photo_hash)
    files = of("files", CardFile, Node, none, none, none).join(Board, col(Board.id) == col(Card.board_id))
    blocker, column, its_board = aliased(Card), aliased(BoardColumn), aliased(Board)
    blockers = of("blockers", CardBlocker, blocker, none, none, none).join(Board, col(Board.id) == col(Card.board_id))
    same_space = (col(its_board.id) == col(blocker.board_id)) & (col(its_board.space_id) == col(Board.space_id))
    return union_all(
        blockers.join(blocker, col(blocker.id) == col(CardBlocker.blocker_id))
        .join(column, col(column.id) == col(blocker.column_id))
        .join(its_board, same_space)
        .where(col(blocker.removed_at).is_(None), col(column.removed_at).is_(None), ~col(column.done)),
        people.join(Person, col(Person.id) == col(CardAssignee.person_id)),
        units.join(Unit, col(Unit.id) == col(CardUnit.unit_id)),
        members.join(Person, col(Person.id) == col(CardMember.principal_id)),
        services.join(Unit, col(Unit.id) == col(CardMember.principal_id)),
        # What says somebody has a name to sort by; nothing else has.
        select(*values, col(Person.display_name))
        .join(Card, col(Card.id) == col(CardValue.card_id))
        .outerjoin(Person, col(Person.id) == col(CardValue.person_id))
        .where(which),
        labels.join(BoardLabel, col(BoardLabel.id) == col(CardLabel.label_id)),
        files.join(
            Node,
            (col(Node.id) == col(CardFile.node_id))
            & (col(Node.space_id) == col(Board.space_id))
            & col(Node.trash_id).is_(None),
        ),
    ).order_by("kind", "key", "thing")


_OF = {name: _statement(CARDS.c[name] == bindparam("key_")) for name in ("id", "board_id", "column_id")}
_AMONG = _statement(CARDS.c.id.in_(bindparam("key_", expanding=True)))


async def marks_of(tx: Tx, name: str, key: UUID) -> Mapping[UUID, Marks]:
    """The marks of each card whose column `name` (id, board_id, column_id) is `key`, as JSON values of a CardView."""
    return _gathered((await tx.execute(_OF[name], {"key_": key})).all())


async def marks_among(tx: Tx, cards: Sequence[UUID]) -> Mapping[UUID, Marks]:
    """The same of each of these cards."""
    return _gathered((await tx.execute(_AMONG, {"key_": list(cards)})).all())


def _gathered(rows: Sequence[Any]) -> Mapping[UUID, Marks]:
    found: dict[UUID, Marks] = defaultdict(unmarked)
    for card, kind, thing, title, photo, key in rows:
        marks = found[card]
        if kind == "assignees":
            marks[kind].append({"id": str(thing), "name": title, "photo": bool(photo)})
        elif kind == "units":
            marks[kind].append({"id": str(thing), "name": title})
        elif kind in _MEMBERS:
            whom = {"id": str(thing), "kind": _MEMBERS[kind], "name": title, "photo": bool(photo)}
            marks["members"].append(whom)
        elif kind == "labels":
            marks[kind].append(str(thing))
        elif kind == "values":
            marks[kind][str(thing)] = title if key is None else {"id": title, "name": key, "photo": bool(photo)}
        else:
            marks[kind] += 1
    return found


def unmarked() -> Marks:
    """The marks of a card that bears none."""
    return {"assignees": [], "units": [], "labels": [], "members": [], "values": {}, "files": 0, "blockers": 0}
