"""Locks on files, what a space's files take, and what WebDAV programs note on files."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns without constraints, so that SQLite alters the table in place.
    op.add_column("file_node", sa.Column("locked_by", sa.Uuid(), nullable=True))
    op.add_column("file_node", sa.Column("locked_until", UtcDateTime(), nullable=True))
    op.create_table(
        "file_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("deep", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["file_node.id"], name=op.f("fk_file_lock_node_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_file_lock_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_lock")),
    )
    with op.batch_alter_table("file_lock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_lock_node_id"), ["node_id"], unique=False)
        batch_op.create_index("ix_file_lock_space_id_expires_at", ["space_id", "expires_at"], unique=False)
    op.create_table(
        "file_property",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_id"], ["file_node.id"], name=op.f("fk_file_property_node_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("node_id", "name", name=op.f("pk_file_property")),
    )
    op.create_table(
        "file_usage",
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_file_usage_space_id")),
        sa.PrimaryKeyConstraint("space_id", name=op.f("pk_file_usage")),
    )
    op.execute(
        "INSERT INTO file_usage (space_id, used) SELECT file_node.space_id, SUM(file_version.size) "
        "FROM file_version JOIN file_node ON file_node.id = file_version.file_id GROUP BY file_node.space_id"
    )


def downgrade() -> None:
    op.drop_table("file_usage")
    op.drop_table("file_property")
    op.drop_table("file_lock")
    op.drop_column("file_node", "locked_until")
    op.drop_column("file_node", "locked_by")
