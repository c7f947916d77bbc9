"""The HTML doors, one module a slice; each lists its pages in `routes`."""

from collections.abc import Sequence

from web.http import Endpoint
from web.pages import (
    admin,
    admin_files,
    admin_health,
    admin_spaces,
    admin_storage,
    admin_structure,
    boards,
    council,
    directory,
    file_marks,
    files,
    guests,
    links,
    locks,
    meetings,
    notifications,
    previews,
    programs,
    records,
    search,
    settings,
    shared,
    sign_in,
    spaces,
)

ENDPOINTS: Sequence[Endpoint] = [
    *sign_in.routes.endpoints,
    *settings.routes.endpoints,
    *spaces.routes.endpoints,
    *boards.routes.endpoints,
    *directory.routes.endpoints,
    *admin.routes.endpoints,
    *admin_spaces.routes.endpoints,
    *admin_storage.routes.endpoints,
    *admin_structure.routes.endpoints,
    *admin_health.routes.endpoints,
    *admin_files.routes.endpoints,
    *notifications.routes.endpoints,
    *meetings.routes.endpoints,
    *guests.routes.endpoints,
    *programs.routes.endpoints,
    *council.routes.endpoints,
    *file_marks.routes.endpoints,  # before files: an activity is not a folder
    *links.routes.endpoints,  # before those of files, which take any folder
    *records.routes.endpoints,
    *files.routes.endpoints,
    *shared.routes.endpoints,
    *previews.routes.endpoints,
    *search.routes.endpoints,
    *locks.routes.endpoints,
]
