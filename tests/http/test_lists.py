"""Long lists come in parts: whole and in order when the addresses are followed, never all at once."""

import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import insert
from yarl import URL

from collab.core.ids import new_id
from collab.files.models import Node
from collab.files.queries import TRASH_PAGE
from collab.notifications.models import Kind, Notification
from collab.spaces.models import Space, SpaceMember
from directory.people.models import Person
from meetings.calendar.models import Meeting, MeetingState
from projects.boards.models import Board
from tests.support.app import App, running
from tests.support.lag import LoopWork

SignIn = Callable[[str], Awaitable[aiohttp.ClientSession]]

MANY = 10_000
SOME = 1_100  # more than the largest part


@pytest.fixture(scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """The town with long lists of everything, all of `agent`'s space."""
    folder: Path = tmp_path_factory.mktemp("lists")
    async with running(folder) as app:
        await fill(app)
        yield app


@pytest.fixture
async def sign_in(full: App) -> AsyncIterator[SignIn]:
    """Clients that are gone with their test, while the town stays."""
    made: list[aiohttp.ClientSession] = []

    async def enter(role: str) -> aiohttp.ClientSession:
        made.append(await full.client(role))
        return made[-1]

    yield enter
    for client in made:
        await client.close()


def name(number: int) -> str:
    return f"n{number % 7}-{number:06}"  # so that the order is not that of the ids


async def fill(app: App) -> None:
    agent = app.people["agent"]
    async with app.db.write() as tx:
        stamps: dict[str, Any] = {"created_at": tx.now, "updated_at": tx.now}
        own: dict[str, Any] = {"space_id": app.space, "folder_id": app.space}
        nodes: list[Node] = []
        for number in range(MANY):
            key, title = new_id(), f"trash {number}"
            # Many at the same instant: the id decides.
            at = tx.now - timedelta(seconds=number // 10)
            nodes.append(
                Node(id=key, kind="file", name=title, trash_id=key, trashed_at=at, **names(title), **own, **stamps)
            )
        for number in range(SOME):
            nodes.append(Node(id=new_id(), kind="folder", name=name(number), **names(name(number)), **own, **stamps))
        await tx.execute(insert(Node), [node.model_dump() for node in nodes])
        boards = [Board(id=new_id(), space_id=app.space, title=name(n % 500), **stamps) for n in range(SOME)]
        await tx.execute(insert(Board), [board.model_dump() for board in boards])
        spaces = [Space(id=new_id(), title=name(n % 500), data_class="ordinary", **stamps) for n in range(SOME)]
        await tx.execute(insert(Space), [space.model_dump() for space in spaces])
        member: dict[str, Any] = {"principal_id": agent, "principal_kind": "person", "role": "owner"}
        await tx.execute(insert(SpaceMember), [{"space_id": space.id, **member} for space in spaces])
        meetings = [
            Meeting(
                id=new_id(),
                space_id=app.space,
                organiser_id=agent,
                title=name(number),
                starts_at=tx.now + timedelta(hours=number // 3),
                ends_at=tx.now + timedelta(hours=number // 3 + 1),
                kind="members",
                state=MeetingState.PLANNED.value,
                **stamps,
            )
            for number in range(250)
        ]
        await tx.execute(insert(Meeting), [meeting.model_dump() for meeting in meetings])
        told = [
            Notification(
                id=new_id(),
                person_id=agent,
                kind=Kind.MEMBERSHIP.value,
                key=f"k{number}",
                text="x",
                params={},
                url="/",
                created_at=tx.now - timedelta(seconds=number),
            )
            for number in range(120)
        ]
        await tx.execute(insert(Notification), [one.model_dump() for one in told])
        people = [
            Person(
                id=new_id(),
                login=f"p{n}",
                source="local",
                source_key=f"p{n}",
                display_name=name(n),
                sort_name=name(n % 300),
                unit_id=app.unit,
                **stamps,
            )
            for n in range(SOME)
        ]
        await tx.execute(insert(Person), [person.model_dump() for person in people])


def names(title: str) -> dict[str, Any]:
    return {"name_key": title.casefold(), "sort_name": title.casefold()}


async def parts(client: aiohttp.ClientSession, path: str) -> list[list[dict[str, Any]]]:
    found, following = [], path
    while following:
        async with client.get(following) as answer:
            assert answer.status == 200, await answer.text()
            body = await answer.json()
        found.append(body["items"])
        following = body["next"]
        assert len(found) <= 100
    return found


@pytest.mark.parametrize(
    ("path", "count", "order"),
    [
        ("/api/v1/spaces", SOME + 1, lambda one: (one["title"], one["id"])),
        ("/api/v1/spaces/{space}/boards", SOME, lambda one: (one["title"], one["id"])),
        ("/api/v1/spaces/{space}/folders", SOME, lambda one: one["name"]),
        ("/api/v1/spaces/{space}/people", SOME + 3, None),
        ("/api/v1/meetings", 250, lambda one: (one["starts_at"], one["id"])),
        ("/api/v1/me/notifications", 120, None),
    ],
)
async def test_a_list_is_whole_when_its_parts_are_put_together(
    full: App, sign_in: SignIn, path: str, count: int, order: Any
) -> None:
    found = await parts(await sign_in("agent"), path.format(space=full.space))
    items = [item for part in found for item in part]
    assert len(found) > 1
    assert len({item["id"] for item in items}) == len(items) == count
    if order is not None:
        assert items == sorted(items, key=order)


async def test_ten_thousand_things_in_the_trash_are_never_read_at_once(full: App, sign_in: SignIn) -> None:
    client = await sign_in("agent")
    path = f"/api/v1/spaces/{full.space}/trash"
    async with client.get(path) as answer:  # statements are compiled at their first use
        assert answer.status == 200
    gc.collect()
    worst = []
    for _ in range(3):  # a busy machine slows one of them, and not the same stretch of each
        async with LoopWork() as work:
            found = await parts(client, path)
        worst.append(work.worst)
    assert {len(part) for part in found} == {TRASH_PAGE}
    items = [item for part in found for item in part]
    assert len({item["id"] for item in items}) == MANY
    times = [item["trashed_at"] for item in items]
    assert times == sorted(times, reverse=True)
    assert min(worst) < 0.02


PAGES = [
    "/files/{space}/trash",
    "/admin/spaces",
    "/spaces",
    "/files",
    "/projects",
    "/notifications",
    "/files/{space}",
]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_leads_to_the_next_part_without_scripts(full: App, sign_in: SignIn, path: str) -> None:
    client = await sign_in("admin" if path.startswith("/admin") else "agent")
    async with client.get(path.format(space=full.space)) as answer:
        first = await answer.text()
    found = re.findall(r'href="([^"]*[?&](?:after|before)=[^"]*)"', first)
    assert found
    async with client.get(URL(unescape(found[-1]), encoded=True)) as answer:
        assert answer.status == 200
        second = await answer.text()
    assert len(first) < 2_000_000
    if not path.startswith("/admin"):  # where spaces have no names, and look alike
        rows = [set(re.findall(r'<li class="row">.*?</li>|<tr>.*?</tr>', text, re.DOTALL)) for text in (first, second)]
        assert len(rows[0] & rows[1]) <= 1  # the head of the table
    assert second != first


async def test_the_place_in_somebody_elses_list_tells_nothing(full: App, sign_in: SignIn) -> None:
    """Who goes on after a thing that is not theirs begins at the start: its place in the order would tell its title."""
    agent, stranger = await sign_in("agent"), await sign_in("stranger")
    async with agent.get("/api/v1/spaces") as answer:
        foreign = (await answer.json())["items"][-1]["id"]
    async with stranger.post("/api/v1/spaces", json={"title": "a"}) as answer:
        own = (await answer.json())["id"]
    async with stranger.get("/api/v1/spaces", params={"after": foreign}) as answer:
        assert [one["id"] for one in (await answer.json())["items"]] == [own]


async def test_what_is_no_id_is_refused(full: App, sign_in: SignIn) -> None:
    client = await sign_in("agent")
    for path in ("/api/v1/spaces", f"/api/v1/spaces/{full.space}/trash", f"/files/{full.space}/trash"):
        async with client.get(path, params={"after": "x"}) as answer:
            assert answer.status == 422
