"""The directory that tests sign in from: twenty awkward people, services as OUs, groups that nest and loop.

Gives LDIF text for slapadd. Everything is derived from PEOPLE; `extra` adds plain people for tests of size.
slapadd runs no overlay, so nothing here relies on memberOf.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

SUFFIX = "dc=mairie,dc=test"
PEOPLE_BASE = f"ou=people,{SUFFIX}"
GROUPS_BASE = f"ou=groups,{SUFFIX}"
ADMIN_DN = f"cn=admin,{SUFFIX}"
ADMIN_PASSWORD = "admin-secret"
READER_DN = f"cn=reader,ou=accounts,{SUFFIX}"
READER_PASSWORD = "reader-secret"
LOCKOUT_AFTER = 3
EXTRA_SERVICES = 40

# The smallest JPEG that decoders accept: 1 x 1, grey.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////"
    "////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAIAQEAAD8AN//Z"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One person of the fixture. `by_name` gives the entry a DN from its full name instead of its uid."""

    uid: str
    given: str
    family: str
    service: str
    title: str
    by_name: bool = False

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def password(self) -> str:
        return f"{self.uid.partition('@')[0]}-pass"

    @property
    def mail(self) -> str:
        return f"{self.uid.partition('@')[0]}@mairie.test"

    @property
    def dn(self) -> str:
        rdn = f"cn={escape(self.name)}" if self.by_name else f"uid={escape(self.uid)}"
        return f"{rdn},ou={escape(self.service)},{PEOPLE_BASE}"


PEOPLE = (
    Sample("aicha", "Aïcha", "Benali", "Finances", "Directrice des finances"),
    Sample("benoit", "Benoît", "Lefèvre", "Finances", "Comptable"),
    Sample("chloe", "Chloé", "N'Guyen", "Finances", "Contrôleuse"),
    Sample("djordje", "Đorđe", "Đurić", "Affaires juridiques", "Directeur"),
    Sample("eszter", "Eszter", "Szűcs", "Affaires juridiques", "Juriste"),
    Sample("francois", "François", "d'Hauteville-Saint-Côme", "Urbanisme", "Directeur"),
    Sample("gaelle", "Gaëlle", "Le Goff", "Urbanisme", "Instructrice"),
    Sample("hanako", "花子", "山田", "Urbanisme", "Cartographe"),
    Sample("igor", "Игорь", "Петров", "Urbanisme", "Dessinateur"),
    Sample("yusuf", "يوسف", "العربي", "Culture", "Médiateur"),
    Sample("joao", "João", "da Conceição", "Culture", "Directeur"),
    Sample("karl", "Karl", "Weiß", "Culture", "Bibliothécaire"),
    Sample("lena", "Léna", "Ørsted", "Technique", "Directrice"),
    Sample("mael", "Maël", "Dupont, Jr.", "Technique", "Agent", by_name=True),
    Sample("nora", "Nora", "Parenthèse (ext)*", "Technique", "Prestataire", by_name=True),
    Sample("oscar+test", "Oscar", 'Plus + "guillemets" \\ barre', "Technique", "Agent", by_name=True),
    Sample("paul.martin@ville", "Paul", "Martin", "Cabinet", "Directeur de cabinet"),
    Sample("paul.martin", "Paul", "Martin", "Technique", "Agent"),
    Sample("quentin", "Quentin", "<b>Gras</b>", "Cabinet", "Attaché & conseiller"),
    Sample("rose", "Rose", "#Dièse ", "Cabinet", "Secrétaire", by_name=True),
)


def escape(value: str) -> str:
    """A value inside a DN (RFC 4514, section 2.4)."""
    escaped = "".join("\\" + c if c in ',+"\\<>;=' else c for c in value)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    if escaped.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return escaped


def person(sample: Sample, *, photo: bytes | None = None) -> str:
    """The entry of one person."""
    attributes: dict[str, str | bytes | Iterable[str]] = {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
        "uid": sample.uid,
        "cn": sample.name,
        "givenName": sample.given,
        "sn": sample.family,
        "displayName": sample.name,
        "mail": sample.mail,
        "title": sample.title,
        "telephoneNumber": "+33 1 23 45 67 89",
        "userPassword": sample.password,
    }
    if photo:
        attributes["jpegPhoto"] = photo
    return entry(sample.dn, attributes)


def entry(dn: str, attributes: dict[str, str | bytes | Iterable[str]]) -> str:
    """One LDIF record."""
    lines = [_line("dn", dn)]
    for name, values in attributes.items():
        for value in (values,) if isinstance(values, str | bytes) else values:
            lines.append(_line(name, value))
    return "\n".join(lines) + "\n"


def directory(extra: int = 0) -> str:
    """The whole directory, with `extra` plain people spread over forty more services."""
    return "\n".join(_entries(extra))


def extra_person(number: int) -> Sample:
    """The plain person of this number."""
    service = f"Service {number % EXTRA_SERVICES:02d}"
    return Sample(f"agent{number:05d}", f"Prénom{number}", f"Nom{number % 997}", service, "Agent")


def _entries(extra: int) -> Iterable[str]:
    yield entry(SUFFIX, {"objectClass": ("top", "dcObject", "organization"), "dc": "mairie", "o": "Mairie de test"})
    for name in ("people", "groups", "accounts", "policies"):
        yield _unit(f"ou={name},{SUFFIX}", name)
    yield entry(
        f"cn=default,ou=policies,{SUFFIX}",
        {
            "objectClass": ("top", "device", "pwdPolicy"),
            "cn": "default",
            "pwdAttribute": "userPassword",
            "pwdLockout": "TRUE",
            "pwdMaxFailure": str(LOCKOUT_AFTER),
            "pwdLockoutDuration": "60",
            "pwdFailureCountInterval": "60",
        },
    )
    yield entry(
        READER_DN,
        {
            "objectClass": ("top", "device", "simpleSecurityObject"),
            "cn": "reader",
            "userPassword": READER_PASSWORD,
        },
    )
    people = [*PEOPLE, *(extra_person(number) for number in range(extra))]
    services = dict.fromkeys(sample.service for sample in people)
    for service in services:
        yield _unit(f"ou={escape(service)},{PEOPLE_BASE}", service)
    # A service within a service, in which nobody works yet.
    yield _unit(f"ou=Archives,ou=Culture,{PEOPLE_BASE}", "Archives")
    for sample in people:
        yield person(sample, photo=JPEG if sample.uid == "aicha" else None)
    for name, members in _groups(people).items():
        yield entry(group_dn(name), {"objectClass": ("top", "groupOfNames"), "cn": name, "member": tuple(members)})


def group_dn(name: str) -> str:
    """The DN of a group of the fixture."""
    return f"cn={escape(name)},{GROUPS_BASE}"


def _groups(people: list[Sample]) -> dict[str, list[str]]:
    of_service: dict[str, list[str]] = {}
    for sample in people:
        of_service.setdefault(f"service-{sample.service}", []).append(sample.dn)
    named = {sample.uid: sample.dn for sample in people}
    heads = [sample.dn for sample in PEOPLE if sample.title.startswith("Direct")]
    return {
        **of_service,
        "encadrement": heads,
        "ville": [group_dn("service-Technique"), group_dn("service-Urbanisme")],
        "tous": [group_dn("ville"), group_dn("encadrement"), named["rose"]],
        "boucle-a": [group_dn("boucle-b"), named["karl"]],
        "boucle-b": [group_dn("boucle-a"), named["lena"]],
    }


def _unit(dn: str, name: str) -> str:
    return entry(dn, {"objectClass": "organizationalUnit", "ou": name})


def _line(name: str, value: str | bytes) -> str:
    raw = value if isinstance(value, bytes) else value.encode()
    plain = raw.isascii() and raw.decode("ascii", "replace").isprintable()
    if plain and raw and raw[0] not in b" :<" and not raw.endswith(b" "):
        return f"{name}: {raw.decode()}"
    return f"{name}:: {base64.b64encode(raw).decode()}"
