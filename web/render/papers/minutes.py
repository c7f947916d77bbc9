"""The minutes as a paper (CGCT L2121-15): date, chair, members, quorum, agenda, each item with its report, debates,
deliberation and votes. The public one leaves out what was dealt with in closed session."""

from collab.core.i18n import Message, msg, nmsg
from meetings.council.minutes.models import MinutesView, State
from meetings.council.minutes.record import Attendance, Dealt, Occasion, Quorum, Status, Voting
from web.render.papers.blocks import Block, Bullets, Facts, Heading, Paragraph, Sheet, Signatures, Table, words
from web.render.papers.markdown import blocks_of
from web.render.papers.voice import Voice
from web.render.papers.words import (
    CLOSED_ITEM,
    DIRECTIONS,
    FIGURES,
    METHODS,
    MODES,
    RESULTS,
    SILENT_FIGURES,
    STATUS,
    STATUSES,
    WITHDRAWALS,
)

OCCASIONS: dict[Occasion, Message] = {
    Occasion.OPENING: msg("At the opening"),
    Occasion.ITEM: msg("Item %(item)s"),
    Occasion.RESUMPTION: msg("After the suspension"),
}


def minutes_sheet(view: MinutesView, voice: Voice, *, public: bool) -> Sheet:
    """The paper. `public`: as everybody may read it."""
    say, account = voice.say, view.account
    blocks: list[Block] = []
    if view.state in (State.DRAFT, State.PROPOSED):
        blocks.append(words(say(msg("Draft, to be settled by the assembly at its next sitting.")), "strong"))
    blocks += opening_blocks(view, voice)
    blocks += members_blocks(view, voice)
    blocks += _quorum_blocks(view, voice)
    blocks += [
        Heading(1, say(msg("Agenda"))),
        Bullets([[words(title_of(one, voice, public))] for one in account.items]),
    ]
    if text := view.text("opening").strip():
        blocks += [Heading(1, say(msg("Opening of the sitting"))), *blocks_of(text, 1)]
    for one in account.items:
        blocks += _item_blocks(view, one, voice, public=public)
    blocks += _end_blocks(view, voice)
    return sheet(
        view, voice, say(msg("Minutes of the sitting of %(day)s", day=day_of(view, voice))), say(msg("Minutes")), blocks
    )


def sheet(
    view: MinutesView, voice: Voice, title: str, subject: str, blocks: list[Block], *, register: bool = False
) -> Sheet:
    """A paper of this sitting."""
    account = view.account
    day = voice.date(account.opened_at or account.starts_at)
    return Sheet(
        title=title,
        over=account.assembly,
        subject=f"{subject}, {account.assembly}, {account.title}",
        author=account.assembly,
        day=(day.year, day.month, day.day),
        language=voice.texts.language,
        foot=f"{account.assembly} – {day_of(view, voice)}",
        blocks=blocks,
        register=register,
        labels=(("sheet", voice.say(msg("Sheet No."))), ("initials", voice.say(msg("Initials")))),
    )


def day_of(view: MinutesView, voice: Voice) -> str:
    """The day of the sitting."""
    return voice.day(view.account.opened_at or view.account.starts_at)


def title_of(item: Dealt, voice: Voice, public: bool) -> str:
    """An item with its number; of a closed session nothing more, where everybody reads."""
    return f"{item.number}. {voice.say(CLOSED_ITEM) if public and not item.public else item.title}"


def opening_blocks(view: MinutesView, voice: Voice) -> list[Block]:
    """When, where, who."""
    say, account = voice.say, view.account
    begun = account.opened_at or account.starts_at
    pairs = [
        (say(msg("Date and time")), say(msg("%(day)s at %(time)s", day=voice.day(begun), time=voice.clock(begun)))),
        (say(msg("Place")), account.place),
        (say(msg("Chair")), account.chair or "–"),
        (say(msg("Secretary of the sitting")), account.secretary or "–"),
        (say(msg("Members in exercise")), str(account.in_exercise)),
    ]
    if account.convened_at is not None:
        by = f", {account.convened_by}" if account.convened_by else ""
        pairs.insert(2, (say(msg("Convocation")), f"{voice.day(account.convened_at)}{by}"))
    found: list[Block] = [Facts(pairs)]
    if account.remote:
        found.append(words(say(msg("Some members take part by videoconference (CGCT L5211-11-1 and the like)."))))
    if account.urgent:
        found.append(words(say(msg("The sitting was convened urgently; the assembly decides on it first."))))
    if account.second:
        found.append(words(say(msg("Second convocation after a lack of quorum (CGCT L2121-17)."))))
    found += [
        words(say(msg("From %(time)s on, %(name)s chairs.", time=voice.clock(at), name=name)))
        for at, name in account.chairs
    ]
    return found


def members_blocks(view: MinutesView, voice: Voice) -> list[Block]:
    """Each member with their presence and times."""
    say, account = voice.say, view.account
    counts = [msg("%(status)s: %(count)s", status=STATUSES[one], count=len(account.of(one))) for one in Status]
    counted = ", ".join(say(one) for one in counts)
    head = [say(msg("Member")), say(msg("Function")), say(msg("Presence"))]
    rows = [[one.name, one.function or "–", presence_of(one, voice)] for one in account.members]
    return [
        Heading(1, say(msg("Members"))),
        words(f"{counted}."),
        Table(say(msg("Presence of the members")), head, rows, (3, 4, 4)),
    ]


def presence_of(one: Attendance, voice: Voice) -> str:
    """What a member was, with the times that matter."""
    say = voice.say
    parts = [say(msg("Present by video")) if one.video else say(STATUS[one.status])]
    if one.status is Status.REPRESENTED:
        parts = [say(msg("Represented by %(name)s", name=one.by))]
    if one.came is not None:
        parts.append(say(msg("arrived at %(time)s", time=voice.clock(one.came))))
    if one.went is not None:
        parts.append(say(msg("left at %(time)s", time=voice.clock(one.went))))
    if one.status is Status.PRESENT and one.by:
        parts.append(say(msg("then represented by %(name)s", name=one.by)) if one.went else "")
        between = next((span for span in one.spans if span.by), None)
        if not one.went and between is not None:
            parts[-1] = say(msg("represented by %(name)s until then", name=one.by)) if one.came else ""
    return ", ".join(part for part in parts if part)


def _quorum_blocks(view: MinutesView, voice: Voice) -> list[Block]:
    lines = [[words(_quorum(one, voice))] for one in view.account.quorums]
    return [Heading(1, voice.say(msg("Quorum"))), Bullets(lines)] if lines else []


def _quorum(one: Quorum, voice: Voice) -> str:
    said = msg(
        "%(when)s, %(time)s: %(present)s counted of %(members)s members, %(quorum)s needed, %(reached)s (%(article)s).",
        when=Message(OCCASIONS[one.occasion].text, {"item": one.item} if one.occasion is Occasion.ITEM else {}),
        time=voice.clock(one.at),
        present=one.present,
        members=one.members,
        quorum=one.quorum,
        reached=msg("reached") if one.reached else msg("not reached"),
        article=one.article,
    )
    return voice.say(said)


def _item_blocks(view: MinutesView, one: Dealt, voice: Voice, *, public: bool) -> list[Block]:
    """An item as it was dealt with."""
    say, level = voice.say, 1 + one.depth
    found: list[Block] = [Heading(level, title_of(one, voice, public))]
    if public and not one.public:
        return found
    if one.rapporteur:
        found.append(words(say(msg("Presented by %(name)s.", name=one.rapporteur))))
    if one.opened_at is None:
        return [*found, words(say(msg("This item was not dealt with.")))] if _is_leaf(view, one) else found
    if one.chair and one.chair != view.account.chair:
        found.append(words(say(msg("Chair for this item: %(name)s.", name=one.chair))))
    found += [
        words(
            say(msg("%(name)s takes no part: %(why)s.", name=who.name, why=WITHDRAWALS.get(who.why, msg("withdrew"))))
        )
        for who in one.withdrawn
    ]
    if one.report.strip() or one.files:
        found += [Heading(level + 1, say(msg("Report"))), *blocks_of(one.report, level + 1)]
        if one.files:
            found += [words(say(msg("Documents:"))), Bullets([[words(name)] for name in one.files])]
    if text := view.text(f"debates:{one.id}").strip():
        found += [Heading(level + 1, say(msg("Debates"))), *blocks_of(text, level + 1)]
    if text := view.text(f"deliberation:{one.id}").strip():
        title = say(msg("Deliberation %(number)s", number=one.act)) if one.act else say(msg("Deliberation"))
        found += [Heading(level + 1, title), *blocks_of(text, level + 1)]
    if one.ballots:
        found.append(Heading(level + 1, say(msg("The vote"))))
        for ballot in one.ballots:
            found += voting_blocks(ballot, voice)
    return found


def _is_leaf(view: MinutesView, one: Dealt) -> bool:
    """Not a title that only holds others together."""
    return not any(other.number.startswith(f"{one.number}.") for other in view.account.items)


def voting_blocks(ballot: Voting, voice: Voice) -> list[Block]:
    """A ballot: how, what was asked for, the figures, what was decided and by which text, names where it is public."""
    say = voice.say
    method = say(METHODS[ballot.method]) if ballot.method in METHODS else ""
    mode = say(MODES.get(ballot.mode, msg("ballot")))
    found: list[Block] = [
        words(f"{', '.join(part for part in (method, mode) if part)}. {_asked(ballot, voice)}".strip())
    ]
    if ballot.withdrawn:
        return [*found, words(say(msg("This ballot was withdrawn without a result.")))]
    result = say(RESULTS[ballot.result]) if ballot.result in RESULTS else ""
    if ballot.elected:
        result = say(msg("%(name)s is elected", name=ballot.elected))
    found.append(Paragraph([(result, "strong"), (f"{' – ' if result else ''}{figures_of(ballot, voice)}.", "")]))
    if ballot.reason or ballot.article:
        reason = voice.texts.gettext(ballot.reason).replace("%(name)s", ballot.elected)
        found.append(Paragraph([(" ".join(part for part in (reason, ballot.article) if part), "")], soft=True))
    if ballot.names:
        ways = {key: say(DIRECTIONS[key]) if key in DIRECTIONS else key for key in ballot.ways}
        rows = [[text, voice.names(ballot.names.get(key, []))] for key, text in ways.items()]
        found.append(
            Table(say(msg("Who voted how")), [say(msg("Direction of the vote")), say(msg("Members"))], rows, (1, 4))
        )
    return found


def figures_of(ballot: Voting, voice: Voice) -> str:
    """« 24 pour, 5 contre, 3 abstentions »; in an election first what each got; what has another name is told by it."""
    say = voice.say
    stood = [
        say(msg("%(name)s (votes: %(votes)s)", name=one.name, votes=one.votes))
        if one.seats is None
        else say(msg("%(name)s (votes: %(votes)s, seats: %(seats)s)", name=one.name, votes=one.votes, seats=one.seats))
        for one in ballot.standing
    ]
    # Votes by hand or by call have neither blank nor void ones.
    kept = {key: number for key, number in ballot.figures.items() if number or key not in ("blank", "null")}
    known = [say(told(kept[key])) for key, told in FIGURES.items() if key in kept]
    others = [
        f"{key} {number}" for key, number in ballot.figures.items() if key not in FIGURES and key not in SILENT_FIGURES
    ]
    cast = [say(msg("votes cast: %(count)s", count=ballot.figures["cast"]))] if "cast" in ballot.figures else []
    needed = ballot.figures.get("majority")
    majority = [say(msg("majority: %(count)s", count=needed))] if needed is not None else []
    return ", ".join([*stood, *known, *others, *cast, *majority])


def _asked(ballot: Voting, voice: Voice) -> str:
    """The requests for a special ballot."""
    asked = [
        (
            nmsg(
                "A public ballot was asked for by %(count)s member.",
                "A public ballot was asked for by %(count)s members.",
                ballot.public_requests,
            ),
            ballot.public_requests,
        ),
        (
            nmsg(
                "A secret ballot was asked for by %(count)s member.",
                "A secret ballot was asked for by %(count)s members.",
                ballot.secret_requests,
            ),
            ballot.secret_requests,
        ),
    ]
    return " ".join(voice.say(text) for text, count in asked if count)


def _end_blocks(view: MinutesView, voice: Voice) -> list[Block]:
    say, account = voice.say, view.account
    found: list[Block] = [Heading(1, say(msg("End of the sitting")))]
    for one in account.pauses:
        until = voice.clock(one.end) if one.end else "–"
        found.append(words(say(msg("Suspended from %(start)s to %(end)s.", start=voice.clock(one.start), end=until))))
    if text := view.text("closing").strip():
        found += blocks_of(text, 1)
    if account.closed_at is not None:
        found.append(words(say(msg("The sitting was closed at %(time)s.", time=voice.clock(account.closed_at)))))
    if view.settled_at is not None:
        day = voice.day(view.settled_at)
        found.append(words(say(msg("Settled on %(day)s, at “%(title)s”.", day=day, title=view.settled_in))))
        if view.remarks.strip():
            found += [Heading(2, say(msg("Remarks of the members"))), *blocks_of(view.remarks, 2)]
    found.append(signatures(view, voice))
    return found


def signatures(view: MinutesView, voice: Voice) -> Signatures:
    """Who signs: the chair and the secretary of the sitting."""
    say, account = voice.say, view.account
    return Signatures(
        [(say(msg("The chair")), account.chair), (say(msg("The secretary of the sitting")), account.secretary)]
    )
