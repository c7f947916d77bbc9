"""Blueprints: what a board or a card is made from, apart from any board. Pure.

Labels, fields and choices are called by keys, which mean something within one blueprint only: those taken from a board
are its ids, those of the ready-made ones are words. A template keeps a blueprint as JSON.
"""

from pydantic import BaseModel, ConfigDict

from projects.boards.kinds import FieldKind

MOST_CARDS = 2_000


class Plan(BaseModel):
    """A part of a blueprint."""

    model_config = ConfigDict(extra="forbid")


class ListPlan(Plan):
    """A checklist, all of it still to do."""

    title: str
    tasks: list[str]


class CardPlan(Plan):
    """What a card says. `values`: by the key of the field; that of a choice is its key, that of somebody their id."""

    title: str
    description: str = ""
    labels: list[str] = []
    values: dict[str, str] = {}
    checklists: list[ListPlan] = []


class PlacedCard(CardPlan):
    """A card in a column, by its place; with days, people and services where a board is copied."""

    column: int
    start: str | None = None
    due: str | None = None
    people: list[str] = []
    units: list[str] = []


class NamedCard(Plan):
    """A template of cards."""

    name: str
    card: CardPlan


class ColumnPlan(Plan):
    """A column."""

    title: str
    done: bool = False
    wip: int | None = None


class LabelPlan(Plan):
    """A label."""

    key: str
    name: str
    colour: str


class FieldPlan(Plan):
    """A field of the board's own."""

    key: str
    title: str
    kind: FieldKind
    shown: bool = False
    choices: list[LabelPlan] = []


class Blueprint(Plan):
    """A board."""

    columns: list[ColumnPlan]
    labels: list[LabelPlan] = []
    fields: list[FieldPlan] = []
    templates: list[NamedCard] = []
    cards: list[PlacedCard] = []


def translated(card: CardPlan, keys: dict[str, str]) -> CardPlan:
    """The same card in other keys; labels, fields and choices that have none are left out. Days and people stay."""
    return card.model_copy(
        update={
            "labels": [keys[label] for label in card.labels if label in keys],
            "values": {keys[field]: keys.get(value, value) for field, value in card.values.items() if field in keys},
        }
    )
