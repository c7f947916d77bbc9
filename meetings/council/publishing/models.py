"""What an assembly shows everybody: that it has a public page, and which shared files stand there.

Nothing is public by itself: a page is opened for each assembly, a file is marked one by one.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from collab.core.models import utc_field


class PublicAssembly(SQLModel, table=True):
    """That an assembly has a public page."""

    __tablename__ = "council_public"

    assembly_id: UUID = Field(primary_key=True, foreign_key="council_assembly.id")
    since: datetime = utc_field()


class PublicFile(SQLModel, table=True):
    """That a file which goes with an item is shown to everybody; by its id alone, like ItemFile."""

    __tablename__ = "council_public_file"

    item_id: UUID = Field(primary_key=True, foreign_key="council_item.id")
    node_id: UUID = Field(primary_key=True)
