"""The same space and board as those of boards."""

from tests.service.projects.boards.conftest import world

__all__ = ["world"]
