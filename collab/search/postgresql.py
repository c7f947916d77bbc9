"""The words in PostgreSQL: two columns of tsvector with GIN indexes, one of the title, one of title, text and marks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, String, Uuid, bindparam, text

from collab.core.database import Tx
from collab.search.index import Among, Found
from collab.search.query import Query, Term

# `simple` takes words as they come: they are folded before. A colon keeps marks apart from every word.
_ADD = text(
    "UPDATE search_document SET title = to_tsvector('simple', :title), whole = to_tsvector('simple', :title || ' ' || "
    ":words) || array_to_tsvector(:marks) WHERE number = :number"
).bindparams(
    bindparam("marks", type_=ARRAY(String)), bindparam("title", type_=String), bindparam("words", type_=String)
)
_FIND = (
    "SELECT number, kind, thing_id FROM search_document WHERE {} AND number < :before ORDER BY number DESC LIMIT :limit"
)
_IN_TITLE = text(_FIND.format("title @@ CAST(:wanted AS tsquery) AND whole @@ CAST(:narrowed AS tsquery)")).columns(
    thing_id=Uuid()
)
_IN_WHOLE = text(_FIND.format("whole @@ CAST(:narrowed AS tsquery) AND NOT title @@ CAST(:wanted AS tsquery)")).columns(
    thing_id=Uuid()
)
# How many rows a query finds decides how they are looked up; a plan for any query would be the wrong one for most. And
# the index is in memory or on no spinning disk: with the cost of one, whole tables are walked for rare words.
_PLAN_EACH = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('random_page_cost', '1.1', true)"
)


class PostgresqlWords:
    """See index.Words."""

    async def add(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        await tx.execute(_ADD, [{**row, "marks": [f":{mark}" for mark in row["marks"]]} for row in rows])

    async def drop(self, tx: Tx, numbers: Sequence[int]) -> None:
        """They stand in the rows themselves."""

    async def find(
        self, tx: Tx, query: Query, among: Among, *, in_title: bool, before: int, limit: int
    ) -> Sequence[Found]:
        await tx.execute(_PLAN_EACH)
        wanted = " & ".join(map(_term, query.wanted))
        narrowed = narrowed_of(query, among, wanted)
        statement = _IN_TITLE if in_title else _IN_WHOLE
        values = {"wanted": wanted, "narrowed": narrowed, "before": before, "limit": limit}
        rows = await tx.session.execute(statement, values)
        return [Found(row.number, row.kind, row.thing_id) for row in rows]


def narrowed_of(query: Query, among: Among, wanted: str) -> str:
    """What the whole document must have, in the language of tsquery (PostgreSQL, section 8.11.2)."""
    marks = [f"({' | '.join(_quoted(f':{mark}') for mark in marks)})" for marks in among.marks]
    refused = [f"!({_term(term)})" for term in query.unwanted]
    return " & ".join([wanted, *marks, *refused])


def _term(term: Term) -> str:
    exact = " <-> ".join(map(_quoted, term.stems))
    if not term.last:
        return f"({exact})"
    shorter = "".join(f" | {_quoted(word)}" for word in term.beginnings)
    return f"({exact} | {_quoted(term.last)}:*{shorter})"


def _quoted(word: str) -> str:
    return f"'{word}'"
