"""The HTML doors, one module a slice; each lists its pages in `routes`."""

from collections.abc import Sequence

from web.http import Endpoint
from web.pages import admin, directory, meetings, notifications, spaces

ENDPOINTS: Sequence[Endpoint] = [
    *spaces.routes.endpoints,
    *directory.routes.endpoints,
    *admin.routes.endpoints,
    *notifications.routes.endpoints,
    *meetings.routes.endpoints,
]
