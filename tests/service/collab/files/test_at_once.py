"""Several people in one folder at the same instant: one name once, no folder inside itself, versions in a line."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from collab.core.errors import Conflict, Invalid
from collab.files import queries, service
from collab.files.models import NodeChange, OnConflict
from tests.service.collab.files.conftest import Place

MANY = 8


async def outcomes(*attempts: Coroutine[Any, Any, Any]) -> list[str]:
    """`ok`, or the code of the refusal; anything else is raised."""
    found = []
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, Conflict | Invalid):
            found.append(result.code)
        elif isinstance(result, BaseException):
            raise result
        else:
            found.append("ok")
    return sorted(found)


async def test_one_name_is_given_once(place: Place) -> None:
    tried = await outcomes(*[place.upload("A.txt" if number % 2 else "a.txt") for number in range(MANY)])
    assert tried == ["files.name_taken"] * (MANY - 1) + ["ok"]


async def test_other_names_are_found_for_all(place: Place) -> None:
    await outcomes(*[place.upload("a.txt", conflict=OnConflict.RENAME) for _ in range(MANY)])
    async with place.db.read() as tx:
        items, _ = await queries.list_folder(tx, place.reader, place.space, None)
    assert [item.name for item in items] == ["a.txt", *(f"a ({number}).txt" for number in range(2, MANY + 1))]


async def test_versions_stand_in_a_line(place: Place) -> None:
    file = await place.upload("a.txt")
    await outcomes(*[place.upload("a.txt", conflict=OnConflict.VERSION) for _ in range(MANY)])
    async with place.db.read() as tx:
        numbers = [version.number for version in (await queries.list_versions(tx, place.reader, file.id))[0]]
    assert numbers == list(range(MANY + 1, 0, -1))


async def test_two_folders_do_not_end_inside_each_other(place: Place) -> None:
    for number in range(5):
        first, second = await place.folder(f"a{number}"), await place.folder(f"b{number}")

        async def move(node: Any, into: Any) -> None:
            async with place.db.write() as tx:
                await service.change_node(tx, place.editor, node.id, NodeChange(folder=into.id), node.rev)

        assert await outcomes(move(first, second), move(second, first)) == ["files.into_itself", "ok"]


async def test_what_is_put_into_a_folder_that_goes_to_the_trash_is_not_lost(place: Place) -> None:
    for number in range(5):
        folder = await place.folder(f"a{number}")

        async def trash(node: Any) -> None:
            async with place.db.write() as tx:
                await service.trash_node(tx, place.editor, node.id)

        done = await outcomes(trash(folder), place.upload("x.txt", folder=folder.id))
        async with place.db.write() as tx:
            await service.restore_node(tx, place.editor, folder.id)
        async with place.db.read() as tx:
            items, _ = await queries.list_folder(tx, place.reader, place.space, folder.id)
        assert [item.name for item in items] == (["x.txt"] if done == ["ok", "ok"] else [])
