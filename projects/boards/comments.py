"""The only writer of comments on cards: who sees the card writes and reacts; one changes and takes back one's own.

`@` and the name of somebody who sees the card tells them. What is written stands in the comment's row alone, so that
it can be taken back.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.topics import raise_rev
from collab.files.comments import MOST_NAMED, find_named
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.access import Can
from directory.people.models import Person
from projects.boards import access
from projects.boards.access import CardPlace
from projects.boards.events import topic_of
from projects.boards.faces import tell_face
from projects.boards.models import CARDS, PersonView
from projects.boards.parts import CardComment, CardCommentView, CardReaction, CommentInput, ReactionView, Sign
from projects.boards.people import list_seeing
from projects.boards.roles import GRANTS

MOST = 500  # comments that are shown of a card, the last ones


async def add_comment(tx: Tx, actor: Actor, card_id: UUID, data: CommentInput) -> CardComment:
    """Write a comment; whom it names is told."""
    person, place, rev = await _turn(tx, actor, card_id)
    comment = CardComment(
        id=new_id(), card_id=card_id, person_id=person, text=data.text, created_at=tx.now, updated_at=tx.now
    )
    tx.add(comment)
    await _count(tx, place, rev, +1)
    await _tell_named(tx, place, comment, before="")
    return comment


async def change_comment(tx: Tx, actor: Actor, comment_id: UUID, data: CommentInput, rev: int) -> CardComment:
    """Write one's own comment anew; those it names now and did not before are told. `rev`: the one that was seen."""
    comment, place, number = await _take(tx, actor, comment_id)
    if comment.person_id != actor.person_id or comment.author is not None:
        raise Denied("boards.not_your_comment", msg("Only who wrote a comment can change it."))
    if comment.rev != rev:
        raise StaleRevision(current={"text": comment.text, "rev": comment.rev}, yours={"text": data.text})
    before, comment.text = comment.text, data.text
    comment.rev, comment.updated_at = comment.rev + 1, tx.now
    await _count(tx, place, number, 0)
    await _tell_named(tx, place, comment, before)
    return comment


async def remove_comment(tx: Tx, actor: Actor, comment_id: UUID) -> None:
    """Take a comment back; owners of the board may take back anybody's."""
    comment, place, rev = await _take(tx, actor, comment_id)
    if comment.person_id != actor.person_id:
        await access.find_board(tx, actor, place.board, Can.MANAGE)
    await tx.delete(comment)
    await _count(tx, place, rev, -1)


async def react(tx: Tx, actor: Actor, comment_id: UUID, sign: Sign, *, given: bool) -> None:
    """Give a sign to a comment or take it back; nothing happens when it is so already."""
    _, place, rev = await _take(tx, actor, comment_id)
    assert actor.person_id is not None
    key = (comment_id, actor.person_id, sign.value)
    found = await tx.get(CardReaction, key)
    if given and found is None:
        tx.add(CardReaction(comment_id=comment_id, person_id=actor.person_id, sign=sign.value))
    elif not given and found is not None:
        await tx.delete(found)
    await _count(tx, place, rev, 0)


async def comments_of(tx: Tx, actor: Actor, place: CardPlace) -> list[CardCommentView]:
    """The last comments of a card that the caller has found through access, oldest first."""
    owner = Can.MANAGE in GRANTS[place.role]
    statement = select(CardComment, Person).join(Person, col(Person.id) == col(CardComment.person_id))
    statement = statement.where(col(CardComment.card_id) == place.card)
    # Not by their ids alone: those that came in a file are older than their rows.
    statement = statement.order_by(col(CardComment.created_at).desc(), col(CardComment.id).desc())
    rows = list(reversed(await tx.rows(statement.limit(MOST))))
    reactions = await _reactions(tx, actor, [comment.id for comment, _ in rows])
    return [
        CardCommentView(
            id=comment.id,
            person=PersonView(id=person.id, name=person.display_name, photo=bool(person.photo_hash)),
            author=comment.author,
            text=comment.text,
            made_at=comment.created_at,
            changed_at=comment.updated_at if comment.rev > 1 else None,
            rev=comment.rev,
            mine=person.id == actor.person_id and comment.author is None,
            removable=owner or person.id == actor.person_id,
            reactions=reactions[comment.id],
        )
        for comment, person in rows
    ]


async def _reactions(tx: Tx, actor: Actor, comments: Sequence[UUID]) -> dict[UUID, list[ReactionView]]:
    statement = select(CardReaction, col(Person.display_name)).join(
        Person, col(Person.id) == col(CardReaction.person_id)
    )
    statement = statement.where(col(CardReaction.comment_id).in_(comments)).order_by(col(Person.sort_name))
    given: dict[UUID, dict[Sign, ReactionView]] = defaultdict(dict)
    for reaction, name in await tx.rows(statement) if comments else []:
        sign = Sign(reaction.sign)
        view = given[reaction.comment_id].setdefault(sign, ReactionView(sign=sign, people=[], mine=False))
        view.people.append(name)
        view.mine = view.mine or reaction.person_id == actor.person_id
    order = list(Sign)
    views = {comment: sorted(signs.values(), key=lambda one: order.index(one.sign)) for comment, signs in given.items()}
    return defaultdict(list, views)


async def _turn(tx: Tx, actor: Actor, card_id: UUID) -> tuple[UUID, CardPlace, int]:
    """Who writes, the card's place and the rev of its board, once it is this writer's turn."""
    place = await access.find_card(tx, actor, card_id, Can.READ)
    if actor.person_id is None or (actor.scopes is not None and "write" not in actor.scopes):
        raise Denied("token_scope")
    await access.require_open(tx, place.board)
    return actor.person_id, place, await raise_rev(tx, topic_of(place.board))


async def _take(tx: Tx, actor: Actor, comment_id: UUID) -> tuple[CardComment, CardPlace, int]:
    decided(f"board:{Can.READ}")
    card_id: UUID | None = await tx.one(select(col(CardComment.card_id)).where(col(CardComment.id) == comment_id))
    if card_id is None:
        raise NotFound()
    _, place, rev = await _turn(tx, actor, card_id)
    comment = await tx.lock(CardComment, comment_id)
    if comment is None:
        raise NotFound()
    return comment, place, rev


async def _count(tx: Tx, place: CardPlace, rev: int, more: int) -> None:
    await tx.flush()
    if more:
        statement = update(CARDS).where(CARDS.c.id == place.card)
        await tx.execute(statement.values(comments=CARDS.c.comments + more))
    await tell_face(tx, place, rev)


async def _tell_named(tx: Tx, place: CardPlace, comment: CardComment, before: str) -> None:
    """Notify those who see the card and whom the text names, unless it did so before or it is oneself."""
    if "@" not in comment.text:
        return
    people = await list_seeing(tx, place.card)
    author = next((person.display_name for person in people if person.id == comment.person_id), "")
    title = await tx.one(select(CARDS.c.title).where(CARDS.c.id == place.card))
    known = {person.id for person in find_named(before, people)}
    for person in list(find_named(comment.text, people))[:MOST_NAMED]:
        if person.id == comment.person_id or person.id in known:
            continue
        text = msg("%(who)s mentions you in a comment on the card “%(card)s”.", who=author, card=title)
        url = f"/boards/{place.board}?card={place.card}"
        await notify(tx, person.id, Kind.MENTION, text, url=url, key=f"boards.mention:{comment.id}")
