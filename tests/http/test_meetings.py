"""Meetings over the API and as pages."""

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.support.app import App
from web.pages.meetings import PAST

START = "2030-11-26T18:30:00+01:00"


async def make(app: App, role: str = "agent", **values: Any) -> dict[str, Any]:
    """A meeting of this person's, as the API answers."""
    client = await app.client(role)
    body = {"title": "Chantier", "starts_at": START, **values}
    async with client.post(f"/api/v1/spaces/{app.space}/meetings", json=body) as answer:
        assert answer.status == 201, await answer.text()
        assert answer.headers["ETag"] == '"1"'
        made: dict[str, Any] = await answer.json()
        return made


async def test_a_meeting_from_making_to_cancelling(app: App) -> None:
    stranger = str(app.people["stranger"])
    made = await make(app, duration=90, invitees=[stranger])
    path = f"/api/v1/meetings/{made['id']}"
    assert (made["duration"], made["kind"], made["state"]) == (90, "members", "planned")
    agent = await app.client("agent")
    async with agent.get(f"/api/v1/spaces/{app.space}/meetings") as answer:
        listed = await answer.json()
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    assert listed["next"] is None
    async with agent.patch(path, json={"title": "Chantier nord"}) as answer:
        assert answer.status == 428
    async with agent.patch(path, json={"title": "Chantier nord"}, headers={"If-Match": '"1"'}) as answer:
        assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    async with agent.patch(path, json={"title": "Chantier sud"}, headers={"If-Match": '"1"'}) as answer:
        problem = await answer.json()
    assert (answer.status, problem["current"]["title"], problem["yours"]["title"]) == (
        412,
        "Chantier nord",
        "Chantier sud",
    )
    guest = await app.client("stranger")
    async with guest.put(f"{path}/answer", json={"answer": "accepted"}) as answer:
        assert (await answer.json())["invitees"][0]["answer"] == "accepted"
    async with guest.delete(path) as answer:
        assert answer.status == 403
    async with agent.delete(path) as answer:
        assert answer.status == 204
    async with guest.get(path) as answer:
        assert (await answer.json())["state"] == "cancelled"


async def test_a_stranger_learns_nothing(app: App) -> None:
    made = await make(app)
    stranger = await app.client("stranger")
    for method, path, body in (
        ("GET", f"/api/v1/meetings/{made['id']}", None),
        ("GET", f"/api/v1/meetings/{made['id']}/messages", None),
        ("POST", f"/api/v1/meetings/{made['id']}/messages", {"text": "Bonjour"}),
        ("DELETE", f"/api/v1/meetings/{made['id']}", None),
        ("GET", f"/api/v1/spaces/{app.space}/meetings", None),
        ("GET", f"/meetings/{made['id']}", None),
        ("GET", f"/meetings/{made['id']}/room", None),
        ("GET", f"/meetings/{made['id']}/edit", None),
    ):
        async with stranger.request(method, path, json=body) as answer:
            assert answer.status == 404, path
            assert "Chantier" not in await answer.text()


async def test_a_reader_comes_and_writes_but_changes_nothing(app: App) -> None:
    made = await make(app)
    reader = await app.client("reader")
    path = f"/api/v1/meetings/{made['id']}"
    async with reader.post(f"{path}/messages", json={"text": "Bonjour"}) as answer:
        assert answer.status == 201
    async with reader.patch(path, json={"title": "X"}, headers={"If-Match": '"1"'}) as answer:
        assert answer.status == 403
    async with reader.post(f"/api/v1/spaces/{app.space}/meetings", json={"title": "X", "starts_at": START}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "a\u0000b"),
        ("title", "x" * 201),
        ("starts_at", "2030-11-26T18:30:00"),
        ("starts_at", "demain"),
        ("duration", 0),
        ("duration", 10_000),
        ("invitees", ["nobody"]),
        ("invitees", ["018f0000-0000-7000-8000-000000000000"]),
        ("kind", "secret"),
        ("colour", "red"),
    ],
)
async def test_a_wrong_field_is_named(app: App, field: str, value: Any) -> None:
    agent = await app.client("agent")
    body = {"title": "Chantier", "starts_at": START, field: value}
    async with agent.post(f"/api/v1/spaces/{app.space}/meetings", json=body) as answer:
        assert answer.status == 422
        problem = await answer.json()
    assert [name.split(".")[0] for name in problem["errors"]] == [field]


async def test_the_chat_is_read_in_pages_and_written_once(app: App) -> None:
    made = await make(app)
    agent = await app.client("agent")
    path = f"/api/v1/meetings/{made['id']}/messages"
    nonce = "018f0000-0000-7000-8000-000000000001"
    for _ in range(2):
        async with agent.post(path, json={"text": "<b>Bonjour</b>", "nonce": nonce}) as answer:
            assert answer.status == 201
    for number in range(60):
        async with agent.post(path, json={"text": str(number)}) as answer:
            assert answer.status == 201
    async with agent.get(path) as answer:
        page = await answer.json()
    async with agent.get(page["next"]) as answer:
        rest = await answer.json()
    texts = [one["text"] for one in (*rest["items"], *page["items"])]
    assert texts == ["<b>Bonjour</b>", *map(str, range(60))]
    assert rest["next"] is None
    for text in ("", "   ", "x" * 4001, "\u0007", None, 7):
        async with agent.post(path, json={"text": text}) as answer:
            assert answer.status == 422


async def test_a_token_that_only_reads_does_not_write(app: App) -> None:
    made = await make(app)
    program = await app.bearer("agent", ["read"])
    async with program.get(f"/api/v1/meetings/{made['id']}") as answer:
        assert answer.status == 200
    async with program.post(f"/api/v1/meetings/{made['id']}/messages", json={"text": "Bonjour"}) as answer:
        assert answer.status == 403


async def test_the_pages_lead_from_a_form_to_the_room(app: App) -> None:
    agent = await app.client("agent")
    form = {"space": str(app.space), "title": "Chantier <5>", "date": "2030-11-26", "time": "18:30", "duration": "60"}
    async with agent.post("/meetings/new", data={**form, "invitees": str(app.people["reader"])}) as answer:
        assert answer.status == 200
        page = await answer.text()
    path = answer.url.path
    assert "Chantier &lt;5&gt;" in page
    assert "Yann Kermorgant" in page
    async with agent.get("/meetings") as answer:
        assert "Chantier &lt;5&gt;" in await answer.text()
    async with agent.get(f"{path}/room") as answer:
        assert "<hc-room" in await answer.text()
    async with agent.get(f"{path}?search=Zoé") as answer:
        assert "Zoé Delattre" in await answer.text()
    async with agent.post(f"{path}/invitees", data={"person_id": str(app.people["editor"])}) as answer:
        assert "Zoé Delattre" in await answer.text()
    change = {**form, "time": "19:00", "rev": "2"}
    del change["space"]
    async with agent.post(f"{path}/edit", data=change) as answer:
        assert (answer.status, answer.url.path) == (200, path)
        assert "19" in await answer.text()
    reader = await app.client("reader")
    async with reader.post(f"{path}/answer", data={"answer": "declined"}) as answer:
        assert answer.status == 200
    async with agent.post(f"{path}/cancel") as answer:
        assert answer.status == 200
    async with agent.get(f"{path}/room") as answer:
        assert answer.status == 409


async def test_a_refused_form_keeps_what_was_typed(app: App) -> None:
    agent = await app.client("agent")
    form = {"space": str(app.space), "title": "Gardé", "date": "2030-02-30", "time": "18:30", "duration": "60"}
    async with agent.post("/meetings/new", data=form) as answer:
        assert answer.status == 422
        page = await answer.text()
    assert 'value="Gardé"' in page
    assert 'aria-invalid="true"' in page


async def test_the_next_meeting_stands_in_every_header(app: App) -> None:
    async with app.db.read() as tx:
        now = tx.now.isoformat()
    made = await make(app, starts_at=now)
    reader = await app.client("reader")
    async with reader.get("/meetings") as answer:
        page = await answer.text()
    header = page[page.index("next-meeting") : page.index("<main")]
    assert f'href="/meetings/{made["id"]}/room"' in header


async def test_an_instant_out_of_range_is_said_of_its_day_and_those_invited_are_kept(app: App) -> None:
    agent, made = await app.client("agent"), await make(app)
    day = {"title": "Chantier", "date": "1900-01-01", "time": "00:00", "duration": "60"}
    async with agent.post(f"/meetings/{made['id']}/edit", data={**day, "rev": "1"}) as answer:
        text = await answer.text()
        assert answer.status == 422, text
        assert 'id="date-error"' in text
    stranger = str(app.people["stranger"])
    sent = [*day.items(), ("space", str(app.space)), ("invitees", stranger), ("invitees", "nobody")]
    async with agent.post("/meetings/new", data=sent) as answer:
        text = await answer.text()
        assert answer.status == 422, text
    found = re.search(r'data-chosen="([^"]*)"', text)
    assert found is not None
    assert [one["id"] for one in json.loads(unescape(found[1]))] == [stranger]
    async with agent.post("/meetings/new", data=[one for one in sent if one[0] != "title"]) as answer:
        assert (answer.status, stranger in await answer.text()) == (422, True)


async def test_past_meetings_go_on_to_their_end(app: App) -> None:
    for day in range(PAST + 2):
        await make(app, title=f"Passé {day:02}", starts_at=f"2020-03-{day % 28 + 1:02}T{8 + day // 28:02}:00:00+01:00")
    agent = await app.client("agent")
    shown: list[str] = []
    path: str | None = "/meetings"
    while path is not None:
        async with agent.get(path) as answer:
            text = unescape(await answer.text())
            assert answer.status == 200, text
        shown += re.findall(r"Passé \d\d", text)
        found = re.search(r'rel="next" href="([^"#]*)', text)
        path = found[1] if found else None
    assert len(shown) == len(set(shown)) == PAST + 2
