"""Personal files.

Written so that SQLite alters its tables in place: making `space` anew would drop what other tables refer to.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    uuid = sa.Uuid().compile(op.get_bind().dialect)
    op.execute(f"ALTER TABLE space ADD COLUMN owner_id {uuid} CONSTRAINT fk_space_owner_id REFERENCES person (id)")
    op.create_index(op.f("ix_space_owner_id"), "space", ["owner_id"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_space_owner_id"), table_name="space")
    with op.batch_alter_table("space", schema=None) as batch_op:
        batch_op.drop_column("owner_id")
