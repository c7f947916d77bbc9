"""Reads the whole directory once: units, then people, then groups, each to its end or not at all.

Blocks, so it runs in a process of its own (child.py), and keeps no more than it gives back. A picture is kept only if
it is new to us, and new ones up to a sum, so that memory has a bound; those left over come with the next reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from directory.ldap.errors import EmptyAnswer
from directory.ldap.mapping import (
    STATUS_ATTRIBUTES,
    DirectMembers,
    ReadGroup,
    ReadPerson,
    ReadUnit,
    Skipped,
    flatten_groups,
    read_group,
    read_person,
    read_units,
    stable_key,
)

if TYPE_CHECKING:
    from directory.ldap.client import LdapClient

NEW_PHOTO_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DirectoryRead:
    """Everything the directory holds. `photos`: new pictures, by the key of the person."""

    people: tuple[ReadPerson, ...]
    units: tuple[ReadUnit, ...]
    groups: tuple[ReadGroup, ...]
    skipped: tuple[Skipped, ...]
    photos: Mapping[str, bytes]


def read_directory(client: "LdapClient", known_photos: Mapping[str, str], now: datetime) -> DirectoryRead:
    """Read it all in one session. `known_photos`: key of a person to the SHA-256 of the picture we have.

    Raises DirectoryTrouble: IncompleteRead if any part was not read to its end, EmptyAnswer if nobody was found.
    """
    config, names = client.config, client.config.names
    with client.session() as session:
        places, units = read_units(
            session.search(config.units_base, config.units_filter, [names.key, names.unit_name]),
            names,
            config.units_base,
        )
        people: dict[str, ReadPerson] = {}
        skipped: list[Skipped] = []
        keys: dict[str, str] = {}
        photos: dict[str, bytes] = {}
        room = NEW_PHOTO_BYTES
        wanted = [names.key, names.login, names.given_name, names.family_name, names.display_name, "cn"]
        wanted += [names.mail, names.title, names.phone, names.photo, *STATUS_ATTRIBUTES]
        for entry in session.search(
            config.people_base, config.people_filter, dict.fromkeys(name for name in wanted if name)
        ):
            found = read_person(entry, names, places, now)
            if isinstance(found, Skipped):
                skipped.append(found)
                continue
            person, photo = found
            people[person.key] = person
            keys[entry.dn] = person.key
            if photo and known_photos.get(person.key) != person.details.photo and len(photo) <= room:
                photos[person.key] = photo
                room -= len(photo)
        if not people:
            raise EmptyAnswer(f"{config.people_base} {config.people_filter}: nobody")
        groups: dict[str, DirectMembers] = {}
        for entry in session.search(
            config.groups_base, config.groups_filter, [names.key, names.group_name, *names.members.split()]
        ):
            groups[entry.dn] = read_group(entry, names)
    logins = {person.details.login: person.key for person in people.values()}
    return DirectoryRead(
        people=tuple(people.values()),
        units=tuple(units),
        groups=tuple(flatten_groups(groups, keys, logins)),
        skipped=tuple(skipped),
        photos=photos,
    )


def key_of(client: "LdapClient", login: str, password: str) -> str:
    """The stable key of the person who proves to be `login`; raises as LdapClient.authenticate does."""
    return stable_key(client.authenticate(login, password), client.config.names)
