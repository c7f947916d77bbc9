"""What OpenLDAP never answers, and other directories do: ranges, references, reasons, endless pages, nonsense."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from collab.core.settings import Ldap
from directory.ldap.client import PASSWORD_POLICY, LdapClient
from directory.ldap.errors import (
    AccountLocked,
    BadCredentials,
    DirectoryDown,
    DirectoryRefused,
    DirectoryTrouble,
    IncompleteRead,
    PasswordExpired,
)
from directory.ldap.reading import DirectoryRead, key_of, read_directory
from directory.ldap.settings import configure
from tests.support.ldif import JPEG
from tests.support.scripted_ldap import Answer, Asked, scripted_ldap

BASE = "dc=corp,dc=test"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MEMBERS = 3500
PER_RANGE = 1500


def client(port: int, *, kind: str = "active_directory", **changes: object) -> LdapClient:
    usual = {
        "servers": [f"ldap://127.0.0.1:{port}"],
        "start_tls": False,
        "kind": kind,
        "bind_dn": f"cn=reader,{BASE}",
        "password": "reader-secret",
        "people_base": BASE,
        "timeout": 2,
    }
    return LdapClient(configure(Ldap.model_validate({**usual, **changes})))


def guid(number: int) -> UUID:
    return UUID(int=0xA0000000_0000_4000_8000_000000000000 + number)


def person(number: int, **attributes: list[bytes]) -> tuple[str, dict[str, list[bytes]]]:
    usual = {
        "objectGUID": [guid(number).bytes_le],
        "sAMAccountName": [f"P{number}".encode()],
        "displayName": [f"Personne {number}".encode()],
        "userAccountControl": [b"512"],
    }
    return f"CN=Personne {number},{BASE}", {**usual, **attributes}


def active_directory(asked: Asked) -> Answer:
    """A domain with 3,500 people in two pages and a group whose members come 1,500 at a time."""
    if asked.kind != "searchRequest":
        return Answer()
    if asked.base.startswith("CN=Tous") or "member" in asked.attributes:
        return Answer([("CN=Tous," + BASE, group_attributes(asked.attributes))])
    if "sAMAccountName" not in asked.attributes:
        return Answer()
    if not asked.cookie:
        return Answer(
            [person(number) for number in range(2000)],
            references=["ldap://DomainDnsZones.corp.test/DC=DomainDnsZones,DC=corp,DC=test"],
            cookie=b"more",
        )
    photo = person(2000, thumbnailPhoto=[JPEG], userAccountControl=[b"514"])
    return Answer([photo, *(person(number) for number in range(2001, MEMBERS))])


def group_attributes(attributes: tuple[str, ...]) -> dict[str, list[bytes]]:
    start = next((int(name[13:-2]) for name in attributes if name.startswith("member;range=")), 0)
    stop = min(start + PER_RANGE, MEMBERS)
    values = [person(number)[0].encode() for number in range(start, stop)]
    end = "*" if stop == MEMBERS else str(stop - 1)
    return {"objectGUID": [guid(99_999).bytes_le], "cn": [b"Tous"], "member": [], f"member;range={start}-{end}": values}


async def read(rule: Callable[[Asked], Answer | None], **changes: object) -> DirectoryRead:
    async with scripted_ldap(rule) as server:
        found = client(server.port, kind="active_directory", **changes)
        return await asyncio.to_thread(read_directory, found, {}, NOW)


async def test_active_directory_with_ranges() -> None:
    everybody = await read(active_directory)
    assert len(everybody.people) == MEMBERS
    people = {found.details.login: found for found in everybody.people}
    assert people["p7"].key == str(guid(7))
    assert people["p7"].active
    assert not people["p2000"].active
    assert everybody.photos == {str(guid(2000)): JPEG}
    assert [(group.name, len(group.members)) for group in everybody.groups] == [("Tous", MEMBERS)]


async def test_a_range_that_ends_early_is_incomplete() -> None:
    def rule(asked: Asked) -> Answer:
        if any("range=3000" in name for name in asked.attributes):
            return Answer([(asked.base, {})])
        return active_directory(asked)

    with pytest.raises(IncompleteRead, match="3000"):
        await read(rule)


@pytest.mark.parametrize(
    ("second_page", "said"),
    [
        (Answer([person(2)], code=4), "sizeLimitExceeded"),
        (Answer([person(2)], code=3), "timeLimitExceeded"),
        (Answer([person(2)], code=11), "adminLimitExceeded"),
        (Answer([person(2)], code=51), "busy"),
        (Answer([person(2)], code=10), "referral"),
        (Answer([person(2)], cookie=None), "last"),
        (Answer([person(2)], references=["ldap://other.test/ou=Mairie,dc=corp,dc=test"]), "another server"),
        (Answer(raw=b"\x30\x03\x02\x01"), "receiving"),
        (Answer(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n"), BASE),
        (Answer(raw=b"\x30\x84\x00\x00\x00\x05\xff\xff\xff\xff\xff"), BASE),
        (None, "receiving"),
    ],
)
async def test_whatever_shortens_an_answer_makes_it_worthless(second_page: Answer | None, said: str) -> None:
    def rule(asked: Asked) -> Answer | None:
        if asked.kind == "searchRequest" and "sAMAccountName" in asked.attributes:
            return second_page if asked.cookie else Answer([person(1)], cookie=b"more")
        return Answer()

    with pytest.raises(IncompleteRead, match=said):
        await read(rule, timeout=1)


async def test_without_permission_to_see_the_key_nothing_is_read() -> None:
    def rule(asked: Asked) -> Answer:
        if "sAMAccountName" in asked.attributes:
            return Answer([(f"CN=x,{BASE}", {"sAMAccountName": [b"x"]})])
        return Answer()

    with pytest.raises(IncompleteRead, match="objectGUID"):
        await read(rule)


def policy(error: int, *, warning: bool = False) -> tuple[str, bytes]:
    inner = (b"\xa0\x03\x80\x01\x05" if warning else b"") + bytes([0x81, 1, error])
    return PASSWORD_POLICY, bytes([0x30, len(inner)]) + inner


AD_SAYS = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {}, v4563"


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (Answer(code=49), BadCredentials),
        (Answer(code=49, message=AD_SAYS.format("52e")), BadCredentials),
        (Answer(code=49, message=AD_SAYS.format("775")), AccountLocked),
        (Answer(code=49, message=AD_SAYS.format("533")), AccountLocked),
        (Answer(code=49, message=AD_SAYS.format("701")), AccountLocked),
        (Answer(code=49, message=AD_SAYS.format("532")), PasswordExpired),
        (Answer(code=49, message=AD_SAYS.format("773")), PasswordExpired),
        (Answer(code=49, controls=[policy(1)]), AccountLocked),
        (Answer(code=49, controls=[policy(0)]), PasswordExpired),
        (Answer(code=0, controls=[policy(2, warning=True)]), PasswordExpired),
        (Answer(code=53), AccountLocked),
        (Answer(code=19), AccountLocked),
        (Answer(code=48), BadCredentials),
        (Answer(code=32), BadCredentials),
        (Answer(code=51), DirectoryDown),
        (Answer(code=52), DirectoryDown),
        (Answer(code=1), DirectoryDown),
        (Answer(raw=b"nonsense, and plenty of it"), DirectoryTrouble),
        (None, DirectoryDown),
    ],
)
async def test_why_somebody_is_not_let_in(answer: Answer | None, raised: type[Exception]) -> None:
    def rule(asked: Asked) -> Answer | None:
        if asked.kind == "searchRequest":
            return Answer([person(1)])
        return answer if asked.name.startswith("CN=Personne") else Answer()

    async with scripted_ldap(rule) as server:
        with pytest.raises(raised):
            await asyncio.to_thread(key_of, client(server.port, timeout=1), "p1", "secret")


async def test_a_success_with_a_warning_is_a_success() -> None:
    warned = Answer(controls=[(PASSWORD_POLICY, b"\x30\x05\xa0\x03\x80\x01\x05")])

    def rule(asked: Asked) -> Answer:
        return Answer([person(1)]) if asked.kind == "searchRequest" else warned

    async with scripted_ldap(rule) as server:
        key = await asyncio.to_thread(key_of, client(server.port), "p1", "secret")
    assert key == str(guid(1))


async def test_a_server_that_refuses_starttls_hears_no_password() -> None:
    async with scripted_ldap(lambda asked: Answer(code=53)) as server:
        with pytest.raises(DirectoryDown, match="startTLS"):
            await asyncio.to_thread(client(server.port, start_tls=True).check)
    assert {asked.kind for asked in server.asked} <= {"extendedReq", "unbindRequest"}


async def test_a_busy_server_gives_way_to_the_next() -> None:
    async with scripted_ldap(lambda _: Answer(code=51)) as busy, scripted_ldap(active_directory) as free:
        found = client(free.port, servers=[f"ldap://127.0.0.1:{busy.port}", f"ldap://127.0.0.1:{free.port}"])
        first = await asyncio.to_thread(find, found)
        second = await asyncio.to_thread(find, found)
    assert first == second == f"ldap://127.0.0.1:{free.port}"
    assert len([asked for asked in busy.asked if asked.kind == "bindRequest"]) == 1  # it is not asked first again


def find(found: LdapClient) -> str:
    with found.session() as session:
        return session.reached.url


async def test_a_refused_account_is_not_tried_on_the_next_server() -> None:
    async with scripted_ldap(lambda _: Answer(code=49)) as first, scripted_ldap(lambda _: Answer()) as second:
        found = client(first.port, servers=[f"ldap://127.0.0.1:{first.port}", f"ldap://127.0.0.1:{second.port}"])
        with pytest.raises(DirectoryRefused):
            await asyncio.to_thread(found.check)
    assert second.asked == []
