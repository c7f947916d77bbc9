"""What the law and the order of a sitting have against its next event; each finding of the law has its article. Pure:
the state comes from rules.py, which never refuses."""

from collections.abc import Mapping

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from meetings.council.rules.entries import NO_TEXT, Finding, Verdict, error, warning
from meetings.council.rules.proxies import Proxy, check_proxy
from meetings.council.rules.quorum import may_open_item
from meetings.council.rules.remote import may_open_remotely, may_sit_remotely
from meetings.council.sittings.rules import CORRECTABLE, Happened, How, Kind, Phase, Setting, State, count

ORDER = ""  # what is against the order of a sitting needs no article


def check(setting: Setting, state: State, new: Happened, known: Mapping[int, Kind]) -> list[Finding]:
    """What is against entering this event now; empty when nothing is. `known`: the kinds of the events so far that
    still count, by number."""
    if new.kind is Kind.CORRECTED:
        return _check_correction(state, new, known)
    if state.phase is Phase.CLOSED:
        return [_order(msg("The sitting is closed."))]
    if new.member and new.member not in setting.members:
        return [error(msg("Only members in exercise sit."), "CGCT L2121-17")]
    if new.item and new.item not in setting.items:
        return [error(msg("Only what is on the agenda may be deliberated."), "CGCT L2121-10")]
    return _CHECKS.get(new.kind, _nothing)(setting, state, new)


def _nothing(_setting: Setting, _state: State, _new: Happened) -> list[Finding]:
    return []


def _check_correction(state: State, new: Happened, known: Mapping[int, Kind]) -> list[Finding]:
    kind = known.get(new.corrects)
    if kind is None:
        return [_order(msg("There is no such entry, or it was taken back already."))]
    if kind not in CORRECTABLE:
        return [_order(msg("Only presence, proxies, withdrawals and the chair are corrected."))]
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return []


def _check_present(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.present.get(new.member) is new.how:
        return [_order(msg("This member is present already."))]
    if new.how is How.VIDEO and not setting.remote:
        return [error(msg("The sitting was not convened by videoconference."), "CGCT L2121-10")]
    if new.how is How.VIDEO and setting.measured:
        words = msg("Presence by video is read from the meeting room: sound and picture must both be up.")
        return [error(words, "CGCT L5211-11-1")]
    return []


def _check_video(setting: Setting, _state: State, _new: Happened) -> list[Finding]:
    if not setting.remote:
        return [error(msg("The sitting was not convened by videoconference."), "CGCT L2121-10")]
    return _unless_ok(may_sit_remotely(setting.body.kind, setting.on))


def _check_left(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member not in state.present and new.member not in state.cut:
        return [_order(msg("This member is not present."))]
    if new.member == state.chair and state.phase is Phase.OPEN:
        return [_order(msg("Name another chair before this one leaves."))]
    return []


def _check_excused(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member in state.excused:
        return [_order(msg("This member is excused already."))]
    is_there = new.member in state.present or new.member in state.cut
    return _check_left(setting, state, new) if is_there else []


def _check_given(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member in state.present:
        return [error(msg("Only members who are absent can be represented."), "CGCT L2121-20")]
    if new.member in state.proxies:
        return [_order(msg("This member has given a proxy already: take it back first."))]
    proxy = Proxy(
        signed=new.signed,
        holder_is_member=new.other in setting.members,
        held=sum(holder == new.other for holder in state.proxies.values()),
        session=new.session,
        is_ill=new.ill,
        gave_own=new.other in state.proxies,
        to_oneself=new.other == new.member,
    )
    found = _faults(setting, proxy)
    if new.member in state.proxies.values():
        found.append(
            error(msg("Who holds a proxy gives none: the proxy they hold would be passed on."), "CGCT L2121-20")
        )
    return found


def _faults(setting: Setting, proxy: Proxy) -> list[Finding]:
    try:
        return check_proxy(setting.body.kind, proxy, setting.on)
    except Invalid:  # no text speaks of proxies in this kind of assembly
        found = [warning(msg("No text is known here that allows proxies in this assembly."), NO_TEXT)]
        if not proxy.holder_is_member or proxy.to_oneself:
            found.append(error(msg("The holder must be another member of the assembly."), NO_TEXT))
        return found


def _check_revoked(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    return [] if new.member in state.proxies else [_order(msg("This member has given no proxy."))]


def _check_chair(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if new.member not in state.present:
        return [_order(msg("Who chairs is present."))]
    if new.kind is Kind.CHAIR and new.member in state.aside(state.item):
        return [error(msg("Who withdrew from this item does not chair it."), "CGCT L2131-11")]
    return []


def _check_opened(setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.phase is not Phase.CONVENED:
        return [_order(msg("The sitting is open already."))]
    if state.chair not in state.present:
        return [_order(msg("Say who chairs first."))]
    return _quorum(setting, state, "")


def _check_item_opened(setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.phase is not Phase.OPEN:
        return [_order(msg("The sitting is not open."))]
    if state.item:
        return [_order(msg("Another item is open: close it first."))]
    if new.item in state.closed:
        return [_order(msg("This item was dealt with."))]
    if new.item in state.postponed:
        return [_order(msg("This item was put off to another sitting."))]
    found = _quorum(setting, state, new.item)
    if state.chair not in state.present:
        found.append(_order(msg("The chair is not there any more: say who chairs first.")))
    if state.chair in state.aside(new.item):
        found.append(error(msg("Who withdrew from this item does not chair it."), "CGCT L2131-11"))
    if setting.remote:
        found += _unless_ok(may_open_remotely(setting.body.kind, setting.items[new.item], setting.on))
    return found


def _check_item_closed(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return [] if state.item == new.item else [_order(msg("This item is not open."))]


def _check_requested(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    article = "CGCT L2121-21"
    if state.item != new.item or state.phase is not Phase.OPEN:
        return [_order(msg("This item is not open."))]
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    if new.member in state.aside(new.item):
        return [error(msg("Who withdrew from this item takes no part in its vote."), "CGCT L2131-11")]
    if new.member not in state.present:
        return [error(msg("Only members who are present ask for a public or a secret ballot."), article)]
    if state.asked.get(new.item, {}).get(new.member) is new.mode:
        return [_order(msg("This member has asked for it already."))]
    return []


def _check_doors(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if state.private is (new.kind is Kind.DOORS_CLOSED):
        return [_order(msg("That is how the sitting is held already."))]
    return [_order(msg("A ballot is open: close it first."))] if state.ballot else []


def _check_withdrew(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    is_aside = new.member in state.aside(new.item)
    if new.kind is Kind.RETURNED:
        return [] if is_aside else [_order(msg("This member has not withdrawn from the item."))]
    if is_aside:
        return [_order(msg("This member has withdrawn from the item already."))]
    if new.member == state.chair and new.item == state.item:
        return [_order(msg("Name another chair before this one withdraws."))]
    return []


def _check_microphone(_setting: Setting, state: State, new: Happened) -> list[Finding]:
    if (new.member in state.silenced) is (new.kind is Kind.MICROPHONE_TAKEN):
        return [_order(msg("That is how their microphone is already."))]
    return []


def _check_suspended(_setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.ballot:
        return [_order(msg("A ballot is open: close it first."))]
    return [] if state.phase is Phase.OPEN else [_order(msg("The sitting is not open."))]


def _check_resumed(setting: Setting, state: State, _new: Happened) -> list[Finding]:
    if state.phase is not Phase.SUSPENDED:
        return [_order(msg("The sitting is not suspended."))]
    return _quorum(setting, state, state.item)


def _check_closed(_setting: Setting, state: State, _new: Happened) -> list[Finding]:
    return [_order(msg("A ballot is open: close it first."))] if state.ballot else []


_CHECKS = {
    Kind.PRESENT: _check_present,
    Kind.LEFT: _check_left,
    Kind.VIDEO_UP: _check_video,
    Kind.VIDEO_LOST: _check_video,
    Kind.EXCUSED: _check_excused,
    Kind.PROXY_GIVEN: _check_given,
    Kind.PROXY_REVOKED: _check_revoked,
    Kind.CHAIR: _check_chair,
    Kind.SECRETARY: _check_chair,
    Kind.OPENED: _check_opened,
    Kind.ITEM_OPENED: _check_item_opened,
    Kind.ITEM_CLOSED: _check_item_closed,
    Kind.WITHDREW: _check_withdrew,
    Kind.RETURNED: _check_withdrew,
    Kind.MICROPHONE_TAKEN: _check_microphone,
    Kind.MICROPHONE_GIVEN: _check_microphone,
    Kind.SUSPENDED: _check_suspended,
    Kind.RESUMED: _check_resumed,
    Kind.POSTPONED: _check_item_closed,
    Kind.REQUESTED: _check_requested,
    Kind.DOORS_CLOSED: _check_doors,
    Kind.DOORS_OPENED: _check_doors,
    Kind.CLOSED: _check_closed,
}


def _quorum(setting: Setting, state: State, item: str) -> list[Finding]:
    """The quorum where it is due (rule Q2); one that rests on no text that was read is for the chair."""
    found = count(setting, state, item)
    finding = may_open_item(found)
    if finding.verdict is Verdict.OK or found.certain:
        return _unless_ok(finding)
    return [warning(finding.message, finding.article)]


def _unless_ok(finding: Finding) -> list[Finding]:
    return [] if finding.verdict is Verdict.OK else [finding]


def _order(message: Message) -> Finding:
    """Something that the order of a sitting does not allow."""
    return Finding(Verdict.ERROR, message, ORDER)
