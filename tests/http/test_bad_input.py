"""What no client of ours sends: each door answers with a clear refusal in French, and goes on working."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.http.matrix import ROWS, key_of
from tests.http.things import Things
from tests.support.app import SAME_ORIGIN, App, running
from tests.support.ports import LOOPBACK
from web.app import all_endpoints
from web.http import Endpoint
from web.listening import Doorstep, HeaderDeadline, Refusals
from web.origins import DAV_DOOR, MEDIA_DOORS
from web.render.locale import Locales

JSON_DOORS = [endpoint for endpoint in all_endpoints() if endpoint.body is not None]
FORMS = [endpoint for endpoint in all_endpoints() if endpoint.page and endpoint.method == "POST"]
MEGABYTE = 1 << 20

FRENCH = re.compile(r"[éèàçêîôû’]|\b(choix|vous|plus|moins|pas|est|cette|ce|une?|les?|la|des|il)\b", re.IGNORECASE)


class Client:
    """Sends raw requests as the owner of everything, each on a connection of its own."""

    def __init__(self, app: App, http: aiohttp.ClientSession) -> None:
        self.app = app
        self.things = Things(app)
        self._http = http
        self._cookies: dict[str, str] = {}
        self._untouched: dict[str, dict[str, str]] = {}

    async def send(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Status, content type and text of the answer."""
        role = "admin" if "/admin/" in path else "agent"
        if role not in self._cookies or re.search("session|sign-out|password|factor", path):
            self._cookies[role] = await self.things.session(self.app.people[role])
        cookie = self._cookies[role]
        sent = {**SAME_ORIGIN, "Cookie": f"hemicycle={cookie}", **(headers or {})}
        url = URL(self.app.url + path, encoded=True)
        data = None if content is None else io.BytesIO(content)
        async with self._http.request(method, url, data=data, headers=sent, allow_redirects=False) as answer:
            return answer.status, answer.content_type, await answer.text(errors="replace")

    async def refused(self, endpoint: Endpoint, content: bytes, **headers: str) -> dict[str, Any]:
        """Send this to a JSON door; gives the problem, which must be one."""
        # What is refused leaves things as they were.
        if endpoint.path not in self._untouched:
            self._untouched[endpoint.path] = await self.things.make(endpoint.path, "")
        made = self._untouched[endpoint.path]
        more = {"Content-Type": "application/json", "If-Match": '"1"', **headers}
        status, kind, text = await self.send(endpoint.method, endpoint.path.format(**made), content, more)
        return check(status, kind, text)


def check(status: int, kind: str, text: str) -> dict[str, Any]:
    """A refusal as it should be: a problem with a code and a French title, that tells nothing of the inside."""
    assert 400 <= status < 500, f"{status} {text[:400]}"
    assert kind == "application/problem+json", kind
    problem: dict[str, Any] = json.loads(text)
    assert problem["status"] == status
    assert problem["code"]
    assert FRENCH.search(problem["title"]), problem["title"]
    for words in problem.get("errors", {}).values():
        assert FRENCH.search(words), words
    assert not re.search(r"Traceback|\.py\b|sqlalchemy|pydantic|asyncpg|sqlite", text)
    return problem


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder: Path = tmp_path_factory.mktemp("bad-input")
    connector = aiohttp.TCPConnector(force_close=True)
    jar = aiohttp.DummyCookieJar()
    async with running(folder) as app, aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        yield Client(app, http)


def deep(opening: str, closing: str) -> bytes:
    return (opening * 10_000 + closing * 10_000).encode()


NOT_JSON = {
    "nothing like it": b"hello",
    "half an object": b'{"title": ',
    "a trailing comma": b'{"title": "a",}',
    "two values": b"{} {}",
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": -Infinity}',
    "not UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\xaf"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "deep lists": deep("[", "]"),
    "deep objects": deep('{"a":', "}").replace(b":}", b":1}", 1),
    "a lone quote": b'"',
    "control characters": b'{"title": "a\x00b"}',
}


@pytest.mark.parametrize("endpoint", JSON_DOORS, ids=key_of)
async def test_what_is_not_json(client: Client, endpoint: Endpoint) -> None:
    for name, content in NOT_JSON.items():
        problem = await client.refused(endpoint, content)
        assert problem["code"] in ("not_json", "not_utf8", "invalid"), f"{name}: {problem}"


WRONG_SHAPES: list[Any] = [[], "text", 1, True, None, [{}], {"unknown": 1}, {"\ud800": 1}, {"": {}}, {"a" * 100_000: 1}]


@pytest.mark.parametrize("endpoint", JSON_DOORS, ids=key_of)
async def test_what_has_another_shape(client: Client, endpoint: Endpoint) -> None:
    for value in WRONG_SHAPES:
        problem = await client.refused(endpoint, json.dumps(value).encode())
        assert problem["code"] == "invalid", problem


WRONG_VALUES: list[str] = [
    "null",
    "true",
    "-1",
    "1.5",
    "1e400",
    "1" + "0" * 400,
    "-1" + "0" * 400,
    '""',
    '"\\u0000"',
    '"\\u001b[31m"',
    '"\\ud800"',
    json.dumps("x" * 300_000),
    json.dumps("\U0001d160" * 200),
    '"../../etc/passwd"',
    '"<script>alert(1)</script>"',
    '"018f0000-0000-7000-8000-000000000000"',
    '"9999-99-99"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
    "[]",
    "[null]",
    "[[[[]]]]",
    "{}",
    json.dumps(["018f0000-0000-7000-8000-000000000000"] * 5_000),
]


@pytest.mark.parametrize("endpoint", JSON_DOORS, ids=key_of)
async def test_every_field_with_every_wrong_value(client: Client, endpoint: Endpoint) -> None:
    """Each is refused, or taken for what it says (markup is text like any other): never an error of ours."""
    row = ROWS[key_of(endpoint)]
    made: dict[str, str] | None = None
    for field in getattr(endpoint.body, "model_fields", {}):
        for value in WRONG_VALUES:
            # What was refused has left things as they were.
            made = made or await client.things.make(endpoint.path, json.dumps([row.body, row.headers]))
            body = json.dumps(row.body)
            headers = json.dumps({"Content-Type": "application/json", **row.headers})
            for name in sorted(made, key=len, reverse=True):
                body, headers = body.replace(f"${name}", made[name]), headers.replace(f"${name}", made[name])
            kept = {name: one for name, one in json.loads(body).items() if name != field}
            content = ("{" + json.dumps(kept)[1:-1] + ("," if kept else "") + f'"{field}": {value}' + "}").encode()
            path = endpoint.path.format(**made)
            status, kind, text = await client.send(endpoint.method, path, content, json.loads(headers))
            assert status < 500, f"{field} = {value[:60]}: {status} {text[:400]}"
            if status >= 400:
                check(status, kind, text)
            else:
                made = None


async def test_bodies_that_are_too_large(client: Client) -> None:
    content = json.dumps({"title": "x" * (2 * MEGABYTE)}).encode()
    for endpoint in JSON_DOORS:
        problem = await client.refused(endpoint, content)
        assert (problem["status"], problem["code"]) == (413, "too_large"), key_of(endpoint)
    await asyncio.sleep(0.1)  # the client was still sending when it was answered


WRONG_IDS = [
    "1",
    "not-an-id",
    "018f0000-0000-7000-8000-000000000000",
    "018f0000000070008000000000000000x",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%c0%af",
    "%ff",
    "%ed%a0%80",
    "a" * 2_000,
    "{018f0000-0000-7000-8000-000000000000}",
    "%F0%9F%8F%9B",
    "9" * 400,
    "-1",
    "1e5",
    "'%20OR%201=1--",
]


def names_things(endpoint: Endpoint) -> bool:
    """Whether an id in the path is looked up for who asks: media doors want their token first (test_whip.py)."""
    return "{" in endpoint.path and not endpoint.path.startswith(("/reset/", DAV_DOOR, *MEDIA_DOORS))


@pytest.mark.parametrize("endpoint", [one for one in all_endpoints() if names_things(one)], ids=key_of)
async def test_wrong_ids_are_things_that_do_not_exist(client: Client, endpoint: Endpoint) -> None:
    row = ROWS[key_of(endpoint)]
    for wrong in WRONG_IDS:
        path = re.sub(r"{\w+}", wrong.replace("\\", ""), endpoint.path)
        content = None if row.body is None or isinstance(row.body, str) else json.dumps(row.body).encode()
        kind = {"Content-Type": "application/json"} if content else {}
        if row.form is not None:
            content, kind = b"title=a", {"Content-Type": "application/x-www-form-urlencoded"}
        if "$" in (content or b"").decode():
            continue  # a body that names other things is another test's
        asked = {} if "$" in json.dumps(row.headers) else row.headers  # what its protocol wants to see first
        status, given, text = await client.send(endpoint.method, path, content, {"If-Match": '"1"', **asked, **kind})
        if endpoint.path.startswith("/api/"):
            assert check(status, given, text)["status"] in (400, 404, 414, 422), f"{wrong[:40]}: {text[:200]}"
        else:
            assert status in (400, 404, 414, 422), f"{wrong[:40]}: {status} {text[:300]}"


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static/..\\..\\pyproject.toml",
        "/static/%00",
        "/%00",
        "/%c0%ae%c0%ae/",
        "/%ff%fe",
        "//elsewhere.example/",
        "/api/v1/../../etc/passwd",
        "/api/v1/spaces/%2e%2e%2fadmin",
        "/api/v1/nothing",
        "/" + "a" * 7_000,
        "/?next=%ff",
        "/directory?search=%ff",
        "/directory?search=" + "x" * 5_000,
        "/directory?unit=nothing&unit=nothing",
        "/api/v1/directory/people?search=%00&after=x",
        "/api/v1/me/notifications?before=yesterday",
        "/api/v1/me/notifications?before=0001-01-01T00:00:00%2B14:00",
        "/api/v1/me/notifications?before=2026-11-23T10:00:00",
        "/api/v1/meetings?from=0001-01-01",
    ],
)
async def test_tricks_in_paths_and_queries(client: Client, path: str) -> None:
    status, kind, text = await client.send("GET", path)
    assert status < 500, text[:300]
    assert "[project]" not in text
    assert "root:" not in text
    if path.startswith("/api/") and status >= 400:
        check(status, kind, text)


async def test_wrong_methods(client: Client) -> None:
    for method in ("TRACE", "PUT", "DELETE", "PATCH"):
        status, kind, text = await client.send(method, "/api/v1/spaces")
        assert check(status, kind, text)["status"] in (400, 405), method
        status, _, text = await client.send(method, "/spaces")
        assert 400 <= status < 500, f"{method}: {text[:200]}"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "", "Origin": "null"},
    {"Sec-Fetch-Site": "nonsense"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_other_sites_write_nothing(client: Client, headers: dict[str, str]) -> None:
    for endpoint in all_endpoints():
        if endpoint.method == "GET" or (endpoint.method == "OPTIONS" and endpoint.path.startswith("/api/")):
            continue
        if endpoint.path.startswith(
            (DAV_DOOR, *MEDIA_DOORS)
        ):  # open to any origin, blind to cookies: a token is asked for
            path = re.sub(r"{\w+}", "018f0000-0000-7000-8000-000000000000", endpoint.path)
            status, _, _ = await client.send(endpoint.method, path, b"", headers)
            assert status in ((200, 204) if endpoint.method == "OPTIONS" else (401,)), key_of(endpoint)
            continue
        made = await client.things.make("/boards/{board}" if "{board}" in endpoint.path else "", "")
        path = re.sub(r"{\w+}", "018f0000-0000-7000-8000-000000000000", endpoint.path.replace("{board}", "{{board}}"))
        path = path.replace("{{board}}", made.get("board", "")).replace("{018f0000-0000-7000-8000-000000000000}", "x")
        status, _, text = await client.send(endpoint.method, path, b"", headers)
        assert status == 403, f"{key_of(endpoint)}: {status}"
        if endpoint.path.startswith("/api/"):
            assert json.loads(text)["code"] == "csrf"


BAD_FORMS = [
    b"",
    b"%",
    b"title=%ff",
    b"title=%00",
    b"title=%ed%a0%80",
    b"title=" + b"x" * 300_000,
    b"=&=&==&&&",
    b"rev=" + b"9" * 5_000 + b"&title=a&name=a&date=2031-01-01&time=10:00&duration=60",
    b"rev=-1&title=a&name=a",
    b"duration=" + b"9" * 400 + b"&title=a&date=9999-12-31&time=23:59",
    b"date=0001-01-01&time=00:00&title=a&duration=60",
    b"login=" + b"x" * 100_000 + b"&password=" + b"y" * 100_000,
    b"login=%00&password=%00",
    b"principal_kind=person&principal_id=x&role=king",
    b"\xff\xfe\x00",
    b"&".join(b"a%d=1" % number for number in range(2_000)),
]


@pytest.mark.parametrize("endpoint", FORMS, ids=key_of)
async def test_bad_forms_get_a_page(client: Client, endpoint: Endpoint) -> None:
    for content in BAD_FORMS:
        made = await client.things.make(endpoint.path, "")
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
            path = endpoint.path.format(**made)
            status, _, text = await client.send(endpoint.method, path, content, {"Content-Type": kind})
            assert status < 500, f"{kind} {content[:60]!r}: {text[:300]}"
            assert "Traceback" not in text


async def test_pages_answer_with_pages(client: Client) -> None:
    for path, expected in (("/nothing", 404), ("/spaces/nothing", 404)):
        status, kind, text = await client.send("GET", path)
        assert (status, kind) == (expected, "text/html")
        assert '<html lang="fr"' in text
    english = {"Accept-Language": "en"}
    status, _, text = await client.send("GET", "/nothing", headers=english)
    assert '<html lang="en"' in text


async def test_markup_in_names_is_text(client: Client) -> None:
    name = "<img src=x onerror=alert(1)>\"'&"
    headers = {"Content-Type": "application/json"}
    status, _, text = await client.send("POST", "/api/v1/spaces", json.dumps({"title": name}).encode(), headers)
    assert status == 201
    assert json.loads(text)["title"] == name
    for path in (
        "/spaces",
        f"/spaces/{json.loads(text)['id']}",
        f"/spaces/{json.loads(text)['id']}/settings",
        "/files",
    ):
        status, _, page = await client.send("GET", path)
        assert status == 200
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


HEADERS = [
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer \u00ff"},
    {"Authorization": "Bearer " + "x" * 7_000},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic " + "=" * 100},
    {"Authorization": "Basic //79"},
    {"Authorization": "Negotiate abc"},
    {"Cookie": "hemicycle=" + "x" * 5_000},
    {"Cookie": "hemicycle=\u00ff; =; ;;"},
    {"Accept-Language": ",;q=,fr;q=9,en;q=-1," + "x" * 2_000},
    {"If-Match": "*"},
    {"If-Match": '"' + "9" * 5_000 + '"'},
    {"If-Match": "W/\u00b2"},
    {"X-Forwarded-For": "1.2.3.4, nonsense, ::1" + ", x" * 500},
    {"Host": "elsewhere.example"},
    {"Host": "%00"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "nonsense"},
    {"Range": "bytes=9-1,,-,0-0,-5"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: str(headers)[:50])
async def test_strange_headers(client: Client, headers: dict[str, str]) -> None:
    for method, path, content in (
        ("GET", "/api/v1/spaces", None),
        ("GET", "/", None),
        ("PATCH", f"/api/v1/spaces/{client.app.space}", b'{"title": "a"}'),
    ):
        try:
            status, kind, text = await client.send(method, path, content, headers)
        except (aiohttp.ClientError, ValueError, UnicodeError):
            continue  # the client or the parser before us refused it
        assert status < 500, text[:300]
        if path.startswith("/api") and status >= 400:
            check(status, kind, text)


async def test_headers_a_byte_a_second_are_cut(tmp_path: Path) -> None:
    async with running(tmp_path) as app:
        runner = web.AppRunner(web.Application())
        await runner.setup()
        assert runner.server is not None
        refusals = Refusals(app.deps.part(Locales), "fr")
        deadline = HeaderDeadline(Doorstep(runner.server, refusals), refusals.late, seconds=0.3)
        server = await asyncio.get_running_loop().create_server(deadline, LOOPBACK, 0)
        reader, writer = await asyncio.open_connection(LOOPBACK, server.sockets[0].getsockname()[1])
        heard = asyncio.create_task(reader.read())
        sent = 0
        try:
            async with asyncio.timeout(5):
                for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"y" * 1_000:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    sent += 1
                    await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        assert 5 < sent < 500
        head, _, text = (await heard).decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 408 ")
        assert check(408, "application/problem+json", text)["code"] == "headers_too_slow"
        writer.close()
        server.close()
        deadline.stop()
        await runner.cleanup()
        async with app.anybody().get("/health") as answer:
            assert answer.status == 200
