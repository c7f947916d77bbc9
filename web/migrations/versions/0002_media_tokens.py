"""Media tokens: programs send into a room or look on without a browser."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_media_token_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_media_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_media_token_secret_hash")),
    )
    with op.batch_alter_table("media_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_token_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_token_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_token_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("media_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_token_expires_at"))
        batch_op.drop_index(batch_op.f("ix_media_token_person_id"))
        batch_op.drop_index(batch_op.f("ix_media_token_meeting_id"))

    op.drop_table("media_token")
