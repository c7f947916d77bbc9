"""What aiohttp's parser refuses before the application sees it: a problem document in French that repeats nothing."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.app import App, running

REFUSED = {
    "a long address": (b"GET /" + b"roseau" * 2_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "request_too_long"),
    "a long header": (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"roseau" * 3_000 + b"\r\n\r\n", "request_too_long"),
    "an unknown method": (b"G<roseau>T / HTTP/1.1\r\nHost: x\r\n\r\n", "bad_method"),
    "a header without a colon": (b"GET / HTTP/1.1\r\nHost: x\r\nroseau\r\n\r\n", "bad_request"),
    "a space in a header's name": (b"GET / HTTP/1.1\r\nHost: x\r\nro seau: 1\r\n\r\n", "bad_request"),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "bad_request"),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00roseau\r\n\r\n", "bad_method"),
    "a version that is none": (b"GET / HTTP/roseau\r\nHost: x\r\n\r\n", "bad_request"),
}


async def ask(app: App, sent: bytes) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and text of the one answer, after which the server closes."""
    address = urlsplit(app.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    async with asyncio.timeout(5):
        head, _, text = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), text


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_request_is_refused_in_words(app: App, name: str) -> None:
    sent, code = REFUSED[name]
    status, headers, text = await ask(app, sent)
    assert status == 400
    assert headers["content-type"].startswith("application/problem+json")
    assert headers["x-content-type-options"] == "nosniff"
    problem: dict[str, Any] = json.loads(text)
    assert (problem["status"], problem["code"]) == (400, code)
    assert problem["request_id"] == headers["x-request-id"]
    assert problem["title"].startswith(("La demande", "L’adresse"))
    assert "roseau" not in text


async def test_the_language_of_the_place_is_used(tmp_path: Path) -> None:
    async with running(tmp_path, place={"language": "en"}) as app:
        _, _, text = await ask(app, REFUSED["two lengths"][0])
    assert json.loads(text)["title"] == "The request is not valid."
