"""The speaker queue of rooms, how long people spoke, polls, and answers in chats."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0022"
down_revision = "0021"
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
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_room_speech")),
    )
    op.create_index("ix_room_speech_person_id", "room_speech", ["person_id"])
    op.create_table(
        "room_poll",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_poll_meeting_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_room_poll_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_poll")),
    )
    op.create_index("ix_room_poll_meeting_id", "room_poll", ["meeting_id"])
    op.create_table(
        "room_poll_voter",
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["poll_id"], ["room_poll.id"], name=op.f("fk_room_poll_voter_poll_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_room_poll_voter_person_id")),
        sa.PrimaryKeyConstraint("poll_id", "person_id", name=op.f("pk_room_poll_voter")),
    )
    op.create_index("ix_room_poll_voter_person_id", "room_poll_voter", ["person_id"])
    op.add_column("chat_message", sa.Column("reply_to", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("chat_message", "reply_to")
    op.drop_table("room_poll_voter")
    op.drop_table("room_poll")
    op.drop_table("room_speech")
    op.drop_table("room_floor")
