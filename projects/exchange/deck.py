"""Boards as Nextcloud Deck exports them: `occ deck:export` (all boards of somebody) or the board's own export. Pure.

https://github.com/nextcloud/deck/blob/main/docs/export-import.md ; the format is that of Deck's tables.
"""

from collections.abc import Mapping
from typing import Any

from collab.core.i18n import msg
from projects.exchange.parcel import Card, Column, Parcel, Person
from projects.exchange.plain import colour_of, day_of, key_of, line_of, list_of, maps_of, number_of, ordered, text_of


def is_deck(data: Any) -> bool:
    """Whether this is such an export."""
    return any("stacks" in board and "title" in board for board in _boards(data))


def _boards(data: Any) -> list[Mapping[str, Any]]:
    if isinstance(data, Mapping) and "boards" in data:
        return maps_of(data["boards"])
    return [data] if isinstance(data, Mapping) else maps_of(data)


def read_deck(data: Any) -> list[Parcel]:
    """The boards that were not deleted."""
    return [_board(board) for board in _boards(data) if not number_of(board.get("deletedAt"))]


def _board(board: Mapping[str, Any]) -> Parcel:
    parcel = Parcel(line_of(board.get("title")))
    for label in maps_of(board.get("labels")):
        parcel.labels.setdefault(line_of(label.get("title")), colour_of(label.get("color")))
    for stack in ordered(maps_of(board.get("stacks")), "order"):
        if number_of(stack.get("deletedAt")):
            continue
        parcel.columns.append(Column(line_of(stack.get("title"))))
        for card in ordered(maps_of(stack.get("cards")), "order"):
            _add(card, parcel)
    rights = len(list_of(board.get("acl")))
    parcel.losses.count(msg("Rights given on the board, which are those of the space here: %(count)s."), rights)
    return parcel


def _add(card: Mapping[str, Any], parcel: Parcel) -> None:
    losses = parcel.losses
    if number_of(card.get("deletedAt")):
        losses.count(msg("Cards that were deleted there: %(count)s."))
        return
    if card.get("done"):
        losses.count(msg("Cards that were marked as done: put them into a column of finished cards: %(count)s."))
    said, files = (int(number_of(card.get(name))) for name in ("commentsCount", "attachmentCount"))
    losses.count(msg("Comments, which the file does not contain: %(count)s."), said)
    losses.count(msg("Attached files, which the file does not contain: %(count)s."), files)
    made = Card(
        title=line_of(card.get("title")),
        column=len(parcel.columns) - 1,
        description=text_of(card.get("description")),
        due=day_of(card.get("duedate")),
        archived=card.get("archived") is True,
        key=key_of(card.get("id")),
    )
    for label in maps_of(card.get("labels")):
        name = line_of(label.get("title"))
        parcel.labels.setdefault(name, colour_of(label.get("color")))
        made.labels.append(name)
    for assigned in maps_of(card.get("assignedUsers")):
        who = assigned.get("participant")
        login = line_of(who.get("uid")) if isinstance(who, Mapping) else line_of(who)
        if login:
            name = line_of(who.get("displayname")) if isinstance(who, Mapping) else ""
            parcel.people.setdefault(login, Person(name or login, login))
            made.people.append(login)
    parcel.cards.append(made)
