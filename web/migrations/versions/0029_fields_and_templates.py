"""Fields of a board's own and what cards say in them; templates of cards and of boards."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

RANK = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "board_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("title_key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("rank", RANK, nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name="fk_board_field_board_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_board_field"),
        sa.UniqueConstraint("board_id", "title_key", name="uq_board_field_board_id_title_key"),
    )
    op.create_index("uq_board_field_board_id_rank", "board_field", ["board_id", "rank"], unique=True)
    op.create_table(
        "card_value",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.String(500), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name="fk_card_value_card_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["field_id"], ["board_field.id"], name="fk_card_value_field_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_card_value_person_id"),
        sa.PrimaryKeyConstraint("card_id", "field_id", name="pk_card_value"),
    )
    op.create_index("ix_card_value_field_id", "card_value", ["field_id"])
    op.create_index("ix_card_value_person_id", "card_value", ["person_id"])
    op.create_table(
        "card_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name="fk_card_template_board_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_card_template"),
        sa.UniqueConstraint("board_id", "name_key", name="uq_card_template_board_id_name_key"),
    )
    op.create_table(
        "board_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name="fk_board_template_space_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_board_template"),
    )
    op.create_index("ix_board_template_space_id", "board_template", ["space_id"])


def downgrade() -> None:
    for table in ("board_template", "card_template", "card_value", "board_field"):
        op.drop_table(table)
