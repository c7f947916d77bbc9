"""The HTML doors, one module a slice; each lists its pages in `routes`."""

from collections.abc import Sequence

from web.http import Endpoint

ENDPOINTS: Sequence[Endpoint] = []
