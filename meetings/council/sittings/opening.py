"""How a ballot may be opened: the mode that the law wants, requests and their thresholds, who stands in which round.
Pure."""

from typing import Any

from collab.core.errors import Conflict, Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.agenda import may_vote_on, requests_to_close
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.ballots import Mode, ModeChoice, choose_mode, requests_needed
from meetings.council.rules.elections import LAST_ROUND
from meetings.council.rules.entries import NO_TEXT, Finding, Verdict, error, warning
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.inputs import BallotOpening
from meetings.council.sittings.live import require_lawful
from meetings.council.sittings.models import Ballot, Election, Method
from meetings.council.sittings.rules import Setting, State, requests
from meetings.council.sittings.voting import SECRET_METHODS

APPOINTMENTS = frozenset(
    (ItemKind.APPOINTMENT, ItemKind.PRESIDENT_ELECTION, ItemKind.BUREAU_ELECTION, ItemKind.DELEGATES_ELECTION)
)
# Always in secret, whatever the assembly wishes: the mayor, deputies, delegates (CGCT L2122-7, L2122-7-2, L5211-7).
ALWAYS_SECRET = APPOINTMENTS - {ItemKind.APPOINTMENT}
NEXT_ROUND = "next_round"


def kind_of(setting: Setting, item: str, data: BallotOpening) -> BallotKind:
    """What is decided on: an item of accounts has its own rule, an appointment by a yes is a deliberation."""
    if data.election:
        return BallotKind.APPOINTMENT
    if setting.items[item] is ItemKind.ACCOUNTS and data.kind is BallotKind.DELIBERATION:
        return BallotKind.ACCOUNTS
    return BallotKind.DELIBERATION if data.kind is BallotKind.APPOINTMENT else data.kind


def check_opening(setting: Setting, state: State, data: BallotOpening, *, despite: bool) -> Mode:
    """The mode in which this vote is held (rules V2 and V4). Raises Conflict with the article where this method does
    not fit, or the item is not voted on."""
    item, kind = state.item, setting.items[state.item]
    if data.kind is BallotKind.CLOSED_SESSION:
        found = _closed(setting, data)
    else:
        found = [one for one in [may_vote_on(kind, listed=True)] if one.verdict is not Verdict.OK]
        if kind is ItemKind.ACCOUNTS and state.chair == setting.president:
            found.append(error(msg("For the accounts the assembly elects another chair."), "CGCT L2121-14"))
    is_appointment = data.kind is not BallotKind.CLOSED_SESSION and (kind in APPOINTMENTS or data.election is not None)
    asked = asked_for(setting, state, data)
    choice = choose_mode(
        setting.body.kind,
        on=setting.on,
        present=_present(setting, state, item),
        public_requests=asked["public_requests"],
        secret_requests=asked["secret_requests"],
        appointment=is_appointment,
        secrecy_waived=data.waived,
        secrecy_imposed=kind in ALWAYS_SECRET,
        remote=setting.remote,
    )
    found += _misfits(setting, state, data, choice)
    require_lawful(found, despite=despite)
    if data.method in SECRET_METHODS:
        return Mode.SECRET
    return Mode.ORDINARY if data.method is Method.HANDS else Mode.PUBLIC


def asked_for(setting: Setting, state: State, data: BallotOpening) -> dict[str, int]:
    """How many ask for each kind of ballot: from their devices, or aloud as the clerk counted."""
    item = state.item
    return {
        "public_requests": max(data.public_requests, len(requests(setting, state, item, Mode.PUBLIC))),
        "secret_requests": max(data.secret_requests, len(requests(setting, state, item, Mode.SECRET))),
    }


def _present(setting: Setting, state: State, item: str) -> int:
    """Who is there and takes part: shares of requests are counted from them."""
    return len([who for who in state.present if who in setting.members and who not in state.aside(item)])


def _closed(setting: Setting, data: BallotOpening) -> list[Finding]:
    """Whether a closed session may be voted on (rule D1)."""
    needed = requests_to_close(setting.body.kind, setting.on)
    if needed is None:
        words = msg("The sittings of this assembly are not public: there is no closed session to vote on.")
        return [error(words, NO_TEXT)]
    number, article = needed
    if data.by_chair or data.closed_requests >= number:
        return []
    return [error(msg("A closed session is asked for by the chair, or by %(count)s members.", count=number), article)]


def _misfits(setting: Setting, state: State, data: BallotOpening, choice: ModeChoice) -> list[Finding]:
    """What the mode has against the method."""
    if choice.mode is None:
        return [error(choice.reason, choice.article)]
    is_secret = data.method in SECRET_METHODS
    if choice.mode is Mode.SECRET and not is_secret:
        return [error(msg("%(reason)s Vote in secret, on devices or on papers.", reason=choice.reason), choice.article)]
    if choice.mode is not Mode.SECRET and is_secret:
        return [_unasked(setting, state, choice)]
    if choice.mode is Mode.PUBLIC and data.method is Method.HANDS:
        words = msg("%(reason)s A public ballot names each voter: call the members.", reason=choice.reason)
        return [error(words, choice.article)]
    return []


def _unasked(setting: Setting, state: State, choice: ModeChoice) -> Finding:
    """A secret ballot that nobody may have: the chair does not impose it (rule V2)."""
    if setting.remote or choice.mode is Mode.PUBLIC:
        return error(choice.reason, choice.article)
    needed = requests_needed(setting.body.kind, Mode.SECRET, _present(setting, state, state.item), setting.on)
    if needed is None:
        return warning(msg("No text is known here that lets this assembly vote in secret on this."), NO_TEXT)
    words = msg("A secret ballot is for appointments, or when %(count)s of those present ask for it.", count=needed[0])
    return error(words, needed[1])


def candidates_of(
    setting: Setting, item: str, data: BallotOpening, before: Ballot | None
) -> tuple[list[dict[str, Any]], int]:
    """Who stands, and in which round; in a next one the same unless others are named. Raises Invalid by field."""
    round_ = 1
    if data.after is not None:
        is_next = before is not None and str(before.item_id) == item and before.result.get("result") == NEXT_ROUND
        if before is None or not is_next or before.election != (data.election or ""):
            raise Conflict("council.no_next_round", msg("There is no election here whose next round could be held."))
        round_ = before.round + 1
    standing = [one.model_dump(mode="json", exclude_none=True) for one in data.candidates]
    if before is not None:
        known = {one["name"]: one for one in before.options}
        standing = [{**known.get(one["name"], {}), **one} for one in standing] or list(before.options)
    if data.election is None:
        if standing:
            raise Invalid(errors={"election": msg("Say how one is elected.")})
        return [], 1
    errors = _faults(data, standing, round_)
    if errors:
        raise Invalid(errors=errors)
    return standing, round_


def _faults(data: BallotOpening, standing: list[dict[str, Any]], round_: int) -> dict[str, Message]:
    errors: dict[str, Message] = {}
    if not standing:
        errors["candidates"] = msg("Say who stands.")
    if len({one["name"] for one in standing}) < len(standing):
        errors["candidates"] = msg("Two candidates have the same name: tell them apart.")
    if data.election is Election.SEATS and not data.seats:
        errors["seats"] = msg("Say how many seats are shared.")
    # Where age may decide it is asked for before, not after the votes were counted.
    field = "born" if data.election is Election.CANDIDATES else "average_age"
    may_tie = round_ == LAST_ROUND or data.election is Election.SEATS
    if may_tie and any(not one.get(field) for one in standing):
        errors["candidates"] = (
            msg("In this round age decides between equals: give the date of birth of each.")
            if field == "born"
            else msg("Age decides between equals: give the average age of each list.")
        )
    return errors
