"""Which addresses are bound and which are told: wildcards, what comes and goes, names and mapped ports."""

import asyncio
import socket

import pytest

from collab.core.places import Place, parse_place
from meetings.media import ports
from meetings.media.addresses import expand, resolve
from meetings.media.fanout_python import PythonPlane
from meetings.media.port import MediaSettings
from meetings.media.ports import Ports
from meetings.media.sdp import Candidate


def of(*listen: str, announced: tuple[str, ...] = (), port: int = 0) -> Ports:
    return Ports(MediaSettings(listen, announced, port), lambda *_: False, lambda: None, lambda _: None, PythonPlane())


def test_a_wildcard_becomes_the_machines_own_addresses() -> None:
    assert "127.0.0.1" in expand(["0.0.0.0"])
    assert "::1" in expand(["::"])
    assert "0.0.0.0" not in expand(["0.0.0.0", "127.0.0.1"])
    assert expand(["127.0.0.1", "127.0.0.1"]) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("203.0.113.9", Place("203.0.113.9", None)),
        ("203.0.113.9:40000", Place("203.0.113.9", 40000)),
        ("2001:db8::9", Place("2001:db8::9", None)),
        ("[2001:DB8:0::9]:40000", Place("2001:db8::9", 40000)),
        ("[2001:db8::9]", Place("2001:db8::9", None)),
        ("visio.mairie.example", Place("visio.mairie.example", None)),
        ("visio.mairie.example:443", Place("visio.mairie.example", 443)),
    ],
)
def test_what_is_announced_is_an_address_or_a_name_and_maybe_a_port(text: str, found: Place) -> None:
    assert parse_place(text) == found


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "host:0", "host:65536", "host:x", "[1.2.3.4]:5", "[::1", "http://host", "1::2::3", "-a"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_place(text)


async def test_names_are_resolved_and_those_that_cannot_be_are_left_out() -> None:
    found = await resolve([Place("localhost", 7), Place("203.0.113.9", None), Place("no.invalid", 1)])
    assert Place("127.0.0.1", 7) in found
    assert Place("203.0.113.9", None) in found
    assert not [item for item in found if item.host == "no.invalid"]
    assert await resolve([Place("a" * 70 + ".example", None), Place("a..b", None)]) == []


async def test_both_families_and_both_protocols_have_one_number() -> None:
    opened = of("127.0.0.1", "::1")
    await opened.open()
    try:
        places = [("127.0.0.1", opened.port), ("::1", opened.port)]
        assert opened.candidates() == [Candidate(kind, *place) for kind in ("udp", "tcp") for place in places]
        for family, place in zip((socket.AF_INET, socket.AF_INET6), places, strict=True):
            with socket.socket(family) as probe:
                probe.settimeout(2)
                probe.connect(place)
    finally:
        await opened.close()


async def test_behind_nat_the_announced_places_stand_in_the_answer() -> None:
    opened = of("127.0.0.1", announced=("203.0.113.9:40000", "2001:db8::9"))
    await opened.open()
    try:
        assert opened.candidates() == [
            Candidate(kind, *place)
            for kind in ("udp", "tcp")
            for place in (("203.0.113.9", 40000), ("2001:db8::9", opened.port))
        ]
    finally:
        await opened.close()


async def test_a_wildcard_does_not_tell_browsers_to_look_at_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "expand", lambda listen: ["127.0.0.1", "127.0.0.2"] if "0.0.0.0" in listen else listen)
    monkeypatch.setattr(ports, "is_loopback", lambda address: address == "127.0.0.1")
    for listen, told in ((["0.0.0.0"], ["127.0.0.2"]), (["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"])):
        opened = of(*listen)
        await opened.open()
        assert [item.address for item in opened.candidates() if item.protocol == "udp"] == told
        await opened.close()


async def test_a_name_that_is_lost_for_a_while_keeps_its_last_address(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"a.example": ["192.0.2.1"], "b.example": list[str]()}

    async def look(places: list[Place]) -> list[Place]:
        return [Place(host, place.port) for place in places for host in known[place.host]]

    monkeypatch.setattr(ports, "resolve", look)
    monkeypatch.setattr(ports, "FOLLOW_SECONDS", 0.02)
    opened = of("127.0.0.1", announced=("a.example", "b.example:9"))
    await opened.open()
    try:
        assert [item.address for item in opened.candidates()] == ["192.0.2.1"] * 2
        known.update({"a.example": [], "b.example": ["192.0.2.2"]})
        async with asyncio.timeout(5):
            while len(opened.candidates()) < 4:
                await asyncio.sleep(0.01)
        assert [tuple(item[1:]) for item in opened.candidates()][:2] == [("192.0.2.1", opened.port), ("192.0.2.2", 9)]
    finally:
        await opened.close()


async def test_an_address_that_comes_is_taken_and_one_that_goes_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    now = ["127.0.0.1"]
    monkeypatch.setattr(ports, "expand", lambda _listen: list(now))
    monkeypatch.setattr(ports, "FOLLOW_SECONDS", 0.02)
    opened = of("0.0.0.0")
    await opened.open()
    try:
        for wanted in (["127.0.0.1", "127.0.0.2"], ["127.0.0.2"], ["127.0.0.2", "192.0.2.77"]):
            now[:] = wanted
            bound = [address for address in wanted if address != "192.0.2.77"]  # not this machine's: tried in vain
            async with asyncio.timeout(5):
                while opened.addresses != bound:
                    await asyncio.sleep(0.01)
            with socket.socket() as probe:
                probe.settimeout(2)
                probe.connect((bound[-1], opened.port))
    finally:
        await opened.close()
