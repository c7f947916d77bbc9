"""What may be chosen in a ballot, by whom, and what its figures decide. Pure: rows come in, nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.ballots import Chair, Mode, Outcome, Result, Tally, check_voter, decide
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.elections import Candidate, List, elect, elect_list
from meetings.council.rules.entries import MAJORITY, NO_TEXT, Finding, Verdict, error
from meetings.council.rules.seats import ARTICLES, share_seats
from meetings.council.rules.seats import Method as Sharing
from meetings.council.sittings.models import Ballot, Choice, Election, Method
from meetings.council.sittings.rules import Setting, State, electors

BLANK = "99"
SECRET_FOR, SECRET_AGAINST = "00", "01"
SECRET_METHODS = frozenset((Method.SECRET, Method.PAPER))
CHAIRS: Mapping[str, Chair] = {
    Choice.FOR: Chair.FOR,
    Choice.AGAINST: Chair.AGAINST,
    Choice.ABSTAINED: Chair.ABSTAINED,
}


@dataclass(frozen=True, slots=True)
class Option:
    """What may be chosen: a name in an election, else a word that pages translate."""

    key: str
    name: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted, by the key of what was chosen. `chair`: how they voted, where that is known."""

    counts: Mapping[str, int]
    null: int = 0
    chair: Chair | None = None

    def of(self, key: str) -> int:
        """How often this was chosen."""
        return self.counts.get(key, 0)

    @property
    def total(self) -> int:
        """All that was cast, abstentions and papers without a choice too."""
        return sum(self.counts.values()) + self.null


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, as it is kept. `seats`: what each list got."""

    outcome: Outcome
    result: str
    seats: Sequence[int] = field(default_factory=tuple)


def options_of(ballot: Ballot) -> list[Option]:
    """What may be chosen, in the same order for everybody. A secret choice has two characters, whatever it is."""
    is_secret = ballot.method in SECRET_METHODS
    if ballot.election:
        standing = [Option(f"{number:02d}", name=one["name"]) for number, one in enumerate(ballot.options)]
        return [*standing, Option(BLANK, word="blank") if is_secret else Option(Choice.ABSTAINED, word="abstained")]
    if is_secret:
        return [Option(SECRET_FOR, word="for"), Option(SECRET_AGAINST, word="against"), Option(BLANK, word="blank")]
    return [Option(choice.value, word=choice.value) for choice in Choice]


def may_vote(setting: Setting, state: State, ballot: Ballot, member: str, own: str, *, by_clerk: bool) -> Finding:
    """Whether this vote is taken, and from this person (rules P2 and Q5)."""
    item = str(ballot.item_id)
    voters = electors(setting, state, item)
    finding = check_voter(
        is_member=member in setting.members, is_there=member in voters, is_withdrawn=member in state.aside(item)
    )
    if finding.verdict is Verdict.OK and not by_clerk and voters[member] != own:
        return error(msg("Only the member, or who holds their proxy, casts this vote."), "CGCT L2121-20")
    return finding


def decide_ballot(setting: Setting, ballot: Ballot, figures: Figures, voters: Mapping[str, str]) -> Decision:
    """What the figures decide. Raises Invalid for figures that cannot be; what no text settles is said, not refused:
    votes that were counted once are not counted again."""
    if ballot.election:
        return _decide_election(setting, ballot, figures)
    outcome = _decide_question(setting, ballot, figures, voters)
    return Decision(outcome, outcome.result.value)


def result_of(ballot: Ballot, figures: Figures, decision: Decision) -> dict[str, Any]:
    """What is kept of a result; the reason as its msgid with its names, to be read in anybody's language."""
    tally, outcome = _tally(ballot, figures), decision.outcome
    found: dict[str, Any] = {
        "result": decision.result,
        "votes_for": tally.votes_for,
        "votes_against": tally.votes_against,
        "abstentions": tally.abstentions,
        "blank": tally.blank,
        "null": tally.null,
        "cast": outcome.cast,
        "majority": outcome.majority,
        "article": outcome.article,
        "reason": outcome.reason.text,
        "certain": outcome.certain,
    }
    if ballot.election:
        options = options_of(ballot)[:-1]
        found["elected"] = outcome.elected
        found["options"] = [{"name": one.name, "votes": figures.of(one.key)} for one in options]
        for option, seats in zip(found["options"], decision.seats, strict=False):
            option["seats"] = seats
    return found


def _tally(ballot: Ballot, figures: Figures) -> Tally:
    """The figures of a question as the rules know them."""
    if ballot.election:
        return Tally(abstentions=figures.of(Choice.ABSTAINED), blank=figures.of(BLANK), null=figures.null)
    if ballot.method in SECRET_METHODS:
        return Tally(figures.of(SECRET_FOR), figures.of(SECRET_AGAINST), blank=figures.of(BLANK), null=figures.null)
    return Tally(figures.of(Choice.FOR), figures.of(Choice.AGAINST), figures.of(Choice.ABSTAINED))


def _decide_question(setting: Setting, ballot: Ballot, figures: Figures, voters: Mapping[str, str]) -> Outcome:
    """For or against; where no rule is known of this kind of assembly, the majority of votes cast."""
    there, tally = set(voters.values()), _tally(ballot, figures)
    # Where votes weigh, they are not to be bounded by the number of people.
    weighs = bool(setting.weights)
    try:
        return decide(
            setting.body.kind,
            BallotKind(ballot.kind),
            Mode(ballot.mode),
            tally,
            on=setting.on,
            present=0 if weighs else len(there),
            represented=0 if weighs else len(voters) - len(there),
            chair=figures.chair,
        )
    except Invalid as refused:
        if refused.code != "council.no_rule":
            raise
    adopted = tally.votes_for > tally.votes_against
    reason = msg("More votes for than against.") if adopted else msg("No more votes for than against.")
    result = Result.ADOPTED if adopted else Result.REJECTED
    return Outcome(result, tally.cast, MAJORITY.of(tally.cast), NO_TEXT, reason, certain=False)


def _decide_election(setting: Setting, ballot: Ballot, figures: Figures) -> Decision:
    options = options_of(ballot)[:-1]
    votes = [figures.of(one.key) for one in options]
    names = [one.name for one in options]
    ages = [Fraction(one["average_age"]) if one.get("average_age") else None for one in ballot.options]
    try:
        if ballot.election == Election.SEATS:
            return _share(ballot, [List(*one) for one in zip(names, votes, ages, strict=True)])
        if ballot.election == Election.LIST:
            lists = [List(*one) for one in zip(names, votes, ages, strict=True)]
            outcome = elect_list(lists, round_=ballot.round)
        else:
            born = [date.fromisoformat(one["born"]) if one.get("born") else None for one in ballot.options]
            candidates = [Candidate(*one) for one in zip(names, votes, born, strict=True)]
            outcome = elect(setting.body.kind, candidates, round_=ballot.round, on=setting.on)
    except Invalid as refused:
        return _undecided(votes, next(iter(refused.errors.values()), refused.message))
    return Decision(outcome, outcome.result.value)


def _share(ballot: Ballot, lists: Sequence[List]) -> Decision:
    method, cast = Sharing(ballot.sharing), sum(one.votes for one in lists)
    if not cast:
        return _undecided([0], msg("No vote was cast: nobody is elected."))
    shared = share_seats(method, ballot.seats, lists)
    reason = SHARED[method]
    outcome = Outcome(Result.ELECTED, cast, 0, ARTICLES[method], reason)
    return Decision(outcome, "shared", [one.seats for one in shared.given])


SHARED: Mapping[Sharing, Message] = {
    Sharing.HIGHEST_REMAINDER: msg("Seats are shared by the quota, then by the highest remainders."),
    Sharing.HIGHEST_AVERAGE: msg("Seats are shared by the quota, then by the highest averages."),
}


def _undecided(votes: Sequence[int], reason: Message) -> Decision:
    """No text says what these figures decide: the figures stay, nobody is elected."""
    cast = sum(votes)
    outcome = Outcome(Result.REJECTED, cast, MAJORITY.of(cast), NO_TEXT, reason, certain=False)
    return Decision(outcome, outcome.result.value)
