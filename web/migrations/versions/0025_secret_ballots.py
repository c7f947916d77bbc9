"""Secret ballots, elections in rounds and by lists, votes that weigh."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_BALLOT = ("election", "options", "round", "seats", "sharing", "expected", "sealing_key")


def upgrade() -> None:
    for column in (
        sa.Column("election", sa.String(12), nullable=False, server_default=""),
        sa.Column("options", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("seats", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sharing", sa.String(20), nullable=False, server_default=""),
        sa.Column("expected", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sealing_key", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("council_ballot", column)
    op.add_column("council_member", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    # Of ballots that ended before, it is known how many voted.
    op.execute(
        "UPDATE council_ballot SET expected = "
        "(SELECT count(*) FROM council_vote WHERE council_vote.ballot_id = council_ballot.id)"
    )
    _make_secret()


def _make_secret() -> None:
    # In the order of their keys: a row number would tell which came first.
    op.create_table(
        "council_participation",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("cast_by", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.String(14), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["council_ballot.id"], name="fk_council_participation_ballot_id"),
        sa.ForeignKeyConstraint(["cast_by"], ["person.id"], name="fk_council_participation_cast_by"),
        sa.ForeignKeyConstraint(["member_id"], ["council_member.id"], name="fk_council_participation_member_id"),
        sa.PrimaryKeyConstraint("ballot_id", "member_id", name="pk_council_participation"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_council_participation_cast_by", "council_participation", ["cast_by"])
    op.create_index("ix_council_participation_member_id", "council_participation", ["member_id"])
    op.create_table(
        "council_sealed_vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["council_ballot.id"], name="fk_council_sealed_vote_ballot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_sealed_vote"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_council_sealed_vote_ballot_id", "council_sealed_vote", ["ballot_id"])


def downgrade() -> None:
    op.drop_table("council_sealed_vote")
    op.drop_table("council_participation")
    op.drop_column("council_member", "weight")
    for name in _BALLOT:
        op.drop_column("council_ballot", name)
