"""Structured logs: JSON lines on standard error, or readable ones on a terminal. No personal data goes in.

Libraries log through the standard library, whose messages may hold addresses: of those only warnings pass, by name and
place, without their text's arguments.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def _first_line(record: logging.LogRecord) -> str:
    """Further lines describe values: asyncio writes the text of an exception that nobody took into them."""
    return (str(record.msg).splitlines() or [""])[0][:200]


class _ForeignHandler(logging.Handler):
    """Passes a library's warning on without the values in it."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger().warning(
            "library", name=record.name, at=f"{record.module}:{record.lineno}", text=_first_line(record), error=error
        )


def _trace_places(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the places it passed: its text may quote what a person sent."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if not info or info[0] is None:
        return event
    event["error"] = info[0].__name__
    places = []
    trace = info[2]
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    event["trace"] = places[-12:]
    return event


def configure(level: str, *, pretty: bool) -> None:
    """Set logging up for the process. `pretty`: for a person at a terminal."""
    render: Any = structlog.dev.ConsoleRenderer(colors=True) if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_places,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_ForeignHandler()]
    root.setLevel(logging.WARNING)
