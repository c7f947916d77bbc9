"""The text of files, the index of the search, and previews."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQLITE_WORDS = (
    "CREATE VIRTUAL TABLE search_words USING fts5("
    "title, body, marks, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3 4', columnsize = 0)",
    "CREATE TABLE search_finder (number BIGINT NOT NULL, mark VARCHAR(33) NOT NULL, PRIMARY KEY (number, mark)) "
    "WITHOUT ROWID",
)
POSTGRESQL_WORDS = (
    "ALTER TABLE search_document ADD title tsvector, ADD whole tsvector",
    "CREATE INDEX ix_search_document_title ON search_document USING gin (title) WITH (fastupdate = off)",
    "CREATE INDEX ix_search_document_whole ON search_document USING gin (whole) WITH (fastupdate = off)",
)


def upgrade() -> None:
    op.create_table(
        "file_text",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["file_version.id"], name=op.f("fk_file_text_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_file_text")),
    )
    op.create_table(
        "search_document",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_document")),
        sa.UniqueConstraint("kind", "thing_id", name=op.f("uq_search_document_kind")),
    )
    op.create_table(
        "file_preview",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_file_preview")),
    )
    op.create_table(
        "file_preview_part",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "name", name=op.f("pk_file_preview_part")),
        sa.UniqueConstraint("key", name=op.f("uq_file_preview_part_key")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_WORDS:
            op.execute(statement)
    else:
        for statement in SQLITE_WORDS:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_table("search_words")
        op.drop_table("search_finder")
    op.drop_table("search_document")
    op.drop_table("file_preview_part")
    op.drop_table("file_preview")
    op.drop_table("file_text")
