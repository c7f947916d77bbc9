"""The only writer of the checklists of cards. What is counted on the card's face is counted anew with each change."""

from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlmodel import SQLModel, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.topics import raise_rev
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.access import Can
from directory.people.models import Person
from projects.boards import access
from projects.boards.access import CardPlace
from projects.boards.events import topic_of
from projects.boards.faces import tell_face
from projects.boards.history import note
from projects.boards.models import CARDS
from projects.boards.ordering import Order, is_too_long
from projects.boards.parts import (
    MAX_LISTS,
    MAX_TASKS,
    CardChecklist,
    CardTask,
    ListInput,
    TaskChange,
    TaskInput,
)
from projects.boards.people import sees_card
from projects.boards.service import NOTHING_TO_CHANGE

ORDER_OF_TASKS = Order(SQLModel.metadata.tables["card_task"], "checklist_id")


async def add_list(tx: Tx, actor: Actor, card_id: UUID, data: ListInput) -> CardChecklist:
    """A new checklist, after the others."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(place.board))
    if len(await tx.all(select(col(CardChecklist.id)).where(col(CardChecklist.card_id) == card_id))) >= MAX_LISTS:
        raise Invalid("boards.too_many_lists", msg("A card has %(most)s checklists at most.", most=MAX_LISTS))
    made = CardChecklist(id=new_id(), card_id=card_id, title=data.title)
    tx.add(made)
    await note(tx, actor, card_id, "list_added", title=data.title)
    await _settle(tx, place, rev)
    return made


async def rename_list(tx: Tx, actor: Actor, list_id: UUID, data: ListInput) -> CardChecklist:
    """Give a checklist another title."""
    found, place, rev = await _take_list(tx, actor, list_id)
    found.title = data.title
    await _settle(tx, place, rev)
    return found


async def remove_list(tx: Tx, actor: Actor, list_id: UUID) -> None:
    """Remove a checklist with what is on it."""
    found, place, rev = await _take_list(tx, actor, list_id)
    await tx.delete(found)
    await note(tx, actor, place.card, "list_removed", title=found.title)
    await _settle(tx, place, rev)


async def add_task(tx: Tx, actor: Actor, list_id: UUID, data: TaskInput) -> CardTask:
    """A new thing to tick off, the last one of its list."""
    _, place, rev = await _take_list(tx, actor, list_id)
    if (await tx.one(select(func.count()).where(col(CardTask.checklist_id) == list_id))) >= MAX_TASKS:
        raise Invalid("boards.too_many_tasks", msg("A checklist has %(most)s entries at most.", most=MAX_TASKS))
    key = new_id()
    rank = await ORDER_OF_TASKS.rank_at_end(tx, list_id, key)
    task = CardTask(id=key, checklist_id=list_id, rank=rank, title=data.title)
    tx.add(task)
    await _settle(tx, place, rev)
    return task


async def change_task(tx: Tx, actor: Actor, task_id: UUID, change: TaskChange) -> CardTask:
    """Tick, rename, give to somebody, date or move a thing to tick off.

    Those who see only their own cards may tick.
    """
    task, place, rev = await _take_task(tx, actor, task_id, own=change.model_fields_set == {"done"})
    values: dict[str, Any] = change.model_dump(exclude_unset=True)
    if not values:
        raise Invalid(message=NOTHING_TO_CHANGE)
    if "position" in values:
        task.rank = await ORDER_OF_TASKS.rank_at(tx, task.checklist_id, values.pop("position"), task_id)
    if "person" in values:
        await _give(tx, actor, place, task, values.pop("person"))
    if values.get("done", task.done) != task.done:
        await note(tx, actor, place.card, "task_done" if values["done"] else "task_undone", title=task.title)
    task.sqlmodel_update(values)
    await _settle(tx, place, rev)
    if is_too_long(task.rank):
        await ORDER_OF_TASKS.shorten(tx, task.checklist_id)
    return task


async def remove_task(tx: Tx, actor: Actor, task_id: UUID) -> None:
    """Take a thing off its list."""
    task, place, rev = await _take_task(tx, actor, task_id)
    await tx.delete(task)
    await note(tx, actor, place.card, "task_removed", title=task.title)
    await _settle(tx, place, rev)


async def _give(tx: Tx, actor: Actor, place: CardPlace, task: CardTask, person: UUID | None) -> None:
    """Make a task somebody's; they are told."""
    if person is not None and person != task.person_id:
        sees = await sees_card(tx, place.card)
        if not await tx.all(select(col(Person.id)).where(col(Person.id) == person, col(Person.active), sees)):
            message = msg("This person does not see this card: make them a member of it first.")
            raise Invalid("boards.not_members", errors={"person": message})
        if person != actor.person_id:
            text = msg("“%(task)s” is yours to do.", task=task.title)
            url, key = f"/boards/{place.board}?card={place.card}", f"boards.task:{task.id}:{tx.now.timestamp()}"
            await notify(tx, person, Kind.ASSIGNMENT, text, url=url, key=key)
    task.person_id = person


async def _take_list(tx: Tx, actor: Actor, list_id: UUID, *, own: bool = False) -> tuple[CardChecklist, CardPlace, int]:
    decided(f"board:{Can.EDIT}")
    card_id: UUID | None = await tx.one(select(col(CardChecklist.card_id)).where(col(CardChecklist.id) == list_id))
    if card_id is None:
        raise NotFound()
    place = await access.find_card(tx, actor, card_id, Can.EDIT, own=own)
    rev = await raise_rev(tx, topic_of(place.board))
    found = await tx.lock(CardChecklist, list_id)
    if found is None:
        raise NotFound()
    return found, place, rev


async def _take_task(tx: Tx, actor: Actor, task_id: UUID, *, own: bool = False) -> tuple[CardTask, CardPlace, int]:
    decided(f"board:{Can.EDIT}")
    list_id: UUID | None = await tx.one(select(col(CardTask.checklist_id)).where(col(CardTask.id) == task_id))
    if list_id is None:
        raise NotFound()
    _, place, rev = await _take_list(tx, actor, list_id, own=own)
    task = await tx.lock(CardTask, task_id)
    if task is None:
        raise NotFound()
    return task, place, rev


async def _settle(tx: Tx, place: CardPlace, rev: int) -> None:
    """Count the card's tasks and show its face."""
    await tx.flush()
    statement = select(func.count(), func.sum(case((col(CardTask.done), 1), else_=0)))
    statement = statement.select_from(CardTask).join(CardChecklist, col(CardChecklist.id) == col(CardTask.checklist_id))
    row: Any = (await tx.execute(statement.where(col(CardChecklist.card_id) == place.card))).one()
    total, done = row
    counted = {"tasks": total, "tasks_done": int(done or 0)}
    await tx.execute(update(CARDS).where(CARDS.c.id == place.card).values(**counted))
    await tell_face(tx, place, rev)
