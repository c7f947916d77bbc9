"""Who the people of a file are among those of a space: by login, by address, by name where only one bears it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from collab.core.text import sort_key
from directory.people.models import Person


def match_people(named: Mapping[str, Mapping[str, Any]], members: Iterable[Person]) -> dict[str, Person]:
    """For the keys of `named` (name, login, mail) that are somebody's: who that is. What two share is nobody's."""
    known: dict[str, set[UUID]] = {}
    people = {person.id: person for person in members}
    for person in people.values():
        for word in (person.login, person.mail, person.display_name, f"{person.given_name} {person.family_name}"):
            if word.strip():
                known.setdefault(sort_key(word), set()).add(person.id)
    found = {}
    for key, one in named.items():
        for word in (one["mail"], one["login"], one["name"]):
            whose = known.get(sort_key(word), set()) if word else set()
            if len(whose) == 1:
                found[key] = people[next(iter(whose))]
                break
    return found
