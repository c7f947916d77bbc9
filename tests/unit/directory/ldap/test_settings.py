"""The `[ldap]` section: usual names for each kind of directory, and every fault said at once."""

import pytest

from collab.core.settings import Ldap, SettingsError
from directory.ldap.settings import configure

RIGHT = {"servers": ["ldaps://ldap.test"], "bind_dn": "cn=r", "password": "x", "people_base": "ou=people,dc=x"}


def section(**changes: object) -> Ldap:
    return Ldap.model_validate({**RIGHT, **changes})


def test_the_bases_default_to_the_people() -> None:
    config = configure(section())
    assert config.units_base == config.groups_base == "ou=people,dc=x"
    assert config.names.key == "entryUUID"
    assert config.start_tls


def test_active_directory_has_other_names() -> None:
    config = configure(section(kind="active_directory", attributes={"login": "userPrincipalName"}))
    assert (config.names.key, config.names.photo) == ("objectGUID", "thumbnailPhoto")
    assert config.names.login == "userPrincipalName"
    assert "objectCategory" in config.people_filter


def test_a_filter_without_parentheses_gets_them() -> None:
    assert configure(section(people_filter="uid=*")).people_filter == "(uid=*)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"servers": ["ldap.test"]}, "ldap.servers: ldap.test"),
        ({"servers": ["ldap://"]}, "ldap.servers"),
        ({"servers": ["http://ldap.test"]}, "ldap.servers"),
        ({"servers": ["ldap://ldap.test/ou=people"]}, "ldap.servers"),
        ({"servers": ["ldap://ldap.test:port"]}, "not an address"),
        ({"password": ""}, "ldap.password"),
        ({"bind_dn": ""}, "ldap.bind_dn"),
        ({"people_base": ""}, "ldap.people_base"),
        ({"attributes": {"logn": "uid"}}, "ldap.attributes.logn"),
        ({"attributes": {"key": ""}}, "ldap.attributes.key"),
    ],
)
def test_what_cannot_be_right_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        configure(section(**changes))


def test_every_fault_has_its_line() -> None:
    with pytest.raises(SettingsError) as refused:
        configure(section(servers=["x", "ldap://y/z"], password="", bind_dn=""))
    assert len(str(refused.value).splitlines()) == 4
