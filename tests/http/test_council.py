"""The calculators of council law over the API: the worked examples at their addresses, and figures that cannot be."""

from typing import Any

import aiohttp
import pytest

from tests.support.app import App

DOOR = "/api/v1/council/calculators"
ENGLISH = {"Accept-Language": "en"}


async def get(
    client: aiohttp.ClientSession, name: str, query: Any = None, *, status: int = 200, **more: Any
) -> dict[str, Any]:
    async with client.get(
        f"{DOOR}/{name}", params={key: str(value) for key, value in {**(query or {}), **more}.items()}
    ) as answer:
        body: dict[str, Any] = await answer.json()
        assert answer.status == status, body
        return body


async def post(client: aiohttp.ClientSession, name: str, body: Any, status: int = 200) -> dict[str, Any]:
    async with client.post(f"{DOOR}/{name}", json=body) as answer:
        found: dict[str, Any] = await answer.json()
        assert answer.status == status, found
        return found


@pytest.fixture
async def member(app: App) -> aiohttp.ClientSession:
    """Somebody who is in no space."""
    return await app.client("stranger")


async def test_a_convocation_in_time(member: aiohttp.ClientSession) -> None:
    found = await get(
        member, "convocation", assembly="commune", population=2000, sent="2026-11-23", meeting="2026-11-27"
    )
    assert found.pop("message").startswith("Dans les délais")
    assert found == {
        "verdict": "ok",
        "unit": "clear",
        "clear_days": 3,
        "gap": 4,
        "required": 3,
        "latest_sending": "2026-11-23",
        "earliest_meeting": "2026-11-27",
        "article": "CGCT L2121-11",
    }


async def test_a_convocation_too_late_names_the_article(member: aiohttp.ClientSession) -> None:
    query = {"assembly": "commune", "population": 12_000, "sent": "2026-11-23", "meeting": "2026-11-28"}
    found = await get(member, "convocation", query)
    assert (found["verdict"], found["clear_days"], found["required"]) == ("error", 4, 5)
    assert "L2121-12" in found["message"]
    urgent = await get(member, "convocation", query, urgent="true")
    assert (urgent["verdict"], urgent["required"]) == ("ok", 1)
    assert "Urgence" in urgent["message"]


async def test_days_that_are_not_clear(member: aiohttp.ClientSession) -> None:
    found = [
        await get(member, "convocation", assembly="departement", sent="2026-11-23", meeting=f"2026-12-{day:02}")
        for day in (4, 5, 6)
    ]
    assert [one["verdict"] for one in found] == ["error", "warning", "ok"]
    assert [one["gap"] for one in found] == [11, 12, 13]
    assert {one["unit"] for one in found} == {"elapsed"}


async def test_one_date_gives_the_limit_for_the_other(member: aiohttp.ClientSession) -> None:
    found = await get(member, "convocation", assembly="epci", meeting="2026-12-17")
    assert (found["latest_sending"], found["earliest_meeting"], found["gap"]) == ("2026-12-11", None, None)
    found = await get(member, "convocation", assembly="commune", sent="2026-11-23", reason="no_quorum")
    assert (found["earliest_meeting"], found["clear_days"]) == ("2026-11-27", None)


async def test_a_sitting_that_does_not_come_after(member: aiohttp.ClientSession) -> None:
    found = await get(member, "convocation", assembly="cst", sent="2026-11-23", meeting="2026-11-23")
    assert (found["verdict"], found["gap"], found["clear_days"]) == ("error", 0, 0)


async def test_alsace_and_moselle(member: aiohttp.ClientSession) -> None:
    query = {"sent": "2026-11-23", "meeting": "2026-11-24", "urgent": "true", "local_law": "alsace_moselle"}
    small = await get(member, "convocation", query, assembly="commune", population=2000)
    large = await get(member, "convocation", query, assembly="commune", population=5000)
    assert (small["verdict"], small["unit"], large["verdict"]) == ("ok", "elapsed", "error")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"assembly": "commune", "sent": "2026-02-30"}, "sent"),
        ({"assembly": "commune", "sent": "20260223"}, "sent"),
        ({"assembly": "commune", "sent": "1700000000"}, "sent"),
        ({"assembly": "commune", "sent": "0001-01-01"}, "sent"),
        ({"assembly": "commune", "meeting": "9999-12-31"}, "meeting"),
        ({"assembly": "commune"}, "sent"),
        ({"assembly": "senate", "sent": "2026-11-23"}, "assembly"),
        ({"assembly": "commune", "sent": "1980-11-23"}, "assembly"),
        ({"sent": "2026-11-23"}, "assembly"),
        ({"assembly": "commune", "sent": "2026-11-23", "population": "-1"}, "population"),
        ({"assembly": "commune", "sent": "2026-11-23", "population": "9" * 5000}, "population"),
        ({"assembly": "commune", "sent": "2026-11-23", "urgent": "perhaps"}, "urgent"),
        ({"assembly": "commune", "sent": "2026-11-23", "colour": "red"}, "colour"),
    ],
)
async def test_convocations_that_cannot_be(member: aiohttp.ClientSession, query: dict[str, str], field: str) -> None:
    found = await get(member, "convocation", query, status=422)
    assert field in found["errors"]


async def test_the_quorum(member: aiohttp.ClientSession) -> None:
    found = await get(member, "quorum", assembly="commune", in_exercise=23, present=14, withdrawn_from_count=3)
    article = found.pop("article")
    assert article == "CGCT L2121-17"
    assert found == {"members": 20, "quorum": 11, "present": 11, "reached": True}
    accounts = await get(member, "quorum", assembly="commune", in_exercise=11, present=6, occasion="accounts")
    assert (accounts["present"], accounts["quorum"], accounts["reached"]) == (5, 6, False)
    region = await get(member, "quorum", assembly="region", in_exercise=123, present=82, occasion="president_election")
    assert (region["quorum"], region["reached"]) == (82, True)
    commission = await get(
        member,
        "quorum",
        assembly="permanent_commission",
        authority="departement",
        in_exercise=20,
        present=8,
        represented=3,
    )
    assert (commission["present"], commission["reached"]) == (11, True)
    nobody = await get(member, "quorum", assembly="commune", occasion="second_convocation")
    assert (nobody["members"], nobody["quorum"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"in_exercise": 5, "present": 6}, "present"),
        ({"in_exercise": 5, "present": -1}, "present"),
        ({"in_exercise": 5, "present": 5, "represented": 1}, "represented"),
        ({"in_exercise": 5, "present": 2, "withdrawn_present": 3}, "withdrawn_present"),
        ({"in_exercise": 5.5}, "in_exercise"),
    ],
)
async def test_quorums_that_cannot_be(member: aiohttp.ClientSession, query: dict[str, Any], field: str) -> None:
    found = await get(member, "quorum", query, status=422, assembly="commune")
    assert list(found["errors"]) == [field]


COMMUNE: dict[str, Any] = {"assembly": "commune", "mode": "ordinary", "kind": "deliberation"}


@pytest.mark.parametrize(
    ("body", "result", "cast", "majority"),
    [
        ({"for": 12, "against": 9, "abstentions": 2}, "adopted", 21, 11),
        ({"for": 10, "against": 10, "mode": "public", "chair": "for"}, "adopted", 20, 11),
        ({"for": 10, "against": 10, "mode": "public", "chair": "against"}, "rejected", 20, 11),
        ({"for": 10, "against": 10, "mode": "secret", "chair": "for"}, "rejected", 20, 11),
        ({"for": 11, "against": 10, "blank": 1, "null": 1, "present": 23, "mode": "secret"}, "adopted", 21, 11),
        ({"kind": "accounts", "for": 5, "against": 5}, "adopted", 10, 6),
        ({"kind": "accounts"}, "adopted", 0, 1),
        (
            {"kind": "closed_session", "for": 9, "against": 5, "abstentions": 4, "present": 15, "represented": 3},
            "rejected",
            14,
            10,
        ),
        ({"for": None, "against": None}, "rejected", 0, 1),
    ],
)
async def test_votes(
    member: aiohttp.ClientSession, body: dict[str, Any], result: str, cast: int, majority: int
) -> None:
    found = await post(member, "ballot", {**COMMUNE, **body})
    assert found.pop("article").startswith("CGCT")
    assert found == {"result": result, "cast": cast, "majority": majority, "elected": None}


async def test_an_appointment(member: aiohttp.ClientSession) -> None:
    ask = {**COMMUNE, "mode": "secret", "kind": "appointment"}
    three = [{"name": "A", "votes": 10}, {"name": "B", "votes": 8}, {"name": "C", "votes": 3}]
    found = await post(member, "ballot", {**ask, "round": 1, "candidates": three})
    assert (found["result"], found["cast"], found["majority"], found["elected"]) == ("next_round", 21, 11, None)
    two = [{"name": "A", "votes": 10, "born": "1980-01-02"}, {"name": "B", "votes": 10, "born": "1980-01-01"}]
    found = await post(member, "ballot", {**ask, "round": 3, "candidates": two})
    assert (found["result"], found["elected"]) == ("elected", "B")
    del two[0]["born"]
    problem = await post(member, "ballot", {**ask, "round": 3, "candidates": two}, 422)
    assert list(problem["errors"]) == ["candidates.0.born"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"for": -1}, "for"),
        ({"for": True}, "for"),
        ({"for": 3, "present": 2}, "present"),
        ({"chair": "for", "against": 2}, "chair"),
        ({"kind": "closed_session", "for": 3}, "present"),
        ({"kind": "closed_session", "assembly": "ccas", "for": 3, "present": 3}, "kind"),
        ({"kind": "appointment"}, "candidates"),
        ({"kind": "appointment", "round": 4, "candidates": [{"name": "A"}]}, "round"),
        ({"kind": "appointment", "present": 2, "candidates": [{"name": "A", "votes": 3}]}, "present"),
        ({"kind": "appointment", "candidates": [{"name": "A", "born": "2026-02-30"}]}, "candidates.0.born"),
        ({"kind": "appointment", "candidates": [{"name": "A", "born": 12}]}, "candidates.0.born"),
        ({"kind": "appointment", "candidates": [{"name": "A"}, {"name": "A"}]}, "candidates"),
    ],
)
async def test_votes_that_cannot_be(member: aiohttp.ClientSession, body: dict[str, Any], field: str) -> None:
    problem = await post(member, "ballot", {**COMMUNE, **body}, 422)
    assert list(problem["errors"]) == [field]


async def test_seats(member: aiohttp.ClientSession) -> None:
    lists = [{"name": name, "votes": votes} for name, votes in (("A", 17), ("B", 7), ("C", 3))]
    for method, expected in (("highest_remainder", [3, 1, 1]), ("highest_average", [4, 1, 0])):
        found = await post(member, "seats", {"method": method, "seats": 5, "lists": lists})
        assert [one["seats"] for one in found["seats"]] == expected
        assert [one["name"] for one in found["seats"]] == ["A", "B", "C"]
        assert found["article"].startswith("CGCT")
    equal = [{"name": "A", "votes": 5, "average_age": 48.1}, {"name": "B", "votes": 5, "average_age": 52.4}]
    found = await post(member, "seats", {"method": "highest_remainder", "seats": 3, "lists": equal})
    assert [one["seats"] for one in found["seats"]] == [1, 2]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seats": 3}, "lists"),
        ({"lists": [{"name": "A", "votes": 1}]}, "seats"),
        ({"seats": 3, "lists": [{"name": "A", "votes": -1}]}, "lists.0.votes"),
        ({"seats": 3, "lists": [{"name": "A", "votes": 1}, {"name": "B", "votes": 1}]}, "lists.0.average_age"),
        ({"seats": 3, "lists": [{"name": "A", "votes": 1, "average_age": -2}]}, "lists.0.average_age"),
        ({"seats": 3, "method": "lots", "lists": [{"name": "A", "votes": 1}]}, "method"),
    ],
)
async def test_seats_that_cannot_be(member: aiohttp.ClientSession, body: dict[str, Any], field: str) -> None:
    problem = await post(member, "seats", {"method": "highest_remainder", **body}, 422)
    assert field in problem["errors"]


async def test_holidays(app: App, member: aiohttp.ClientSession) -> None:
    found = await get(member, "holidays", year=2027, territory="alsace_moselle")
    assert {"date": "2027-03-26", "name": "Vendredi saint"} in found["days"]
    assert len(found["days"]) == 13
    async with member.get(f"{DOOR}/holidays?year=2027", headers=ENGLISH) as answer:
        assert (await answer.json())["days"][0] == {"date": "2027-01-01", "name": "New Year’s Day"}
    for query in ({}, {"year": 0}, {"year": 2200}, {"year": 2027, "territory": "atlantis"}):
        await get(member, "holidays", query, status=422)
    async with member.get(f"{app.url}/api/openapi.json") as answer:
        described = await answer.json()
    parameters = described["paths"][f"{DOOR}/holidays"]["get"]["parameters"]
    (territory,) = [one["schema"] for one in parameters if one["name"] == "territory"]
    assert "alsace_moselle" in territory["enum"]
    assert "alsace_moselle" in territory["description"]
    fields = described["components"]["schemas"]["BallotInput"]["properties"]
    assert {"for", "against", "null", "round"} <= fields.keys()
