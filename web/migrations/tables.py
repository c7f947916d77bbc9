# ruff: noqa: F401 - each import registers its tables
"""Every table of the product, imported so that the metadata is whole."""

from typing import Any

from sqlmodel import SQLModel

import collab.chat.models
import collab.core.jobs
import collab.core.journal
import collab.core.topics
import collab.files.comments
import collab.files.favourites
import collab.files.links.models
import collab.files.locks
import collab.files.models
import collab.files.previews.models
import collab.files.properties
import collab.files.quotas
import collab.files.readings
import collab.files.records.models
import collab.files.tags
import collab.files.texts.models
import collab.files.uploads.models
import collab.notifications.models
import collab.spaces.models
import directory.groups.models
import directory.people.models
import directory.sessions.models
import directory.units.models
import meetings.calendar.models
import meetings.council.assemblies.models
import meetings.council.documents.models
import meetings.council.minutes.models
import meetings.council.publishing.models
import meetings.council.secret.models
import meetings.council.sittings.models
import meetings.recording.models
import meetings.rooms.broadcasts
import meetings.rooms.guest_models
import meetings.rooms.lobby_models
import meetings.rooms.models
import projects.boards.labels
import projects.boards.models
import projects.boards.parts
import projects.boards.views
import projects.exchange.models

metadata = SQLModel.metadata


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Not the search's tables, which are made from the others and differ between databases (collab/search/index.py)."""
    return not (kind == "table" and name is not None and name.startswith("search_"))
