"""The papers of deliberations: each of them, its extract, their list, the sheets of the register to print and sign."""

from collections.abc import Callable, Mapping

from collab.core.i18n import msg
from meetings.council.documents.making import Wanted
from meetings.council.documents.models import Kind
from meetings.council.minutes.models import MinutesView
from meetings.council.minutes.record import Dealt, Status, Voting
from web.render.papers.blocks import Block, Facts, Heading, NewPage, Sheet, Signatures, Table, words
from web.render.papers.markdown import blocks_of
from web.render.papers.minutes import day_of, figures_of, minutes_sheet, presence_of, sheet, signatures, voting_blocks
from web.render.papers.voice import Voice
from web.render.papers.words import CLOSED_ITEM, RESULTS


def sheet_of(view: MinutesView, wanted: Wanted, voice: Voice) -> Sheet:
    """Any document of a sitting."""
    if wanted.item_id is not None:
        item = next(one for one in view.account.items if one.id == wanted.item_id)
        return act_sheet(view, item, voice, extract=wanted.kind is Kind.EXTRACT)
    return _WHOLE[wanted.kind](view, voice)


def act_sheet(view: MinutesView, item: Dealt, voice: Voice, *, extract: bool) -> Sheet:
    """A deliberation with the head that the law wants on it; as an extract, certified by the chair alone."""
    say = voice.say
    title = say(msg("Deliberation %(number)s", number=item.act))
    blocks: list[Block] = []
    if extract:
        blocks.append(words(say(msg("Extract from the register of deliberations")), "em"))
    blocks += [
        words(item.title, "strong"),
        *_head(view, item, voice),
        Heading(1, say(msg("Text of the deliberation"))),
        *blocks_of(view.text(f"deliberation:{item.id}"), 1),
        Heading(1, say(msg("The vote"))),
    ]
    for ballot in item.ballots:
        blocks += voting_blocks(ballot, voice)
    if not item.ballots:
        blocks.append(words(say(msg("The assembly takes note, without a vote."))))
    if extract:
        blocks.append(Signatures([(say(msg("Certified extract, the chair")), view.account.chair)]))
    else:
        blocks.append(signatures(view, voice))
    return sheet(view, voice, title, item.title, blocks)


def _head(view: MinutesView, item: Dealt, voice: Voice) -> list[Block]:
    """When, and who was there for this item."""
    say, account = voice.say, view.account
    by_proxy = [
        say(msg("%(name)s (by %(holder)s)", name=giver, holder=holder)) for giver, holder in item.represented.items()
    ]
    excused = {one.name for one in account.of(Status.EXCUSED)}
    pairs = [
        (say(msg("Sitting of")), f"{day_of(view, voice)}, {account.place}"),
        (say(msg("Convocation")), voice.day(account.convened_at) if account.convened_at else "–"),
        (say(msg("Chair")), item.chair or account.chair),
        (say(msg("Secretary of the sitting")), account.secretary),
        (say(msg("Members in exercise")), str(account.in_exercise)),
        (say(msg("Members present")), f"{len(item.present)} – {voice.names(item.present)}"),
        (say(msg("Members represented")), voice.names(by_proxy)),
        (say(msg("Members excused")), voice.names([name for name in item.away if name in excused])),
        (say(msg("Members absent")), voice.names([name for name in item.away if name not in excused])),
        (say(msg("Take part in the vote")), str(item.voters)),
    ]
    if item.withdrawn:
        pairs.append((say(msg("Take no part")), voice.names([one.name for one in item.withdrawn])))
    if item.rapporteur:
        pairs.append((say(msg("Presented by")), item.rapporteur))
    return [Facts(pairs)]


def list_sheet(view: MinutesView, voice: Voice) -> Sheet:
    """The deliberations examined (CGCT L2121-25): posted and online within a week, so nothing of a closed session."""
    say = voice.say
    rows = [[one.act, _public_title(one, voice), outcome_of(one, voice)] for one in view.account.items if one.act]
    head = [say(msg("Number")), say(msg("Deliberation")), say(msg("Result"))]
    blocks: list[Block] = [
        words(say(msg("Sitting of %(day)s, %(place)s.", day=day_of(view, voice), place=view.account.place))),
        Heading(1, say(msg("Deliberations examined"))),
        Table(say(msg("Deliberations of the sitting")), head, rows, (1, 4, 2)),
        words(say(msg("List posted and published online within a week of the sitting (CGCT L2121-25)."))),
    ]
    title = say(msg("List of deliberations of %(day)s", day=day_of(view, voice)))
    return sheet(view, voice, title, say(msg("List of deliberations")), blocks)


def _public_title(item: Dealt, voice: Voice) -> str:
    return item.title if item.public else voice.say(CLOSED_ITEM)


def outcome_of(item: Dealt, voice: Voice) -> str:
    """What came out of an item in a few words."""
    last: Voting | None = next((one for one in reversed(item.ballots) if not one.withdrawn), None)
    if last is None:
        return voice.say(msg("Noted, without a vote"))
    if last.result in RESULTS:
        return voice.say(RESULTS[last.result])
    return figures_of(last, voice)


def register_sheet(view: MinutesView, voice: Voice) -> Sheet:
    """The sheets of the register, to print on permanent paper, number, initial and sign (CGCT R2121-9): the
    deliberations, then the closing sheet with the members present."""
    say, account = voice.say, view.account
    blocks: list[Block] = []
    for item in account.items:
        if not item.act:
            continue
        blocks += [
            Heading(1, say(msg("%(number)s – %(title)s", number=item.act, title=item.title))),
            *_head(view, item, voice),
            *blocks_of(view.text(f"deliberation:{item.id}"), 1),
        ]
        for ballot in item.ballots:
            blocks += voting_blocks(ballot, voice)
        blocks.append(NewPage())
    acts = [[one.act, one.title] for one in account.items if one.act]
    members = [
        [one.name, presence_of(one, voice), " " if one.status is Status.PRESENT else "–"] for one in account.members
    ]
    signed = [say(msg("Member")), say(msg("Presence")), say(msg("Signature"))]
    blocks += [
        Heading(1, say(msg("Closing sheet"))),
        Table(say(msg("Deliberations of the sitting")), [say(msg("Number")), say(msg("Deliberation"))], acts, (1, 5)),
        Table(say(msg("Members")), signed, members, (3, 4, 2)),
        signatures(view, voice),
    ]
    title = say(msg("Register of deliberations: sitting of %(day)s", day=day_of(view, voice)))
    return sheet(view, voice, title, say(msg("Register of deliberations")), blocks, register=True)


_WHOLE: Mapping[Kind, Callable[[MinutesView, Voice], Sheet]] = {
    Kind.MINUTES: lambda view, voice: minutes_sheet(view, voice, public=False),
    Kind.PUBLIC_MINUTES: lambda view, voice: minutes_sheet(view, voice, public=True),
    Kind.LIST: list_sheet,
    Kind.REGISTER: register_sheet,
}
