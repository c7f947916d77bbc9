"""Files that become boards, and who wrote the comments that come with them."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card_comment", sa.Column("author", sa.String(200), nullable=True))
    op.create_table(
        "board_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name="fk_board_import_space_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_board_import_person_id"),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name="fk_board_import_board_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_board_import"),
    )
    for name in ("space_id", "person_id", "board_id"):
        op.create_index(f"ix_board_import_{name}", "board_import", [name])


def downgrade() -> None:
    op.drop_table("board_import")
    op.drop_column("card_comment", "author")
