"""Recordings of meetings, who agreed to them, their type of record; and rooms that are shown to the public."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from collab.core.ids import new_id
from collab.core.models import UtcDateTime
from collab.files.records.models import Fate, Start

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ending", sa.String(12), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("film_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_recording_meeting_id")),
        sa.ForeignKeyConstraint(["started_by"], ["person.id"], name=op.f("fk_recording_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    op.create_index("ix_recording_meeting_id", "recording", ["meeting_id"])
    op.create_table(
        "recording_now",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_recording_now_meeting_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name=op.f("fk_recording_now_recording_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_recording_now")),
    )
    op.create_table(
        "recording_answer",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("who_id", sa.Uuid(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name=op.f("fk_recording_answer_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", "who_id", name=op.f("pk_recording_answer")),
    )
    op.create_table(
        "broadcast",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("on_air", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_broadcast_meeting_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_broadcast_by_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_broadcast")),
        sa.UniqueConstraint("public_id", name=op.f("uq_broadcast_public_id")),
    )
    op.create_table(
        "broadcast_token",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["media_token.id"], name=op.f("fk_broadcast_token_token_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_broadcast_token_meeting_id")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_broadcast_token")),
    )
    op.create_index("ix_broadcast_token_meeting_id", "broadcast_token", ["meeting_id"])
    _add_type()


def _add_type() -> None:
    """A place that has made a type with this code keeps its own."""
    types = sa.table(
        "record_type",
        *(sa.column(name) for name in ("code", "title", "start", "event", "fate", "source")),
        sa.column("id", sa.Uuid()),
        sa.column("rev", sa.Integer()),
        sa.column("months", sa.Integer()),
        sa.column("to_confirm", sa.Boolean()),
        sa.column("active", sa.Boolean()),
        sa.column("created_at", UtcDateTime()),
        sa.column("updated_at", UtcDateTime()),
    )
    code = "enregistrements"
    if op.get_bind().execute(sa.select(types.c.id).where(types.c.code == code)).first() is not None:
        return
    now = datetime.now(UTC)
    row = {
        "id": new_id(), "rev": 1, "created_at": now, "updated_at": now, "to_confirm": True, "active": True,
        "code": code, "title": "Enregistrements de réunions", "months": 12, "start": Start.CREATED.value, "event": "",
        "fate": Fate.DESTROY.value, "source": "Durée proposée : à fixer avec le délégué à la protection des données.",
    }  # fmt: skip
    op.bulk_insert(types, [row])


def downgrade() -> None:
    for table in ("broadcast_token", "broadcast", "recording_answer", "recording_now", "recording"):
        op.drop_table(table)
