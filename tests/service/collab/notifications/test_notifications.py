"""Notifications: once per cause, delivered as each person chose, read by nobody else."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import PUBLIC, Actor
from collab.core.database import Database
from collab.core.errors import Denied
from collab.core.events import Announcement
from collab.core.i18n import Message, msg
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.notifications.events import NotificationAdded, NotificationsRead, topic_of
from collab.notifications.models import DEFAULTS, ChoiceInput, Delivery, Kind
from collab.notifications.queries import LIMIT, list_choices, list_notifications, page_notifications
from collab.notifications.service import choose_delivery, count_unread, mark_read, notify, send_digests
from tests.support.clock import HandClock
from tests.support.commune import add_person

TEXT = "%(name)s gave you the card %(title)s."


@pytest.fixture
def clock(db: Database) -> HandClock:
    made = HandClock()
    db.clock = made
    return made


@pytest.fixture
async def person(db: Database, clock: HandClock) -> Actor:
    async with db.write() as tx:
        return await add_person(tx, "Agent")


def key_of(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id


async def tell(db: Database, actor: Actor, key: str, kind: Kind = Kind.ASSIGNMENT) -> None:
    async with db.write() as tx:
        text = msg(TEXT, name="Zoé", title=f"Réfection {key}")
        await notify(tx, key_of(actor), kind, text, url=f"/cards/{key}", key=key)


async def choose(db: Database, actor: Actor, kind: Kind, delivery: Delivery) -> None:
    async with db.write() as tx:
        await choose_delivery(tx, actor, ChoiceInput(kind=kind, delivery=delivery))


async def mails(db: Database) -> Sequence[Job]:
    async with db.read() as tx:
        found: Sequence[Job] = await tx.all(
            select(Job).where(col(Job.kind) == "mail.send").order_by(col(Job.created_at), col(Job.id))
        )
        return found


async def digest(db: Database) -> int:
    async with db.write() as tx:
        return await send_digests(tx)


def paths(mail: Job) -> list[str]:
    return [item["path"] for item in mail.payload["data"]["items"]]


async def test_a_cause_is_told_once(db: Database, person: Actor) -> None:
    heard: list[Announcement] = []
    db.bus.announce_to(heard.append)
    await asyncio.gather(*(tell(db, person, "a") for _ in range(5)))
    await tell(db, person, "b")
    async with db.read() as tx:
        listed = await list_notifications(tx, key_of(person), str)
    assert sorted(one.url for one in listed) == ["/cards/a", "/cards/b"]
    assert [(type(fact), fact.topic, fact.rev) for fact in heard] == [
        (NotificationAdded, topic_of(key_of(person)), 1),
        (NotificationAdded, topic_of(key_of(person)), 2),
    ]
    assert [fact.payload()["unread"] for fact in heard] == [1, 2]


async def test_one_cause_is_told_to_each_person(db: Database, person: Actor) -> None:
    async with db.write() as tx:
        other = await add_person(tx, "Other")
    await tell(db, person, "a")
    await tell(db, other, "a")
    async with db.read() as tx:
        for actor in (person, other):
            assert await count_unread(tx, key_of(actor)) == 1


async def test_a_text_is_read_in_the_language_of_its_reader(db: Database, person: Actor) -> None:
    await tell(db, person, "a")
    french = {TEXT: "%(name)s vous a confié la carte %(title)s."}

    def render(message: Message) -> str:
        return message.render(lambda text: french.get(text, text), lambda one, many, count: one)

    async with db.read() as tx:
        [one] = await list_notifications(tx, key_of(person), render)
        assert one.text == "Zoé vous a confié la carte Réfection a."
        [one] = await list_notifications(tx, key_of(person), str)
        assert one.text == "Zoé gave you the card Réfection a."


async def test_a_list_goes_on_where_it_stopped(db: Database, person: Actor, clock: HandClock) -> None:
    for number in range(LIMIT + 3):
        clock.pass_(seconds=1)
        await tell(db, person, str(number))
    async with db.read() as tx:
        newest = await list_notifications(tx, key_of(person), str)
        older = await list_notifications(tx, key_of(person), str, before=newest[-1].created_at)
    assert [one.url for one in newest + older] == [f"/cards/{number}" for number in reversed(range(LIMIT + 3))]


async def test_what_was_told_in_one_instant_is_neither_left_out_nor_listed_twice(
    db: Database, person: Actor, clock: HandClock
) -> None:
    for number in range(2 * LIMIT):  # the clock stands still
        await tell(db, person, str(number))
    async with db.read() as tx:
        first, after = await page_notifications(tx, key_of(person), str)
        second, end = await page_notifications(tx, key_of(person), str, after=after)
    assert (len(first), len(second), end) == (LIMIT, LIMIT, None), "no empty page follows"
    assert {one.url for one in first + second} == {f"/cards/{number}" for number in range(2 * LIMIT)}
    async with db.write() as tx:
        await mark_read(tx, person, [one.id for one in first])
    async with db.read() as tx:
        unread = await list_notifications(tx, key_of(person), str, unread=True, limit=4)
    assert [one.id for one in unread] == [one.id for one in second[:4]], "however much was read since"


async def test_each_kind_is_delivered_as_chosen(db: Database, person: Actor) -> None:
    async with db.read() as tx:
        assert await list_choices(tx, key_of(person)) == DEFAULTS
    await choose(db, person, Kind.ASSIGNMENT, Delivery.AT_ONCE)
    await choose(db, person, Kind.ACCOUNT, Delivery.NONE)
    await choose(db, person, Kind.ACCOUNT, Delivery.DIGEST)  # the last choice counts
    async with db.read() as tx:
        assert await list_choices(tx, key_of(person)) == {
            **DEFAULTS,
            Kind.ASSIGNMENT: Delivery.AT_ONCE,
            Kind.ACCOUNT: Delivery.DIGEST,
        }
    await tell(db, person, "assignment", Kind.ASSIGNMENT)
    await tell(db, person, "account", Kind.ACCOUNT)
    await tell(db, person, "invitation", Kind.INVITATION)  # goes out as a mail of its own
    [at_once] = await mails(db)
    assert at_once.payload["data"] == {
        "text": TEXT,
        "params": {"name": "Zoé", "title": "Réfection assignment"},
        "path": "/cards/assignment",
    }
    assert await digest(db) == 1
    assert paths((await mails(db))[1]) == ["/cards/account"]


async def test_two_choices_at_once_keep_one(db: Database, person: Actor) -> None:
    deliveries = [Delivery.AT_ONCE, Delivery.NONE, Delivery.DIGEST, Delivery.AT_ONCE]
    await asyncio.gather(*(choose(db, person, Kind.ACCOUNT, delivery) for delivery in deliveries))
    async with db.read() as tx:
        assert (await list_choices(tx, key_of(person)))[Kind.ACCOUNT] in deliveries


async def test_a_digest_says_all_that_waits_once(db: Database, person: Actor, clock: HandClock) -> None:
    async with db.write() as tx:
        other = await add_person(tx, "Other")
    for key in ("a", "b"):
        await tell(db, person, key)
        clock.pass_(minutes=1)
    await tell(db, other, "c")
    assert await digest(db) == 2
    assert await digest(db) == 0
    sent = {mail.payload["to"]: paths(mail) for mail in await mails(db)}
    assert sent == {str(person.id): ["/cards/a", "/cards/b"], str(other.id): ["/cards/c"]}


async def test_what_comes_after_a_digest_waits_for_the_next_of_the_same_day(db: Database, person: Actor) -> None:
    await tell(db, person, "a")
    await digest(db)
    await tell(db, person, "b")
    assert await digest(db) == 1
    assert [paths(mail) for mail in await mails(db)] == [["/cards/a"], ["/cards/b"]]


async def test_nothing_is_lost_that_comes_while_a_digest_is_made(db: Database, person: Actor) -> None:
    await tell(db, person, "first")

    async def come(number: int) -> None:
        await tell(db, person, f"later {number}")

    await asyncio.gather(digest(db), *(come(number) for number in range(8)))
    await digest(db)
    told = [path for mail in await mails(db) for path in paths(mail)]
    assert sorted(told) == sorted(["/cards/first", *(f"/cards/later {number}" for number in range(8))])


async def test_what_was_read_goes_into_no_digest(db: Database, person: Actor) -> None:
    await tell(db, person, "a")
    await tell(db, person, "b")
    async with db.read() as tx:
        listed = await list_notifications(tx, key_of(person), str)
    read = next(one for one in listed if one.url == "/cards/a")
    async with db.write() as tx:
        assert await mark_read(tx, person, [read.id]) == 1
    await digest(db)
    [mail] = await mails(db)
    assert paths(mail) == ["/cards/b"]


async def test_people_read_only_their_own(db: Database, person: Actor) -> None:
    async with db.write() as tx:
        other = await add_person(tx, "Other")
    await tell(db, person, "a")
    async with db.read() as tx:
        assert await list_notifications(tx, key_of(other), str) == []
        [mine] = await list_notifications(tx, key_of(person), str)
    heard: list[Announcement] = []
    db.bus.announce_to(heard.append)
    async with db.write() as tx:
        assert await mark_read(tx, other, [mine.id, new_id()]) == 0
        assert await mark_read(tx, other, None) == 0
    async with db.read() as tx:
        assert await count_unread(tx, key_of(person)) == 1
    async with db.write() as tx:
        assert await mark_read(tx, person, None) == 0
    async with db.read() as tx:
        [mine] = await list_notifications(tx, key_of(person), str)
    assert mine.read
    assert {type(fact) for fact in heard} == {NotificationsRead}
    assert heard[-1].topic == topic_of(key_of(person))


async def test_only_people_have_notifications(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(Denied):
            await mark_read(tx, PUBLIC, None)
        with pytest.raises(Denied):
            await choose_delivery(tx, PUBLIC, ChoiceInput(kind=Kind.ACCOUNT, delivery=Delivery.NONE))


@pytest.mark.parametrize("length", [400, 600])
async def test_long_names_in_a_text_are_kept_whole(db: Database, person: Actor, length: int) -> None:
    async with db.write() as tx:
        await notify(tx, key_of(person), Kind.ACCOUNT, msg(TEXT, name="n" * length, title="t"), url="/", key="long")
    async with db.read() as tx:
        [one] = await list_notifications(tx, key_of(person), str)
    assert "n" * length in one.text
