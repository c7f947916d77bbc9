"""Ballots: how one votes, who may ask for it otherwise, and what the figures decide (CGCT L2121-20, L2121-21).

Only votes for and against are cast; abstentions, blank and null papers and refusals are not. Appointments are decided
in elections.py. Who voted how in a secret ballot is nothing these functions are ever given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    COMMUNES,
    CST,
    DEPARTEMENTS,
    GROUPINGS,
    MAJORITY,
    MUNICIPAL,
    NO_TEXT,
    REGIONS,
    Assembly,
    Entry,
    Finding,
    Share,
    error,
    find,
    no_rule,
    ok,
)
from meetings.council.rules.remote import may_sit_remotely


class Mode(StrEnum):
    """A show of hands, names and directions, or papers."""

    ORDINARY = "ordinary"
    PUBLIC = "public"
    SECRET = "secret"  # noqa: S105  # a way to vote


class Kind(StrEnum):
    """What is voted on, where rules differ."""

    DELIBERATION = "deliberation"
    APPOINTMENT = "appointment"
    ACCOUNTS = "accounts"
    CLOSED_SESSION = "closed_session"


class Chair(StrEnum):
    """How the chair voted."""

    FOR = "for"
    AGAINST = "against"
    ABSTAINED = "abstained"


class Result(StrEnum):
    """What came out."""

    ADOPTED = "adopted"
    REJECTED = "rejected"
    NEXT_ROUND = "next_round"
    ELECTED = "elected"


# The casting vote of the chair, where the ballot is not secret.
CASTING_VOTE: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L2121-20", COMMUNES),
    Entry(True, "CGCT L2121-20, L5211-1", GROUPINGS),
    Entry(True, "CGCT L3121-14, L3121-15", DEPARTEMENTS),
    Entry(True, "CGCT L4132-13, L4132-14", REGIONS),
    Entry(True, "CGCT L3121-15, L4132-14", COMMISSIONS, certain=False),
    Entry(True, "CASF R123-18", CCAS, certain=False),
    Entry(False, "CGFP R254-65", CST, certain=False),
)
PUBLIC_REQUESTS: Sequence[Entry[Share]] = (
    Entry(Share(1, 4), "CGCT L2121-21", MUNICIPAL),
    Entry(Share(1, 6), "CGCT L3121-15", DEPARTEMENTS),
    Entry(Share(1, 6), "CGCT L4132-14", REGIONS),
)
SECRET_REQUESTS: Sequence[Entry[Share]] = (Entry(Share(1, 3), "CGCT L2121-21", MUNICIPAL | CCAS),)
# Both asked for: CE, 1875, Billot, for what are départements and régions now.
BOTH: Sequence[Entry[Mode]] = (
    Entry(Mode.SECRET, "CGCT L2121-21", MUNICIPAL),
    Entry(Mode.PUBLIC, "CGCT L3121-15", DEPARTEMENTS),
    Entry(Mode.PUBLIC, "CGCT L4132-14", REGIONS),
)
CLOSED_SESSION: Sequence[Entry[Share]] = (
    Entry(MAJORITY, "CGCT L2121-18", COMMUNES),
    Entry(MAJORITY, "CGCT L5211-11", GROUPINGS),
    Entry(MAJORITY, "CGCT L3121-11", DEPARTEMENTS),
    Entry(MAJORITY, "CGCT L4132-10", REGIONS),
)
# Against must be more than for; what is equal is adopted.
ACCOUNTS: Sequence[Entry[bool]] = (Entry(True, "CGCT L1612-12", frozenset(Assembly)),)
# Votes that weigh differently: only where statutes of one's own may say so.
WEIGHTED: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L5721-2", frozenset((Assembly.OPEN_SYNDICAT,)), certain=False),
    Entry(True, NO_TEXT, frozenset((Assembly.FREE,)), certain=False),
)
# With fewer, the figures tell each voter what the others chose.
FEWEST_SECRET_VOTERS = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of a vote."""

    votes_for: int = 0
    votes_against: int = 0
    abstentions: int = 0
    blank: int = 0
    null: int = 0

    @property
    def cast(self) -> int:
        """Votes cast (suffrages exprimés)."""
        return self.votes_for + self.votes_against

    @property
    def voters(self) -> int:
        """All who took part or abstained."""
        return self.cast + self.abstentions + self.blank + self.null


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided. `cast`: votes cast; `majority`: how many were needed; `elected`: a name; `reason`: why."""

    result: Result
    cast: int
    majority: int
    article: str
    reason: Message
    elected: str | None = None
    certain: bool = True


def decide(
    assembly: Assembly,
    kind: Kind,
    mode: Mode,
    tally: Tally,
    *,
    on: date,
    present: int = 0,
    represented: int = 0,
    chair: Chair | None = None,
) -> Outcome:
    """What a vote on a deliberation, the accounts or a closed session decides (rules V1, V7 and D1).

    `present` and `represented` are needed for a closed session, and bound the votes where they are given. Raises
    Invalid by field for figures that cannot be.
    """
    _check(kind, mode, tally, present, represented, chair)
    if kind is Kind.CLOSED_SESSION:
        return _decide_closed(assembly, tally, present + represented, on)
    if kind is Kind.ACCOUNTS:
        return _decide_accounts(assembly, tally, on)
    return _decide_plain(assembly, mode, tally, chair, on)


def _decide_plain(assembly: Assembly, mode: Mode, tally: Tally, chair: Chair | None, on: date) -> Outcome:
    entry = find(CASTING_VOTE, assembly, on)
    if entry is None:
        raise no_rule("assembly")
    adopted = tally.votes_for > tally.votes_against
    reason = msg("More votes for than against.") if adopted else msg("No more votes for than against.")
    certain = True
    if tally.votes_for == tally.votes_against:
        adopted = entry.value and mode is not Mode.SECRET and chair is Chair.FOR
        reason = _why_tie(entry.value, mode, chair)
        certain = entry.certain
    result = Result.ADOPTED if adopted else Result.REJECTED
    return Outcome(result, tally.cast, MAJORITY.of(tally.cast), entry.article, reason, certain=certain)


def _why_tie(has_casting_vote: bool, mode: Mode, chair: Chair | None) -> Message:
    if mode is Mode.SECRET:
        return msg(
            "As many votes for as against: in a secret ballot there is no casting vote, the proposal is rejected."
        )
    if not has_casting_vote:
        return msg("As many votes for as against: this assembly has no casting vote.")
    if chair is Chair.FOR:
        return msg("As many votes for as against: the chair, who voted for, has the casting vote.")
    if chair is Chair.AGAINST:
        return msg("As many votes for as against: the chair, who voted against, has the casting vote.")
    return msg("As many votes for as against, and the chair did not vote: the proposal is not adopted.")


def _decide_accounts(assembly: Assembly, tally: Tally, on: date) -> Outcome:
    entry = find(ACCOUNTS, assembly, on)
    if entry is None:
        raise no_rule("assembly")
    rejected = tally.votes_against > tally.votes_for
    reason = (
        msg("The accounts are rejected: more votes against than for.")
        if rejected
        else msg("The accounts are adopted unless more votes are against than for.")
    )
    result = Result.REJECTED if rejected else Result.ADOPTED
    return Outcome(result, tally.cast, MAJORITY.of(tally.cast), entry.article, reason)


def _decide_closed(assembly: Assembly, tally: Tally, people: int, on: date) -> Outcome:
    entry = find(CLOSED_SESSION, assembly, on)
    if entry is None:
        words = msg("The sittings of this assembly are not public: there is no closed session to vote on.")
        raise Invalid("council.not_public", words, errors={"kind": words})
    majority = entry.value.of(people)
    adopted = tally.votes_for >= majority
    reason = (
        msg("The absolute majority of those present or represented is reached.")
        if adopted
        else msg("The absolute majority of those present or represented is not reached: an abstention weighs as a no.")
    )
    return Outcome(Result.ADOPTED if adopted else Result.REJECTED, tally.cast, majority, entry.article, reason)


def _check(kind: Kind, mode: Mode, tally: Tally, present: int, represented: int, chair: Chair | None) -> None:
    numbers: Mapping[str, int] = {
        "for": tally.votes_for,
        "against": tally.votes_against,
        "abstentions": tally.abstentions,
        "blank": tally.blank,
        "null": tally.null,
        "present": present,
        "represented": represented,
    }
    errors = {name: msg("At least %(min)s.", min=0) for name, number in numbers.items() if number < 0}
    if not errors:
        errors = check_voters(tally.voters, present, represented)
        if kind is Kind.CLOSED_SESSION and not present:
            errors["present"] = msg("Say how many are present: the majority is counted from them.")
        own = {Chair.FOR: tally.votes_for, Chair.AGAINST: tally.votes_against, Chair.ABSTAINED: None}
        if mode is not Mode.SECRET and chair is not None and own[chair] == 0:
            errors["chair"] = msg("The chair’s own vote is not among the votes.")
    if errors:
        raise Invalid("council.impossible", errors=errors)


def check_voters(voters: int, present: int, represented: int) -> dict[str, Message]:
    """What is wrong where more vote than are there, by field; nothing is, where it is not known who is there."""
    if 0 < present + represented < voters:
        return {"present": msg("There are more votes than members present or represented.")}
    return {}


def requests_needed(assembly: Assembly, mode: Mode, present: int, on: date) -> tuple[int, str] | None:
    """How many of those present (proxies aside) must ask for a public or secret ballot, and the article (L2121-21,
    L3121-15, L4132-14; rule V2); None where no text gives the right."""
    table = {Mode.PUBLIC: PUBLIC_REQUESTS, Mode.SECRET: SECRET_REQUESTS}.get(mode, ())
    entry = find(table, assembly, on)
    return None if entry is None else (entry.value.of(present), entry.article)


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """How the vote is held; `mode` is None when the item goes to a sitting in one place."""

    mode: Mode | None
    article: str
    reason: Message


def choose_mode(
    assembly: Assembly,
    *,
    on: date,
    present: int,
    public_requests: int = 0,
    secret_requests: int = 0,
    appointment: bool = False,
    secrecy_waived: bool = False,
    secrecy_imposed: bool = False,
    remote: bool = False,
    standing_orders: Share | None = None,
) -> ModeChoice:
    """How a vote is held (CGCT L2121-21, L5211-11-1, L3121-15, L4132-14; rules V2, V4 and R2).

    `secrecy_waived`: the assembly unanimously gave up secrecy for an appointment, which `secrecy_imposed` (by a text)
    forbids. `standing_orders`: who may ask for secrecy where the law does not say it (département, région).
    """
    public = _asked(find(PUBLIC_REQUESTS, assembly, on), public_requests, present)
    secret = _asked(find(SECRET_REQUESTS, assembly, on), secret_requests, present)
    if secret is None and standing_orders is not None and 0 < secret_requests >= standing_orders.of(present):
        secret = NO_TEXT
    both = find(BOTH, assembly, on)
    if public and secret and both is not None and both.value is Mode.PUBLIC:
        secret = None
    if appointment and (secrecy_imposed or not secrecy_waived):
        secret = both.article if both is not None else "CGCT L2121-21"
    if secret and remote:
        article = may_sit_remotely(assembly, on).article
        words = msg("A secret ballot is not held by videoconference: the item goes to a sitting in one place.")
        return ModeChoice(None, article, words)
    if secret:
        reason = msg("An appointment is made by secret ballot.") if appointment else msg("Enough members ask for it.")
        return ModeChoice(Mode.SECRET, secret, reason)
    if remote:
        article = may_sit_remotely(assembly, on).article
        return ModeChoice(Mode.PUBLIC, article, msg("By videoconference every ballot is public."))
    if public:
        return ModeChoice(Mode.PUBLIC, public, msg("Enough members ask for it."))
    article = both.article if both is not None else NO_TEXT
    return ModeChoice(Mode.ORDINARY, article, msg("Nobody asks for anything else."))


def _asked(entry: Entry[Share] | None, requests: int, present: int) -> str | None:
    """The article that gives them the right, when enough ask."""
    return entry.article if entry is not None and 0 < requests >= entry.value.of(present) else None


def check_voter(*, is_member: bool, is_there: bool, is_withdrawn: bool, article: str = "CGCT L2121-20") -> Finding:
    """Whether a vote is taken: from a member in exercise, present or represented, who did not withdraw (rule Q5)."""
    if not is_member:
        return error(msg("Only members in exercise vote."), article)
    if is_withdrawn:
        return error(msg("Who withdrew from this item takes no part in its vote."), "CGCT L2131-11")
    if not is_there:
        return error(msg("Only those present or represented vote."), article)
    return ok(msg("The vote is taken."), article)


def check_anonymous(mode: Mode, *, anonymous: bool) -> Finding:
    """An electronic vote is anonymous if and only if the ballot is secret (CGCT L2121-15, L2121-21; rules V2, V3)."""
    article = "CGCT L2121-15, L2121-21"
    if mode is Mode.SECRET and not anonymous:
        return error(msg("In a secret ballot nothing may link a voter to a choice."), article)
    if mode is not Mode.SECRET and anonymous:
        return error(msg("In an ordinary or public ballot the vote is not anonymous."), article)
    return ok(msg("The ballot keeps to its mode."), article)


def may_weigh(assembly: Assembly, on: date) -> bool:
    """Whether statutes may give votes that weigh differently (CGCT L5721-2); elsewhere each member has one."""
    return find(WEIGHTED, assembly, on) is not None


def check_secret(voters: int, weights: Collection[int]) -> Finding:
    """Whether a secret ballot on devices keeps its secret: enough who vote, all of the same weight (CGCT L2121-21)."""
    article = "CGCT L2121-21"
    if voters < FEWEST_SECRET_VOTERS:
        words = msg("Fewer than %(count)s voters: the figures would tell who chose what.", count=FEWEST_SECRET_VOTERS)
        return error(words, article)
    if len(set(weights)) > 1:
        return error(msg("Votes weigh differently: the figures would tell who chose what."), article)
    return ok(msg("The ballot keeps its secret."), article)
