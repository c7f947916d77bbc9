"""WHIP and WHEP over plain HTTP: tokens, what each door answers to, and every refusal."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiortc import RTCPeerConnection
from sqlalchemy import delete, select
from sqlmodel import col

from collab.core.ids import new_id
from collab.core.journal import JournalEntry, verify
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import remove_member, set_member
from directory.people.service import disable_person
from meetings.rooms.models import MediaToken
from meetings.rooms.tokens import KEPT, LIFETIME, forget_tokens
from tests.http.test_meetings import make
from tests.support.app import SETUP, App, running
from tests.support.clock import HandClock
from web.media import Media

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


async def offer_of(direction: str, *kinds: str) -> str:
    """A real offer of another WebRTC stack."""
    peer = RTCPeerConnection()
    for kind in kinds or ("audio", "video"):
        peer.addTransceiver(kind, direction=direction)
    await peer.setLocalDescription(await peer.createOffer())
    sdp: str = peer.localDescription.sdp
    await peer.close()
    return sdp


@dataclass
class Program:
    """Something that speaks WHIP or WHEP with one token."""

    http: aiohttp.ClientSession
    meeting: str
    token: str

    async def ask(self, method: str, path: str, body: str = "", kind: str = SDP, **headers: str) -> Any:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self.token}", **headers}
        headers = {name.replace("_", "-"): value for name, value in headers.items() if value}
        async with self.http.request(
            method, path, data=body.encode() or None, headers=headers, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer

    async def post(self, door: str = "whip", body: str | None = None, **more: Any) -> Any:
        offer = body if body is not None else await offer_of("sendonly" if door == "whip" else "recvonly")
        return await self.ask("POST", f"/{door}/{self.meeting}", offer, **more)


@dataclass
class Place:
    app: App
    meeting: str

    async def token(self, role: str = "agent", kind: str = "publish", name: str | None = None) -> dict[str, Any]:
        client = await self.app.client(role)
        body = {"kind": kind} | ({"name": name} if name else {})
        async with client.post(f"/api/v1/meetings/{self.meeting}/tokens", json=body) as answer:
            assert answer.status == 201, await answer.text()
            made: dict[str, Any] = await answer.json()
            return made

    async def program(self, role: str = "agent", kind: str = "publish") -> Program:
        made = await self.token(role, kind)
        return Program(self.app.anybody({}), self.meeting, made["token"])

    def members(self) -> int:
        return self.app.deps.part(Media).engine.counters.participants


@pytest.fixture
async def place(app: App) -> AsyncIterator[Place]:
    yield Place(app, (await make(app))["id"])


async def test_a_token_is_made_listed_and_revoked(place: Place) -> None:
    reader = await place.app.client("reader")
    path = f"/api/v1/meetings/{place.meeting}/tokens"
    mine = await place.token("reader", "view")
    others = await place.token("agent", "publish", "Caméra de la salle")
    assert others["token"].startswith("hcm_")
    async with reader.get(path) as answer:
        assert [one["id"] for one in (await answer.json())["items"]] == [mine["id"]]
    agent = await place.app.client("agent")
    async with agent.get(path) as answer:
        listed = await answer.json()
    assert [(one["id"], one["by"], one["name"], one["kind"]) for one in listed["items"]] == [
        (others["id"], "Camille Roche", "Caméra de la salle", "publish"),
        (mine["id"], "Yann Kermorgant", "", "view"),
    ]
    assert "token" not in listed["items"][0]
    async with reader.delete(f"{path}/{others['id']}") as answer:
        assert answer.status == 403
    for token in (mine, others):
        async with agent.delete(f"{path}/{token['id']}") as answer:
            assert answer.status == 204
    async with agent.delete(f"{path}/{mine['id']}") as answer:
        assert answer.status == 404
    async with agent.get(path) as answer:
        assert (await answer.json())["items"] == []


async def test_only_a_hash_is_kept_and_each_step_is_journalled(place: Place) -> None:
    made = await place.token()
    program = Program(place.app.anybody({}), place.meeting, made["token"])
    assert (await program.post()).status == 201
    assert (await program.post("whep")).status == 201
    agent = await place.app.client("agent")
    async with agent.delete(f"/api/v1/meetings/{place.meeting}/tokens/{made['id']}") as answer:
        assert answer.status == 204
    async with place.app.db.read() as tx:
        rows = await tx.all(
            select(JournalEntry).where(col(JournalEntry.action).like("rooms.%")).order_by(col(JournalEntry.seq))
        )
        assert (await verify(tx)).faults == []
    assert [row.action for row in rows] == ["rooms.create_token", "rooms.send", "rooms.view", "rooms.revoke_token"]
    assert {str(row.subject_id) for row in rows} == {place.meeting}
    assert {str(row.actor_id) for row in rows[1:3]} == {made["id"]}
    secret = made["token"].encode()
    for file in place.app.deps.settings.data.dir.rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes(), file


@pytest.mark.parametrize("field", [{"kind": "both"}, {}, {"kind": "view", "name": "x" * 81}, {"kind": "view", "x": 1}])
async def test_a_wrong_wish_for_a_token_is_explained(place: Place, field: dict[str, Any]) -> None:
    agent = await place.app.client("agent")
    async with agent.post(f"/api/v1/meetings/{place.meeting}/tokens", json=field) as answer:
        assert answer.status == 422
        assert (await answer.json())["errors"]


async def test_whip_answers_an_offer_as_the_rfc_says(place: Place) -> None:
    program = await place.program()
    made = await program.post()
    assert made.status == 201, await made.text()
    assert made.content_type == SDP
    answer = await made.text()
    assert answer.count("a=recvonly") == 2
    assert "a=setup:passive" in answer
    assert made.headers["Location"].startswith(f"/whip/{place.meeting}/")
    assert made.headers["ETag"].startswith('"')
    assert made.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in made.headers["Access-Control-Expose-Headers"]
    assert place.members() == 1
    assert (await program.post()).status == 201, "a token opens any number of sessions"
    assert place.members() == 2
    ended = await program.ask("DELETE", made.headers["Location"])
    assert ended.status == 200
    assert place.members() == 1
    assert (await program.ask("DELETE", made.headers["Location"])).status == 404


async def test_whep_gives_a_slot_for_each_m_line(place: Place) -> None:
    program = await place.program(kind="view")
    offer = await offer_of("recvonly", *["audio", "video"] * 6)
    made = await program.post("whep", offer)
    assert made.status == 201
    assert (await made.text()).count("a=sendonly") == 12
    assert made.headers["Location"].startswith(f"/whep/{place.meeting}/")
    assert (await program.ask("DELETE", made.headers["Location"])).status == 200
    assert place.members() == 0


async def test_a_publishing_token_also_views_and_a_viewing_one_does_not_publish(place: Place) -> None:
    publisher, viewer = await place.program(), await place.program(kind="view")
    assert (await publisher.post("whep")).status == 201
    refused = await viewer.post("whip")
    assert (refused.status, (await refused.json())["code"]) == (403, "rooms.token_only_views")


async def test_without_a_valid_token_401_says_which_kind_is_wanted(place: Place) -> None:
    program = await place.program()
    agent = await place.app.client("agent")
    api_token = (await place.app.bearer("agent")).headers["Authorization"]
    for authorization in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YTpi",
        api_token,
        "Bearer hcm_" + "x" * 43,
    ):
        refused = await program.post(Authorization=authorization)
        assert refused.status == 401, authorization
        assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
        assert refused.content_type == "application/problem+json"
    offer = await offer_of("sendonly")
    async with agent.post(f"/whip/{place.meeting}", data=offer, headers={"Content-Type": SDP}) as answer:
        assert answer.status == 401, "a cookie opens nothing here"


async def test_a_media_token_opens_no_other_door(place: Place) -> None:
    program = await place.program()
    for path in ("/api/v1/me", "/api/v1/meetings", f"/api/v1/meetings/{place.meeting}", f"/meetings/{place.meeting}"):
        assert (await program.ask("GET", path)).status in (401, 303), path


async def test_an_unknown_meeting_and_another_one_are_the_same_404(place: Place) -> None:
    program = await place.program()
    other = (await make(place.app, title="Autre"))["id"]
    offer = await offer_of("sendonly")
    for meeting in (str(new_id()), other, "nothing"):
        for door in ("whip", "whep"):
            refused = await program.ask("POST", f"/{door}/{meeting}", offer)
            assert refused.status == 404, (door, meeting)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "v=0",
        "nonsense",
        "v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=video x",
        "\x00" * 100,
        "é" * 9000,
        "v=0\r\n" * 9,
    ],
)
@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_a_bad_offer_is_400_and_nobody_comes_in(place: Place, door: str, body: str) -> None:
    program = await place.program()
    refused = await program.post(door, body)
    assert (refused.status, (await refused.json())["code"]) == (400, "media.bad_offer")
    assert place.members() == 0


async def test_other_refusals_of_an_offer(place: Place) -> None:
    program = await place.program()
    offer = await offer_of("sendonly")
    assert (await program.post(body=offer, kind="text/plain")).status == 415
    assert (await program.post(body=offer, kind="application/json")).status == 415
    assert (await program.post(body="v=0\r\n" + "a=x\r\n" * 20_000)).status == 413
    nothing = await program.post("whip", await offer_of("recvonly"))
    assert (nothing.status, (await nothing.json())["code"]) == (422, "media.nothing_usable")
    nothing = await program.post("whep", offer)
    assert nothing.status == 422
    for method in ("GET", "HEAD", "PUT"):
        refused = await program.ask(method, f"/whip/{place.meeting}")
        assert (refused.status, "POST" in refused.headers["Allow"]) == (405, True)
    assert place.members() == 0


async def test_a_cancelled_meeting_takes_nobody(place: Place) -> None:
    program = await place.program()
    assert (await program.post()).status == 201
    agent = await place.app.client("agent")
    async with agent.delete(f"/api/v1/meetings/{place.meeting}") as answer:
        assert answer.status == 204
    assert place.members() == 0
    refused = await program.post()
    assert (refused.status, (await refused.json())["code"]) == (409, "meetings.cancelled")
    async with agent.post(f"/api/v1/meetings/{place.meeting}/tokens", json={"kind": "view"}) as answer:
        assert answer.status == 409


async def test_a_page_of_any_origin_may_ask(place: Place) -> None:
    program = await place.program()
    for door in ("whip", "whep"):
        for path, methods in ((f"/{door}/{place.meeting}", "POST"), (f"/{door}/{place.meeting}/{new_id()}", "PATCH")):
            browser = {"Origin": "https://elsewhere.example", "Access_Control_Request_Method": methods}
            asked = await program.ask("OPTIONS", path, Authorization="", **browser)
            assert asked.status == 204
            assert asked.headers["Access-Control-Allow-Origin"] == "*"
            assert methods in asked.headers["Access-Control-Allow-Methods"]
            assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
            assert "Access-Control-Allow-Credentials" not in asked.headers
        endpoint = await program.ask("OPTIONS", f"/{door}/{place.meeting}", Authorization="")
        assert endpoint.headers["Accept-Post"] == SDP


def fragment(ufrag: str, password: str, *candidates: str) -> str:
    lines = [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0"]
    return "\r\n".join([*lines, *(f"a={one}" for one in candidates), "a=end-of-candidates", ""])


def credentials(sdp: str) -> tuple[str, str]:
    found = dict(line[2:].split(":", 1) for line in sdp.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd")))
    return found["ice-ufrag"], found["ice-pwd"]


CANDIDATE = "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host"


@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_candidates_trickle_and_ice_restarts(place: Place, door: str) -> None:
    program = await place.program()
    offer = await offer_of("sendonly" if door == "whip" else "recvonly")
    made = await program.post(door, offer)
    path, tag = made.headers["Location"], made.headers["ETag"]
    same, new = fragment(*credentials(offer), CANDIDATE), fragment("abcd", "p" * 24)
    for body, kind, headers, status in (
        (same, FRAGMENT, {}, 428),
        (same, FRAGMENT, {"If_Match": '"another"'}, 412),
        (same, SDP, {"If_Match": tag}, 415),
        ("nonsense", FRAGMENT, {"If_Match": tag}, 400),
        ("a=ice-ufrag:x", FRAGMENT, {"If_Match": tag}, 400),
        (fragment(*credentials(offer), "candidate:what"), FRAGMENT, {"If_Match": tag}, 400),
        (same, FRAGMENT, {"If_Match": tag}, 204),
        (same, FRAGMENT, {"If_Match": "*"}, 204),
    ):
        answer = await program.ask("PATCH", path, body, kind, **headers)
        assert answer.status == status, (body, headers, await answer.text())
    restarted = await program.ask("PATCH", path, new, FRAGMENT, If_Match="*")
    assert (restarted.status, restarted.content_type) == (200, FRAGMENT)
    assert restarted.headers["ETag"] != tag
    assert credentials(await restarted.text()) != credentials(await made.text())
    assert "a=candidate:" in await restarted.text()
    assert (await program.ask("PATCH", path, new, FRAGMENT, If_Match=tag)).status == 412
    assert (await program.ask("PATCH", path, new, FRAGMENT, If_Match=restarted.headers["ETag"])).status == 204


async def test_a_session_belongs_to_its_token(place: Place) -> None:
    program, other = await place.program(), await place.program()
    path = (await program.post()).headers["Location"]
    for method, body in (("DELETE", ""), ("PATCH", fragment("abcd", "p" * 24))):
        assert (await other.ask(method, path, body, FRAGMENT, If_Match="*")).status == 404
        assert (await program.ask(method, path.replace("whip", "whep"), body, FRAGMENT, If_Match="*")).status == 404
        assert (await program.ask(method, path, body, FRAGMENT, Authorization="", If_Match="*")).status == 401
    assert place.members() == 1


async def test_revoking_a_token_ends_what_it_opened_before_it_is_answered(place: Place) -> None:
    made, spared = await place.token(), await place.program()
    program = Program(place.app.anybody({}), place.meeting, made["token"])
    paths = [(await program.post(door)).headers["Location"] for door in ("whip", "whep", "whep")]
    assert (await spared.post()).status == 201
    assert place.members() == 4
    agent = await place.app.client("agent")
    async with agent.delete(f"/api/v1/meetings/{place.meeting}/tokens/{made['id']}") as answer:
        assert answer.status == 204
    assert place.members() == 1
    assert (await program.post()).status == 401
    assert (await program.ask("DELETE", paths[0])).status == 401


async def test_whoever_made_the_token_must_still_be_allowed_in(place: Place) -> None:
    app = place.app
    person = app.people["stranger"]
    member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person, role=Role.READER)
    async with app.db.write() as tx:
        await set_member(tx, app.actor("agent"), app.space, member)
    program = await place.program("stranger")
    assert (await program.post()).status == (await program.post("whep")).status == 201
    async with app.db.write() as tx:
        await remove_member(tx, app.actor("agent"), app.space, person)
    assert place.members() == 0
    assert (await program.post()).status == 404
    async with app.db.write() as tx:
        await set_member(tx, app.actor("agent"), app.space, member)
    assert (await program.post("whep")).status == 201
    async with app.db.write() as tx:
        await disable_person(tx, SETUP, person, "left")
    assert place.members() == 0
    assert (await program.post()).status == 404


async def test_after_an_hour_a_token_opens_no_more_and_what_it_opened_goes_on(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock=clock) as app:
        await _outlive(Place(app, (await make(app))["id"]), clock)


async def _outlive(place: Place, clock: HandClock) -> None:
    program = await place.program()
    path = (await program.post()).headers["Location"]
    clock.pass_(seconds=LIFETIME.total_seconds())
    assert (await program.post()).status == 401
    assert place.members() == 1
    assert (await program.ask("PATCH", path, fragment("abcd", "p" * 24), FRAGMENT, If_Match="*")).status == 200
    assert (await program.ask("DELETE", path)).status == 200
    clock.pass_(seconds=KEPT.total_seconds() + 1)
    async with place.app.db.write() as tx:
        await forget_tokens(tx)
    async with place.app.db.read() as tx:
        assert await tx.all(select(MediaToken)) == []


async def test_relays_are_named_in_links(tmp_path: Path) -> None:
    media = {"turn_urls": ["turn:turn.example:3478", "turns:turn.example:443?transport=tcp"], "turn_secret": "s" * 32}
    async with running(tmp_path, media=media) as app:
        program = await Place(app, (await make(app))["id"]).program()
        made = await program.post()
        links = made.headers.getall("Link")
    assert [link.partition(">")[0] for link in links] == [f"<{url}" for url in media["turn_urls"]]
    for link in links:
        assert 'rel="ice-server"' in link
        assert 'credential-type="password"' in link


async def test_a_token_revoked_by_another_process_is_noticed_within_five_seconds(place: Place) -> None:
    program = await place.program()
    for door in ("whip", "whep"):
        assert (await program.post(door)).status == 201
    before = time.monotonic()
    async with place.app.db.write() as tx:
        await tx.execute(delete(MediaToken))  # what this process is not told of
    while place.members():
        assert time.monotonic() - before < 6
        await asyncio.sleep(0.05)
