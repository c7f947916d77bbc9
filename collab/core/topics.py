"""Topics (`board:…`, `room:…`, `person:…`) and their revisions, which order what their subscribers are told.

The rev is raised in the transaction of the change; on PostgreSQL the row lock it takes also puts writers of one topic
in a line, so raise it before touching the topic's rows.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from collab.core.prepared import Prepared

if TYPE_CHECKING:
    from collab.core.database import Tx


RIGHTS = "rights"  # raised whenever somebody's rights may have changed; gates compare it at each recheck


class TopicRev(SQLModel, table=True):
    """How often a topic has changed."""

    __tablename__ = "topic_rev"

    topic: str = Field(primary_key=True, max_length=80)
    rev: int = 0


@cache
def _raising(dialect: str) -> Prepared:
    """The statement of raise_rev, which every change runs: built once."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(TopicRev).values(topic=bindparam("topic"), rev=1)
    statement = statement.on_conflict_do_update(
        index_elements=[col(TopicRev.topic)], set_={"rev": col(TopicRev.rev) + 1}
    )
    return Prepared(statement.returning(col(TopicRev.rev)))


async def raise_rev(tx: "Tx", topic: str) -> int:
    """Raise and return the topic's rev."""
    [[rev]] = await tx.run(_raising(tx.dialect), topic=topic)
    return int(rev)


async def current_revs(tx: "Tx", topics: Iterable[str]) -> dict[str, int]:
    """The revs of these topics; 0 for one that never changed."""
    wanted = list(topics)
    revs = dict.fromkeys(wanted, 0)
    for start in range(0, len(wanted), 500):
        rows = await tx.rows(
            select(col(TopicRev.topic), col(TopicRev.rev)).where(col(TopicRev.topic).in_(wanted[start : start + 500]))
        )
        revs.update({str(row[0]): int(row[1]) for row in rows})
    return revs
