"""WebDAV, classes 1, 2 and 3 (RFC 4918), with quotas (RFC 4331), at `/dav/`: a door on the services of files.

Programs come with an application password or an API token; cookies open nothing here. Requests begin in requests.py,
which finds the place; reading.py, writing.py and locking.py answer.
"""

from collections.abc import Sequence

from web.dav import locking, reading, writing
from web.http import Endpoint

ENDPOINTS: Sequence[Endpoint] = [
    *reading.routes.endpoints,
    *writing.routes.endpoints,
    *locking.routes.endpoints,
]
