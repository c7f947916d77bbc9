"""What people add to files: words on versions and the way back to one, favourites, tags, comments; and its activity."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, NotFound, StaleRevision
from collab.core.journal import erase_details_of
from collab.files import favourites, jobs, service, tagging, versions
from collab.files.activity import list_activity
from collab.files.comments import (
    CommentInput,
    FileComment,
    add_comment,
    change_comment,
    find_named,
    list_comments,
    remove_comment,
)
from collab.files.links.models import LinkInput
from collab.files.links.service import create_link, revoke_link
from collab.files.locks import lock_node
from collab.files.models import Node, NodeChange, NodeView
from collab.files.queries import list_trash, list_versions, views_of
from collab.files.records.holds import hold_node
from collab.files.records.models import HoldInput
from collab.files.storage import copy_object
from collab.files.tags import FileTagging, TagInput, list_tags
from collab.notifications.models import Kind, Notification
from directory.people.models import Person
from directory.sessions.keys import Keys
from tests.service.collab.files.conftest import Place
from tests.support.commune import add_space


def id_of(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id


async def view(place: Place, node_id: UUID) -> NodeView:
    async with place.db.read() as tx:
        node = await tx.get(Node, node_id)
        assert node is not None
        return (await views_of(tx, [node]))[0]


async def write(place: Place, node_id: UUID, text: str, actor: Actor | None = None) -> FileComment:
    async with place.db.write() as tx:
        return await add_comment(tx, actor or place.reader, node_id, CommentInput(text=text))


async def lines(place: Place, actor: Actor, **which: Any) -> list[str]:
    async with place.db.read() as tx:
        return [str(text) for _, text in (await list_activity(tx, actor, place.space, **which))[0]]


async def test_a_former_version_comes_back_as_a_new_one(place: Place) -> None:
    file = await place.upload("a.txt", b"un")
    async with place.db.write() as tx:
        await service.add_version(tx, place.editor, file.id, await place.store(b"deux"), None, "Relu par Ada")
        former = await versions.check_restored_version(tx, place.editor, file.id, 1)
    stored = await copy_object(place.disk, former.key, former.sha256)
    assert stored.key != former.key
    async with place.db.write() as tx:
        with pytest.raises(Conflict, match="current_version_already"):
            await versions.check_restored_version(tx, place.editor, file.id, 2)
        with pytest.raises(NotFound):
            await versions.check_restored_version(tx, place.editor, file.id, 9)
        with pytest.raises(Denied):
            await versions.check_restored_version(tx, place.reader, file.id, 1)
        node = await versions.restore_version(tx, place.editor, file.id, 1, stored)
        assert (node.version, node.sha256) == (3, file.sha256)
        await versions.comment_version(tx, place.editor, file.id, 3, "Comme au début")
    async with place.db.read() as tx:
        found, _ = await list_versions(tx, place.reader, file.id)
    assert [(one.number, one.comment, one.restored_from) for one in found] == [
        (3, "Comme au début", 1), (2, "Relu par Ada", None), (1, "", None)
    ]  # fmt: skip


async def test_the_trash_lets_go_of_what_is_old(place: Place) -> None:
    old, young = await place.upload("vieux.txt"), await place.upload("jeune.txt")
    async with place.db.write() as tx:
        await service.trash_node(tx, place.editor, old.id)
        node = await service.trash_node(tx, place.editor, young.id)
        node.trashed_at = tx.now + timedelta(days=5)
        now = tx.now
    async with place.db.read() as tx:
        found, _ = await list_trash(tx, place.editor, place.space, 30)
    assert [one.goes_at - now for one in found] == [timedelta(days=35), timedelta(days=30)]
    assert await jobs.expire_trash(place.db, timedelta(days=-1)) == 1
    async with place.db.read() as tx:
        assert [one.name for one in (await list_trash(tx, place.editor, place.space))[0]] == ["jeune.txt"]


async def test_what_is_under_a_hold_stays_in_the_trash(place: Place) -> None:
    held, other = await place.upload("gel.txt"), await place.upload("autre.txt")
    async with place.db.write() as tx:
        for file in (held, other):
            await service.trash_node(tx, place.editor, file.id)
        await hold_node(tx, place.owner, held.id, HoldInput(reason="Contentieux"))
    assert await jobs.expire_trash(place.db, timedelta(days=-1)) == 1
    async with place.db.read() as tx:
        assert [one.id for one in (await list_trash(tx, place.editor, place.space))[0]] == [held.id]


async def test_favourites_are_one_s_own_and_follow_one_s_rights(place: Place) -> None:
    file = await place.upload("a.txt")
    async with place.db.write() as tx:
        for _ in range(2):
            await favourites.set_favourite(tx, place.reader, file.id)
        with pytest.raises(NotFound):
            await favourites.set_favourite(tx, place.stranger, file.id)
    async with place.db.read() as tx:
        [found], _ = await favourites.list_favourites(tx, place.reader)
        assert (found.item.id, found.space_title, found.personal) == (file.id, "Voirie", False)
        assert await favourites.list_favourite_ids(tx, place.reader, place.space) == [file.id]
        assert await favourites.list_favourites(tx, place.editor) == ([], None)
    async with place.db.write() as tx:
        await service.trash_node(tx, place.editor, file.id)
    async with place.db.read() as tx:
        assert await favourites.list_favourites(tx, place.reader) == ([], None)
    async with place.db.write() as tx:
        await service.purge_node(tx, place.owner, file.id)  # and the favourite with it
        assert await tx.all(select(col(favourites.FileFavourite.node_id))) == []


async def test_tags_are_the_space_s(place: Place) -> None:
    file = await place.upload("a.txt")
    async with place.db.write() as tx:
        tag = await tagging.create_tag(tx, place.editor, place.space, TagInput(name="À relire"))
        with pytest.raises(Conflict, match="tag_taken"):
            await tagging.create_tag(tx, place.editor, place.space, TagInput(name="a RELIRE"))
        with pytest.raises(Denied):
            await tagging.create_tag(tx, place.reader, place.space, TagInput(name="Lu"))
        for _ in range(2):
            await tagging.tag_node(tx, place.editor, file.id, tag.id)
        with pytest.raises(Denied):
            await tagging.untag_node(tx, place.reader, file.id, tag.id)
    assert (await view(place, file.id)).tags == [tag.id]
    assert (await view(place, file.id)).rev == file.rev  # a name that is being changed is not stale for it
    async with place.db.write() as tx:
        other = await place_of_stranger(tx, place)
        with pytest.raises(NotFound):
            await tagging.tag_node(tx, place.editor, file.id, other)
        await tagging.remove_tag(tx, place.editor, tag.id)
        assert await tx.all(select(col(FileTagging.node_id))) == []
    async with place.db.read() as tx:
        assert await list_tags(tx, place.reader, place.space) == []
        with pytest.raises(NotFound):
            await list_tags(tx, place.stranger, place.space)


async def place_of_stranger(tx: Any, place: Place) -> UUID:
    space = await add_space(tx, place.stranger, "Ailleurs")
    return (await tagging.create_tag(tx, place.stranger, space.id, TagInput(name="Ailleurs"))).id


async def test_a_comment_is_its_author_s(place: Place) -> None:
    file = await place.upload("a.txt")
    comment = await write(place, file.id, "  Page 3 ?  ")
    assert (await view(place, file.id)).comments == 1
    with pytest.raises(NotFound):
        await write(place, file.id, "Bonjour", place.stranger)
    async with place.db.write() as tx:
        with pytest.raises(Denied):
            await change_comment(tx, place.owner, comment.id, CommentInput(text="Non"), 1)
        with pytest.raises(Denied):
            await remove_comment(tx, place.editor, comment.id)
        await change_comment(tx, place.reader, comment.id, CommentInput(text="Page 4 ?"), 1)
        with pytest.raises(StaleRevision):
            await change_comment(tx, place.reader, comment.id, CommentInput(text="Page 5 ?"), 1)
    async with place.db.read() as tx:
        [seen], _ = await list_comments(tx, place.editor, file.id)
        assert (seen.text, seen.mine, seen.removable, seen.changed_at is None) == ("Page 4 ?", False, False, False)
        assert (await list_comments(tx, place.owner, file.id))[0][0].removable
    async with place.db.write() as tx:
        await remove_comment(tx, place.owner, comment.id)
    assert (await view(place, file.id)).comments == 0


async def test_who_is_named_in_a_comment_is_told(place: Place) -> None:
    file = await place.upload("a.txt")
    comment = await write(place, file.id, "Merci @edith, @Zoé et @RÉMI : c’est relu")
    async with place.db.write() as tx:
        again = CommentInput(text="Merci @Édith et @Ada")
        await change_comment(tx, place.reader, comment.id, again, 1)
    async with place.db.read() as tx:
        told = await tx.all(select(Notification).where(col(Notification.kind) == Kind.MENTION.value))
    assert {one.person_id for one in told} == {place.editor.id, place.owner.id}  # not a stranger, not oneself, once
    assert all(one.url == f"/files/{place.space}/items/{file.id}#comments" for one in told)


def test_the_longest_name_that_stands_there_counts() -> None:
    people = [Person(display_name=name, login="", source_key="", sort_name="") for name in ("Léa", "Léa Martin", "Bo")]  # type: ignore[call-arg]
    text = "@lea martin, @Léandre, @Bo. mais pas a@bobine"
    assert [one.display_name for one in find_named(text, people)] == ["Léa Martin", "Bo"]


async def test_activity_says_what_one_may_see(place: Place) -> None:
    file, gone = await place.upload("a.txt"), await place.upload("secret.txt")
    await write(place, file.id, "Relu")
    async with place.db.write() as tx:
        await service.change_node(tx, place.editor, file.id, NodeChange(name="b.txt"), file.rev)
        await service.trash_node(tx, place.editor, gone.id)
    assert await lines(place, place.reader) == [
        "Édith renamed “a.txt” to “b.txt”", "Rémi commented on “a.txt”", "Édith added “a.txt”"
    ]  # fmt: skip
    assert (await lines(place, place.editor))[:1] == [
        "Édith put “secret.txt” into the trash",
    ]
    assert await lines(place, place.reader, node_id=file.id) == await lines(place, place.reader)
    async with place.db.read() as tx:
        first, after = await list_activity(tx, place.editor, place.space, limit=2)
        rest, end = await list_activity(tx, place.editor, place.space, limit=10, after=after)
        assert (len(first), len(rest), end) == (2, 3, None)
        with pytest.raises(NotFound):
            await list_activity(tx, place.stranger, place.space)
        with pytest.raises(NotFound):
            await list_activity(tx, place.reader, place.space, gone.id)
    async with place.db.write() as tx:
        await erase_details_of(tx, id_of(place.editor))
    assert (await lines(place, place.reader))[-1] == "Édith added “a name that was erased”"


async def test_links_and_holds_are_told_to_editors_locks_to_all(place: Place) -> None:
    file = await place.upload("a.txt")
    async with place.db.write() as tx:
        await lock_node(tx, place.editor, file.id, shared=False, deep=False, owner="", lasting=timedelta(minutes=5))
        await hold_node(tx, place.owner, file.id, HoldInput(reason="contentieux"))
        link = await create_link(tx, place.owner, Keys(b"k" * 32), file.id, LinkInput(), None)
        await revoke_link(tx, place.owner, link.id)
    told = await lines(place, place.reader, node_id=file.id)
    assert [text for text in told if "“a.txt”" in text and ("link" in text or "hold" in text)] == []
    assert sum("locked" in text for text in told) == 1
    told = await lines(place, place.editor, node_id=file.id)
    assert sum("link to “a.txt”" in text for text in told) == 2
    assert sum("legal hold" in text for text in told) == 1
