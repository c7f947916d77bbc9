"""Rooms that are locked, and who was put out of one for good."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_lock",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_lock_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_room_lock")),
    )
    op.create_table(
        "room_ban",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("banned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_ban_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_room_ban_person_id")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_room_ban")),
    )


def downgrade() -> None:
    op.drop_table("room_ban")
    op.drop_table("room_lock")
