"""The LDAP client against a real OpenLDAP: TLS, paging, sign-in, lock-out, and a connection that breaks."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collab.core.errors import Unauthenticated
from directory.ldap.child import Request, read_in_child
from directory.ldap.client import LdapClient
from directory.ldap.directory import Directory
from directory.ldap.errors import (
    AccountLocked,
    BadCredentials,
    CertificateRefused,
    DirectoryDown,
    DirectoryRefused,
    EmptyAnswer,
    IncompleteRead,
    PasswordExpired,
)
from directory.ldap.reading import DirectoryRead, key_of, read_directory
from directory.ldap.settings import configure
from tests.support import ldif
from tests.support.ports import free_port
from tests.support.relay import relay
from tests.support.scripted_ldap import scripted_ldap
from tests.support.slapd import SIZE_LIMIT, STRANGE_HOST, Slapd, write_authority

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE_FILTER = "(objectClass=inetOrgPerson)"


def client(server: Slapd, **changes: object) -> LdapClient:
    return LdapClient(configure(server.section(**changes)))


def read(found: LdapClient) -> DirectoryRead:
    return read_directory(found, {}, NOW)


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_both_kinds_of_tls_read_everybody(slapd: Slapd, scheme: str) -> None:
    found = client(slapd, servers=[slapd.url if scheme == "ldap" else slapd.ldaps_url])
    assert found.check().tls in ("TLSv1.2", "TLSv1.3")
    everybody = read(found)
    people = {person.details.login: person.details for person in everybody.people}
    assert people.keys() == {sample.uid for sample in ldif.PEOPLE}
    units = {unit.key: unit.name for unit in everybody.units}
    for sample in ldif.PEOPLE:
        details = people[sample.uid]
        assert details.display_name == sample.name.strip()
        assert (details.given_name, details.family_name) == (sample.given, sample.family.strip())
        assert (details.mail, details.title) == (sample.mail, sample.title)
        assert details.unit is not None
        assert units[details.unit] == sample.service
    assert [bool(details.photo) for details in people.values()].count(True) == 1
    assert list(everybody.photos.values()) == [ldif.JPEG]
    assert everybody.skipped == ()


def test_a_picture_that_we_have_is_not_kept_again(slapd: Slapd) -> None:
    first = read(client(slapd))
    known = {person.key: person.details.photo for person in first.people if person.details.photo}
    assert read_directory(client(slapd), known, NOW).photos == {}


def test_groups_are_flat_and_a_cycle_ends(slapd: Slapd) -> None:
    everybody = read(client(slapd))
    logins = {person.key: person.details.login for person in everybody.people}
    groups = {group.name: {logins[key] for key in group.members} for group in everybody.groups}
    assert groups["boucle-a"] == groups["boucle-b"] == {"karl", "lena"}
    technical = {sample.uid for sample in ldif.PEOPLE if sample.service in ("Technique", "Urbanisme")}
    assert groups["ville"] == technical
    assert technical | {"rose", "aicha"} < groups["tous"]


def test_the_archives_are_within_culture(slapd: Slapd) -> None:
    units = {unit.name: unit for unit in read(client(slapd)).units}
    assert units["Archives"].parent == units["Culture"].key
    assert units["Culture"].parent is None


def test_everybody_is_read_past_the_limit_of_an_unpaged_search(large_slapd: Slapd) -> None:
    found = client(large_slapd)
    with found.session() as session:
        result, entries = session._ask(ldif.PEOPLE_BASE, PEOPLE_FILTER, ["uid"], "SUBTREE")
    assert (result["description"], len(entries)) == ("sizeLimitExceeded", SIZE_LIMIT)
    assert len(read(found).people) == 5000 + len(ldif.PEOPLE)


def test_an_authority_that_we_do_not_know_is_refused(slapd: Slapd, tmp_path: Path) -> None:
    write_authority(tmp_path)
    before = slapd.binds
    for url in (slapd.url, slapd.ldaps_url):
        for authority in (tmp_path / "ca.pem", None):
            with pytest.raises(CertificateRefused):
                client(slapd, servers=[url], ca_file=authority).check()
    assert slapd.binds == before  # our password was not sent


def test_a_certificate_for_another_name_is_refused(slapd: Slapd) -> None:
    with pytest.raises(CertificateRefused, match=STRANGE_HOST):
        client(slapd, servers=[f"ldaps://{STRANGE_HOST}:{slapd.tls_port}"]).check()


def test_an_address_in_the_certificate_is_as_good_as_a_name(slapd: Slapd) -> None:
    assert client(slapd, servers=[f"ldap://127.0.0.1:{slapd.port}"]).check().tls


def test_a_missing_authority_is_said_at_once(slapd: Slapd, tmp_path: Path) -> None:
    with pytest.raises(DirectoryRefused, match="no-such"):
        client(slapd, ca_file=tmp_path / "no-such.pem")


def test_without_tls_this_server_takes_no_password(slapd: Slapd) -> None:
    with pytest.raises(DirectoryRefused, match="confidentialityRequired"):
        client(slapd, start_tls=False).check()


@pytest.mark.parametrize("sample", ldif.PEOPLE, ids=lambda sample: sample.uid)
def test_everybody_signs_in(slapd: Slapd, sample: ldif.Sample) -> None:
    found = client(slapd)
    keys = {person.details.login: person.key for person in read(found).people}
    assert key_of(found, f" {sample.uid.upper()} ", sample.password) == keys[sample.uid]


def test_a_wrong_password_and_an_unknown_login_look_alike(own_slapd: Slapd) -> None:
    found = client(own_slapd)
    messages = set()
    for login, password in (("aicha", "wrong"), ("nobody", "wrong"), ("nobody", "aicha-pass")):
        with pytest.raises(BadCredentials) as refused:
            found.authenticate(login, password)
        messages.add((refused.value.code, str(refused.value.message)))
    assert len(messages) == 1


@pytest.mark.parametrize("password", ["", "\0", "aicha-pass\0", "\ud800"])
def test_an_empty_or_impossible_password_does_not_reach_the_directory(slapd: Slapd, password: str) -> None:
    found = client(slapd)
    connections, binds = slapd.log().count(" ACCEPT "), slapd.binds
    with pytest.raises(BadCredentials):
        found.authenticate("aicha", password)
    assert (slapd.log().count(" ACCEPT "), slapd.binds) == (connections, binds)


@pytest.mark.parametrize("login", ["*", "a*", "aicha)(uid=*", "(", "\\", "aicha\0", "", " ", "x" * 5000, "ai\u00adcha"])
def test_a_login_is_never_a_filter(slapd: Slapd, login: str) -> None:
    with pytest.raises(BadCredentials):
        client(slapd).authenticate(login, "aicha-pass")


def test_a_password_is_sent_as_it_was_typed(own_slapd: Slapd) -> None:
    secret = "Été² ½ ﬁn ٣ \u00ad\u200d"
    own_slapd.modify(
        f"dn: {ldif.PEOPLE[0].dn}\nchangetype: modify\nreplace: userPassword\n{ldif._line('userPassword', secret)}\n"
    )
    assert client(own_slapd).authenticate("aicha", secret).dn == ldif.PEOPLE[0].dn
    with pytest.raises(BadCredentials):
        client(own_slapd).authenticate("aicha", "Été2 ½ ﬁn ٣ \u00ad\u200d")


def test_an_account_that_the_directory_locked_says_so(own_slapd: Slapd) -> None:
    found = client(own_slapd)
    for _ in range(ldif.LOCKOUT_AFTER):
        with pytest.raises(BadCredentials):
            found.authenticate("igor", "wrong")
    with pytest.raises(AccountLocked):
        found.authenticate("igor", "igor-pass")
    assert found.authenticate("lena", "lena-pass")  # nobody else is


def test_a_password_that_must_be_changed_first(own_slapd: Slapd) -> None:
    own_slapd.modify(
        f"dn: cn=default,ou=policies,{ldif.SUFFIX}\nchangetype: modify\nadd: pwdMustChange\npwdMustChange: TRUE\n\n"
        f"dn: {ldif.PEOPLE[1].dn}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n"
    )
    with pytest.raises(PasswordExpired):
        client(own_slapd).authenticate("benoit", "benoit-pass")


def test_two_people_with_one_login_cannot_sign_in(own_slapd: Slapd) -> None:
    twin = ldif.Sample("aicha", "Autre", "Aïcha", "Culture", "Agent")
    own_slapd.modify(
        "changetype: add\n".join(ldif.person(twin).split("\n", 1)).replace("changetype", "\nchangetype", 1)
    )
    with pytest.raises(BadCredentials):
        client(own_slapd).authenticate("aicha", "aicha-pass")


def test_our_own_account_is_refused(slapd: Slapd) -> None:
    for changes in ({"password": "wrong"}, {"bind_dn": f"cn=nobody,{ldif.SUFFIX}"}):
        with pytest.raises(DirectoryRefused):
            client(slapd, **changes).check()


@pytest.mark.parametrize("base", ["people_base", "units_base", "groups_base"])
def test_a_base_that_is_not_there(slapd: Slapd, base: str) -> None:
    found = client(slapd, **{base: f"ou=nowhere,{ldif.SUFFIX}"})
    with pytest.raises(DirectoryRefused, match="noSuchObject"):
        found.check()
    with pytest.raises(DirectoryRefused, match="noSuchObject"):
        read(found)


def test_an_answer_without_anybody_is_refused(slapd: Slapd) -> None:
    with pytest.raises(EmptyAnswer):
        read(client(slapd, people_filter="(uid=nobody)"))


def test_a_filter_that_is_none(slapd: Slapd) -> None:
    with pytest.raises(IncompleteRead):
        read(client(slapd, people_filter="((uid=*)"))


def test_the_second_server_answers_when_the_first_is_down(slapd: Slapd) -> None:
    found = client(slapd, servers=[f"ldap://localhost:{free_port()}", slapd.url])
    assert found.check().url == slapd.url
    assert found.authenticate("lena", "lena-pass")


def test_a_directory_that_is_down_says_so_at_once(slapd: Slapd) -> None:
    found = client(slapd, servers=[f"ldap://localhost:{free_port()}", f"ldaps://localhost:{free_port()}"])
    started = time.monotonic()
    with pytest.raises(DirectoryDown):
        found.authenticate("lena", "lena-pass")
    assert time.monotonic() - started < 1


def test_a_name_that_does_not_resolve_is_a_directory_down(slapd: Slapd) -> None:
    with pytest.raises(DirectoryDown):
        client(slapd, servers=["ldap://no-such-host.invalid"]).check()


async def test_a_directory_that_hangs_holds_nobody_for_long(slapd: Slapd) -> None:
    async with scripted_ldap(lambda asked: None) as silent:
        directory = Directory(configure(slapd.section(servers=[f"ldap://127.0.0.1:{silent.port}"], timeout=1)))
        started = time.monotonic()
        with pytest.raises(DirectoryDown):
            await directory.authenticate("lena", "lena-pass")
        assert time.monotonic() - started < 5
        directory.close()


async def test_a_connection_cut_on_the_third_page_gives_nothing(large_slapd: Slapd) -> None:
    already = large_slapd.searches(PEOPLE_FILTER)
    async with relay(large_slapd.port, cut=lambda _: large_slapd.searches(PEOPLE_FILTER) >= already + 3) as port:
        request = Request(
            configure(large_slapd.section(servers=[f"ldap://localhost:{port}"])), known_photos={}, now=NOW
        )
        with pytest.raises(IncompleteRead):
            await read_in_child(request)
    assert large_slapd.searches(PEOPLE_FILTER) == already + 3


async def test_the_relay_itself_loses_nothing(slapd: Slapd) -> None:
    async with relay(slapd.port) as port:
        request = Request(configure(slapd.section(servers=[f"ldap://localhost:{port}"])), known_photos={}, now=NOW)
        assert len((await read_in_child(request)).people) == len(ldif.PEOPLE)


def reading_processes() -> int:
    children = [file.read_text().split() for file in Path("/proc/self/task").glob("*/children")]
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pids in children for pid in pids]
    return sum(b"directory.ldap.child" in command for command in commands)


async def test_a_reading_that_is_cancelled_leaves_no_process(large_slapd: Slapd) -> None:
    task = asyncio.create_task(read_in_child(Request(configure(large_slapd.section()), known_photos={}, now=NOW)))
    while not reading_processes():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reading_processes() == 0


async def test_the_directory_answers_outside_the_loop(slapd: Slapd) -> None:
    directory = Directory(configure(slapd.section()))
    try:
        assert (await directory.check()).url == slapd.url
        keys = {p.details.login: p.key for p in (await directory.read({}, NOW)).people}
        assert await directory.authenticate("yusuf", "yusuf-pass") == keys["yusuf"]
        answers = await asyncio.gather(
            *(directory.authenticate(s.uid, s.password) for s in ldif.PEOPLE), return_exceptions=True
        )
        assert answers == [keys[sample.uid] for sample in ldif.PEOPLE]
        with pytest.raises(Unauthenticated):
            await directory.authenticate("yusuf", "")
        with pytest.raises(EmptyAnswer):
            await Directory(configure(slapd.section(people_filter="(uid=nobody)"))).read({}, NOW)
    finally:
        directory.close()
