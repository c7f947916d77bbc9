"""From entries to people, units and groups, pure: bytes in, frozen values out.

A person is their entryUUID (or objectGUID); DNs only say who stands where. What cannot be used is left out with its
reason, never guessed. Called by reading.py.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collab.core.i18n import Message, msg
from directory.ldap.dn import Dn, parse_dn
from directory.ldap.entry import Entry
from directory.ldap.errors import IncompleteRead
from directory.ldap.settings import AttributeNames

TEXT, NAME, LOGIN, MAIL, PHONE = 200, 100, 100, 254, 50  # how long each may be in our tables
DEPTH = 25  # OUs within OUs
PHOTO_BYTES = 200_000
JPEG_MAGIC = b"\xff\xd8\xff"
ACCOUNT_DISABLED = 0x2  # userAccountControl, MS-ADTS 2.2.16
LOCKED_FOR_GOOD = b"000001010000Z"  # pwdAccountLockedTime, draft-behera-ldap-password-policy-10, 5.3.3
FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
FILETIME_NEVER = (0, 0x7FFFFFFFFFFFFFFF)
STATUS_ATTRIBUTES = ("userAccountControl", "accountExpires", "pwdAccountLockedTime")

# Controls and the marks that turn the direction of text have no place in a name.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_MAIL = re.compile(r"[^@\s<>\"(),;:\\\[\]]+@[^@\s<>\"(),;:\\\[\]]+")


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What the directory says of a person. `photo`: SHA-256 of the picture, in hexadecimal, or empty."""

    login: str
    given_name: str
    family_name: str
    display_name: str
    mail: str
    title: str
    phone: str
    unit: str | None
    photo: str


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """A person as read. `active` is False for an account that the directory keeps but has closed."""

    key: str
    details: PersonDetails
    active: bool


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """A service as read: its key and the key of the one it belongs to."""

    key: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """A group as read, with everybody in it, through however many groups. `members` are keys of people."""

    key: str
    name: str
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was left out. A known person with this key is left as they are."""

    key: str | None
    dn: str
    reason: Message


@dataclass(frozen=True, slots=True)
class DirectMembers:
    """A group before flattening: DNs, and logins for posixGroup."""

    key: str
    name: str
    dns: tuple[str, ...]
    logins: tuple[str, ...]


def stable_key(entry: Entry, names: AttributeNames) -> str:
    """The entryUUID, or the objectGUID (16 bytes, the first three fields little-endian, MS-DTYP 2.3.4.2), as text.

    Raises IncompleteRead: without it nobody can be recognised tomorrow.
    """
    raw = _first(entry, names.key)
    if not raw:
        raise IncompleteRead(f"{names.key} of {entry.dn} cannot be read: our own account must be allowed to")
    if names.key.lower() == "objectguid" and len(raw) == 16:
        return str(UUID(bytes_le=raw))
    text = raw.decode("ascii", "replace").strip().lower()
    try:
        return str(UUID(text))
    except ValueError:
        return text[:64]


def read_person(
    entry: Entry, names: AttributeNames, units: Mapping[Dn, str], now: datetime
) -> tuple[ReadPerson, bytes | None] | Skipped:
    """The person and their picture, or why they are left out."""
    key = stable_key(entry, names)
    login = _text(entry, names.login, LOGIN).lower()
    if not login:
        return Skipped(key, entry.dn, msg("it has no login"))
    given, family = _text(entry, names.given_name, NAME), _text(entry, names.family_name, NAME)
    shown = _text(entry, names.display_name) or _text(entry, "cn") or f"{given} {family}".strip() or login
    mail = _text(entry, names.mail, MAIL)
    picture = photo_of(entry, names)
    details = PersonDetails(
        login=login,
        given_name=given,
        family_name=family,
        display_name=shown,
        mail=mail if _MAIL.fullmatch(mail) else "",
        title=_text(entry, names.title),
        phone=_text(entry, names.phone, PHONE),
        unit=_nearest(parse_dn(entry.dn)[1:], units),
        photo=hashlib.sha256(picture).hexdigest() if picture else "",
    )
    return ReadPerson(key, details, is_active(entry, now)), picture


def photo_of(entry: Entry, names: AttributeNames) -> bytes | None:
    """The picture, if it is a JPEG of at most 200 kB."""
    picture = _first(entry, names.photo)
    if picture and picture.startswith(JPEG_MAGIC) and len(picture) <= PHOTO_BYTES:
        return picture
    return None


def is_active(entry: Entry, now: datetime) -> bool:
    """False if the directory has closed the account: disabled, expired, or locked until an administrator unlocks."""
    control = _integer(entry, "userAccountControl")
    if control is not None and control & ACCOUNT_DISABLED:
        return False
    expires = _integer(entry, "accountExpires")
    if expires is not None and expires not in FILETIME_NEVER:
        try:
            if FILETIME_EPOCH + timedelta(microseconds=expires // 10) <= now:
                return False
        except OverflowError:  # further away than our calendar goes
            pass
    return _first(entry, "pwdAccountLockedTime") != LOCKED_FOR_GOOD


def read_units(entries: Iterable[Entry], names: AttributeNames, base: str) -> tuple[dict[Dn, str], list[ReadUnit]]:
    """Where each unit stands and the tree. The base itself is the root, and no unit."""
    root = parse_dn(base)
    found: dict[Dn, tuple[str, str]] = {}
    for entry in entries:
        dn = parse_dn(entry.dn)
        if dn != root and len(dn) - len(root) <= DEPTH:
            name = _text(entry, names.unit_name) or dn[0].partition("=")[2]
            found[dn] = (stable_key(entry, names), name)
    keys = {dn: key for dn, (key, _) in found.items()}
    units = [ReadUnit(key, name, _nearest(dn[1:], keys)) for dn, (key, name) in found.items()]
    return keys, units


def read_group(entry: Entry, names: AttributeNames) -> DirectMembers:
    """A group with its direct members."""
    dns: list[str] = []
    logins: list[str] = []
    for attribute in names.members.split():
        target = logins if attribute.lower() == "memberuid" else dns
        target += [raw.decode("utf-8", "replace") for raw in entry.attributes.get(attribute.lower(), ())]
    key = stable_key(entry, names)
    return DirectMembers(key, _text(entry, names.group_name) or key, tuple(dns), tuple(logins))


def flatten_groups(
    groups: Mapping[str, DirectMembers], people: Mapping[str, str], logins: Mapping[str, str]
) -> list[ReadGroup]:
    """Everybody in each group, through nested groups; a cycle is walked once.

    `groups`: by DN as written; `people`: DN as written to key; `logins`: lower-case login to key.
    """
    places = _Places(people, groups)
    direct: dict[str, set[str]] = {}
    nested: dict[str, set[str]] = {}
    for dn, group in groups.items():
        known = {logins[name.lower()] for name in group.logins if name.lower() in logins}
        inner: set[str] = set()
        for member in group.dns:
            if (key := places.person(member)) is not None:
                known.add(key)
            elif (place := places.group(member)) is not None:
                inner.add(place)
        direct[dn], nested[dn] = known, inner
    flat: list[ReadGroup] = []
    for dn, group in groups.items():
        seen, waiting = {dn}, [dn]
        members: set[str] = set()
        while waiting:
            here = waiting.pop()
            members |= direct[here]
            waiting += nested[here] - seen
            seen |= nested[here]
        flat.append(ReadGroup(group.key, group.name, frozenset(members)))
    return flat


class _Places:
    """Finds whom a DN means. Most are written exactly as the entry's own, so parsing is the second try."""

    def __init__(self, people: Mapping[str, str], groups: Mapping[str, DirectMembers]) -> None:
        self._people, self._groups = people, groups
        self._parsed: tuple[dict[Dn, str], dict[Dn, str]] | None = None

    def person(self, dn: str) -> str | None:
        return self._people.get(dn) or self._search(dn, 0)

    def group(self, dn: str) -> str | None:
        return dn if dn in self._groups else self._search(dn, 1)

    def _search(self, dn: str, which: int) -> str | None:
        if dn in self._groups:
            return None if which == 0 else dn
        if self._parsed is None:
            self._parsed = (
                {parse_dn(text): key for text, key in self._people.items()},
                {parse_dn(text): text for text in self._groups},
            )
        try:
            return self._parsed[which].get(parse_dn(dn))
        except ValueError:  # a member that is no DN means nobody
            return None


def _nearest(dn: Dn, units: Mapping[Dn, str]) -> str | None:
    """The key of the innermost unit on this path."""
    for depth in range(len(dn)):
        if key := units.get(dn[depth:]):
            return key
    return None


def _first(entry: Entry, name: str) -> bytes | None:
    values = entry.attributes.get(name.lower()) if name else None
    return values[0] if values else None


def _integer(entry: Entry, name: str) -> int | None:
    raw = _first(entry, name)
    try:
        return int(raw) if raw else None
    except ValueError:
        return None


def _text(entry: Entry, name: str, length: int = TEXT) -> str:
    """The first value, readable: one line, composed characters, nothing invisible."""
    raw = _first(entry, name)
    if not raw:
        return ""
    text = raw.decode("utf-8", "replace")
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", _UNSEEN.sub(" ", text))
    return " ".join(text.split())[:length]
