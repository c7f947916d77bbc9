"""Every table of the product, imported so that the metadata is whole."""

from sqlmodel import SQLModel

import directory.groups.models
import directory.people.models
import directory.units.models  # noqa: F401 - each import registers its tables

metadata = SQLModel.metadata
