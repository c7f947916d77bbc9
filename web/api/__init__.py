"""The JSON doors, one module a slice; each lists its endpoints in `routes`."""

from collections.abc import Sequence

from web.api import (
    accounts,
    boards,
    council,
    directory,
    file_marks,
    files,
    links,
    locks,
    me,
    meetings,
    notifications,
    orphans,
    previews,
    records,
    search,
    sessions,
    spaces,
    structure,
    system,
    transfers,
    uploads,
    zips,
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
    *file_marks.routes.endpoints,
    *transfers.routes.endpoints,
    *locks.routes.endpoints,
    *zips.routes.endpoints,
    *uploads.routes.endpoints,
    *links.routes.endpoints,
    *records.routes.endpoints,
    *meetings.routes.endpoints,
    *council.routes.endpoints,
    *previews.routes.endpoints,
    *search.routes.endpoints,
]
