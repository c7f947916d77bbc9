"""What the rules say of this assembly and this sitting: the one place that turns rows into the rules' arguments. Pure.

Where the rules know no text for a kind of assembly (its own standing orders decide), what is usual is applied, and the
finding warns: the chair decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collab.core.errors import Invalid
from collab.core.i18n import msg
from meetings.council.assemblies.models import Assembly, Channel, Office
from meetings.council.rules.agenda import check_author, check_dispatch, check_note
from meetings.council.rules.delays import Convocation, Reason, check_convocation
from meetings.council.rules.entries import NO_TEXT, Authority, Finding, LocalLaw, Verdict, error, warning
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.rules.remote import check_half_year, may_open_remotely, may_sit_remotely


@dataclass(frozen=True, slots=True)
class Body:
    """The assembly as the rules know it."""

    kind: Kind
    population: int = 0
    local_law: LocalLaw | None = None
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class Convened:
    """A member who is to be convened."""

    key: str
    name: str
    channel: Channel
    has_mail: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """An item of the agenda. `documented`: a note or a file goes with it."""

    number: str
    title: str
    kind: ItemKind
    documented: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said before a convocation leaves; `delay` is None where no text sets one."""

    delay: Convocation | None
    findings: Sequence[Finding]

    @property
    def is_lawful(self) -> bool:
        """Nothing blocks."""
        return all(one.verdict is not Verdict.ERROR for one in self.findings)

    @property
    def warns(self) -> bool:
        """The chair has something to decide."""
        return any(one.verdict is Verdict.WARNING for one in self.findings)


def body_of(assembly: Assembly) -> Body:
    """The row as the rules know it."""
    return Body(
        Kind(assembly.kind),
        assembly.population,
        LocalLaw(assembly.local_law) if assembly.local_law else None,
        Authority(assembly.authority) if assembly.authority else None,
    )


def judge_convocation(
    body: Body,
    *,
    sent: date,
    meeting: date,
    urgent: bool,
    reason: Reason | None,
    remote: bool,
    office: Office | None,
    members: Sequence[Convened],
    items: Sequence[Listed],
    in_one_place: Sequence[date] = (),
) -> Judgement:
    """Whether the convocation may leave: the delay, who convenes, whom, the notes, the videoconference (C1 to C5, R2).

    `office`: of who convenes; None while that is not said. `in_one_place`: days of the assembly's other sittings that
    were or will be held so, which each half-year needs (R1).
    """
    delay, findings = _delay(body, sent, meeting, urgent, reason)
    if office is not None:
        author = check_author(is_chair=office is Office.PRESIDENT, is_substitute=office is Office.DEPUTY)
        findings += [author] if author.verdict is not Verdict.OK else []
    reached = [one.key for one in members if one.channel is Channel.PAPER or one.has_mail]
    dispatch = check_dispatch(in_exercise=[one.key for one in members], sent_to=reached)
    if dispatch.verdict is not Verdict.OK:
        names = ", ".join(one.name for one in members if one.key not in reached)
        words = msg("No mail address is known: %(names)s. Give one, or convene on paper.", names=names)
        findings.append(error(words, dispatch.article))
    if not members:
        findings.append(error(msg("The assembly has no member in exercise."), "CGCT L2121-10"))
    if not items:
        findings.append(error(msg("The agenda is empty: a convocation says what will be dealt with."), "CGCT L2121-10"))
    for item in items:
        findings += _of_item(body, meeting, item, remote)
    if remote:
        due = [may_sit_remotely(body.kind, meeting), check_half_year(body.kind, meeting, in_one_place)]
        findings += [one for one in due if one.verdict is not Verdict.OK]
    return Judgement(delay, findings)


def _delay(
    body: Body, sent: date, meeting: date, urgent: bool, reason: Reason | None
) -> tuple[Convocation | None, list[Finding]]:
    try:
        found = check_convocation(
            body.kind,
            sent=sent,
            meeting=meeting,
            population=body.population,
            urgent=urgent,
            local_law=body.local_law,
            reason=reason,
        )
    except Invalid:  # no rule is known of this kind
        words = msg("No text sets a delay for this assembly here: its own rules decide.")
        findings = [warning(words, NO_TEXT)]
        if meeting <= sent:
            findings.append(error(msg("The sitting must be on a later day than the convocation."), NO_TEXT))
        return None, findings
    return found, list(found.findings)


def _of_item(body: Body, meeting: date, item: Listed, remote: bool) -> list[Finding]:
    """What is wrong with an item, with its number."""
    needs_note = item.kind not in (ItemKind.MISCELLANEOUS, ItemKind.ORAL_QUESTION, ItemKind.INFORMATION)
    found = []
    if needs_note:
        found.append(check_note(body.kind, meeting, has_note=item.documented, population=body.population))
    if remote:
        found.append(may_open_remotely(body.kind, item.kind, meeting))
    return [
        Finding(
            one.verdict,
            msg("Item %(number)s, “%(title)s”: %(what)s", number=item.number, title=item.title, what=one.message),
            one.article,
        )
        for one in found
        if one.verdict is not Verdict.OK
    ]
