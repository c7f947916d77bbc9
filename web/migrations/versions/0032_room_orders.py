"""What an assembly orders in the room it sits in."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_order",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.JSON(), nullable=False)
            for name in ("inside", "seated", "presiding", "aside", "silenced")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_room_order_meeting_id"),
        sa.PrimaryKeyConstraint("meeting_id", name="pk_room_order"),
    )
