"""Rooms with a lobby, those who wait in it, links for guests and the guests who came through them."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("opens_at_start", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "guest_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_guest_link_meeting_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_guest_link_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_guest_link_token_hash")),
    )
    op.create_table(
        "guest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("pass_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("banned_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_guest_meeting_id")),
        sa.ForeignKeyConstraint(["link_id"], ["guest_link.id"], name=op.f("fk_guest_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
        sa.UniqueConstraint("pass_hash", name=op.f("uq_guest_pass_hash")),
    )
    op.create_table(
        "guest_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("guest_id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_guest_visit_meeting_id")),
        sa.ForeignKeyConstraint(["guest_id"], ["guest.id"], name=op.f("fk_guest_visit_guest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_visit")),
    )
    op.create_table(
        "room_wait",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("who_id", sa.Uuid(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("let_in_at", UtcDateTime(), nullable=True),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_wait_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_wait")),
        sa.UniqueConstraint("meeting_id", "who_id", name=op.f("uq_room_wait_meeting_id_who_id")),
    )
    op.create_table(
        "room_lobby",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_room_lobby_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_room_lobby")),
    )
    for table, column in (
        ("guest_link", "meeting_id"),
        ("guest_link", "created_by"),
        ("guest", "meeting_id"),
        ("guest", "link_id"),
        ("guest_visit", "meeting_id"),
        ("guest_visit", "guest_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("room_lobby", "room_wait", "guest_visit", "guest", "guest_link"):
        op.drop_table(table)
    op.drop_column("meeting", "opens_at_start")
