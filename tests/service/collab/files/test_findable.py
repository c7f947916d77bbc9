"""Files in the search: found by name and by text, by those who may read them and by nobody else, on both databases."""

from typing import Any
from uuid import UUID

import pytest

from collab.core.access import Actor
from collab.core.errors import Denied
from collab.files import service
from collab.files.findable import FILE, Files
from collab.files.models import FolderInput, NodeChange
from collab.files.texts.jobs import catch_up as read_all
from collab.search.index import drop_documents
from collab.search.indexing import catch_up, index_things
from collab.search.models import Hit, SearchQuery
from collab.search.service import Search
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import remove_member, set_member
from tests.service.collab.files.conftest import Place
from tests.support.commune import add_space

SEARCH = Search([Files()])


async def settle(place: Place) -> None:
    """As the jobs do it."""
    await read_all(place.db, place.disk)
    await catch_up(place.db, SEARCH)


async def look(place: Place, q: str, actor: Actor | None = None, limit: int = 20, **more: Any) -> list[Hit]:
    async with place.db.read() as tx:
        hits, _ = await SEARCH.find(tx, actor or place.reader, SearchQuery.model_validate({"q": q, **more}), limit)
    return hits


async def titles(place: Place, q: str, actor: Actor | None = None, **more: Any) -> list[str]:
    return [hit.title for hit in await look(place, q, actor, **more)]


@pytest.mark.parametrize(
    "q",
    [
        "délibération", "DELIBERATIONS", "délibér", "deliberati", "budget délibération", "l’eau", "d'eau", '"de l’eau"',
        "eau potables", "municipaux", "conseil municipal", '"conseils municipaux"', "œuvres", "oeuvre", "budg", "n° 12",
        "ＢＵＤＧＥＴ", "vote", "votée", "e\u0301cole", "École",
    ],
)  # fmt: skip
async def test_french_words_are_found(place: Place, q: str) -> None:
    text = "Le conseil municipal a voté le budget de l’eau potable et des œuvres de l’école.\nDélibération n° 12"
    await place.upload("séance.txt", text.encode())
    await place.upload("autre.txt", b"Rien de tout cela")
    await settle(place)
    [hit] = await look(place, q)
    assert hit.title == "séance.txt"
    assert any(piece.found for piece in hit.passage), hit.passage


@pytest.mark.parametrize(
    "q", ["", "-budget", '"municipal conseil"', "budget -eau", "zzz", "onseil", '""', "' OR 1=1", "*", "b*"]
)
async def test_what_is_not_asked_for_is_not_found(place: Place, q: str) -> None:
    await place.upload("séance.txt", "Le conseil municipal a voté le budget de l’eau".encode())
    await settle(place)
    assert await titles(place, q) == []


async def test_names_come_before_texts_and_the_newest_first(place: Place) -> None:
    await place.upload("ancien budget.txt", b"rien")
    await place.upload("texte ancien.txt", b"un budget")
    await place.upload("nouveau_budget.csv", b"rien")
    await place.upload("texte nouveau.txt", b"un budget, et un budget")
    await settle(place)
    expected = ["nouveau_budget.csv", "ancien budget.txt", "texte nouveau.txt", "texte ancien.txt"]
    assert await titles(place, "budget") == expected
    # Page by page, nothing twice and nothing left out.
    found: list[str] = []
    after: str | None = None
    async with place.db.read() as tx:
        for _ in expected:
            hits, after = await SEARCH.find(tx, place.reader, SearchQuery(q="budget", after=after), 1)
            found += [hit.title for hit in hits]
    assert (found, after) == (expected, None)


async def test_strangers_and_former_members_find_nothing(place: Place) -> None:
    await place.upload("budget.txt", b"secret")
    await settle(place)
    assert await titles(place, "budget", place.stranger) == []
    assert await titles(place, "secret", place.stranger) == []
    assert await titles(place, "secret", place.editor) == ["budget.txt"]
    async with place.db.write() as tx:
        await remove_member(tx, place.owner, place.space, _id(place.reader))
    assert await titles(place, "budget") == []
    async with place.db.write() as tx:
        member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=_id(place.stranger), role=Role.READER)
        await set_member(tx, place.owner, place.space, member)
    assert await titles(place, "secret", place.stranger) == ["budget.txt"]


async def test_a_token_that_may_not_read_is_refused(place: Place) -> None:
    actor = Actor(place.owner.kind, place.owner.id, scopes=frozenset({"write"}))
    with pytest.raises(Denied):
        await look(place, "budget", actor)


async def test_what_is_in_the_trash_is_gone_at_once_and_comes_back(place: Place) -> None:
    """Before the index follows: the answer asks the owner of each thing."""
    folder = await place.folder("Marchés")
    await place.upload("lot 1.txt", b"asphalte", folder=folder.id)
    await settle(place)
    assert await titles(place, "asphalte") == ["lot 1.txt"]
    async with place.db.write() as tx:
        await service.trash_node(tx, place.editor, folder.id)
    assert await titles(place, "asphalte") == []
    assert await titles(place, "marché", place.owner) == []
    await index_things(place.db, Files(), [folder.id])
    assert await titles(place, "asphalte") == []
    async with place.db.write() as tx:
        await service.restore_node(tx, place.editor, folder.id)
    await index_things(place.db, Files(), [folder.id])
    assert await titles(place, "asphalte") == ["lot 1.txt"]
    assert await titles(place, "marché") == ["Marchés"]


async def test_a_page_is_filled_beyond_what_has_gone(place: Place) -> None:
    await place.upload("asphalte premier.txt", b"")
    gone = [await place.upload(f"asphalte {number}.txt", b"") for number in range(6)]
    await settle(place)
    for node in gone:
        async with place.db.write() as tx:
            await service.trash_node(tx, place.editor, node.id)
    assert [hit.title for hit in await look(place, "asphalte", limit=2)] == ["asphalte premier.txt"]


async def test_a_new_name_and_a_new_version(place: Place) -> None:
    node = await place.upload("brouillon.txt", b"pavage")
    await settle(place)
    async with place.db.write() as tx:
        await service.change_node(tx, place.editor, node.id, NodeChange(name="définitif.txt"), node.rev)
    await index_things(place.db, Files(), [node.id])
    assert await titles(place, "brouillon") == []
    assert await titles(place, "définitif pavage") == ["définitif.txt"]
    stored = await place.store(b"enrobage")
    async with place.db.write() as tx:
        await service.add_version(tx, place.editor, node.id, stored, None)
    await settle(place)
    assert await titles(place, "pavage") == []
    assert await titles(place, "enrobage") == ["définitif.txt"]


async def test_one_space_or_one_kind(place: Place) -> None:
    async with place.db.write() as tx:
        other = await add_space(tx, place.owner, "Écoles", reader=_id(place.reader))
        await service.create_folder(tx, place.owner, other.id, FolderInput(name="Budget des écoles"))
    await place.upload("budget.txt")
    await settle(place)
    assert await titles(place, "budget") == ["budget.txt", "Budget des écoles"]
    assert await titles(place, "budget", space=str(other.id)) == ["Budget des écoles"]
    [hit] = await look(place, "budget", space=str(place.space))
    assert hit.where == ["Voirie"]
    assert await titles(place, "budget", kind="file", space=str(place.space)) == ["budget.txt"]
    assert await titles(place, "budget", kind="card") == []


async def test_somebody_in_many_spaces_finds_theirs_and_no_others(place: Place) -> None:
    """Another way through SQLite's index than that of somebody in a few."""
    async with place.db.write() as tx:
        for number in range(8):
            await add_space(tx, place.owner, f"Espace {number}", reader=_id(place.reader))
            other = await add_space(tx, place.stranger, f"Ailleurs {number}")
            await service.create_folder(tx, place.stranger, other.id, FolderInput(name="Budget d’ailleurs"))
    await place.upload("budget.txt", b"asphalte")
    await settle(place)
    assert await titles(place, "budget") == ["budget.txt"]
    assert await titles(place, "asphalte", space=str(place.space), kind="file") == ["budget.txt"]
    assert len(await titles(place, "budget", place.stranger)) == 8


async def test_nobody_s_word_is_taken_for_a_mark(place: Place) -> None:
    """A file that speaks the language of the index gives itself to nobody."""
    mark = f"a{_id(place.stranger).hex} a{UUID(int=0).hex}"
    await place.upload(f"{mark}.txt", f"{mark} :{mark} marks : {mark}".encode())
    await settle(place)
    assert await titles(place, "txt", place.stranger) == []


async def test_the_index_is_made_anew_from_nothing(place: Place) -> None:
    """As after a restore: a backup leaves the index out."""
    node = await place.upload("budget.txt", b"asphalte")
    await settle(place)
    async with place.db.write() as tx:
        await drop_documents(tx, FILE, [node.id])
    assert await titles(place, "asphalte") == []
    assert await catch_up(place.db, SEARCH) == 1
    assert await titles(place, "asphalte") == ["budget.txt"]
    assert await catch_up(place.db, SEARCH) == 0
    assert await catch_up(place.db, SEARCH, anew=True) == 1
    assert await titles(place, "asphalte") == ["budget.txt"]


def _id(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id
