"""The only writer of cards.

A move is the most frequent change and takes seven short statements: where the card lies, the actor's role, the turn on
the board's topic, the column, the neighbours, the card's row, its people. It touches no other card's row.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Invalid, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.core.topics import raise_rev
from collab.spaces.access import Can
from projects.boards import access, card_templates, contents, queries
from projects.boards.access import CardPlace
from projects.boards.dependencies import tell_waiting
from projects.boards.events import (
    OVERALL,
    CardChanged,
    CardCreated,
    CardMoved,
    CardRemoved,
    CardRestored,
    CardsReordered,
    heard_by,
    hearing,
    topic_of,
)
from projects.boards.faces import tell_hidden
from projects.boards.history import note
from projects.boards.marks import unmarked
from projects.boards.models import (
    CARDS,
    COLUMNS,
    Card,
    CardAssignee,
    CardChange,
    CardDetails,
    CardInput,
)
from projects.boards.ordering import ORDER_OF_CARDS, is_too_long
from projects.boards.rules import KEEP_REMOVED
from projects.boards.seeing import concerned_by
from projects.boards.service import NOTHING_TO_CHANGE, announce
from projects.boards.sight import Sight, is_of_sight
from projects.boards.values import write_values

LIVE = CARDS.c.removed_at.is_(None)
# What every move and every new card runs is built once.
_COLUMN_OF_BOARD = select(COLUMNS.c.id).where(
    COLUMNS.c.id == bindparam("column"), COLUMNS.c.board_id == bindparam("board"), COLUMNS.c.removed_at.is_(None)
)
_PLACING = (
    update(CARDS)
    .where(CARDS.c.id == bindparam("card"), LIVE)
    .values(column_id=bindparam("to_column"), rank=bindparam("to_rank"))
    .returning(*queries.DETAILS)
)
_CREATING = insert(CARDS).returning(*queries.DETAILS)
_CONTENT = select(*(CARDS.c[name] for name in contents.FIELDS)).where(CARDS.c.id == bindparam("card"))


async def create_card(tx: Tx, actor: Actor, board_id: UUID, data: CardInput) -> CardDetails:
    """A new card, the last one of its column."""
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    await _check_column(tx, place.board, data.column)
    plan = await card_templates.find_plan(tx, place.board, data.template) if data.template else None
    key = new_id()
    rank = await ORDER_OF_CARDS.rank_at_end(tx, data.column, key)
    values = {
        "id": key,
        "board_id": place.board,
        "column_id": data.column,
        "title": data.title,
        "rank": rank,
        "rev": 1,
        "description": plan.description if plan else "",
        "tasks": sum(len(one.tasks) for one in plan.checklists) if plan else 0,
        "tasks_done": 0,
        "comments": 0,
        "archived": False,
        "hidden": False,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    row = (await tx.execute(_CREATING, values)).one()
    marks = unmarked()
    if plan is not None:
        await card_templates.fill_card(
            tx, actor, CardPlace(place.board, place.space, data.column, key, place.role), plan
        )
        marks = await queries.marks_of_card(tx, key)
    card = queries.details_of(row, marks)
    await note(tx, actor, key, "created")
    shown = queries.card_on_board(card)
    tx.emit(CardCreated(topic=topic, rev=rev, column=card.column, card=shown, audience=heard_by(card)))
    return await _with_short_rank(tx, topic, card)


async def change_card(tx: Tx, actor: Actor, card_id: UUID, change: CardChange, rev: int | None) -> CardDetails:
    """Change what a card says, where it lies, or both. `rev`: the one that was seen, needed for content.

    Those who see only their own cards may move these.
    """
    place = await access.find_card(tx, actor, card_id, Can.EDIT, own=not change.content)
    if not change.model_fields_set:
        raise Invalid(message=NOTHING_TO_CHANGE)
    number = await raise_rev(tx, topic_of(place.board))
    card: CardDetails | None = None
    if change.content:
        assert rev is not None
        card = await _write_content(tx, actor, place, change, rev, number)
        if change.moves:
            number = await raise_rev(tx, topic_of(place.board))
    if change.moves:
        card = await _move(tx, actor, place, change, number)
    assert card is not None
    return card


async def _write_content(
    tx: Tx, actor: Actor, place: CardPlace, change: CardChange, rev: int, number: int
) -> CardDetails:
    values = change.content
    said = values.pop("values", {})
    marks = {name: set(values.pop(name)) for name in contents.MARKS if name in values}
    before = (await tx.execute(_CONTENT, {"card": place.card})).one_or_none()
    sight = (
        await Sight.of(tx, place, hidden=before is not None and before.hidden) if is_of_sight(values, marks) else None
    )
    row = (
        await tx.execute(
            update(CARDS)
            .where(CARDS.c.id == place.card, CARDS.c.rev == rev, LIVE)
            .values(**values, rev=rev + 1, updated_at=tx.now)
            .returning(*queries.DETAILS)
        )
    ).one_or_none()
    if row is None or before is None:
        current = await queries.read_card(tx, actor, place.card)
        raise StaleRevision(
            current=current.model_dump(mode="json"), yours=change.model_dump(mode="json", exclude_unset=True)
        )
    contents.check_dates(row.start, row.due, values)
    changed: dict[str, Any] = {name: list(was_and_is) for name, was_and_is in contents.differences(before, row)}
    for name, wanted in marks.items():
        changed |= await contents.write_marks(tx, actor, place, name, wanted, row.title)
    changed |= await write_values(tx, actor, place, said)
    if changed:
        await note(tx, actor, place.card, "changed", **changed)
    if sight is not None:
        await sight.keep(tx, actor, hidden=row.hidden)
    card = queries.details_of(row, await queries.marks_of_card(tx, place.card))
    if sight is not None:
        await sight.tell(tx, actor, card, number)
    else:
        shown = queries.card_on_board(card)
        tx.emit(CardChanged(topic=topic_of(place.board), rev=number, card=shown, audience=heard_by(card)))
    return card


async def _move(tx: Tx, actor: Actor, place: CardPlace, change: CardChange, number: int) -> CardDetails:
    topic = topic_of(place.board)
    if "column" in change.model_fields_set:
        column = change.column
        await _check_column(tx, place.board, column)
    else:  # asked again: another move may have come first
        column = (await tx.execute(select(col(Card.column_id)).where(col(Card.id) == place.card))).scalar_one()
    if "position" in change.model_fields_set:
        rank = await ORDER_OF_CARDS.rank_at(tx, column, change.position, place.card)
    else:
        rank = await ORDER_OF_CARDS.rank_at_end(tx, column, place.card)
    row = (await tx.execute(_PLACING, {"card": place.card, "to_column": column, "to_rank": rank})).one_or_none()
    if row is None:
        raise NotFound()
    card = queries.details_of(row, await queries.marks_of_card(tx, place.card))
    audience = heard_by(card)
    tx.emit(CardMoved(topic=topic, rev=number, card=place.card, column=column, rank=rank, audience=audience))
    if column != place.column:
        await note(tx, actor, place.card, "moved", from_column=str(place.column), to_column=str(column))
        await tell_waiting(tx, place.card)
    return await _with_short_rank(tx, topic, card)


async def _with_short_rank(tx: Tx, topic: str, card: CardDetails) -> CardDetails:
    """The card as it is, once the ranks of its column are short."""
    if is_too_long(card.rank):
        column, ranks = card.column, await ORDER_OF_CARDS.shorten(tx, card.column)
        hidden = set(await tx.all(select(CARDS.c.id).where(CARDS.c.column_id == column, CARDS.c.hidden)))
        told = {one: rank for one, rank in ranks.items() if one not in hidden}
        await announce(
            tx, topic, lambda rev: CardsReordered(topic=topic, rev=rev, column=column, ranks=told, audience=OVERALL)
        )
        if hidden:
            await tell_hidden(tx, column, CardMoved)
        card.rank = ranks[card.id]
    return card


async def _check_column(tx: Tx, board_id: UUID, column_id: UUID) -> None:
    found = await tx.execute(_COLUMN_OF_BOARD, {"board": board_id, "column": column_id})
    if found.one_or_none() is None:
        raise Invalid("boards.no_such_column", errors={"column": msg("This column is not on this board.")})


async def remove_card(tx: Tx, actor: Actor, card_id: UUID, *, archive: bool = False) -> None:
    """Take a card off its board; it can be restored. `archive`: and is kept for as long as the board."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    statement = update(CARDS).where(CARDS.c.id == card_id, LIVE).values(removed_at=tx.now, archived=archive)
    row = (await tx.execute(statement.returning(CARDS.c.hidden))).one_or_none()
    if row is None:
        raise NotFound()
    await note(tx, actor, card_id, "archived" if archive else "removed")
    audience = hearing((await concerned_by(tx, [card_id]))[card_id], hidden=row.hidden)
    tx.emit(CardRemoved(topic=topic, rev=rev, card=card_id, audience=audience))
    await tell_waiting(tx, card_id)


async def restore_card(tx: Tx, actor: Actor, card_id: UUID) -> CardDetails:
    """Bring a removed card back to where it was, or to the first column when its own is gone; else nothing happens."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT, removed=True)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    removed = await tx.one(select(col(Card.rank)).where(col(Card.id) == card_id, col(Card.removed_at).is_not(None)))
    if removed is None:
        return await queries.read_card(tx, actor, card_id)
    column = await _column_for(tx, place)
    rank = await ORDER_OF_CARDS.rank_again(tx, column, removed, card_id)
    values = {"removed_at": None, "archived": False, "column_id": column, "rank": rank}
    statement = update(CARDS).where(CARDS.c.id == card_id).values(**values)
    row: Any = (await tx.execute(statement.returning(*queries.DETAILS))).one()
    await note(tx, actor, card_id, "restored")
    details = queries.details_of(row, await queries.marks_of_card(tx, card_id))
    shown = queries.card_on_board(details)
    tx.emit(CardRestored(topic=topic, rev=rev, column=details.column, card=shown, audience=heard_by(details)))
    await tell_waiting(tx, card_id)
    return await _with_short_rank(tx, topic, details)


async def _column_for(tx: Tx, place: CardPlace) -> UUID:
    """The column of a card that comes back: its own, or the first one."""
    live = select(COLUMNS.c.id).where(COLUMNS.c.board_id == place.board, COLUMNS.c.removed_at.is_(None))
    columns = await tx.all(live.order_by(COLUMNS.c.rank))
    if not columns:
        raise Conflict("boards.no_column", msg("This board has no column: add one first."))
    return place.column if place.column in columns else columns[0]


async def destroy_removed(db: Database, _job: Job) -> None:
    """Destroy the cards and columns that were removed, not archived, more than KEEP_REMOVED ago; a daily job."""
    async with db.write() as tx:
        before = tx.now - KEEP_REMOVED
        old_columns = select(COLUMNS.c.id).where(COLUMNS.c.removed_at < before, ~COLUMNS.c.archived)
        is_old = ((CARDS.c.removed_at < before) | CARDS.c.column_id.in_(old_columns)) & ~CARDS.c.archived
        old_cards = select(CARDS.c.id).where(is_old)
        await tx.execute(delete(CardAssignee).where(col(CardAssignee.card_id).in_(old_cards)))
        await tx.execute(delete(CARDS).where(is_old))
        # A column in which a card was archived stays for as long as that card.
        await tx.execute(
            delete(COLUMNS).where(
                COLUMNS.c.id.in_(old_columns), ~select(CARDS.c.id).where(CARDS.c.column_id == COLUMNS.c.id).exists()
            )
        )
