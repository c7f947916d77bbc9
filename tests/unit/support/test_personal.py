"""The check of application logs finds what is personal in them, and lets through what is not."""

import json
from pathlib import Path

import pytest

from tests.support.personal import Known, check_log, find_personal

KNOWN = Known.of_the_tests()

PERSONAL = {
    "a name": {"event": "request", "who": "Camille Roche"},
    "a name in capitals": {"event": "request", "who": "CAMILLE ROCHE"},
    "a family name in a sentence": {"event": "library", "text": "cannot find Delattre here"},
    "a login": {"event": "request", "path": "/people?login=agent"},
    "a login of the demonstration": {"event": "x", "nested": {"of": ["camille.roche"]}},
    "a mail address": {"event": "library", "text": "550 no-reply+x@mairie.example unknown"},
    "an IPv4 address": {"event": "library", "text": "peer 192.0.2.7:4312 left"},
    "loopback as a peer": {"event": "library", "text": "peer 127.0.0.1 left"},
    "an IPv6 address": {"event": "request", "remote": "2001:db8::1"},
    "IPv6 loopback": {"event": "request", "remote": "::1"},
}

CLEAN = [
    {"event": "request", "endpoint": "pages.admin.list_jobs", "method": "GET", "status": 200, "ms": 1.5},
    {"event": "serving", "url": "http://127.0.0.1:8080", "port": 8080},
    {"event": "library", "name": "asyncio", "at": "base_events:1785", "text": "%s is late", "error": None},
    {"event": "request_failed", "trace": ["app.py:12:run", "people.py:3:find_by_login"], "error": "KeyError"},
    {"event": "x", "timestamp": "2026-11-26T18:30:00.123456Z", "request": "a1b2c3d4e5f60718"},
    {"event": "x", "id": "018f0000-0000-7000-8000-000000000000", "version": "0.1.0"},
]


@pytest.mark.parametrize("kind", PERSONAL)
def test_what_is_personal_is_found(kind: str) -> None:
    lines = [*(json.dumps(line) for line in CLEAN), json.dumps(PERSONAL[kind])]
    (found,) = find_personal(lines, KNOWN)
    assert found.startswith(f"line {len(CLEAN) + 1}: ")


def test_what_is_not_personal_is_let_through() -> None:
    assert list(find_personal([json.dumps(line) for line in CLEAN], KNOWN)) == []


def test_a_line_that_is_no_json_is_read_as_it_is() -> None:
    assert list(find_personal(["Traceback: camille.roche"], KNOWN)) == ["line 1: camille.roche"]


def test_one_line_makes_the_check_fail(tmp_path: Path) -> None:
    log = tmp_path / "application.log"
    log.write_text("".join(json.dumps(line) + "\n" for line in CLEAN))
    check_log(log, KNOWN)
    with log.open("a") as file:
        file.write(json.dumps(PERSONAL["a login"]) + "\n")
    with pytest.raises(AssertionError, match="agent"):
        check_log(log, KNOWN)
