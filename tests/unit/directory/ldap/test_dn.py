"""One name, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.ldap.dn import parse_dn
from tests.support import ldif


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Dupont\\, Jr.,OU=Technique,DC=mairie", "cn=dupont\\2C jr., ou=technique , dc=mairie"),
        ('cn="Dupont, Jr.",ou=x', "cn=Dupont\\, Jr.,ou=x"),
        ("cn=A+ou=B,dc=x", "ou=b + cn=a;dc=x"),
        ("cn=Zo\\c3\\a9,dc=x", "cn=Zoé,dc=x"),
        ("cn=\\ a\\ ,dc=x", "cn=\\20a\\20,dc=x"),
        ("cn=\\#Dièse,dc=x", "cn=\\23Dièse,dc=x"),
        ("uid=a , ou = b,dc=c", "UID=A,OU=B,DC=C"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert parse_dn(one) == parse_dn(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a\\,b,dc=x", "cn=a,b=,dc=x"),
        ("cn=a\\+b,dc=x", "cn=a+cn=b,dc=x"),
        ("cn=a\\ ,dc=x", "cn=a,dc=x"),
        ("ou=a,ou=b", "ou=b,ou=a"),
    ],
)
def test_another_name(one: str, other: str) -> None:
    assert parse_dn(one) != parse_dn(other)


def test_the_parts_stand_from_the_leaf_to_the_root() -> None:
    assert parse_dn("uid=a,ou=B\\, C,dc=d")[1:] == parse_dn("ou=b\\2c c,dc=d")
    assert parse_dn("") == ()


@pytest.mark.parametrize("nonsense", ["agent", "=x,dc=y", "cn=a,", "cn=a\\", "cn=a\\,b+,dc=x"])
def test_nonsense_is_refused(nonsense: str) -> None:
    with pytest.raises(ValueError, match="DN"):
        parse_dn(nonsense)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12))
def test_any_value_survives_its_escapes(value: str) -> None:
    parsed = parse_dn(f"cn={ldif.escape(value)},dc=x")
    as_octets = "".join(f"\\{byte:02x}" for byte in value.encode())
    assert len(parsed) == 2
    assert parsed == parse_dn(f"cn={as_octets},dc=x")
