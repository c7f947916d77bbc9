"""The doors of boards: their shapes, and bad input on each of them."""

from typing import Any
from uuid import UUID

import aiohttp
import pytest

from collab.core.ids import new_id
from projects.boards.models import BoardView
from tests.support.app import App

CONTROL = "nid\x07de-poule"
LONG = "a" * 10_000


async def ask(
    client: aiohttp.ClientSession, method: str, path: str, json: Any = None, etag: str | None = None
) -> tuple[int, Any, str | None]:
    """Status, body and ETag of one request under /api/v1."""
    headers = {"If-Match": etag} if etag else {}
    async with client.request(method, f"/api/v1{path}", json=json, headers=headers) as answer:
        text = await answer.text()
        assert "Traceback" not in text
        return answer.status, (await answer.json(content_type=None) if text else None), answer.headers.get("ETag")


async def make_board(app: App, client: aiohttp.ClientSession, *titles: str) -> tuple[dict[str, Any], list[str]]:
    """A board, and the ids of the cards in its first column."""
    status, board, _ = await ask(client, "POST", f"/spaces/{app.space}/boards", {"title": "Travaux"})
    assert status == 201
    ids = []
    for title in titles:
        body = {"column": board["columns"][0]["id"], "title": title}
        status, card, _ = await ask(client, "POST", f"/boards/{board['id']}/cards", body)
        assert status == 201
        ids.append(card["id"])
    return board, ids


async def order(client: aiohttp.ClientSession, board: dict[str, Any]) -> list[list[str]]:
    _, whole, _ = await ask(client, "GET", f"/boards/{board['id']}")
    return [[card["title"] for card in column["cards"]] for column in whole["columns"]]


async def test_a_board_is_made_filled_and_read_whole(app: App) -> None:
    agent = await app.client("agent")
    board, (first, *_) = await make_board(app, agent, "A", "B")
    assert [column["title"] for column in board["columns"]] == ["À faire", "En cours", "Fait"]
    status, column, _ = await ask(agent, "POST", f"/boards/{board['id']}/columns", {"title": "Bloqué"})
    assert (status, column["title"]) == (201, "Bloqué")
    status, whole, _ = await ask(agent, "GET", f"/boards/{board['id']}")
    assert status == 200
    BoardView.model_validate(whole)
    assert whole["title"] == "Travaux"
    assert [one["title"] for one in whole["columns"]] == ["À faire", "En cours", "Fait", "Bloqué"]
    assert [card["title"] for card in whole["columns"][0]["cards"]] == ["A", "B"]
    assert whole["columns"][0]["cards"][0]["id"] == first
    status, listed, _ = await ask(agent, "GET", f"/spaces/{app.space}/boards")
    assert (status, listed["next"]) == (200, None)
    assert [(one["title"], one["cards"]) for one in listed["items"]] == [("Travaux", 2)]


async def test_columns_are_named_in_the_makers_language(app: App) -> None:
    agent = await app.client("agent")
    headers = {"Accept-Language": "en"}
    async with agent.post(f"/api/v1/spaces/{app.space}/boards", json={"title": "Works"}, headers=headers) as answer:
        board = await answer.json()
    assert [column["title"] for column in board["columns"]] == ["To do", "In progress", "Done"]


async def test_a_move_needs_no_if_match_and_leaves_the_etag(app: App) -> None:
    agent = await app.client("agent")
    board, (card, *_) = await make_board(app, agent, "A", "B", "C")
    _, _, before = await ask(agent, "GET", f"/cards/{card}")
    target = board["columns"][1]["id"]
    status, moved, etag = await ask(agent, "PATCH", f"/cards/{card}", {"column": target, "position": 99})
    assert (status, moved["column"], etag) == (200, target, before)
    assert await order(agent, board) == [["B", "C"], ["A"], []]
    back = {"column": board["columns"][0]["id"], "position": 1}
    assert (await ask(agent, "PATCH", f"/cards/{card}", back))[0] == 200
    assert await order(agent, board) == [["B", "A", "C"], [], []]


async def test_content_needs_the_etag_that_is_current(app: App) -> None:
    agent = await app.client("agent")
    _, (card,) = await make_board(app, agent, "A")
    assert (await ask(agent, "PATCH", f"/cards/{card}", {"title": "B"}))[0] == 428
    status, changed, etag = await ask(agent, "PATCH", f"/cards/{card}", {"title": "B"}, '"1"')
    assert (status, changed["title"], etag) == (200, "B", '"2"')
    status, problem, _ = await ask(agent, "PATCH", f"/cards/{card}", {"title": "C"}, '"1"')
    assert (status, problem["code"]) == (412, "stale_revision")
    assert (problem["current"]["title"], problem["yours"]) == ("B", {"title": "C"})
    assert (await ask(agent, "PATCH", f"/cards/{card}", {"title": "C"}, '"soon"'))[0] == 412


async def test_details_travel_whole(app: App) -> None:
    agent = await app.client("agent")
    _, (card,) = await make_board(app, agent, "A")
    _, people, _ = await ask(agent, "GET", f"/spaces/{app.space}/people")
    # The owner, the editor through a group and the reader through a unit; nobody else.
    ids = {str(app.people[role]) for role in ("agent", "editor", "reader")}
    assert {person["id"] for person in people["items"]} == ids
    change = {"description": "Rue Haute\n<b>3 m</b>", "due": "2026-11-26", "assignees": sorted(ids)}
    status, after, _ = await ask(agent, "PATCH", f"/cards/{card}", change, '"1"')
    assert status == 200
    assert (after["description"], after["due"]) == (change["description"], "2026-11-26")
    assert {person["id"] for person in after["assignees"]} == ids
    status, after, _ = await ask(agent, "PATCH", f"/cards/{card}", {"due": None, "assignees": []}, '"2"')
    assert (status, after["due"], after["assignees"]) == (200, None, [])


async def test_what_is_removed_can_be_restored(app: App) -> None:
    agent = await app.client("agent")
    board, (card, _) = await make_board(app, agent, "A", "B")
    column = board["columns"][0]["id"]
    for path, gone in (
        (f"/cards/{card}", [["B"], [], []]),
        (f"/columns/{column}", [[], []]),
        (f"/boards/{board['id']}", [["A", "B"], [], []]),
    ):
        assert (await ask(agent, "DELETE", path))[0] == 204
        assert await order(agent, board) == gone
        assert (await ask(agent, "POST", f"{path}/restore"))[0] == 200
        assert await order(agent, board) == [["A", "B"], [], []]
    assert (await ask(agent, "DELETE", f"/boards/{board['id']}"))[0] == 204
    status, problem, _ = await ask(agent, "PATCH", f"/cards/{card}", {"position": 0})
    assert (status, problem["code"]) == (409, "projects.board_archived")


BAD_TITLES: list[Any] = [CONTROL, LONG, "", "   ", None, 7, ["A"], {"a": 1}, "\ud800"]


@pytest.mark.parametrize("title", BAD_TITLES, ids=lambda title: repr(title)[:20])
async def test_a_bad_title_is_refused_on_each_door(app: App, title: Any) -> None:
    agent = await app.client("agent")
    board, (card,) = await make_board(app, agent, "A")
    column = board["columns"][0]["id"]
    for method, path, more in (
        ("POST", f"/spaces/{app.space}/boards", {}),
        ("PATCH", f"/boards/{board['id']}", {}),
        ("POST", f"/boards/{board['id']}/columns", {}),
        ("PATCH", f"/columns/{column}", {}),
        ("POST", f"/boards/{board['id']}/cards", {"column": column}),
        ("PATCH", f"/cards/{card}", {}),
    ):
        status, problem, _ = await ask(agent, method, path, {"title": title, **more}, '"1"')
        assert status == 422, (method, path)
        assert set(problem["errors"]) == {"title"}, (method, path)
    assert await order(agent, board) == [["A"], [], []]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"column": "À faire"},
        {"column": None},
        {"position": "1"},
        {"position": 1.5},
        {"position": True},
        {"position": None},
        {"due": 0},
        {"due": "26/11/2026"},
        {"due": "2026-02-30"},
        {"assignees": "agent"},
        {"assignees": [str(UUID(int=7))] * 40},
        {"assignees": ["01a20a52-27f3-7eaf-9fa6-000000000000"]},
        {"description": "a" * 20_001},
        {"description": "\x00"},
        {"description": None},
        {"colour": "red"},
        {"rev": 2},
        [],
        "A",
        None,
    ],
    ids=lambda change: repr(change)[:40],
)
async def test_a_bad_change_of_a_card_is_refused_and_loses_nothing(app: App, change: Any) -> None:
    agent = await app.client("agent")
    _, (card,) = await make_board(app, agent, "A")
    _, before, _ = await ask(agent, "GET", f"/cards/{card}")
    status, problem, _ = await ask(agent, "PATCH", f"/cards/{card}", change, '"1"')
    assert status == 422
    assert problem["title"]
    assert await ask(agent, "GET", f"/cards/{card}") == (200, before, '"1"')


async def test_bodies_that_are_no_json_are_refused(app: App) -> None:
    agent = await app.client("agent")
    board, (card,) = await make_board(app, agent, "A")
    for path in (f"/boards/{board['id']}/cards", f"/boards/{board['id']}/columns", f"/spaces/{app.space}/boards"):
        for raw in (b"{", b"\xff\xfe", b"[" * 50_000):
            async with agent.post(f"/api/v1{path}", data=raw) as answer:
                assert answer.status == 422
    async with agent.patch(f"/api/v1/cards/{card}", data=b"\xff", headers={"If-Match": '"1"'}) as answer:
        assert answer.status == 422


@pytest.mark.parametrize("position", [-(2**80), -1, 2**31, 2**63, 2**200])
async def test_a_position_out_of_every_bound_is_clamped(app: App, position: int) -> None:
    agent = await app.client("agent")
    board, (_, card, _) = await make_board(app, agent, "A", "B", "C")
    status, _, _ = await ask(agent, "PATCH", f"/cards/{card}", {"position": position})
    assert status == 200
    assert (await order(agent, board))[0] == (["B", "A", "C"] if position < 0 else ["A", "C", "B"])
    column = board["columns"][1]["id"]
    assert (await ask(agent, "PATCH", f"/columns/{column}", {"position": position}))[0] == 200


async def test_a_column_of_another_board_is_refused(app: App) -> None:
    agent = await app.client("agent")
    board, (card,) = await make_board(app, agent, "A")
    other, _ = await make_board(app, agent)
    for column in (other["columns"][0]["id"], str(new_id())):
        status, problem, _ = await ask(agent, "PATCH", f"/cards/{card}", {"column": column, "position": 0})
        assert (status, set(problem["errors"])) == (422, {"column"})
        body = {"column": column, "title": "B"}
        assert (await ask(agent, "POST", f"/boards/{board['id']}/cards", body))[0] == 422


def doors(app: App, board: dict[str, Any], card: str) -> list[tuple[str, str, Any]]:
    """Every door with what it takes."""
    column = board["columns"][0]["id"]
    at = f"/boards/{board['id']}"
    return [
        ("GET", f"/spaces/{app.space}/boards", None),
        ("GET", f"/spaces/{app.space}/people", None),
        ("POST", f"/spaces/{app.space}/boards", {"title": "X"}),
        ("GET", at, None),
        ("PATCH", at, {"title": "X"}),
        ("POST", f"{at}/columns", {"title": "X"}),
        ("PATCH", f"/columns/{column}", {"title": "X"}),
        ("POST", f"{at}/cards", {"column": column, "title": "X"}),
        ("GET", f"/cards/{card}", None),
        ("PATCH", f"/cards/{card}", {"title": "X"}),
        ("PATCH", f"/cards/{card}", {"position": 0}),
        ("POST", f"/cards/{card}/restore", None),
        ("DELETE", f"/cards/{card}", None),
        ("POST", f"/columns/{column}/restore", None),
        ("DELETE", f"/columns/{column}", None),
        ("POST", f"{at}/restore", None),
        ("DELETE", at, None),
    ]


@pytest.mark.parametrize("role", ["stranger", "admin"])
async def test_who_is_in_no_space_learns_nothing(app: App, role: str) -> None:
    agent, other = await app.client("agent"), await app.client(role)
    board, (card,) = await make_board(app, agent, "Secret")
    for method, path, body in doors(app, board, card):
        status, problem, _ = await ask(other, method, path, body, '"1"')
        assert status == 404, (method, path)
        assert "Secret" not in str(problem)
    assert await order(agent, board) == [["Secret"], [], []]


async def test_a_reader_reads_and_is_told_what_they_may_not(app: App) -> None:
    agent, reader = await app.client("agent"), await app.client("reader")
    board, (card,) = await make_board(app, agent, "A")
    for method, path, body in doors(app, board, card):
        status, _, _ = await ask(reader, method, path, body, '"1"')
        assert status == (200 if method == "GET" else 403), (method, path)


async def test_an_editor_edits_and_does_not_archive(app: App) -> None:
    editor = await app.client("editor")
    board, (card,) = await make_board(app, editor, "A")
    assert (await ask(editor, "PATCH", f"/cards/{card}", {"position": 0}))[0] == 200
    assert (await ask(editor, "DELETE", f"/boards/{board['id']}"))[0] == 403


async def test_ids_that_are_none_or_of_nothing_are_not_found(app: App) -> None:
    agent = await app.client("agent")
    for key in (str(new_id()), "42", "%00", "À", str(UUID(int=0))):
        for method, path, body in (
            ("GET", f"/boards/{key}", None),
            ("GET", f"/cards/{key}", None),
            ("PATCH", f"/cards/{key}", {"position": 0}),
            ("DELETE", f"/columns/{key}", None),
            ("GET", f"/spaces/{key}/boards", None),
            ("POST", f"/boards/{key}/cards", {"column": str(new_id()), "title": "A"}),
        ):
            assert (await ask(agent, method, path, body))[0] == 404, (method, path)
