"""Personal files; comments on versions and files, tags, favourites.

Written so that SQLite alters its tables in place: making `space` anew would drop what other tables refer to.
"""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    uuid = sa.Uuid().compile(op.get_bind().dialect)
    op.execute(f"ALTER TABLE space ADD COLUMN owner_id {uuid} CONSTRAINT fk_space_owner_id REFERENCES person (id)")
    op.create_index(op.f("ix_space_owner_id"), "space", ["owner_id"], unique=True)
    op.add_column("file_node", sa.Column("comments", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("file_version", sa.Column("comment", sa.String(), nullable=False, server_default=""))
    op.add_column("file_version", sa.Column("restored_from", sa.Integer(), nullable=True))
    op.create_table(
        "file_tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("colour", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_file_tag_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_tag")),
        sa.UniqueConstraint("space_id", "name_key", name=op.f("uq_file_tag_space_id_name_key")),
    )
    op.create_table(
        "file_tagging",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_id"], ["file_node.id"], name=op.f("fk_file_tagging_node_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["file_tag.id"], name=op.f("fk_file_tagging_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("node_id", "tag_id", name=op.f("pk_file_tagging")),
    )
    op.create_index(op.f("ix_file_tagging_tag_id"), "file_tagging", ["tag_id"])
    op.create_table(
        "file_favourite",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_file_favourite_person_id")),
        sa.ForeignKeyConstraint(
            ["node_id"], ["file_node.id"], name=op.f("fk_file_favourite_node_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "node_id", name=op.f("pk_file_favourite")),
    )
    op.create_index(op.f("ix_file_favourite_node_id"), "file_favourite", ["node_id"])
    op.create_table(
        "file_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_id"], ["file_node.id"], name=op.f("fk_file_comment_node_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_file_comment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_comment")),
    )
    op.create_index(op.f("ix_file_comment_person_id"), "file_comment", ["person_id"])
    op.create_index("ix_file_comment_node_id_id", "file_comment", ["node_id", "id"])


def downgrade() -> None:
    for table in ("file_comment", "file_favourite", "file_tagging", "file_tag"):
        op.drop_table(table)
    for table, column in (("file_version", "restored_from"), ("file_version", "comment"), ("file_node", "comments")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.drop_index(op.f("ix_space_owner_id"), table_name="space")
    with op.batch_alter_table("space", schema=None) as batch_op:
        batch_op.drop_column("owner_id")
