"""Unusual names at the doors of the API and the pages: what is accepted comes back as it is, the rest is a 422."""

import unicodedata
from urllib.parse import unquote

import aiohttp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.app import App

WINDOWS = 'a<b>c:d"e\\f|g?h*.txt'
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
RESERVED = ["CON", "nul.txt", "COM1.log", "fin.", "espace ", " avant"]
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90)
once = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@once
@example("e\u0301te\u0301.txt")
@example("\u212b.pdf")
@example("ſ İ ß ﬁ.txt")
@example(WINDOWS)
@example("é" * 127)
@example("日本語 🏛️ עברית.txt")
@given(names | st.sampled_from(RESERVED))
async def test_a_name_survives_the_api(app: App, name: str) -> None:
    agent = await _signed_in(app)
    async with agent.post(
        f"/api/v1/spaces/{app.space}/files", params={"name": name, "conflict": "rename"}, data=b"x"
    ) as made:
        if made.status == 422:
            assert _is_refused(name), await made.text()
            return
        assert made.status == 201, await made.text()
        file = await made.json()
    assert not _is_refused(name)
    async with agent.get(f"/api/v1/files/{file['id']}") as answer:
        known = (await answer.json())["name"]
    assert known == file["name"]
    if "(" not in known:  # else another one had this name, in another form or case
        assert known == unicodedata.normalize("NFC", name)
    async with agent.get(f"/api/v1/files/{file['id']}/content") as answer:
        sent = answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2]
        assert unquote(sent) == known
    async with agent.get(f"/files/{app.space}/items/{file['id']}") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", [WINDOWS.replace('"', "”").replace("\\", "＼"), "été.txt", "日本語 🏛️.txt", *RESERVED])
async def test_a_name_survives_the_form(app: App, name: str) -> None:
    agent = await _signed_in(app)
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    form.add_field("conflict", "rename")
    form.add_field("file", b"x", filename=name)
    async with agent.post(f"/files/{app.space}/upload", data=form, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
    async with agent.get(f"/api/v1/spaces/{app.space}/files") as answer:
        assert name in [item["name"] for item in (await answer.json())["items"]]


def _is_refused(name: str) -> bool:
    odd = any(unicodedata.category(char) in ("Cc", "Zl", "Zp") or char in BIDI for char in name)
    long = len(unicodedata.normalize("NFC", name).encode()) > 255
    return odd or long or not name.strip() or "/" in name or name in (".", "..")


async def _signed_in(app: App) -> aiohttp.ClientSession:
    """One client for all the examples of a test."""
    return app._sessions[0] if app._sessions else await app.client("agent")
