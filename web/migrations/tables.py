"""Every table of the product, imported so that the metadata is whole."""
# ruff: noqa: F401 - each import registers its tables

from sqlmodel import SQLModel

import directory.groups.models
import directory.people.models
import directory.units.models
import projects.boards.models

metadata = SQLModel.metadata
