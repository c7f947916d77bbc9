"""From the bytes of a file to one board of it: which kind of file it is, and its reader. Pure."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from collab.core.i18n import msg
from projects.exchange.deck import is_deck, read_deck
from projects.exchange.fit import fit
from projects.exchange.kanboard import is_kanboard, read_kanboard
from projects.exchange.own import is_own, read_own
from projects.exchange.parcel import Parcel, Unreadable
from projects.exchange.plain import line_of
from projects.exchange.table import Meaning, Table, decoded, meaning_of, read_cards, read_table
from projects.exchange.trello import is_trello, read_trello

SHOWN_ROWS = 5
# Asked in this order: Deck's test is the widest.
READERS: Sequence[tuple[str, Callable[[Any], bool], Callable[[Any], list[Parcel]]]] = (
    ("own", is_own, read_own),
    ("trello", is_trello, read_trello),
    ("deck", is_deck, read_deck),
    ("kanboard", is_kanboard, read_kanboard),
)


class Wanted(NamedTuple):
    """Which board of the file; how a table is to be read (empty: as it is guessed); words for what has none."""

    board: int
    delimiter: str
    fields: Sequence[str]
    untitled: str
    first_column: str


def read(raw: bytes, wanted: Wanted) -> tuple[dict[str, Any], Parcel]:
    """What there is to say of the file before it is taken, and the board. Raises Unreadable."""
    table: Table | None = None
    if raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        kind, parcels = _from_json(raw)
        if not parcels:
            raise Unreadable(msg("There is no board in this file."))
    else:
        table = read_table(raw, wanted.delimiter)
        meaning = Meaning(table.delimiter, wanted.fields) if wanted.fields else meaning_of(table)
        kind, parcels = "kanboard" if table.is_kanboard else "table", [read_cards(table, meaning, wanted.first_column)]
    number = wanted.board if 0 <= wanted.board < len(parcels) else 0
    parcel = parcels[number]
    fit(parcel, wanted.untitled)
    about = {
        "kind": kind,
        "boards": [one.title or wanted.untitled for one in parcels],
        "board": number,
        **_told(parcel),
    }
    if table is not None:
        about["table"] = {
            "delimiter": table.delimiter,
            "encoding": table.encoding,
            "header": [line_of(name)[:200] for name in table.header],
            "fields": list(meaning.fields),
            "rows": [[line_of(cell)[:200] for cell in row] for _, row in table.rows[:SHOWN_ROWS]],
            "lines": len(table.rows),
        }
    return about, parcel


def _from_json(raw: bytes) -> tuple[str, list[Parcel]]:
    try:
        data = json.loads(decoded(raw)[0].lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise Unreadable(msg("This file begins as JSON and does not end as such: it may be cut off.")) from None
    for kind, is_one, reader in READERS:
        if is_one(data):
            return kind, reader(data)
    raise Unreadable(msg("This file is neither a table nor one of the exports that can be read."))


def _told(parcel: Parcel) -> dict[str, Any]:
    """The board but its cards, and how much of what there is."""
    columns = Counter(card.column for card in parcel.cards)
    given = Counter(key for card in parcel.cards for key in card.people)
    return {
        "title": parcel.title,
        "columns": [{**asdict(column), "cards": columns[place]} for place, column in enumerate(parcel.columns)],
        "labels": parcel.labels,
        "fields": [asdict(field) for field in parcel.fields],
        "people": {key: {**asdict(person), "cards": given[key]} for key, person in parcel.people.items()},
        "units": sorted({unit for card in parcel.cards for unit in [*card.units, *card.member_units]}),
        "cards": len(parcel.cards),
        "archived": sum(card.archived for card in parcel.cards),
        "checklists": sum(len(card.checklists) for card in parcel.cards),
        "comments": sum(len(card.comments) for card in parcel.cards),
        "losses": parcel.losses.told(),
    }
