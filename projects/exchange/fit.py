"""What a board can hold: a parcel is made to fit it, and what that leaves out is said. Pure."""

from typing import TypeVar

from collab.core.i18n import Message, msg
from collab.core.text import sort_key
from projects.boards.kinds import FieldKind, plain_value
from projects.exchange.parcel import Card, Losses, OwnField, Parcel

MOST_CARDS = 20_000
MOST_IN_COLUMNS = 100
MOST_LABELS, MOST_LISTS, MOST_TASKS, MOST_PEOPLE, MOST_COMMENTS = 60, 20, 200, 30, 500
MAX_FIELDS, MAX_CHOICES = 40, 60
TITLE, LABEL, TEXT, COMMENT, AUTHOR, VALUE = 200, 60, 20_000, 4_000, 200, 500

T = TypeVar("T")


def fit(parcel: Parcel, untitled: str) -> None:
    """Cut what is too long and leave out what is too many. `untitled`: what is called so that has no name."""
    losses = parcel.losses
    parcel.title = parcel.title[:TITLE]
    for column in parcel.columns:
        column.title = column.title[:TITLE] or untitled
    _columns(parcel)
    parcel.cards = _first(parcel.cards, MOST_CARDS, losses, msg("Cards beyond what one import takes: %(count)s."))
    _labels(parcel)
    _fields(parcel)
    for card in parcel.cards:
        _card(card, parcel, untitled)
    keys = {card.key for card in parcel.cards if card.key}
    for card in parcel.cards:
        gone = [key for key in card.waits_for if key not in keys or key == card.key]
        card.waits_for = [key for key in dict.fromkeys(card.waits_for) if key not in gone]
        losses.count(msg("Dependencies on cards that are not in the file: %(count)s."), len(gone))
    # The keys of the others are of no use any more.
    used = {key for card in parcel.cards if card.waits_for for key in (card.key, *card.waits_for)}
    for card in parcel.cards:
        card.key = card.key if card.key in used else ""


def _first(things: list[T], most: int, losses: Losses, message: Message) -> list[T]:
    losses.count(message, len(things) - most)
    return things[:most]


def _columns(parcel: Parcel) -> None:
    """Cards of columns beyond the last that fits go into that one."""
    if len(parcel.columns) <= MOST_IN_COLUMNS:
        return
    parcel.losses.count(
        msg("Columns beyond what a board holds; their cards are in the last one: %(count)s."),
        len(parcel.columns) - MOST_IN_COLUMNS,
    )
    parcel.columns = parcel.columns[:MOST_IN_COLUMNS]
    for card in parcel.cards:
        card.column = min(card.column, MOST_IN_COLUMNS - 1)


def _labels(parcel: Parcel) -> None:
    """Names that count as the same become one label."""
    known: dict[str, str] = {}
    colours: dict[str, str] = {}
    for name, colour in parcel.labels.items():
        short = name[:LABEL].strip()
        key = sort_key(short)
        if not key or key in known:
            continue
        if len(known) == MOST_LABELS:
            parcel.losses.count(msg("Labels beyond what a board holds: %(count)s."))
            continue
        known[key] = short
        colours[short] = colour
    parcel.labels = colours
    for card in parcel.cards:
        named = (known.get(sort_key(name[:LABEL].strip())) for name in card.labels)
        card.labels = list(dict.fromkeys(name for name in named if name))


def _fields(parcel: Parcel) -> None:
    """Fields whose titles count as the same become one; what a field cannot hold is left out."""
    known: dict[str, OwnField] = {}
    for field in parcel.fields:
        field.title = field.title[:LABEL].strip()
        key = sort_key(field.title)
        if not key or key in known or field.kind not in list(FieldKind):
            continue
        if len(known) == MAX_FIELDS:
            parcel.losses.count(msg("Fields beyond what a board holds: %(count)s."))
            continue
        known[key] = field
        field.choices = _choices(field)
    parcel.fields = list(known.values())
    for card in parcel.cards:
        card.values = _said(card, known, parcel)


def _choices(field: OwnField) -> dict[str, str]:
    if field.kind != FieldKind.CHOICE:
        return {}
    named = {sort_key(name[:LABEL].strip()): (name[:LABEL].strip(), colour) for name, colour in field.choices.items()}
    return dict([one for key, one in named.items() if key][:MAX_CHOICES])


def _said(card: Card, known: dict[str, OwnField], parcel: Parcel) -> dict[str, str]:
    said: dict[str, str] = {}
    for title, text in card.values.items():
        field = known.get(sort_key(title[:LABEL].strip()))
        value = _value(field, text, parcel) if field else ""
        if field and value:
            said[field.title] = value
        else:
            parcel.losses.count(msg("What cards said in a field that cannot hold it: %(count)s."))
    return said


def _value(field: OwnField, text: str, parcel: Parcel) -> str:
    if field.kind == FieldKind.PERSON:
        return text if text in parcel.people else ""
    if field.kind == FieldKind.CHOICE:
        key = sort_key(text[:LABEL].strip())
        return next((name for name in field.choices if sort_key(name) == key), "")
    try:
        return plain_value(FieldKind(field.kind), text[:VALUE])
    except ValueError:
        return ""


def _card(card: Card, parcel: Parcel, untitled: str) -> None:
    losses = parcel.losses
    if len(card.title) > TITLE:
        losses.count(msg("Titles too long for a card; the whole of each stands in its description: %(count)s."))
        card.description = f"{card.title}\n\n{card.description}".strip()
    card.title = card.title[:TITLE].strip() or untitled
    card.description = _short(card.description, TEXT, losses, msg("Descriptions that were cut: %(count)s."))
    if card.start and card.due and card.start > card.due:
        losses.count(msg("Cards that began after they were due; they do without the start: %(count)s."))
        card.start = None
    people = [key for key in dict.fromkeys(card.people) if key in parcel.people]
    card.people = _first(people, MOST_PEOPLE, losses, msg("People beyond what a card holds: %(count)s."))
    card.members = [key for key in dict.fromkeys(card.members) if key in parcel.people][:MOST_PEOPLE]
    card.member_units = list(dict.fromkeys(card.member_units))[:MOST_PEOPLE]
    lists = _first(card.checklists, MOST_LISTS, losses, msg("Checklists beyond what a card holds: %(count)s."))
    for one in lists:
        one.title = one.title[:TITLE] or untitled
        one.tasks = _first(one.tasks, MOST_TASKS, losses, msg("Entries beyond what a checklist holds: %(count)s."))
        for task in one.tasks:
            losses.count(msg("Entries of checklists that were cut: %(count)s."), len(task.title) > TITLE)
            task.title = task.title[:TITLE].strip() or untitled
    card.checklists = lists
    said = [one for one in card.comments if one.text]
    card.comments = _first(said, MOST_COMMENTS, losses, msg("Comments beyond what a card holds: %(count)s."))
    for remark in card.comments:
        remark.author = remark.author[:AUTHOR]
        remark.text = _short(remark.text, COMMENT, losses, msg("Comments that were cut: %(count)s."))


def _short(text: str, most: int, losses: Losses, message: Message) -> str:
    losses.count(message, len(text) > most)
    return text[:most]
