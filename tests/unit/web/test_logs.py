"""What libraries log goes into our log without the values in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from web import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where the log goes, configured as the server does."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    logs.configure("info", pretty=False)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_an_exception_that_nobody_took_is_logged_without_its_text(written: io.StringIO) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=X('m.roche@a.fr')>")
    logging.getLogger("other").warning("%s is late", "Camille Roche")
    texts = [json.loads(line)["text"] for line in written.getvalue().splitlines()]
    assert texts == ["Task exception was never retrieved", "%s is late"]
