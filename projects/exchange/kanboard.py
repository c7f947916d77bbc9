"""Boards of Kanboard as its API gives them (`getBoard`, `getAllTasks`), with or without the JSON-RPC around them. Pure.

https://docs.kanboard.org/v1/api/board_procedures/ . What its pages export is CSV, which table.py reads.
"""

from collections.abc import Mapping
from typing import Any

from collab.core.i18n import msg
from projects.exchange.parcel import Card, Column, Parcel, Person
from projects.exchange.plain import colour_of, day_of, key_of, line_of, maps_of, number_of, ordered, text_of

# What a task bears that cards do not have; 0 and empty are none.
_NOT_TAKEN = ("score", "time_estimated", "time_spent", "nb_files", "nb_comments", "nb_subtasks", "nb_links")


def is_kanboard(data: Any) -> bool:
    """Whether this is an answer of Kanboard's."""
    things = maps_of(_result(data))
    return bool(things) and ("columns" in things[0] or {"title", "column_id"} <= things[0].keys())


def _result(data: Any) -> Any:
    return data.get("result") if isinstance(data, Mapping) and "jsonrpc" in data else data


def read_kanboard(data: Any) -> list[Parcel]:
    """The board."""
    things = maps_of(_result(data))
    parcel = Parcel("")
    if "columns" in things[0]:
        _lanes(things, parcel)
    else:
        _tasks(things, parcel)
    return [parcel]


def _lanes(lanes: list[Mapping[str, Any]], parcel: Parcel) -> None:
    """Swimlanes with the same columns in each; where there are several, their names become labels."""
    places: dict[str, int] = {}
    for lane in lanes:
        name = line_of(lane.get("name")) if len(lanes) > 1 else ""
        for column in maps_of(lane.get("columns")):
            title = line_of(column.get("title"))
            if title not in places:
                places[title] = len(places)
                limit = int(number_of(column.get("task_limit")))
                parcel.columns.append(Column(title, wip=limit if 0 < limit <= 10_000 else None))
            for task in ordered(maps_of(column.get("tasks")), "position"):
                _add(task, places[title], name, parcel)
    if len(lanes) > 1:
        parcel.losses.say(msg("Swimlanes have become labels."))


def _tasks(tasks: list[Mapping[str, Any]], parcel: Parcel) -> None:
    places: dict[str, int] = {}
    for task in ordered(tasks, "position"):
        named = line_of(task.get("column_name")) or line_of(task.get("column_title"))
        title = named or line_of(task.get("column_id"))
        if title not in places:
            places[title] = len(places)
            parcel.columns.append(Column(title))
            if not named:
                parcel.losses.say(msg("The file does not name the columns: they are called by their numbers."))
        _add(task, places[title], "", parcel)


def _add(task: Mapping[str, Any], column: int, lane: str, parcel: Parcel) -> None:
    made = Card(
        title=line_of(task.get("title")),
        column=column,
        description=text_of(task.get("description")),
        start=day_of(task.get("date_started")),
        due=day_of(task.get("date_due")),
        archived=str(task.get("is_active", "1")) == "0",
        key=key_of(task.get("id")),
    )
    named = [line_of(task.get("category_name")), lane, *(line_of(tag.get("name")) for tag in maps_of(task.get("tags")))]
    for name in named:
        if name and name not in made.labels:
            parcel.labels.setdefault(name, colour_of(task.get("color_id")))
            made.labels.append(name)
    login = line_of(task.get("assignee_username"))
    if login:
        parcel.people.setdefault(login, Person(line_of(task.get("assignee_name")) or login, login))
        made.people.append(login)
    if any(number_of(task.get(name)) for name in _NOT_TAKEN):
        parcel.losses.count(msg("Cards with times, files, comments or subtasks that could not be taken: %(count)s."))
    parcel.cards.append(made)
