"""After the browser tests: nothing personal stands in what their servers logged.

Servers of this process log into one file, as `hemicycle serve` would; those in processes of their own leave a
server.log in their test's folder.
"""

import logging
from collections.abc import Iterator

import pytest
import structlog

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
