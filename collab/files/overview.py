"""What administrators see of files: how many are in which state, what is in quarantine or damaged, and whose.

No name and no content: administering the platform gives nothing to read. Their door has decided.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from collab.core.database import Tx
from collab.files.models import FileVersion, Node, ScanState
from collab.spaces.models import Role
from collab.spaces.queries import people_of

PAGE = 100


class Troubled(BaseModel):
    """One version, without its name. `owners`: of its space; `signature`: of what is infected."""

    file: UUID
    number: int
    size: int
    made_at: datetime
    signature: str
    owners: list[str]


async def count_scans(tx: Tx) -> dict[ScanState, int]:
    """How many versions are in each state."""
    rows = await tx.rows(select(col(FileVersion.scan), func.count()).group_by(col(FileVersion.scan)))
    return {state: next((int(row[1]) for row in rows if row[0] == state), 0) for state in ScanState}


async def count_damaged(tx: Tx) -> int:
    """How many versions are damaged."""
    return int(await tx.one(select(func.count()).where(col(FileVersion.damaged))) or 0)


async def list_quarantine(tx: Tx) -> list[Troubled]:
    """What is in quarantine, newest first."""
    return await _troubled(tx, col(FileVersion.scan) == ScanState.INFECTED.value)


async def list_damaged(tx: Tx) -> list[Troubled]:
    """What is damaged, newest first."""
    return await _troubled(tx, col(FileVersion.damaged).is_(True))


async def _troubled(tx: Tx, which: ColumnElement[bool]) -> list[Troubled]:
    rows = await tx.rows(
        select(FileVersion, col(Node.space_id))
        .join(Node, col(Node.id) == col(FileVersion.file_id))
        .where(which)
        .order_by(col(FileVersion.made_at).desc())
        .limit(PAGE)
    )
    owners: dict[UUID, Sequence[str]] = {}
    for space_id in {row[1] for row in rows}:
        owners[space_id] = [person.display_name for person in await people_of(tx, space_id, 5, role=Role.OWNER)]
    return [
        Troubled(
            file=version.file_id,
            number=version.number,
            size=version.size,
            made_at=version.made_at,
            signature=version.scan_detail if version.scan == ScanState.INFECTED else "",
            owners=list(owners[space_id]),
        )
        for version, space_id in rows
    ]
