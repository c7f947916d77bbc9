"""What the antivirus says of each version, and what is kept of files: types, holds, eliminations, who read."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from collab.core.ids import new_id
from collab.core.models import UtcDateTime
from collab.files.records.shipped import TYPES

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added as they lie, not by copying the tables: others refer to them.
    op.add_column("file_node", sa.Column("scan", sa.String(10), nullable=False, server_default="unscanned"))
    op.execute("UPDATE file_node SET scan = 'clean' WHERE kind = 'folder'")
    op.add_column("file_version", sa.Column("scan", sa.String(10), nullable=False, server_default="unscanned"))
    op.add_column("file_version", sa.Column("scan_detail", sa.String(200), nullable=False, server_default="no_scanner"))
    op.add_column("file_version", sa.Column("scanned_with", sa.String(100), nullable=False, server_default=""))
    op.add_column("file_version", sa.Column("scanned_at", UtcDateTime(), nullable=True))
    op.create_index("ix_file_version_scan_made_at", "file_version", ["scan", "made_at"])
    _make_types()
    _make_holds()
    _make_eliminations()
    _make_reads()


def _make_types() -> None:
    types = op.create_table(
        "record_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("start", sa.String(10), nullable=False),
        sa.Column("event", sa.String(200), nullable=False),
        sa.Column("fate", sa.String(10), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("to_confirm", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record_type"),
        sa.UniqueConstraint("code", name="uq_record_type_code"),
    )
    now = datetime.now(UTC)
    names = ("code", "title", "months", "start", "event", "fate", "source")
    common = {"rev": 1, "created_at": now, "updated_at": now, "to_confirm": True, "active": True}
    op.bulk_insert(types, [{"id": new_id(), **common, **dict(zip(names, row, strict=True))} for row in TYPES])
    op.create_table(
        "file_record",
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("transferred_on", sa.Date(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["file_node.id"], name="fk_file_record_node_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["type_id"], ["record_type.id"], name="fk_file_record_type_id"),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name="fk_file_record_set_by"),
        sa.PrimaryKeyConstraint("node_id", name="pk_file_record"),
    )
    op.create_index("ix_file_record_type_id", "file_record", ["type_id"])
    op.create_index("ix_file_record_due_on", "file_record", ["due_on"])
    op.create_table(
        "archivist",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=True),
        sa.Column("named_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_archivist_person_id"),
        sa.ForeignKeyConstraint(["named_by"], ["person.id"], name="fk_archivist_named_by"),
        sa.PrimaryKeyConstraint("person_id", name="pk_archivist"),
    )


def _make_holds() -> None:
    op.create_table(
        "file_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_archivist", sa.Boolean(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name="fk_file_hold_space_id"),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name="fk_file_hold_placed_by"),
        sa.ForeignKeyConstraint(["released_by"], ["person.id"], name="fk_file_hold_released_by"),
        sa.PrimaryKeyConstraint("id", name="pk_file_hold"),
    )
    op.create_index("ix_file_hold_space_id", "file_hold", ["space_id", "released_at"])


def _make_eliminations() -> None:
    op.create_table(
        "file_elimination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("journal_head", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name="fk_file_elimination_space_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name="fk_file_elimination_proposed_by"),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name="fk_file_elimination_answered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_file_elimination"),
    )
    op.create_index("ix_file_elimination_state", "file_elimination", ["state", "id"])
    op.create_index("ix_file_elimination_space", "file_elimination", ["space_id"])
    op.create_table(
        "file_elimination_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("elimination_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("type_title", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["elimination_id"], ["file_elimination.id"], name="fk_file_elimination_line_elimination_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_file_elimination_line"),
        sa.UniqueConstraint("elimination_id", "position", name="uq_file_elimination_line_elimination_id_position"),
    )


def _make_reads() -> None:
    op.create_table(
        "file_read",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("door", sa.String(10), nullable=False),
        sa.Column("reader_kind", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "hour", "reader_id", "number", "door", name="pk_file_read"),
    )
    op.create_index("ix_file_read_hour", "file_read", ["hour"])


def downgrade() -> None:
    records = ("file_read", "file_elimination_line", "file_elimination", "file_hold", "archivist", "file_record")
    for table in (*records, "record_type"):
        op.drop_table(table)
    op.drop_index("ix_file_version_scan_made_at", "file_version")
    for name in ("scanned_at", "scanned_with", "scan_detail", "scan"):
        op.drop_column("file_version", name)
    op.drop_column("file_node", "scan")
