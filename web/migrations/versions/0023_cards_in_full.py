"""What cards bear: dates, services, labels, checklists, comments, files and their history; columns have limits."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime
from projects.boards.models import RANK

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_NO = sa.text("false")


def upgrade() -> None:
    # Added as they lie, not by copying the tables: others refer to them.
    op.add_column("board_column", sa.Column("wip", sa.Integer(), nullable=True))
    op.add_column("board_column", sa.Column("archived", sa.Boolean(), nullable=False, server_default=_NO))
    op.add_column("card", sa.Column("start", sa.Date(), nullable=True))
    for name in ("tasks", "tasks_done", "comments"):
        op.add_column("card", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("card", sa.Column("archived", sa.Boolean(), nullable=False, server_default=_NO))
    _make_labels()
    _make_checklists()
    _make_comments()
    _make_links()


def _of(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    gone = None if target in ("person", "unit") else "CASCADE"
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=f"fk_{table}_{name}", ondelete=gone)


def _make_labels() -> None:
    op.create_table(
        "board_label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("colour", sa.String(10), nullable=False),
        _of("board_label", "board_id", "board"),
        sa.PrimaryKeyConstraint("id", name="pk_board_label"),
        sa.UniqueConstraint("board_id", "name_key", name="uq_board_label_board_id_name_key"),
    )
    _link("card_label", "label_id", "board_label")


def _link(table: str, name: str, target: str) -> None:
    op.create_table(
        table,
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column(name, sa.Uuid(), nullable=False),
        _of(table, "card_id", "card"),
        _of(table, name, target),
        sa.PrimaryKeyConstraint("card_id", name, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_{name}", table, [name])


def _make_checklists() -> None:
    op.create_table(
        "card_checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        _of("card_checklist", "card_id", "card"),
        sa.PrimaryKeyConstraint("id", name="pk_card_checklist"),
    )
    op.create_index("ix_card_checklist_card_id", "card_checklist", ["card_id"])
    op.create_table(
        "card_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("rank", RANK, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        _of("card_task", "checklist_id", "card_checklist"),
        _of("card_task", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_card_task"),
    )
    op.create_index("uq_card_task_checklist_id_rank", "card_task", ["checklist_id", "rank"], unique=True)
    op.create_index("ix_card_task_person_id", "card_task", ["person_id"])


def _make_comments() -> None:
    op.create_table(
        "card_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        _of("card_comment", "card_id", "card"),
        _of("card_comment", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_card_comment"),
    )
    op.create_index("ix_card_comment_card_id_id", "card_comment", ["card_id", "id"])
    op.create_index("ix_card_comment_person_id", "card_comment", ["person_id"])
    op.create_table(
        "card_reaction",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sign", sa.String(12), nullable=False),
        _of("card_reaction", "comment_id", "card_comment"),
        _of("card_reaction", "person_id", "person"),
        sa.PrimaryKeyConstraint("comment_id", "person_id", "sign", name="pk_card_reaction"),
    )
    op.create_index("ix_card_reaction_person_id", "card_reaction", ["person_id"])


def _make_links() -> None:
    _link("card_unit", "unit_id", "unit")
    _link("card_file", "node_id", "file_node")
    _link("card_blocker", "blocker_id", "card")
    op.create_table(
        "board_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        _of("board_view", "board_id", "board"),
        _of("board_view", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_board_view"),
    )
    op.create_index("ix_board_view_board_id", "board_view", ["board_id"])
    op.create_index("ix_board_view_person_id", "board_view", ["person_id"])
    op.create_table(
        "card_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of("card_event", "card_id", "card"),
        _of("card_event", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_card_event"),
    )
    op.create_index("ix_card_event_card_id_id", "card_event", ["card_id", "id"])
    op.create_index("ix_card_event_person_id", "card_event", ["person_id"])


def downgrade() -> None:
    op.drop_table("board_view")
    for table in (
        "card_blocker",
        "card_event",
        "card_file",
        "card_unit",
        "card_reaction",
        "card_comment",
        "card_task",
        "card_checklist",
    ):
        op.drop_table(table)
    op.drop_table("card_label")
    op.drop_table("board_label")
    for name in ("archived", "comments", "tasks_done", "tasks", "start"):
        op.drop_column("card", name)
    for name in ("archived", "wip"):
        op.drop_column("board_column", name)
