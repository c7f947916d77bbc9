"""Cards in a table: CSV of whatever delimiter and encoding, with a heading; which column means what is guessed. Pure.

Kanboard's export of tasks is such a table (its class TaskExport): its headings are known, its dates are American.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from collab.core.i18n import Message, msg
from collab.core.text import sort_key
from projects.exchange.parcel import Card, Column, Losses, Parcel, Person, Unreadable
from projects.exchange.plain import line_of, text_of

FIELDS = ("title", "column", "description", "start", "due", "labels", "people", "units", "closed")
DELIMITERS = (";", ",", "\t", "|")
MOST_COLUMNS = 100
_LOOKED_AT = 50
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_KANBOARD = {"task id", "column", "swimlane"}

# Headings by what they mean, without accents or case.
_MEANT: Mapping[str, Sequence[str]] = {
    field: words.split("|")
    for field, words in {
        "title": "title|titre|card|carte|task|tache|name|nom|intitule|objet|subject|sujet|summary",
        "column": "column|colonne|list|liste|stack|status|statut|state|etat|etape|bucket",
        "description": "description|details|notes|note|texte|text|contenu|body|comment|commentaire",
        "start": "start|start date|debut|date de debut|commence le",
        "due": "due|due date|duedate|echeance|date d'echeance|date d’echeance|date limite|deadline|fin|date de fin",
        "labels": "labels|label|etiquettes|etiquette|tags|tag|category|categorie|categories",
        "people": "people|personnes|assignee|assignees|assigned to|assignee username|given to|confiee a|responsable"
        "|responsables|attribue a|owner|members|membres",
        "units": "services|service|unit|units|unite",
        "closed": "archived|archivee|closed|fermee",
    }.items()
}
_CLOSED = ("closed", "ferme", "fermee", "oui", "yes", "true", "1", "x")


class Meaning(NamedTuple):
    """How a table is read: between what its cells lie, and for each of its columns a field, or nothing."""

    delimiter: str
    fields: Sequence[str]


@dataclass(slots=True)
class Table:
    """A table as it was found. `rows` begin with the line of the file that each begins on."""

    encoding: str
    delimiter: str
    header: list[str]
    rows: list[tuple[int, list[str]]]

    @property
    def is_kanboard(self) -> bool:
        """Whether Kanboard wrote it."""
        return {sort_key(name) for name in self.header} >= _KANBOARD


def decoded(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), encoding
            except UnicodeDecodeError:
                break
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1"


def read_table(raw: bytes, delimiter: str = "") -> Table:
    """The table. Raises Unreadable for what has no two lines, or cells that nothing can hold."""
    text, encoding = decoded(raw)
    if "\0" in text:
        raise Unreadable(msg("This file is neither a table nor one of the exports that can be read."))
    chosen = delimiter if delimiter in DELIMITERS else _delimiter(text)
    try:
        rows = list(_rows(text, chosen))
    except csv.Error:
        raise Unreadable(msg("This table cannot be read: a cell is too long, or its quotes do not close.")) from None
    if len(rows) < 2 or len(rows[0][1]) > MOST_COLUMNS:
        raise Unreadable(msg("A table needs a line of headings and at least one card below it."))
    return Table(encoding, chosen, [line_of(name) for name in rows[0][1]], rows[1:])


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num + 1


def _delimiter(text: str) -> str:
    """The one that gives the most columns that most lines have as many of."""
    best, most = ",", 0
    for delimiter in DELIMITERS:
        counts: list[int] = []
        try:
            for _, row in _rows(text, delimiter):
                counts.append(len(row))
                if len(counts) == _LOOKED_AT:
                    break
        except csv.Error:
            continue
        if counts and counts[0] > 1 and (score := counts.count(counts[0]) * counts[0]) > most:
            best, most = delimiter, score
    return best


def meaning_of(table: Table) -> Meaning:
    """What its headings say; each field once."""
    fields: list[str] = []
    for heading in table.header:
        key = sort_key(heading)
        if table.is_kanboard and key == "status":
            meant = "closed"
        elif table.is_kanboard and key in ("swimlane",):
            meant = "labels" if "labels" not in fields else ""
        else:
            meant = next((field for field, names in _MEANT.items() if key in names), "")
        fields.append("" if meant in fields else meant)
    if "title" not in fields and fields:
        fields[0] = "title"
    return Meaning(table.delimiter, fields)


def read_cards(table: Table, meaning: Meaning, first_column: str) -> Parcel:
    """The cards of a table. Raises Unreadable when no column holds their titles."""
    given = [*meaning.fields, *[""] * MOST_COLUMNS][: len(table.header)]
    fields = [field if field in FIELDS else "" for field in given]
    if "title" not in fields:
        raise Unreadable(msg("Say which column holds the titles of the cards."))
    at = {field: place for place, field in enumerate(fields) if field}
    parcel, places = Parcel(""), dict[str, int]()
    losses = parcel.losses
    if table.encoding in ("cp1252", "latin-1"):
        losses.say(msg("The file is not in UTF-8: it was read as a table of Windows (1252). Look at the accents."))
    left = [name or str(place) for place, name in enumerate(table.header, 1) if not fields[place - 1]]
    if left:
        losses.say(msg("Columns of the table that are not taken: %(names)s.", names=", ".join(left)[:500]))
    american = {name: _is_american(table, at.get(name)) for name in ("start", "due")}

    for line, row in table.rows:
        if len(row) > len(table.header) and any(cell.strip() for cell in row[len(table.header) :]):
            losses.at(msg("Lines with more cells than there are headings; these are left out: %(lines)s."), line)
        if len(row) < len(table.header):
            losses.at(msg("Lines with fewer cells than there are headings: %(lines)s."), line)
        cells = {field: row[place] if place < len(row) else "" for field, place in at.items()}
        title = line_of(cells["title"])
        if not title:
            losses.at(msg("Lines without a title, which make no card: %(lines)s."), line)
            continue
        column = line_of(cells.get("column", "")) or first_column
        if column not in places:
            places[column] = len(places)
            parcel.columns.append(Column(column))
        card = Card(title, places[column], text_of(cells.get("description", "")))
        card.start = _day(cells.get("start", ""), american["start"], losses, line)
        card.due = _day(cells.get("due", ""), american["due"], losses, line)
        card.labels = _several(cells.get("labels", ""))
        card.units = _several(cells.get("units", ""))
        card.people = _several(cells.get("people", ""))
        card.archived = sort_key(cells.get("closed", "")) in _CLOSED
        for name in card.labels:
            parcel.labels.setdefault(name, "grey")
        for name in card.people:
            parcel.people.setdefault(name, Person(name, name, name if "@" in name else ""))
        parcel.cards.append(card)
    return parcel


def _several(cell: str) -> list[str]:
    found = [line_of(one) for one in re.split(r"[,;|\n]", cell)]
    return list(dict.fromkeys(one for one in found if one))


def _day(cell: str, american: bool, losses: Losses, line: int) -> str | None:
    written = cell.strip()
    if not written:
        return None
    found = _DATE.match(written)
    first, second, third = (int(part) for part in found.groups()) if found else (0, 0, 0)
    year, month, day = (first, second, third) if first > 31 else (third, second, first)
    if first <= 31 and american:
        month, day = first, second
    try:
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        losses.at(UNREAD_DATE, line)
        return None


UNREAD_DATE: Message = msg("Lines with a date that cannot be read, which the card does without: %(lines)s.")


def _is_american(table: Table, place: int | None) -> bool:
    """Whether the month comes first in a column of dates: what cannot be a month decides, else who wrote it."""
    if place is None:
        return False
    found = [_DATE.match(row[place].strip()) for _, row in table.rows if place < len(row)]
    pairs = [(int(one[1]), int(one[2])) for one in found if one and int(one[1]) <= 31]
    if any(first > 12 for first, _ in pairs):
        return False
    return table.is_kanboard or any(second > 12 for _, second in pairs)
