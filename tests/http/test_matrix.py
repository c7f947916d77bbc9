"""Every door of the route table, knocked on by every kind of actor: what opens is what tests/http/matrix.py says."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from directory.people.service import disable_person
from directory.sessions.models import Scope
from tests.http.matrix import DOCUMENT, ROWS, differences, document, key_of
from tests.http.matrix_rules import ACTORS, HIDDEN, NO, SIGN_IN, YES, Row
from tests.http.things import Things
from tests.support.app import SAME_ORIGIN, SETUP, App, running
from web.app import all_endpoints
from web.http import Endpoint

ROLES = {"owner": "agent", "administrator": "admin"}
TOKENS: dict[str, Sequence[Scope]] = {
    "read token": ["read"],
    "write token": ["read", "write"],
    "manage token": ["read", "write", "manage"],
}


@dataclass
class Doors:
    app: App
    things: Things
    http: aiohttp.ClientSession
    bearers: dict[str, str]

    async def credentials(self, actor: str) -> dict[str, str]:
        """The headers that a request of this actor carries."""
        if actor in ("public", "link", "guest"):
            return {**SAME_ORIGIN, **({"Cookie": self.bearers[actor]} if actor != "public" else {})}
        if actor in TOKENS:
            return {"Authorization": self.bearers[actor]}
        person = self.app.people[ROLES.get(actor, actor)]
        return {**SAME_ORIGIN, "Cookie": f"hemicycle={await self.things.session(person)}"}

    async def knock(self, endpoint: Endpoint, row: Row, actor: str) -> tuple[str, int, str]:
        """What the door says to a valid request of this actor; its status and text."""
        wanted = json.dumps([row.body, row.form, row.headers, row.query, row.tail])
        made = await self.things.make(endpoint.path, wanted)
        made["tail"] = _fill(row.tail, made)
        if actor == "disabled":
            headers = {**SAME_ORIGIN, "Cookie": self.bearers["disabled"]}
        else:
            headers = await self.credentials(actor)
        headers |= _fill(row.headers, made)
        url = URL(self.app.url + endpoint.path.format(**made), encoded=True).with_query(_fill(row.query, made))
        async with self.http.request(
            endpoint.method, url, headers=headers, allow_redirects=False, **_content(row, made)
        ) as answer:
            text = await answer.text(errors="replace")
            location = answer.headers.get("Location", "")
            return _verdict(answer.status, location, text), answer.status, text


def _fill(value: Any, made: dict[str, str]) -> Any:
    text = json.dumps(value)
    for name in sorted(made, key=len, reverse=True):
        text = text.replace(f"${name}", made[name])
    return json.loads(text)


def _content(row: Row, made: dict[str, str]) -> dict[str, Any]:
    if row.form is not None and row.form.get("file") == "multipart":
        form = aiohttp.FormData()
        for name, value in _fill({"conflict": "rename", **row.form}, made).items():
            if name != "file":
                form.add_field(name, value)
        form.add_field("file", b"Titre\noctets", filename="a.txt")
        return {"data": form}
    if row.form is not None:
        return {"data": _fill(row.form, made)}
    if isinstance(row.body, str):
        return {"data": row.body.encode()}
    return {} if row.body is None else {"json": _fill(row.body, made)}


def _verdict(status: int, location: str, text: str) -> str:
    if status == 303 and location.startswith("/?next="):
        return SIGN_IN
    if status == 401 and ("sessions.wrong_code" in text or "sessions.bad_credentials" in text):
        return YES  # let in, and what was shown is wrong
    return {401: SIGN_IN, 403: NO, 404: HIDDEN}.get(status, YES)


def _client() -> aiohttp.ClientSession:
    """Without cookies of its own, and with a connection for each request, so that none outlives its test."""
    connector = aiohttp.TCPConnector(force_close=True)
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector)


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    async with running(folder) as app, _client() as http:
        things = Things(app)
        bearers = {
            name: (await app.bearer("agent", scopes)).headers["Authorization"] for name, scopes in TOKENS.items()
        }
        async with app.db.write() as tx:
            left = await things._person(tx)
        bearers["disabled"] = f"hemicycle={await things.session(left)}"
        async with app.db.write() as tx:
            await disable_person(tx, SETUP, left, "left")
        bearers["link"] = await things.visitor()
        bearers["guest"] = await things.guest()
        yield Doors(app, things, http, bearers)


def test_the_table_has_a_row_for_every_endpoint_and_no_other() -> None:
    assert differences() == []


def test_the_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run `python -m tests.http.matrix`"


@pytest.mark.parametrize("endpoint", all_endpoints(), ids=key_of)
async def test_a_door_opens_to_whom_it_should(doors: Doors, endpoint: Endpoint) -> None:
    row = ROWS[key_of(endpoint)]
    found, faults = {}, []
    for actor in ACTORS:
        found[actor], status, text = await doors.knock(endpoint, row, actor)
        if status >= 500:
            faults.append(f"{actor}: {status} {text[:300]}")
        if found[actor] != YES and "école" in text:
            faults.append(f"{actor}: the refusal tells of the space")
    assert faults == []
    assert found == row.rule.expected


OPENED = [endpoint for endpoint in all_endpoints() if YES in ROWS[key_of(endpoint)].rule.expected.values()]


@pytest.mark.parametrize("endpoint", OPENED, ids=key_of)
async def test_a_door_that_should_open_opens_wide(doors: Doors, endpoint: Endpoint) -> None:
    """The strongest actor's request is accepted for what it is: what opens to others is then no accident either."""
    row = ROWS[key_of(endpoint)]
    actor = next(who for who in ("owner", "administrator", "manage token") if row.rule.expected[who] == YES)
    _, status, text = await doors.knock(endpoint, row, actor)
    if "123456" in json.dumps([row.body, row.form]) or endpoint.path.endswith(("second-factor/enrol", "/answer")):
        # there is no second factor to be right about, and the owner of a meeting is not invited to it
        assert status in (200, 303, 401, 409, 422, 429), text[:300]
    else:
        assert status < 400, f"{status} {text[:500]}"
