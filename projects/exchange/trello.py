"""Boards as Trello exports them (“Print, export and share”, JSON): one object with flat lists of everything. Pure.

https://support.atlassian.com/trello/docs/exporting-data-from-trello/ ; the objects are those of its REST API.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from collab.core.i18n import msg
from projects.exchange.parcel import Card, Checklist, Column, OwnField, Parcel, Person, Remark, Task
from projects.exchange.plain import colour_of, day_of, key_of, line_of, list_of, maps_of, moment_of, ordered, text_of

NOT_IN_THE_FILE = 1000  # of a board's actions, Trello exports the last thousand


def is_trello(data: Any) -> bool:
    """Whether this is such a board."""
    return isinstance(data, Mapping) and isinstance(data.get("lists"), list) and isinstance(data.get("cards"), list)


def read_trello(data: Mapping[str, Any]) -> list[Parcel]:
    """The board."""
    parcel = Parcel(line_of(data.get("name")))
    lists = ordered(maps_of(data["lists"]), "pos")
    places = {key_of(one.get("id")): place for place, one in enumerate(lists)}
    parcel.columns = [
        Column(line_of(one.get("name")), wip=_limit(one), archived=one.get("closed") is True) for one in lists
    ]
    for member in maps_of(data.get("members")):
        login = line_of(member.get("username"))
        parcel.people[key_of(member.get("id"))] = Person(line_of(member.get("fullName")) or login, login)
    names = {}
    for label in maps_of(data.get("labels")):
        name = line_of(label.get("name")) or line_of(label.get("color"))
        names[key_of(label.get("id"))] = name
        parcel.labels.setdefault(name, colour_of(label.get("color")))
    checklists, remarks = _checklists(data, parcel), _remarks(data)
    fields, parcel.fields = _fields(data)
    for card in ordered(maps_of(data["cards"]), "pos"):
        column = places.get(key_of(card.get("idList")))
        if column is None:
            parcel.losses.count(msg("Cards of a list that is not in the file: %(count)s."))
            continue
        made = _card(card, column, parcel)
        made.labels = [names[key] for one in list_of(card.get("idLabels")) if names.get(key := key_of(one))]
        made.checklists, made.comments = checklists[made.key], remarks[made.key]
        made.values = _values(card, fields)
        made.description = _more(made.description, _links(card))
        parcel.cards.append(made)
    _tell(data, parcel)
    return [parcel]


def _card(card: Mapping[str, Any], column: int, parcel: Parcel) -> Card:
    if card.get("dueComplete") is True:
        parcel.losses.count(msg("Cards that were marked as done: put them into a column of finished cards: %(count)s."))
    votes = card.get("idMembersVoted")
    parcel.losses.count(msg("Votes: %(count)s."), len(votes) if isinstance(votes, list) else 0)
    return Card(
        title=line_of(card.get("name")),
        column=column,
        description=text_of(card.get("desc")),
        start=day_of(card.get("start")),
        due=day_of(card.get("due")),
        people=[key_of(one) for one in list_of(card.get("idMembers"))],
        archived=card.get("closed") is True,
        key=key_of(card.get("id")),
    )


def _limit(one: Mapping[str, Any]) -> int | None:
    limit = one.get("softLimit")
    return int(limit) if isinstance(limit, int | str) and str(limit).isdigit() and 0 < int(limit) <= 10_000 else None


def _checklists(data: Mapping[str, Any], parcel: Parcel) -> dict[str, list[Checklist]]:
    found: dict[str, list[Checklist]] = defaultdict(list)
    for one in ordered(maps_of(data.get("checklists")), "pos"):
        tasks = [
            Task(
                line_of(item.get("name")),
                item.get("state") == "complete",
                who if (who := key_of(item.get("idMember"))) in parcel.people else "",
                day_of(item.get("due")),
            )
            for item in ordered(maps_of(one.get("checkItems")), "pos")
        ]
        found[key_of(one.get("idCard"))].append(Checklist(line_of(one.get("name")), tasks))
    return found


def _remarks(data: Mapping[str, Any]) -> dict[str, list[Remark]]:
    """Comments are among the actions, the newest first."""
    found: dict[str, list[Remark]] = defaultdict(list)
    for action in reversed(maps_of(data.get("actions"))):
        said = action.get("data")
        if action.get("type") != "commentCard" or not isinstance(said, Mapping):
            continue
        card, author = said.get("card"), action.get("memberCreator")
        if isinstance(card, Mapping):
            name = line_of(author.get("fullName")) if isinstance(author, Mapping) else ""
            at = moment_of(action.get("date"))
            found[key_of(card.get("id"))].append(Remark(name, at.isoformat() if at else "", text_of(said.get("text"))))
    return found


_KINDS = {"text": "text", "number": "number", "date": "date", "list": "choice", "checkbox": "choice"}
_TICK = "✓"


def _fields(data: Mapping[str, Any]) -> tuple[dict[str, tuple[str, dict[str, str]]], list[OwnField]]:
    """The fields of one's own: by id their names and the choices of each; and as fields. A box is a choice of one."""
    found, fields = {}, []
    for one in maps_of(data.get("customFields")):
        options = {
            key_of(option.get("id")): (line_of(option["value"].get("text")), colour_of(option.get("color")))
            for option in ordered(maps_of(one.get("options")), "pos")
            if isinstance(option.get("value"), Mapping)
        }
        name, kind = line_of(one.get("name")), line_of(one.get("type"))
        choices = {_TICK: "green"} if kind == "checkbox" else dict(options.values())
        found[key_of(one.get("id"))] = (name, {key: option[0] for key, option in options.items()})
        fields.append(OwnField(name, _KINDS.get(kind, "choice" if options else "text"), True, choices))
    return found, fields


def _values(card: Mapping[str, Any], fields: Mapping[str, tuple[str, dict[str, str]]]) -> dict[str, str]:
    said = {}
    for item in maps_of(card.get("customFieldItems")):
        name, options = fields.get(key_of(item.get("idCustomField")), ("", {}))
        value = item.get("value")
        chosen = options.get(key_of(item.get("idValue")), "")
        if isinstance(value, Mapping):
            kind, text = next(iter(value.items()), ("", ""))
            chosen = (day_of(text) or "") if kind == "date" else line_of(text)
            chosen = {"true": _TICK, "false": ""}.get(chosen, chosen) if kind == "checked" else chosen
        if name and chosen:
            said[name] = chosen
    return said


def _links(card: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in maps_of(card.get("attachments")):
        url, name = line_of(one.get("url")), line_of(one.get("name"))
        if url.startswith(("https://", "http://")):
            lines.append(f"- [{(name or url).replace('[', '(').replace(']', ')')}](<{url.replace('>', '%3E')}>)")
    return lines


def _more(description: str, lines: list[str]) -> str:
    return "\n\n".join(part for part in (description, "\n".join(lines)) if part)


def _tell(data: Mapping[str, Any], parcel: Parcel) -> None:
    linked = sum(len(maps_of(card.get("attachments"))) for card in maps_of(data["cards"]))
    parcel.losses.count(
        msg("Attached files stay where they are; their links stand in the descriptions: %(count)s."), linked
    )
    if len(maps_of(data.get("actions"))) >= NOT_IN_THE_FILE:
        parcel.losses.say(msg("Trello exports the last thousand actions alone: older comments are not in the file."))
    if text_of(data.get("desc")):
        parcel.losses.say(msg("The description of the board: a board has none here."))
