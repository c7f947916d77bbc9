"""Boards as this product exports them (export.py): what comes out goes in again. Pure."""

from collections.abc import Mapping
from typing import Any

from collab.core.i18n import msg
from projects.exchange.parcel import Card, Checklist, Column, OwnField, Parcel, Person, Remark, Task, Unreadable
from projects.exchange.plain import colour_of, day_of, line_of, list_of, maps_of, text_of

FORMAT = "hemicycle.board"
VERSION = 1


def is_own(data: Any) -> bool:
    """Whether this is one of ours."""
    return isinstance(data, Mapping) and data.get("format") == FORMAT


def read_own(data: Mapping[str, Any]) -> list[Parcel]:
    """The board. Raises Unreadable for a format that is newer than this version of the product."""
    if data.get("version") != VERSION:
        raise Unreadable(msg("This file was written by a newer version: it cannot be read here."))
    parcel = Parcel(line_of(data.get("title")))
    parcel.columns = [_column(one) for one in maps_of(data.get("columns"))]
    parcel.labels = {line_of(one.get("name")): colour_of(one.get("colour")) for one in maps_of(data.get("labels"))}
    for one in maps_of(data.get("people")):
        parcel.people[line_of(one.get("login"))] = Person(line_of(one.get("name")), line_of(one.get("login")))
    parcel.fields = [_field(one) for one in maps_of(data.get("fields"))]
    for one in maps_of(data.get("cards")):
        column = one.get("column")
        if not isinstance(column, int) or not 0 <= column < len(parcel.columns):
            parcel.losses.count(msg("Cards of a list that is not in the file: %(count)s."))
            continue
        parcel.cards.append(_card(one, column))
        _tell(one, parcel)
    return [parcel]


def _column(one: Mapping[str, Any]) -> Column:
    wip = one.get("wip")
    fits = isinstance(wip, int) and not isinstance(wip, bool) and 0 < wip <= 10_000
    return Column(
        line_of(one.get("title")), one.get("done") is True, wip if fits else None, one.get("archived") is True
    )


def _field(one: Mapping[str, Any]) -> OwnField:
    return OwnField(
        title=line_of(one.get("title")),
        kind=line_of(one.get("kind")),
        shown=one.get("shown") is True,
        choices={line_of(each.get("name")): colour_of(each.get("colour")) for each in maps_of(one.get("choices"))},
        archived=one.get("archived") is True,
    )


def _card(one: Mapping[str, Any], column: int) -> Card:
    return Card(
        title=line_of(one.get("title")),
        column=column,
        description=text_of(one.get("description")),
        start=day_of(one.get("start")),
        due=day_of(one.get("due")),
        labels=_lines(one.get("labels")),
        people=_lines(one.get("people")),
        units=_lines(one.get("units")),
        checklists=[
            Checklist(line_of(each.get("title")), [_task(task) for task in maps_of(each.get("tasks"))])
            for each in maps_of(one.get("checklists"))
        ],
        comments=[
            Remark(line_of(each.get("author")), line_of(each.get("at")), text_of(each.get("text")))
            for each in maps_of(one.get("comments"))
        ],
        archived=one.get("archived") is True,
        values=_values(one.get("values")),
        key=line_of(one.get("key")),
        waits_for=_lines(one.get("waits_for")),
        hidden=one.get("hidden") is True,
        members=_lines(one.get("members")),
        member_units=_lines(one.get("member_units")),
    )


def _task(task: Mapping[str, Any]) -> Task:
    return Task(
        line_of(task.get("title")), task.get("done") is True, line_of(task.get("person")), day_of(task.get("due"))
    )


def _values(value: Any) -> dict[str, str]:
    said = value.items() if isinstance(value, Mapping) else ()
    return {line_of(title): line_of(text) for title, text in said if line_of(title) and line_of(text)}


def _lines(value: Any) -> list[str]:
    return [line for one in list_of(value) if (line := line_of(one))]


def _tell(one: Mapping[str, Any], parcel: Parcel) -> None:
    losses = parcel.losses
    files = len(list_of(one.get("files")))
    losses.count(msg("Attached files: attach them again from the files of the space: %(count)s."), files)
    losses.count(
        msg("Reactions to comments, which nobody can give for others: %(count)s."),
        sum(len(list_of(each.get("reactions"))) for each in maps_of(one.get("comments"))),
    )
    losses.count(msg("Cards whose history stays in the file: %(count)s."), 1 if list_of(one.get("history")) else 0)
