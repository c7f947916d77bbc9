"""A threshold of the law as data: what it says, its article, for which assemblies, from which day to which.

Tables of entries stand at the head of the modules of this package; the first entry that holds is the one that counts,
so what is special stands before what is general. When the law changes, the old entry gets a `valid_to` and a new one
follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg

T = TypeVar("T")


class Assembly(StrEnum):
    """Kinds of assemblies. A syndicat stands for closed joint syndicats and PETR too."""

    COMMUNE = "commune"
    EPCI = "epci"
    SYNDICAT = "syndicat"
    OPEN_SYNDICAT = "open_syndicat"
    DEPARTEMENT = "departement"
    REGION = "region"
    PERMANENT_COMMISSION = "permanent_commission"
    CCAS = "ccas"
    CST = "cst"
    CAP = "cap"
    MUNICIPAL_COMMISSION = "municipal_commission"
    EPCI_BUREAU = "epci_bureau"
    TENDER_COMMISSION = "tender_commission"
    FREE = "free"


class Authority(StrEnum):
    """Whose permanent commission it is."""

    DEPARTEMENT = "departement"
    REGION = "region"


class LocalLaw(StrEnum):
    """Where communes live under articles of their own."""

    ALSACE_MOSELLE = "alsace_moselle"


class Verdict(StrEnum):
    """What a finding does: nothing, a warning that the chair may override, a refusal."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about what was examined, and where it is written."""

    verdict: Verdict
    message: Message
    article: str


def worst(findings: Sequence[Finding]) -> Verdict:
    """The verdict over all of them."""
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in (Verdict.ERROR, Verdict.WARNING) if verdict in found), Verdict.OK)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a number of people: `part` of `whole`, rounded up, or one more than that part rounded down."""

    part: int
    whole: int
    more_than: bool = False

    def of(self, people: int) -> int:
        """How many are needed of so many people."""
        if self.more_than:
            return people * self.part // self.whole + 1
        return -(-people * self.part // self.whole)


MAJORITY = Share(1, 2, more_than=True)

# The day on which the texts behind the entries were last read.
TEXTS_READ = date(2026, 11, 23)

# Where no text is known.
NO_TEXT = "—"

# The general code of local authorities came into force; what it took over is not dated further back here.
CODE = date(1996, 2, 24)
# General renewal of municipal councils, from which loi 2019-1461 applies to the convocation of EPCI councils.
RENEWAL_2020 = date(2020, 3, 15)
# Videoconference of loi 2022-217 (3DS), after the regime of the epidemic had ended.
LAW_3DS = date(2022, 8, 1)
# Loi 2025-1249, statut de l’élu.
LAW_2025_1249 = date(2025, 12, 24)
# General renewal of municipal councils, from which loi 2025-444 applies.
RENEWAL_2026 = date(2026, 3, 15)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A rule as it holds. `valid_to` is its last day; `smallest` and `largest` are inhabitants, both included.

    What is not `certain` warns where it is broken, and does not block.
    """

    value: T
    article: str
    assemblies: frozenset[Assembly]
    valid_from: date = CODE
    valid_to: date | None = None
    smallest: int = 0
    largest: int | None = None
    local_law: LocalLaw | None = None
    authority: Authority | None = None
    certain: bool = True

    @property
    def refusal(self) -> Verdict:
        """What breaking it means."""
        return Verdict.ERROR if self.certain else Verdict.WARNING


def find(
    table: Sequence[Entry[T]],
    assembly: Assembly,
    on: date,
    *,
    population: int = 0,
    local_law: LocalLaw | None = None,
    authority: Authority | None = None,
) -> Entry[T] | None:
    """The entry that holds on this day; None where no text speaks of it."""
    for entry in table:
        if (
            assembly in entry.assemblies
            and entry.valid_from <= on
            and (entry.valid_to is None or on <= entry.valid_to)
            and entry.smallest <= population
            and (entry.largest is None or population <= entry.largest)
            and entry.local_law in (None, local_law)
            and entry.authority in (None, authority)
        ):
            return entry
    return None


def no_rule(field: str) -> Invalid:
    """Nothing is known of this assembly on this day: what was asked cannot be answered."""
    words = msg("No rule is known here for this kind of assembly on this day.")
    return Invalid("council.no_rule", words, errors={field: words})


def ok(message: Message, article: str) -> Finding:
    """Something to know."""
    return Finding(Verdict.OK, message, article)


def warning(message: Message, article: str) -> Finding:
    """Something the chair decides about."""
    return Finding(Verdict.WARNING, message, article)


def error(message: Message, article: str) -> Finding:
    """Something the law forbids; the words end with the article."""
    return Finding(Verdict.ERROR, msg("%(message)s %(article)s.", message=message, article=article), article)


def refused(entry: Entry[T], message: Message) -> Finding:
    """Something that goes against an entry: forbidden where it is certain, else for the chair to decide."""
    return error(message, entry.article) if entry.certain else warning(message, entry.article)


def kinds(*assemblies: Assembly) -> frozenset[Assembly]:
    """The assemblies of an entry."""
    return frozenset(assemblies)


COMMUNES = kinds(Assembly.COMMUNE)
GROUPINGS = kinds(Assembly.EPCI, Assembly.SYNDICAT)
# Where the rules of municipal councils hold, the groupings by L5211-1.
MUNICIPAL = COMMUNES | GROUPINGS
DEPARTEMENTS = kinds(Assembly.DEPARTEMENT)
REGIONS = kinds(Assembly.REGION)
COMMISSIONS = kinds(Assembly.PERMANENT_COMMISSION)
CCAS = kinds(Assembly.CCAS)
CST = kinds(Assembly.CST)
