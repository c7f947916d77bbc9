"""The HTML doors, one module a slice; each lists its pages in `routes`."""

from collections.abc import Sequence

from web.http import Endpoint
from web.pages import (
    admin,
    admin_health,
    admin_spaces,
    admin_storage,
    admin_structure,
    boards,
    directory,
    files,
    locks,
    meetings,
    notifications,
    settings,
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
    *notifications.routes.endpoints,
    *meetings.routes.endpoints,
    *files.routes.endpoints,
    *locks.routes.endpoints,
]
