"""Which process keeps which room."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_keeper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_keeper")),
    )
    op.create_table(
        "room_home",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_home_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_room_home")),
    )
    with op.batch_alter_table("room_home", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_room_home_keeper_id"), ["keeper_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("room_home", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_room_home_keeper_id"))

    op.drop_table("room_home")
    op.drop_table("room_keeper")
