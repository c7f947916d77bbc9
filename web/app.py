"""The aiohttp application: middleware, every endpoint, static files, the real-time door. No globals, no I/O here."""

from collections.abc import Sequence

from aiohttp import web

from web import middleware
from web.api import ENDPOINTS as API_ENDPOINTS
from web.api.system import product_version
from web.built import give_out
from web.dav import ENDPOINTS as DAV_ENDPOINTS
from web.deps import DEPS, Deps
from web.http import ENDPOINTS, Endpoint, install
from web.openapi import DESCRIPTION, Description
from web.pages import ENDPOINTS as PAGE_ENDPOINTS
from web.realtime.hub import Hub
from web.render.assets import Assets
from web.whip import ENDPOINTS as MEDIA_ENDPOINTS


def all_endpoints() -> Sequence[Endpoint]:
    """The whole route table."""
    return [*API_ENDPOINTS, *MEDIA_ENDPOINTS, *DAV_ENDPOINTS, *PAGE_ENDPOINTS]


def create_app(deps: Deps) -> web.Application:
    """The application over what main.py built."""
    app = web.Application(
        middlewares=[
            middleware.observe,
            middleware.answer_errors,
            middleware.identify,
        ],
        client_max_size=deps.settings.server.max_body,
    )
    app[DEPS] = deps
    app[ENDPOINTS] = all_endpoints()
    app[DESCRIPTION] = Description(app[ENDPOINTS], version=product_version(), public_url=deps.settings.public_url)
    install(app, app[ENDPOINTS])
    give_out(app, deps.part(Assets).folder)
    app.on_response_prepare.append(middleware.add_headers)
    deps.part(Hub).attach(app)
    return app
