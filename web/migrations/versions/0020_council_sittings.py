"""Councils: assemblies with their members, sittings, agendas, convocations, what happened, ballots."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0020"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_assemblies()
    _make_sittings()
    _make_agenda()
    _make_ballots()


def _make_assemblies() -> None:
    op.create_table(
        "council_assembly",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("local_law", sa.String(20), nullable=False),
        sa.Column("authority", sa.String(20), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("term_from", sa.Date(), nullable=False),
        sa.Column("term_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name="fk_council_assembly_space_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_assembly"),
    )
    op.create_index("ix_council_assembly_space_id", "council_assembly", ["space_id"])
    op.create_table(
        "council_clerk",
        sa.Column("assembly_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["assembly_id"], ["council_assembly.id"], name="fk_council_clerk_assembly_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_council_clerk_person_id"),
        sa.PrimaryKeyConstraint("assembly_id", "person_id", name="pk_council_clerk"),
    )
    op.create_index("ix_council_clerk_person_id", "council_clerk", ["person_id"])
    op.create_table(
        "council_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(10), nullable=False),
        sa.Column("function", sa.String(200), nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("joined", sa.Date(), nullable=False),
        sa.Column("vacated", sa.Date(), nullable=True),
        sa.Column("vacated_why", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["assembly_id"], ["council_assembly.id"], name="fk_council_member_assembly_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_council_member_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_member"),
    )
    op.create_index("ix_council_member_assembly_id", "council_member", ["assembly_id"])
    op.create_index("ix_council_member_person_id", "council_member", ["person_id"])
    op.create_index(
        "uq_council_member_in_exercise",
        "council_member",
        ["assembly_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("vacated IS NULL"),
        postgresql_where=sa.text("vacated IS NULL"),
    )


def _make_sittings() -> None:
    op.create_table(
        "council_sitting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("remote", sa.Boolean(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("convened_at", UtcDateTime(), nullable=True),
        sa.Column("convened_by", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assembly_id"], ["council_assembly.id"], name="fk_council_sitting_assembly_id"),
        sa.ForeignKeyConstraint(["convened_by"], ["council_member.id"], name="fk_council_sitting_convened_by"),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_council_sitting_meeting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_sitting"),
    )
    op.create_index("ix_council_sitting_assembly_id_starts_at", "council_sitting", ["assembly_id", "starts_at"])
    op.create_index("ix_council_sitting_meeting_id", "council_sitting", ["meeting_id"])
    op.create_table(
        "council_convocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["council_member.id"], name="fk_council_convocation_member_id"),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_convocation_sitting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_convocation"),
        sa.UniqueConstraint("sitting_id", "member_id", name="uq_council_convocation_sitting_id_member_id"),
    )
    op.create_index("ix_council_convocation_member_id", "council_convocation", ["member_id"])
    op.create_table(
        "council_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_council_event_actor_id"),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_event_sitting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_event"),
        sa.UniqueConstraint("sitting_id", "seq", name="uq_council_event_sitting_id_seq"),
    )
    op.create_index("ix_council_event_actor_id", "council_event", ["actor_id"])


def _make_agenda() -> None:
    op.create_table(
        "council_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("rapporteur_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("draft", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["council_item.id"], name="fk_council_item_parent_id"),
        sa.ForeignKeyConstraint(["rapporteur_id"], ["person.id"], name="fk_council_item_rapporteur_id"),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_item_sitting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_item"),
    )
    op.create_index("ix_council_item_parent_id", "council_item", ["parent_id"])
    op.create_index("ix_council_item_rapporteur_id", "council_item", ["rapporteur_id"])
    op.create_index("ix_council_item_sitting_id", "council_item", ["sitting_id"])
    op.create_table(
        "council_item_file",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["council_item.id"], name="fk_council_item_file_item_id"),
        sa.PrimaryKeyConstraint("item_id", "node_id", name="pk_council_item_file"),
    )


def _make_ballots() -> None:
    op.create_table(
        "council_ballot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["council_item.id"], name="fk_council_ballot_item_id"),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_ballot_sitting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_ballot"),
    )
    op.create_index("ix_council_ballot_item_id", "council_ballot", ["item_id"])
    op.create_index("ix_council_ballot_sitting_id", "council_ballot", ["sitting_id"])
    op.create_table(
        "council_vote",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.String(10), nullable=False),
        sa.Column("cast_by", sa.Uuid(), nullable=False),
        sa.Column("cast_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["council_ballot.id"], name="fk_council_vote_ballot_id"),
        sa.ForeignKeyConstraint(["cast_by"], ["person.id"], name="fk_council_vote_cast_by"),
        sa.ForeignKeyConstraint(["member_id"], ["council_member.id"], name="fk_council_vote_member_id"),
        sa.PrimaryKeyConstraint("ballot_id", "member_id", name="pk_council_vote"),
    )
    op.create_index("ix_council_vote_cast_by", "council_vote", ["cast_by"])
    op.create_index("ix_council_vote_member_id", "council_vote", ["member_id"])
