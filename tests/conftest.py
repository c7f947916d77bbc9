"""The test bed: real servers, a real browser, and a watch over what tests leave behind.

All async tests and fixtures share one event loop (docs/adr/0002), so that a wide fixture can be used
from any test. Servers start when a test first asks for them and end with the test run.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.async_api import Browser, async_playwright

from collab.core.database import Database
from meetings.media import _fanout_build
from tests.support import database, ldif
from tests.support.app import App, running
from tests.support.chromium import Browse, launch
from tests.support.clamd import ClamdServer
from tests.support.forge import Forge, forging
from tests.support.leaks import Watch
from tests.support.postfix import PostfixServer
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.slapd import Slapd, start_slapd
from web.memory import settle

_failed = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the tests marked soak alone, with long budgets")


def pytest_configure(config: pytest.Config) -> None:
    """Fixed seeds and short budgets in `make test`; in `make soak`, new seeds and long ones. Whoever changed the data
    plane's C file since the last build tests what they wrote."""
    _fanout_build.refresh()
    hypothesis.settings.register_profile("test", derandomize=True, deadline=None, max_examples=50, database=None)
    hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000, print_blob=True)
    hypothesis.settings.load_profile("soak" if config.getoption("--soak") else "test")
    if config.getoption("--soak") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_SaidAtOnce(config))


class _SaidAtOnce:
    """A run of an hour says what failed when it fails, not at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._plugins = config.pluginmanager

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            terminal: Any = self._plugins.get_plugin("terminalreporter")
            terminal.write_line(f"\n{report.nodeid}\n{report.longreprtext}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        items[:] = [item for item in items if item.get_closest_marker("soak") or "/tests/property/" in str(item.path)]


def pytest_collection_finish() -> None:
    """As the server does, so that measured lags are like its own."""
    settle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note that a test failed: what it leaves behind is then no news."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture
def budget(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """`budget(20, 1_000)`: the first number in `make test`, the second in `make soak`."""
    soak: bool = pytestconfig.getoption("--soak")
    return lambda short, long: long if soak else short


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """Where tests that start a server again and again get it from."""
    with forging() as made:
        yield made


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up first and torn down last of a test's own fixtures, so that it sees what they leave."""
    watch = request.getfixturevalue("_watched_tasks") if _is_async(request) else Watch()
    yield
    if _failed not in request.node.stash:
        watch.check_sockets()


def _is_async(request: pytest.FixtureRequest) -> bool:
    function = inspect.unwrap(request.function)
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    return inspect.iscoroutinefunction(inner)


@pytest.fixture
async def _watched_tasks(request: pytest.FixtureRequest) -> AsyncIterator[Watch]:
    watch = Watch()
    watch.note_tasks()
    yield watch
    left = await watch.end_tasks()
    if _failed not in request.node.stash:
        assert not left, f"the test left {len(left)} task(s) running: {', '.join(left)}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the test run."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database that lives for this test."""
    database = postgres_server.create()
    yield postgres_server.url(database)
    postgres_server.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the product's schema; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        yield database.sqlite_url(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create(server.template("product", database.prepare))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open database, on SQLite and on PostgreSQL in turn."""
    opened = Database(database_url)
    yield opened
    await opened.stop()


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """The application, running, with a small town in it (tests/support/app.py)."""
    async with running(tmp_path) as started:
        yield started


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for the test run; who uses it takes keys of its own."""
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """One OpenLDAP with the twenty people, for tests that only read from it."""
    server = start_slapd(tmp_path_factory.mktemp("slapd"))
    yield server
    server.stop()


@pytest.fixture
def own_slapd(tmp_path: Path) -> Iterator[Slapd]:
    """An OpenLDAP of the test's own, to change as it likes."""
    server = start_slapd(tmp_path / "slapd")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def large_slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """An OpenLDAP with 5,000 people more, for tests that only read from it."""
    server = start_slapd(tmp_path_factory.mktemp("slapd-large"), data=ldif.directory(5000))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postfix_server() -> Iterator[PostfixServer]:
    """One postfix for the test run."""
    server = PostfixServer()
    yield server
    server.stop()


@pytest.fixture
def mailbox(postfix_server: PostfixServer) -> Iterator[PostfixServer]:
    """A running postfix whose mailboxes are empty."""
    postfix_server.clear()
    yield postfix_server
    postfix_server.start()  # where the test took it away


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    """One clamd for the test run, for tests that leave it alone."""
    server = ClamdServer(tmp_path_factory.mktemp("clamd"))
    yield server
    server.stop()


@pytest.fixture
def own_clamd(tmp_path: Path) -> Iterator[ClamdServer]:
    """A clamd of the test's own, to stop and to teach."""
    server = ClamdServer(tmp_path / "clamd")
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the test run."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest.fixture
async def browse(chromium: Browser, tmp_path: Path) -> AsyncIterator[Browse]:
    """Opens pages; errors in their consoles fail the test."""
    opener = Browse(chromium, tmp_path)
    yield opener
    await opener.close()
