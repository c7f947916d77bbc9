"""The words in SQLite: an FTS5 table whose row ids are the documents' numbers, read from the newest on.

Its lists of beginnings (`prefix`) are what makes short ones cheap. Words are folded before they come here. Who may find
a document stands in a table, too: of somebody in a few spaces the marks narrow what is looked through, of somebody in
many it is quicker to look at each document that has the words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Uuid, bindparam, text

from collab.core.database import Tx
from collab.search.index import Among, Found
from collab.search.query import Query, Term

FEW = 4  # marks that are quicker than looking

_ADD = text("INSERT INTO search_words (rowid, title, body, marks) VALUES (:number, :title, :words, :marks)")
_ADD_FINDER = text("INSERT INTO search_finder (number, mark) VALUES (:number, :mark)")
_DROP = text("DELETE FROM search_words WHERE rowid = :number")
_DROP_FINDER = text("DELETE FROM search_finder WHERE number = :number")
_FIND = (
    "SELECT number, kind, thing_id FROM search_words CROSS JOIN search_document ON number = search_words.rowid "
    "WHERE search_words MATCH :match AND search_words.rowid < :before {} ORDER BY search_words.rowid DESC LIMIT :limit"
)
_MAY_FIND = (
    "AND EXISTS (SELECT 1 FROM search_finder WHERE search_finder.number = search_words.rowid AND mark IN :finders)"
)
_FIND_BY_MARKS = text(_FIND.format("")).columns(thing_id=Uuid())
_FIND_BY_LOOKING = (
    text(_FIND.format(_MAY_FIND)).columns(thing_id=Uuid()).bindparams(bindparam("finders", expanding=True))
)


class SqliteWords:
    """See index.Words."""

    async def add(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        await tx.execute(_ADD, [{**row, "marks": " ".join(row["marks"])} for row in rows])
        finders = [{"number": row["number"], "mark": mark} for row in rows for mark in row["marks"] if mark[0] == "a"]
        if finders:
            await tx.execute(_ADD_FINDER, finders)

    async def drop(self, tx: Tx, numbers: Sequence[int]) -> None:
        for statement in (_DROP, _DROP_FINDER):
            await tx.execute(statement, [{"number": number} for number in numbers])

    async def find(
        self, tx: Tx, query: Query, among: Among, *, in_title: bool, before: int, limit: int
    ) -> Sequence[Found]:
        finders = among.finders
        few = len(finders) <= FEW
        marks = among.marks if few else among.narrowing
        values: dict[str, Any] = {"match": match_of(query, marks, in_title=in_title), "before": before, "limit": limit}
        if few:
            rows = await tx.session.execute(_FIND_BY_MARKS, values)
        else:
            rows = await tx.session.execute(_FIND_BY_LOOKING, {**values, "finders": finders})
        return [Found(row.number, row.kind, row.thing_id) for row in rows]


def match_of(query: Query, among: Sequence[Sequence[str]], *, in_title: bool) -> str:
    """The query among documents with these marks, in the language of FTS5 (sqlite.org/fts5.html, section 3)."""
    wanted = " AND ".join(map(_term, query.wanted))
    parts = [f"{{marks}} : ({' OR '.join(map(_quoted, marks))})" for marks in among]
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
