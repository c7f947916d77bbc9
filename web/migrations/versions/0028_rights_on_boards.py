"""Roles on boards, and cards that only those see whom they concern."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("board", sa.Column("opening", sa.String(6), nullable=False, server_default="space"))
    op.add_column("card", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "board_member",
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("principal_kind", sa.String(6), nullable=False),
        sa.Column("role", sa.String(6), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name="fk_board_member_board_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("board_id", "principal_id", name="pk_board_member"),
    )
    op.create_index("ix_board_member_principal_id", "board_member", ["principal_id"])
    op.create_table(
        "card_member",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name="fk_card_member_card_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "principal_id", name="pk_card_member"),
    )
    op.create_index("ix_card_member_principal_id", "card_member", ["principal_id"])


def downgrade() -> None:
    op.drop_table("card_member")
    op.drop_table("board_member")
    op.drop_column("card", "hidden")
    op.drop_column("board", "opening")
