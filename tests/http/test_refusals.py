"""What nobody's browser would send is refused in words: no 500, and no time that others have to wait."""

from typing import Any

import pytest

from tests.support.app import App
from tests.support.lag import LoopWork

FAR = "9" * 30
LONG = "9" * 5000


async def refused(app: App, method: str, path: str, status: int, **more: Any) -> dict[str, Any]:
    client = await app.client("agent")
    async with client.request(method, path, allow_redirects=False, **more) as answer:
        assert answer.status == status, await answer.text()
        body: dict[str, Any] = await answer.json() if path.startswith("/api/") else {}
    return body


async def test_a_body_of_ninety_thousand_unknown_fields_holds_up_nobody(app: App) -> None:
    body = ("{" + ",".join(f'"{number:x}":1' for number in range(90_000)) + "}").encode()
    client = app.anybody()
    async with LoopWork() as work, client.post("/api/v1/sessions", data=body) as answer:
        assert answer.status == 422
        assert "errors" not in await answer.json()
    assert work.worst < 0.2  # was 4 s: a translated text for each


async def test_the_description_is_made_once_and_beside_the_loop(app: App) -> None:
    client = app.anybody()
    async with client.get("/api/openapi.json") as answer:
        first = await answer.text()
    async with LoopWork() as work, client.get("/api/openapi.json") as answer:
        assert await answer.text() == first
    assert work.worst < 0.02


@pytest.mark.parametrize("instant", ["2026-01-01T00:00:00", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("path", ["/api/v1/me/notifications?before=", "/api/v1/meetings?since="])
async def test_instants_without_a_zone_or_beyond_the_calendar(app: App, path: str, instant: str) -> None:
    await refused(app, "GET", path + instant, 422)


@pytest.mark.parametrize("starts_at", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_meeting_at_the_end_of_the_calendar(app: App, starts_at: str) -> None:
    body = {"title": "Chantier", "starts_at": starts_at}
    problem = await refused(app, "POST", f"/api/v1/spaces/{app.space}/meetings", 422, json=body)
    assert "starts_at" in problem["errors"]


@pytest.mark.parametrize("year", ["0001", "9999"])
async def test_a_meeting_at_the_end_of_the_calendar_by_form(app: App, year: str) -> None:
    fields = {"title": "Chantier", "date": f"{year}-12-31", "time": "23:59", "duration": "60", "space": str(app.space)}
    await refused(app, "POST", "/meetings/new", 422, data=fields)


@pytest.mark.parametrize("rev", [FAR, LONG])
async def test_a_rev_that_no_database_can_hold(app: App, rev: str) -> None:
    client = await app.client("agent")
    async with client.post(f"/api/v1/spaces/{app.space}/boards", json={"title": "Travaux"}) as answer:
        board = await answer.json()
    values = {"title": "Toit", "column": board["columns"][0]["id"]}
    async with client.post(f"/api/v1/boards/{board['id']}/cards", json=values) as answer:
        card = await answer.json()
    await refused(app, "POST", f"/cards/{card['id']}", 412, data={"title": "Mur", "description": "", "rev": rev})


@pytest.mark.parametrize("number", [FAR, LONG])
async def test_a_version_that_no_database_can_count_to(app: App, number: str) -> None:
    client = await app.client("agent")
    async with client.post(f"/api/v1/spaces/{app.space}/files", params={"name": "plan.txt"}, data=b"x") as answer:
        file = (await answer.json())["id"]
    await refused(app, "POST", f"/files/{app.space}/items/{file}/versions/{number}/destroy", 404)


async def test_more_notifications_than_one_reads(app: App) -> None:
    ids = [str(app.space)] * 501
    problem = await refused(app, "POST", "/api/v1/me/notifications/read", 422, json={"ids": ids})
    assert "ids" in problem["errors"]


async def test_a_form_in_an_encoding_that_nobody_knows(app: App) -> None:
    part = 'Content-Disposition: form-data; name="login"\r\nContent-Transfer-Encoding: rot13\r\n\r\nagent'
    body = f"--x\r\n{part}\r\n--x--\r\n".encode()
    await refused(app, "POST", "/", 422, data=body, headers={"Content-Type": "multipart/form-data; boundary=x"})


async def test_a_form_of_more_fields_than_any_of_ours(app: App) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="field{}"\r\n\r\n' + "y" * 4000 + "\r\n"
    body = ("".join(part.format(number) for number in range(101)) + "--x--\r\n").encode()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    await refused(app, "POST", f"/files/{app.space}/upload", 422, data=body, headers=headers)
