"""The speaker queue of rooms, and how long people spoke."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_floor",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("fair", sa.Boolean(), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("turn_limit", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_floor_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_room_floor")),
    )
    op.create_table(
        "room_speech",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_speech_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_room_speech_person_id")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_room_speech")),
    )
    op.create_index("ix_room_speech_person_id", "room_speech", ["person_id"])


def downgrade() -> None:
    op.drop_table("room_speech")
    op.drop_table("room_floor")
