"""Entries become people, units and groups; what cannot be used is left out with its reason."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from directory.ldap.dn import parse_dn
from directory.ldap.entry import Entry
from directory.ldap.errors import IncompleteRead
from directory.ldap.mapping import (
    FILETIME_EPOCH,
    PHOTO_BYTES,
    DirectMembers,
    ReadPerson,
    Skipped,
    flatten_groups,
    is_active,
    read_group,
    read_person,
    read_units,
    stable_key,
)
from directory.ldap.settings import KINDS
from tests.support.ldif import JPEG

OPENLDAP, AD = KINDS["openldap"].attributes, KINDS["active_directory"].attributes
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KEY = "0b4c6f0e-7bc8-1041-94b4-41235603ea30"
UNIT = {parse_dn("ou=Finances,dc=x"): "unit-1"}


DN = "uid=aicha,ou=Finances,dc=x"


def entry(dn: str = DN, **attributes: bytes | list[bytes]) -> Entry:
    usual: dict[str, bytes | list[bytes]] = {"entryuuid": KEY.encode(), "uid": b"aicha", "cn": b"x"}
    merged = {**usual, **{name.lower(): value for name, value in attributes.items()}}
    return Entry(dn, {name: value if isinstance(value, list) else [value] for name, value in merged.items()})


def mapped(found: Entry) -> tuple[ReadPerson, bytes | None]:
    result = read_person(found, OPENLDAP, UNIT, NOW)
    assert not isinstance(result, Skipped)
    return result


def test_a_person() -> None:
    person, photo = mapped(
        entry(
            givenName="Aïcha".encode(),
            sn=b"Benali",
            displayName="Aïcha Benali".encode(),
            mail=b"Aicha@mairie.test",
            title=b"Directrice",
            telephoneNumber=b"+33 1",
            jpegPhoto=JPEG,
        )
    )
    assert person.key == KEY
    assert person.active
    assert photo == JPEG
    details = person.details
    assert (details.login, details.given_name, details.family_name) == ("aicha", "Aïcha", "Benali")
    assert (details.display_name, details.mail, details.unit) == ("Aïcha Benali", "Aicha@mairie.test", "unit-1")
    assert len(details.photo) == 64


def test_the_name_shown_falls_back() -> None:
    assert mapped(entry(cn="Aïcha B.".encode()))[0].details.display_name == "Aïcha B."
    assert mapped(entry(cn=b"", givenName=b"A", sn=b"B"))[0].details.display_name == "A B"
    assert mapped(entry(cn=b""))[0].details.display_name == "aicha"


def test_text_is_one_readable_line() -> None:
    person, _ = mapped(entry(cn="  Zoe\u0301\u202e\n\x07 Martin ".encode(), title=b"\xff" + b"x" * 300))
    assert person.details.display_name == "Zoé Martin"
    assert person.details.title.startswith("\ufffdxx")
    assert len(person.details.title) == 200


def test_a_login_is_compared_without_case() -> None:
    assert mapped(entry(uid=b"Aicha"))[0].details.login == "aicha"


@pytest.mark.parametrize("mail", [b"aicha", b"a b@c", b"a@b\r\nBcc: c@d", b"<a@b>", b"@", b"a@b@c"])
def test_what_is_no_mail_address_is_left_out(mail: bytes) -> None:
    assert mapped(entry(mail=mail))[0].details.mail == ""


@pytest.mark.parametrize("photo", [b"\x89PNG\r\n", b"<svg onload=alert(1)>", JPEG[:3] + b"x" * PHOTO_BYTES, b""])
def test_a_picture_is_a_small_jpeg_or_none(photo: bytes) -> None:
    person, picture = mapped(entry(jpegPhoto=photo))
    assert picture is None
    assert person.details.photo == ""


def test_without_a_login_somebody_is_left_out_but_not_forgotten() -> None:
    found = read_person(entry(uid=[]), OPENLDAP, UNIT, NOW)
    assert isinstance(found, Skipped)
    assert found.key == KEY


def test_without_its_key_the_whole_reading_is_worth_nothing() -> None:
    with pytest.raises(IncompleteRead, match="entryUUID"):
        read_person(entry(entryuuid=[]), OPENLDAP, UNIT, NOW)


def test_an_object_guid_is_little_endian() -> None:
    guid = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    assert stable_key(entry(objectGUID=guid.bytes_le), AD) == str(guid)
    assert stable_key(entry(entryUUID=KEY.upper().encode()), OPENLDAP) == KEY


def filetime(moment: datetime) -> bytes:
    return str((moment - FILETIME_EPOCH) // timedelta(microseconds=1) * 10).encode()


@pytest.mark.parametrize(
    ("attributes", "active"),
    [
        ({}, True),
        ({"userAccountControl": b"512"}, True),
        ({"userAccountControl": b"514"}, False),
        ({"userAccountControl": b"66050"}, False),
        ({"userAccountControl": b"?"}, True),
        ({"accountExpires": b"0"}, True),
        ({"accountExpires": b"9223372036854775807"}, True),
        ({"accountExpires": b"9223372036854775806"}, True),
        ({"accountExpires": filetime(NOW - timedelta(days=1))}, False),
        ({"accountExpires": filetime(NOW + timedelta(days=1))}, True),
        ({"pwdAccountLockedTime": b"000001010000Z"}, False),
        ({"pwdAccountLockedTime": b"20261123080000Z"}, True),  # locked for a while by wrong passwords
    ],
)
def test_closed_accounts(attributes: dict[str, bytes], active: bool) -> None:
    assert is_active(entry(DN, **attributes), NOW) is active


def unit(dn: str, key: str) -> Entry:
    return Entry(dn, {"entryuuid": [key.encode()]})


def test_units_are_a_tree_below_the_base() -> None:
    places, units = read_units(
        [
            unit("ou=people,dc=x", "root"),
            unit("ou=Paie,ou=rh,OU=People,dc=x", "paie"),
            unit("ou=RH,ou=people,dc=x", "rh"),
        ],
        OPENLDAP,
        "ou=People, dc=x",
    )
    assert {found.key: (found.name, found.parent) for found in units} == {"paie": ("paie", "rh"), "rh": ("rh", None)}
    assert places[parse_dn("ou=rh,ou=people,dc=x")] == "rh"


def test_somebody_between_units_belongs_to_the_nearest() -> None:
    person, _ = mapped(entry("uid=a,cn=box,ou=Finances,dc=x"))
    assert person.details.unit == "unit-1"
    assert mapped(entry("uid=a,dc=x"))[0].details.unit is None


def group(key: str, *members: str, logins: tuple[str, ...] = ()) -> DirectMembers:
    return DirectMembers(key, key, members, logins)


def test_groups_are_flattened_through_cycles() -> None:
    groups = {
        "cn=a,dc=g": group("a", "cn=b,dc=g", "uid=1,dc=x"),
        "cn=b,dc=g": group("b", "cn=c,dc=g", "UID=2, dc=x"),
        "cn=c,dc=g": group("c", "CN=A,dc=g", "uid=3,dc=x", "uid=gone,dc=x", "no dn"),
        "cn=d,dc=g": group("d", "cn=d,dc=g", logins=("One", "nobody")),
    }
    people = {"uid=1,dc=x": "k1", "uid=2,dc=x": "k2", "uid=3,dc=x": "k3"}
    flat = {found.key: found.members for found in flatten_groups(groups, people, {"one": "k1"})}
    assert flat["a"] == flat["b"] == flat["c"] == {"k1", "k2", "k3"}
    assert flat["d"] == {"k1"}


def test_a_group_names_members_by_dn_or_by_login() -> None:
    found = read_group(
        entry(member=[b"uid=1,dc=x"], uniqueMember=[b"uid=2,dc=x"], memberUid=[b"Paul"], cn=b"Tous"), OPENLDAP
    )
    assert found == DirectMembers(KEY, "Tous", ("uid=1,dc=x", "uid=2,dc=x"), ("Paul",))
