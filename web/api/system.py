"""What machines ask of the server: is it well, how busy is it, what does it offer."""

import asyncio
from importlib.metadata import PackageNotFoundError, version

import structlog
from aiohttp import web

from collab.core import jobs
from web.http import Call, Guard, Routes
from web.metrics import Metrics
from web.openapi import DESCRIPTION

log = structlog.get_logger()

CHECK_SECONDS = 5

routes = Routes("system", prefix="")


def product_version() -> str:
    """The installed version, or `0` in a source tree that is not installed."""
    try:
        return version("hemicycle")
    except PackageNotFoundError:
        return "0"


@routes.get("/health", guard=Guard.PUBLIC)
async def health(call: Call) -> web.Response:
    """Whether every part works: 200, or 503 with the names of those that do not."""
    failing = []
    for name, check in call.deps.checks.items():
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except Exception as error:
            log.warning("health_check_failed", part=name, error=type(error).__name__)
            failing.append(name)
    return web.json_response({"ok": not failing, "failing": failing}, status=503 if failing else 200)


@routes.get("/metrics", guard=Guard.PUBLIC)
async def metrics(call: Call) -> web.Response:
    """Counters for Prometheus; a reverse proxy should not pass this address on."""
    counters = call.deps.part(Metrics)
    async with call.db.read() as tx:
        for state, count in (await jobs.count_by_state(tx)).items():
            counters.jobs.labels(state).set(count)
    return web.Response(body=counters.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


@routes.get("/api/openapi.json", guard=Guard.PUBLIC)
async def openapi(call: Call) -> web.Response:
    """This description."""
    return web.Response(text=await call.request.app[DESCRIPTION].text(), content_type="application/json")
