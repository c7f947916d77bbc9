"""Resumable uploads, links and deposit boxes."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = {
    "file_upload": ("space_id", "person_id", "link_id", "expires_at"),
    "share_link": ("space_id", "node_id", "created_by"),
    "deposit": ("link_id", "file_id"),
}


def upgrade() -> None:
    op.create_table(
        "file_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("conflict", sa.String(7), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("visitor", sa.String(200), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_file_upload_space_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_file_upload_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_upload")),
        sa.UniqueConstraint("key", name=op.f("uq_file_upload_key")),
    )
    op.create_table(
        "share_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("most_downloads", sa.Integer(), nullable=True),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("view_only", sa.Boolean(), nullable=False),
        sa.Column("ask_name", sa.String(8), nullable=False),
        sa.Column("ask_note", sa.String(8), nullable=False),
        sa.Column("most_bytes", sa.BigInteger(), nullable=True),
        sa.Column("kinds", sa.String(100), nullable=False),
        sa.Column("welcome", sa.String(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_share_link_space_id")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_share_link_created_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.id"], name=op.f("fk_share_link_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_link_token_hash")),
    )
    op.create_table(
        "share_rule",
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("sharing", sa.String(7), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_share_rule_space_id")),
        sa.PrimaryKeyConstraint("space_id", name=op.f("pk_share_rule")),
    )
    op.create_table(
        "deposit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("visitor", sa.String(200), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["share_link.id"], name=op.f("fk_deposit_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
    )
    for table, columns in INDEXES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


def downgrade() -> None:
    for table in ("deposit", "share_rule", "share_link", "file_upload"):
        op.drop_table(table)
