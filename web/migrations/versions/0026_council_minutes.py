"""Minutes: their texts and versions, numbers of deliberations, documents, what an assembly shows the public."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_minutes()
    _make_acts()
    _make_documents()
    _make_public()


def _make_minutes() -> None:
    op.create_table(
        "council_minutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("account", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.String(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_in", sa.Uuid(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("list_published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_minutes_sitting_id"),
        sa.ForeignKeyConstraint(["settled_in"], ["council_sitting.id"], name="fk_council_minutes_settled_in"),
        sa.PrimaryKeyConstraint("id", name="pk_council_minutes"),
        sa.UniqueConstraint("sitting_id", name="uq_council_minutes_sitting_id"),
    )
    op.create_index("ix_council_minutes_settled_in", "council_minutes", ["settled_in"])
    op.create_table(
        "council_minutes_text",
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["minutes_id"], ["council_minutes.id"], name="fk_council_minutes_text_minutes_id"),
        sa.PrimaryKeyConstraint("minutes_id", "part", name="pk_council_minutes_text"),
    )
    op.create_table(
        "council_minutes_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(60), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["minutes_id"], ["council_minutes.id"], name="fk_council_minutes_version_minutes_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_council_minutes_version_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_minutes_version"),
    )
    op.create_index("ix_council_minutes_version_minutes_id_part", "council_minutes_version", ["minutes_id", "part"])
    op.create_index("ix_council_minutes_version_by_id", "council_minutes_version", ["by_id"])


def _make_acts() -> None:
    op.create_table(
        "council_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assembly_id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["assembly_id"], ["council_assembly.id"], name="fk_council_act_assembly_id"),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_act_sitting_id"),
        sa.ForeignKeyConstraint(["item_id"], ["council_item.id"], name="fk_council_act_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_act"),
        sa.UniqueConstraint("item_id", name="uq_council_act_item_id"),
        sa.UniqueConstraint("assembly_id", "year", "number", name="uq_council_act_assembly_id_year_number"),
    )
    op.create_index("ix_council_act_sitting_id", "council_act", ["sitting_id"])
    op.create_table(
        "council_act_card",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["council_act.id"], name="fk_council_act_card_act_id"),
        sa.PrimaryKeyConstraint("act_id", "card_id", name="pk_council_act_card"),
    )


def _make_documents() -> None:
    op.create_table(
        "council_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("odt", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_size", sa.Integer(), nullable=False),
        sa.Column("odt_size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["council_sitting.id"], name="fk_council_document_sitting_id"),
        sa.ForeignKeyConstraint(["item_id"], ["council_item.id"], name="fk_council_document_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_council_document"),
    )
    op.create_index("ix_council_document_sitting_id", "council_document", ["sitting_id"])
    op.create_index("ix_council_document_item_id", "council_document", ["item_id"])


def _make_public() -> None:
    op.create_table(
        "council_public",
        sa.Column("assembly_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["assembly_id"], ["council_assembly.id"], name="fk_council_public_assembly_id"),
        sa.PrimaryKeyConstraint("assembly_id", name="pk_council_public"),
    )
