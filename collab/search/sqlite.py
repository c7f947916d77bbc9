"""The words in SQLite: an FTS5 table whose row ids are the documents' numbers, read from the newest on.

Its lists of beginnings (`prefix`) are what makes short ones cheap. Words are folded before they come here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Uuid, text

from collab.core.database import Tx
from collab.search.index import Among, Found
from collab.search.query import Query, Term

_ADD = text("INSERT INTO search_words (rowid, title, body, marks) VALUES (:number, :title, :words, :marks)")
_DROP = text("DELETE FROM search_words WHERE rowid = :number")
_FIND = text(
    "SELECT number, kind, thing_id FROM search_words CROSS JOIN search_document ON number = search_words.rowid "
    "WHERE search_words MATCH :match AND search_words.rowid < :before ORDER BY search_words.rowid DESC LIMIT :limit"
).columns(thing_id=Uuid())


class SqliteWords:
    """See index.Words."""

    async def add(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        await tx.execute(_ADD, [{**row, "marks": " ".join(row["marks"])} for row in rows])

    async def drop(self, tx: Tx, numbers: Sequence[int]) -> None:
        await tx.execute(_DROP, [{"number": number} for number in numbers])

    async def find(
        self, tx: Tx, query: Query, among: Among, *, in_title: bool, before: int, limit: int
    ) -> Sequence[Found]:
        match = match_of(query, among, in_title=in_title)
        rows = await tx.session.execute(_FIND, {"match": match, "before": before, "limit": limit})
        return [Found(row.number, row.kind, row.thing_id) for row in rows]


def match_of(query: Query, among: Among, *, in_title: bool) -> str:
    """The query in the language of FTS5 (sqlite.org/fts5.html, section 3)."""
    wanted = " AND ".join(map(_term, query.wanted))
    parts = [f"{{marks}} : ({' OR '.join(map(_quoted, marks))})" for marks in among.marks]
    match = " AND ".join([*parts, f"{{{'title' if in_title else 'title body'}}} : ({wanted})"])
    refused = [f"{{title body}} : ({_term(term)})" for term in query.unwanted]
    if not in_title:
        refused.append(f"{{title}} : ({wanted})")
    return f"({match}) NOT ({' OR '.join(refused)})" if refused else match


def _term(term: Term) -> str:
    exact = _quoted(" ".join(term.stems))
    if not term.last:
        return exact
    shorter = "".join(f" OR {_quoted(word)}" for word in term.beginnings)
    return f"({exact} OR {_quoted(term.last)} *{shorter})"


def _quoted(words: str) -> str:
    return f'"{words}"'
