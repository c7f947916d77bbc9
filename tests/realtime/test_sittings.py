"""A sitting over a socket: whoever may read it hears what happens, in order; who loses that right hears no more."""

from typing import Any
from uuid import UUID

from meetings.council.assemblies.models import MemberChange
from meetings.council.assemblies.service import update_member
from tests.http.council_things import SINCE, make_council
from tests.support.app import App
from tests.support.socket import connected


async def council_of(app: App, path: str, names: set[str]) -> dict[str, str]:
    """A sitting in which the agent presides and the stranger sits."""
    async with app.db.write() as tx:
        return await make_council(tx, app.actor("agent"), app.space, app.people["stranger"], path, names)


async def test_members_hear_what_happens_until_they_are_members_no_more(app: App) -> None:
    made = await council_of(app, "/ballots", {"ballot"})
    topic, path = f"sitting:{made['sitting']}", f"/api/v1/council/ballots/{made['ballot']}"
    agent = await app.client("agent")

    def told(kind: str) -> Any:
        return lambda event, data: event == "event" and data["type"] == kind

    async with connected(app, "stranger") as member:
        ack = await member.call("subscribe", {"topic": topic})
        assert ack["ok"], ack
        async with agent.put(f"{path}/vote", json={"choice": "for"}) as answer:
            assert answer.status == 200, await answer.text()
        received = await member.until(told("vote.received"))
        assert received["data"] == {"ballot": made["ballot"], "received": 1}
        async with agent.post(f"{path}/close", json={}) as answer:
            assert answer.status == 200, await answer.text()
            live = await answer.json()
        assert live["items"][0]["ballots"][0]["result"]["result"] == "adopted"
        closed = await member.until(told("sitting.changed"))
        assert (closed["data"]["seq"], closed["data"]["kind"]) == (ack["snapshot"]["seq"] + 1, "ballot_closed")
        assert closed["data"]["result"]["result"] == "adopted"
        assert (received["rev"], closed["rev"]) == (ack["rev"] + 1, ack["rev"] + 2)
        async with app.db.write() as tx:
            over = MemberChange(joined=SINCE, place=2, vacated=SINCE)
            await update_member(tx, app.actor("agent"), UUID(made["member"]), over, 1)
        gone = await member.until(lambda event, _: event == "gone")
        assert gone["topic"] == topic


async def test_strangers_hear_nothing(app: App) -> None:
    made = await council_of(app, "/live", {"sitting"})
    async with connected(app, "admin") as nobody:
        ack = await nobody.call("subscribe", {"topic": f"sitting:{made['sitting']}"})
    assert not ack["ok"]
