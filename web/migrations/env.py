"""Alembic's entry: runs the migrations on the connection it is given."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import String

from collab.core.models import UtcDateTime
from web.migrations.tables import is_ours, metadata


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """How a new migration writes our own types and sqlmodel's."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and type(item).__name__ == "AutoString" and isinstance(item.impl_instance, String):
        return f"sa.String({item.impl_instance.length or ''})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    render_item=render_item,
    compare_type=True,
    include_name=is_ours,
)
context.run_migrations()
