"""What the antivirus says of each version, and what is kept of files: types, holds, eliminations, who read."""

import sqlalchemy as sa
from alembic import op

from collab.core.models import UtcDateTime

revision = "0014"
down_revision = "0003"
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


def downgrade() -> None:
    op.drop_index("ix_file_version_scan_made_at", "file_version")
    for name in ("scanned_at", "scanned_with", "scan_detail", "scan"):
        op.drop_column("file_version", name)
    op.drop_column("file_node", "scan")
