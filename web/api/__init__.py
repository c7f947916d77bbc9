"""The JSON doors, one module a slice; each lists its endpoints in `routes`."""

from collections.abc import Sequence

from web.api import (
    accounts,
    boards,
    directory,
    files,
    me,
    meetings,
    notifications,
    orphans,
    previews,
    search,
    sessions,
    spaces,
    structure,
    system,
)
from web.http import Endpoint

ENDPOINTS: Sequence[Endpoint] = [
    *system.routes.endpoints,
    *sessions.routes.endpoints,
    *me.routes.endpoints,
    *accounts.routes.endpoints,
    *structure.routes.endpoints,
    *orphans.routes.endpoints,
    *spaces.routes.endpoints,
    *directory.routes.endpoints,
    *notifications.routes.endpoints,
    *boards.routes.endpoints,
    *files.routes.endpoints,
    *previews.routes.endpoints,
    *meetings.routes.endpoints,
    *search.routes.endpoints,
]
