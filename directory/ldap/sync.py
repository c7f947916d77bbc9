"""What a synchronisation would do: the difference between the directory as read and our copy of it, pure.

`make_plan` decides, describe.py says it to people, apply.py does it. Only what came from the directory is compared:
local accounts, local administrators, local units and groups do not occur here, save for the logins they hold.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields, replace
from typing import Generic, TypeVar
from uuid import UUID

from collab.core.i18n import Message, msg, nmsg
from directory.ldap.mapping import PersonDetails, ReadGroup, ReadPerson, ReadUnit, Skipped
from directory.ldap.reading import DirectoryRead

S = TypeVar("S", ReadUnit, ReadGroup)

DETAILS = tuple(field.name for field in fields(PersonDetails))


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the directory in our copy."""

    id: UUID
    key: str
    details: PersonDetails
    active: bool
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Known(Generic[S]):
    """A unit or group of the directory in our copy."""

    id: UUID
    what: S
    active: bool


@dataclass(frozen=True, slots=True)
class Current:
    """Our copy, by key. `local_logins`: those of local accounts; `local_admin`: one of these administers."""

    people: Mapping[str, KnownPerson]
    units: Mapping[str, Known[ReadUnit]]
    groups: Mapping[str, Known[ReadGroup]]
    local_logins: frozenset[str]
    local_admin: bool = False

    @property
    def photos(self) -> dict[str, str]:
        """The pictures we have: key of the person to SHA-256."""
        return {key: person.details.photo for key, person in self.people.items() if person.details.photo}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many people a synchronisation may disable before somebody must look at it."""

    people: int = 20
    share: float = 0.10


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A known person, what they become, and the names of what changes. `returns` if they had been disabled."""

    known: KnownPerson
    details: PersonDetails
    fields: tuple[str, ...]

    @property
    def returns(self) -> bool:
        return not self.known.active


@dataclass(frozen=True, slots=True)
class Change(Generic[S]):
    """A known unit or group and what it becomes; it is active afterwards."""

    known: Known[S]
    what: S


@dataclass(frozen=True, slots=True)
class Changes(Generic[S]):
    """What happens to units, or to groups."""

    added: tuple[S, ...]
    changed: tuple[Change[S], ...]
    removed: tuple[Known[S], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a synchronisation will do, and why it may have to be confirmed first.

    `kept`: an administrator who has left the directory and is not disabled, for there would be none.
    """

    added: tuple[ReadPerson, ...]
    changed: tuple[PersonChange, ...]
    disabled: tuple[KnownPerson, ...]
    units: Changes[ReadUnit]
    groups: Changes[ReadGroup]
    skipped: tuple[Skipped, ...]
    photos: Mapping[str, bytes]
    doubts: tuple[Message, ...]
    kept: KnownPerson | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.disabled or self.units or self.groups)

    @property
    def needs_confirmation(self) -> bool:
        """True if it takes away more than it may without being looked at."""
        return bool(self.doubts)


def make_plan(current: Current, read: DirectoryRead, limits: Limits) -> Plan:
    """The difference. A complete read is taken for granted: reading.py raises rather than give less."""
    skipped = list(read.skipped)
    claims = {person.key: person for person in read.people if person.active}
    stay = {entry.key for entry in read.skipped}
    refused = _refused_logins(current, claims, stay)
    kept = _last_administrator(current, claims, refused.keys() | stay)
    if kept is not None:  # they hold on to their login, which somebody may have claimed
        stay.add(kept.key)
        refused = _refused_logins(current, claims, stay)
    for key, reason in refused.items():
        skipped.append(Skipped(key, claims[key].details.display_name, reason))
        del claims[key]
    left_alone = {entry.key for entry in skipped} | stay
    added: list[ReadPerson] = []
    changed: list[PersonChange] = []
    for key, person in claims.items():
        known = current.people.get(key)
        details = _with_obtainable_photo(person, known, read.photos)
        if known is None:
            added.append(replace(person, details=details))
        elif not known.active or known.details != details:
            changed.append(PersonChange(known, details, _differences(known.details, details)))
    disabled = tuple(
        known for key, known in current.people.items() if known.active and key not in claims and key not in left_alone
    )
    staying = claims.keys() | {key for key in left_alone if key in current.people}
    groups = [replace(group, members=group.members & staying) for group in read.groups]
    unit_changes = _changes(current.units, read.units)
    group_changes = _changes(current.groups, groups)
    return Plan(
        added=tuple(added),
        changed=tuple(changed),
        disabled=disabled,
        units=unit_changes,
        groups=group_changes,
        skipped=tuple(skipped),
        photos=read.photos,
        doubts=_doubts(current, disabled, unit_changes, group_changes, limits),
        kept=kept,
    )


def _last_administrator(
    current: Current, claims: Mapping[str, ReadPerson], left_alone: Set[str | None]
) -> KnownPerson | None:
    """Who must not be disabled because nobody would administer the platform; of several, always the same one.

    None where somebody remains, or where nobody administered it before.
    """
    admins = [known for known in current.people.values() if known.is_admin]
    remain = any(
        (known.active and known.key in left_alone) or (known.key in claims and known.key not in left_alone)
        for known in admins
    )
    if current.local_admin or remain:
        return None
    return min((known for known in admins if known.active), key=lambda known: known.id, default=None)


def _differences(old: PersonDetails, new: PersonDetails) -> tuple[str, ...]:
    return tuple(name for name in DETAILS if getattr(old, name) != getattr(new, name))


def _refused_logins(current: Current, claims: Mapping[str, ReadPerson], skipped: set[str | None]) -> dict[str, Message]:
    """Who cannot have the login that the directory gives them, and why.

    A login has one holder: a local account keeps its own, and of several claimants the one who had it before. Whoever
    is refused stays as they were, which may hold a login that another claims: so it is settled in rounds.
    """
    refused: dict[str, Message] = {}
    while True:
        held = {
            known.details.login: key
            for key, known in current.people.items()
            if known.active and (key in refused or key in skipped)
        }
        claimants: dict[str, list[str]] = {}
        for key, person in claims.items():
            if key not in refused:
                claimants.setdefault(person.details.login, []).append(key)
        before = len(refused)
        for login, keys in claimants.items():
            if login in current.local_logins:
                refused |= dict.fromkeys(keys, msg("a local account has the same login"))
            elif login in held or len(keys) > 1:
                keeper = None if login in held else _holder(current, login, keys)
                reason = msg("another person has the same login")
                refused |= {key: reason for key in keys if key != keeper}
        if len(refused) == before:
            return refused


def _holder(current: Current, login: str, keys: Iterable[str]) -> str | None:
    """Which of these has this login today."""
    for key in keys:
        known = current.people.get(key)
        if known and known.active and known.details.login == login:
            return key
    return None


def _with_obtainable_photo(person: ReadPerson, known: KnownPerson | None, photos: Mapping[str, bytes]) -> PersonDetails:
    """The details, with the picture we have if the new one was left for the next reading."""
    have = known.details.photo if known else ""
    details = person.details
    if details.photo in (have, "") or person.key in photos:
        return details
    return replace(details, photo=have)


def _changes(current: Mapping[str, Known[S]], read: Iterable[S]) -> Changes[S]:
    by_key = {what.key: what for what in read}
    changed: list[Change[S]] = []
    for key, what in by_key.items():
        known = current.get(key)
        if known and (not known.active or known.what != what):
            changed.append(Change(known, what))
    return Changes(
        added=tuple(what for key, what in by_key.items() if key not in current),
        changed=tuple(changed),
        removed=tuple(known for key, known in current.items() if known.active and key not in by_key),
    )


def _doubts(
    current: Current,
    disabled: tuple[KnownPerson, ...],
    units: Changes[ReadUnit],
    groups: Changes[ReadGroup],
    limits: Limits,
) -> tuple[Message, ...]:
    doubts: list[Message] = []
    before = sum(known.active for known in current.people.values())
    leaving = len(disabled)
    if leaving > limits.people:
        doubts.append(
            nmsg(
                "It would disable %(count)s person, and the limit is %(limit)s.",
                "It would disable %(count)s people, and the limit is %(limit)s.",
                leaving,
                limit=limits.people,
            )
        )
    if leaving > limits.share * before:
        doubts.append(
            msg(
                "It would disable %(leaving)s of %(before)s people, and the limit is %(share)s %%.",
                leaving=leaving,
                before=before,
                share=round(limits.share * 100),
            )
        )
    if _loses_all(current.units, units):
        doubts.append(msg("Not one service is left in the directory."))
    if _loses_all(current.groups, groups):
        doubts.append(msg("Not one group is left in the directory."))
    return tuple(doubts)


def _loses_all(current: Mapping[str, Known[S]], changes: Changes[S]) -> bool:
    before = sum(known.active for known in current.values())
    return before > 0 and len(changes.removed) == before and not changes.added
