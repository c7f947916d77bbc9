"""What lists of elimination say of each version, in the order of the tree."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Tx
from collab.files.models import FileVersion, Kind, Node
from collab.files.queries import below
from collab.files.records.models import Elimination, EliminationLine, EliminationState

MOST_LINES = 20_000


async def proposed_among(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those of these units that are on a list which waits for a visa."""
    statement = select(col(EliminationLine.unit_id)).join(
        Elimination, col(Elimination.id) == col(EliminationLine.elimination_id)
    )
    waiting = col(Elimination.state) == EliminationState.PROPOSED.value
    return set(await tx.all(statement.where(waiting, col(EliminationLine.unit_id).in_(ids)).distinct()))


async def list_content(tx: Tx, unit: Node) -> list[dict[str, Any]]:
    """Every version of every file of a unit, in the trash too; the folder itself where there is none."""
    tree = below(unit.id, live=False)
    nodes = await tx.rows(
        select(col(Node.id), col(Node.folder_id), col(Node.name)).where(col(Node.id).in_(select(tree.c.id)))
    )
    names = {row[0]: (row[1], row[2]) for row in nodes}

    def path(node_id: Any) -> str:
        parts: list[str] = []
        while node_id in names:
            folder, name = names[node_id]
            parts.append(name)
            node_id = folder if node_id != unit.id else None
        return "/".join(reversed(parts))

    rows = await tx.rows(
        select(
            col(FileVersion.file_id), col(FileVersion.number), col(FileVersion.size), col(FileVersion.sha256),
            col(FileVersion.made_at),
        )
        .where(col(FileVersion.file_id).in_(select(tree.c.id)))
        .limit(MOST_LINES + 1)
    )  # fmt: skip
    lines = [
        {"node_id": row[0], "path": path(row[0]), "number": row[1], "size": row[2], "sha256": row[3], "made_at": row[4]}
        for row in rows
    ]
    if not lines and unit.kind == Kind.FOLDER:
        lines = [
            {"node_id": unit.id, "path": unit.name, "number": 0, "size": 0, "sha256": "", "made_at": unit.created_at}
        ]
    return sorted(lines, key=lambda line: (line["path"], line["number"]))
