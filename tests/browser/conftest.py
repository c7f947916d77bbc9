"""After the browser tests: nothing personal stands in what their servers logged.

Servers of this process log into one file, as `hemicycle serve` would; those in processes of their own leave a
server.log in their test's folder.
"""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog
from playwright.async_api import Page

from projects.boards import queries, service
from tests.support.app import PASSWORD, SAME_ORIGIN, App
from tests.support.boards import COLUMNS, Board, Open
from tests.support.chromium import Browse
from tests.support.personal import Known, check_log
from web import logs


@pytest.fixture(scope="package", autouse=True)
def _application_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("application-log")
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    ours = folder / "application.log"
    with ours.open("w", encoding="utf-8", buffering=1) as file:
        logs.configure("info", pretty=False)
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        yield
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    known = Known.of_the_tests()
    for log in (ours, *folder.parent.rglob("server.log")):
        check_log(log, known)


@pytest.fixture
async def board(app: App) -> Board:
    agent = app.actor("agent")
    async with app.db.write() as tx:
        made = await service.create_board(tx, agent, app.space, "Travaux", COLUMNS)
        whole = await queries.read_board(tx, agent, made.id)
    board = Board(app, made.id, [UUID(column["id"]) for column in whole["columns"]], {})
    for title in "ABC":
        await board.add(title)
    return board


@pytest.fixture
def open_board(board: Board, browse: Browse) -> Open:
    """Opens the board, or another of our pages, for somebody."""

    async def open_page(role: str = "agent", path: str = "", **options: Any) -> Page:
        page = await browse(**options)
        page.set_default_timeout(10_000)
        answer = await page.request.post(
            f"{board.app.url}/api/v1/sessions", data={"login": role, "password": PASSWORD}, headers=SAME_ORIGIN
        )
        assert answer.status == 201
        await page.goto(board.app.url + (path or board.path))
        if not path:
            await page.evaluate("() => customElements.whenDefined('hc-board').then(() => true)")
        return page

    return open_page
