"""The index: one table of what can be found and one form of its words for each database.

SQLite keeps the words in an FTS5 table, PostgreSQL in two columns with GIN indexes. Both are made from what the slices
keep and can be made anew, so they stand outside of the models and of backups. A row's number is the moment of its
thing's change: the newest are found first without sorting. Used by service.py and indexing.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData, String, Table, UniqueConstraint, Uuid, delete, insert, select

from collab.core.database import Tx
from collab.core.findable import Document
from collab.core.words import stems
from collab.search.query import Query

METADATA = MetaData()
DOCUMENTS = Table(
    "search_document",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("thing_id", Uuid, nullable=False),
    Column("stamp", String(60), nullable=False),
    UniqueConstraint("kind", "thing_id", name="uq_search_document_kind"),
)
of = DOCUMENTS.c

FIRST = 1 << 62  # more than the number of any document
_BITS = 21  # of the id behind the millisecond: few things that changed in one collide


@dataclass(frozen=True, slots=True)
class Among:
    """Where is looked: what one of `audience` may find, of one kind or of all, in one space or in all."""

    audience: frozenset[UUID]
    kind: str | None = None
    space: UUID | None = None

    @property
    def marks(self) -> list[list[str]]:
        """Of each of these lists a document must have one mark."""
        return [self.finders, *self.narrowing]

    @property
    def finders(self) -> list[str]:
        """Marks of those who may find a document: it must have one."""
        return sorted(map(_may_find, self.audience))

    @property
    def narrowing(self) -> list[list[str]]:
        """The other lists."""
        lists: list[list[str]] = []
        if self.kind is not None:
            lists.append([_of_kind(self.kind)])
        if self.space is not None:
            lists.append([_in_space(self.space)])
        return lists


@dataclass(frozen=True, slots=True)
class Found:
    """A document that matches."""

    number: int
    kind: str
    id: UUID


class Words(Protocol):
    """How a database keeps and finds words."""

    async def add(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the words of documents whose rows are there: `number`, `title`, `words`, `marks`."""
        ...

    async def drop(self, tx: Tx, numbers: Sequence[int]) -> None:
        """Forget the words of these."""
        ...

    async def find(
        self, tx: Tx, query: Query, among: Among, *, in_title: bool, before: int, limit: int
    ) -> Sequence[Found]:
        """The newest whose number is below `before`: all in the title, or not all in the title but in the whole."""
        ...


def words_of(tx: Tx) -> Words:
    """The form that this database has."""
    from collab.search.postgresql import PostgresqlWords
    from collab.search.sqlite import SqliteWords

    return PostgresqlWords() if tx.dialect == "postgresql" else SqliteWords()


async def put_documents(tx: Tx, kind: str, documents: Sequence[Document]) -> None:
    """Index these, anew where they were indexed before."""
    await drop_documents(tx, kind, [document.id for document in documents])
    numbers = await _free_numbers(tx, documents)
    rows = [
        {"number": number, "kind": kind, "thing_id": document.id, "stamp": document.stamp}
        for number, document in zip(numbers, documents, strict=True)
    ]
    if not rows:
        return
    await tx.execute(insert(DOCUMENTS), rows)
    await words_of(tx).add(
        tx,
        [
            {
                "number": number,
                "title": " ".join(stems(document.title)),
                "words": document.words,
                "marks": _marks_of(kind, document),
            }
            for number, document in zip(numbers, documents, strict=True)
        ],
    )


async def drop_documents(tx: Tx, kind: str, ids: Collection[UUID]) -> None:
    """Forget these, those that are not there included."""
    here = (of.kind == kind) & of.thing_id.in_(ids)
    numbers = await tx.all(select(of.number).where(here))
    if numbers:
        await words_of(tx).drop(tx, numbers)
        await tx.execute(delete(DOCUMENTS).where(of.number.in_(numbers)))


async def list_stamps(tx: Tx, kind: str, after: UUID | None, until: UUID | None) -> dict[UUID, str]:
    """The stamps of what is indexed of a kind behind one id and up to another."""
    statement = select(of.thing_id, of.stamp).where(of.kind == kind)
    if after is not None:
        statement = statement.where(of.thing_id > after)
    if until is not None:
        statement = statement.where(of.thing_id <= until)
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def find_stamps(tx: Tx, kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The stamps of those of these that are indexed."""
    rows = await tx.rows(select(of.thing_id, of.stamp).where(of.kind == kind, of.thing_id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def number_of(changed_at: datetime, thing_id: UUID) -> int:
    """What number a document has unless it is taken: the millisecond, then bits of the id."""
    return (int(changed_at.timestamp() * 1000) << _BITS) | (thing_id.int & ((1 << _BITS) - 1))


async def _free_numbers(tx: Tx, documents: Sequence[Document]) -> list[int]:
    wished = [number_of(document.changed_at, document.id) for document in documents]
    taken = set(await tx.all(select(of.number).where(of.number.in_(wished))))
    numbers: list[int] = []
    for number in wished:
        while number in taken:
            number += 1
            if await tx.one(select(of.number).where(of.number == number)) is not None:
                taken.add(number)
        taken.add(number)
        numbers.append(number)
    return numbers


def _marks_of(kind: str, document: Document) -> list[str]:
    marks = [_of_kind(kind), *map(_may_find, document.audience)]
    return [*marks, _in_space(document.space_id)] if document.space_id is not None else marks


# Marks stand in a field of their own: nobody's word is taken for one.
def _may_find(who: UUID) -> str:
    return f"a{who.hex}"


def _in_space(space: UUID) -> str:
    return f"s{space.hex}"


def _of_kind(kind: str) -> str:
    return f"k{kind}"
