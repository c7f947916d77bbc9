"""The `[ldap]` section made ready: defaults of each kind of directory filled in, and what cannot be right refused.

Made by the composition root from collab.core.settings; client.py, mapping.py and reading.py know only this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from collab.core.settings import Ldap, SettingsError

CONNECT_SECONDS = 5
READ_SECONDS = 300


@dataclass(frozen=True, slots=True)
class AttributeNames:
    """The directory's names for what we read. An empty one is not read. `members`: names separated by spaces."""

    key: str = "entryUUID"
    login: str = "uid"
    given_name: str = "givenName"
    family_name: str = "sn"
    display_name: str = "displayName"
    mail: str = "mail"
    title: str = "title"
    phone: str = "telephoneNumber"
    photo: str = "jpegPhoto"
    unit_name: str = "ou"
    group_name: str = "cn"
    members: str = "member uniqueMember memberUid"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is usual in one kind of directory."""

    people_filter: str
    groups_filter: str
    attributes: AttributeNames
    units_filter: str = "(objectClass=organizationalUnit)"


KINDS = {
    "openldap": Kind(
        people_filter="(objectClass=inetOrgPerson)",
        groups_filter="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
        attributes=AttributeNames(),
    ),
    "active_directory": Kind(
        people_filter="(&(objectCategory=person)(objectClass=user))",
        groups_filter="(objectClass=group)",
        attributes=AttributeNames(key="objectGUID", login="sAMAccountName", photo="thumbnailPhoto", members="member"),
    ),
}


@dataclass(frozen=True, slots=True)
class LdapConfig:
    """How the directory is reached and read. Times are in seconds; `limit_*`: see sync.Limits."""

    urls: tuple[str, ...]
    start_tls: bool
    ca_file: Path | None
    bind_dn: str
    password: SecretStr
    people_base: str
    people_filter: str
    units_base: str
    units_filter: str
    groups_base: str
    groups_filter: str
    names: AttributeNames
    page_size: int
    connect_seconds: float
    answer_seconds: int
    read_seconds: float
    limit_people: int
    limit_share: float


def configure(section: Ldap) -> LdapConfig:
    """The section with its defaults. Raises SettingsError, one line for each fault."""
    kind = KINDS[section.kind]
    faults = [fault for url in section.servers if (fault := _fault_of(url))]
    for name, value in (
        ("bind_dn", section.bind_dn),
        # An empty password would bind as nobody and read an empty directory (RFC 4513, section 5.1.2).
        ("password", section.password.get_secret_value()),
        ("people_base", section.people_base),
    ):
        if not value:
            faults.append(f"ldap.{name}: needed when ldap.servers is set")
    faults += [
        f"ldap.attributes.{name}: no such field (there are {', '.join(_attribute_fields())})"
        for name in section.attributes
        if name not in _attribute_fields()
    ]
    for name in ("key", "login"):
        if section.attributes.get(name) == "":
            faults.append(f"ldap.attributes.{name}: cannot be left out")
    if faults:
        raise SettingsError("\n".join(faults))
    return LdapConfig(
        urls=tuple(section.servers),
        start_tls=section.start_tls,
        ca_file=section.ca_file,
        bind_dn=section.bind_dn,
        password=section.password,
        people_base=section.people_base,
        people_filter=_filter(section.people_filter or kind.people_filter),
        units_base=section.units_base or section.people_base,
        units_filter=kind.units_filter,
        groups_base=section.groups_base or section.people_base,
        groups_filter=_filter(section.groups_filter or kind.groups_filter),
        names=_named(kind.attributes, section.attributes),
        page_size=section.page_size,
        connect_seconds=min(section.timeout, CONNECT_SECONDS),
        answer_seconds=max(1, ceil(section.timeout)),
        read_seconds=READ_SECONDS,
        limit_people=section.max_disabled_people,
        limit_share=section.max_disabled_percent / 100,
    )


def _named(usual: AttributeNames, own: Mapping[str, str]) -> AttributeNames:
    return replace(usual, **own)


def _attribute_fields() -> list[str]:
    return [field.name for field in fields(AttributeNames)]


def _filter(text: str) -> str:
    """A filter stands in parentheses (RFC 4515, section 3); people leave them out."""
    return text if text.startswith("(") else f"({text})"


def _fault_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return f"ldap.servers: {url}: not an address"
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path not in ("", "/"):
        return f"ldap.servers: {url}: write ldap://host[:port] or ldaps://host[:port]"
    return None
