"""Roles on a board: what the space gives there, and what is given on the board itself. Tables, and the rule; pure.

A board is open to its space as far as its `opening` says; whoever is named on it may more. Who owns the space owns its
boards. Who is not in the space is a guest: named on the board, they see the cards that are theirs, and no others.
"""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from collab.core.text import Input
from collab.spaces.access import Can
from collab.spaces.models import PrincipalKind, Role


class BoardRole(StrEnum):
    """What one may do on a board, each including the ones after it. OWN: see one's own cards, and work on those."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"
    OWN = "own"


class Opening(StrEnum):
    """What a board gives to those in its space: their role there, reading, their own cards, nothing."""

    SPACE = "space"
    READ = "read"
    OWN = "own"
    CLOSED = "closed"


GRANTS: dict[BoardRole, frozenset[Can]] = {
    BoardRole.OWN: frozenset({Can.READ}),
    BoardRole.READER: frozenset({Can.READ}),
    BoardRole.EDITOR: frozenset({Can.READ, Can.EDIT}),
    BoardRole.OWNER: frozenset({Can.READ, Can.EDIT, Can.MANAGE}),
}
# Those that see all cards but the hidden ones.
WHOLE = (BoardRole.OWNER, BoardRole.EDITOR, BoardRole.READER)
_ORDER = list(BoardRole)


class BoardMember(SQLModel, table=True):
    """That a person, a group or a unit has a role of its own on a board."""

    __tablename__ = "board_member"

    board_id: UUID = Field(primary_key=True, foreign_key="board.id", ondelete="CASCADE")
    principal_id: UUID = Field(primary_key=True, index=True)
    principal_kind: str = Field(max_length=6)
    role: str = Field(max_length=6)


class OpeningInput(Input):
    """What those in the space get."""

    opening: Opening


class BoardMemberInput(Input):
    """Who gets which role on a board."""

    principal_kind: PrincipalKind
    principal_id: UUID
    role: BoardRole


class BoardMemberView(BaseModel):
    """Somebody named on a board. `guest`: not a member of the space by this name."""

    principal_kind: PrincipalKind
    principal_id: UUID
    name: str
    role: BoardRole
    guest: bool


class Sharing(BaseModel):
    """Whom a board is shared with."""

    opening: Opening
    members: list[BoardMemberView]


def role_on(in_space: Role | None, opening: Opening, named: Iterable[BoardRole]) -> BoardRole | None:
    """The role of somebody with this role in the space and these on the board; None for a stranger."""
    roles = set(named)
    if in_space is Role.OWNER:
        return BoardRole.OWNER
    if in_space is None:
        return BoardRole.OWN if BoardRole.OWN in roles else None
    if opening is Opening.SPACE:
        roles.add(BoardRole(in_space.value))
    elif opening is Opening.READ:
        roles.add(BoardRole.READER)
    elif opening is Opening.OWN:
        roles.add(BoardRole.OWN)
    return min(roles, key=_ORDER.index, default=None)
