"""Deposit boxes over HTTP: what a visitor sends, the receipt, and all that they are not told."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import FormData

from collab.core.jobs import Worker
from collab.files.links.deposits import GATHERED
from tests.http.test_links import Town, furnish, town
from tests.support.app import running
from tests.support.clock import HandClock
from tests.support.tus import TUS, metadata
from web import scheduled

__all__ = ["town"]

PDF = b"%PDF-1.4 deliberation"
SECRETS = "salaires.ods"


async def deposit(town: Town, box: str, *names: str, data: bytes = PDF, **fields: str) -> tuple[int, str]:
    form = FormData()
    for key, value in fields.items():
        form.add_field(key, value)
    for name in names:
        form.add_field("file", BytesIO(data), filename=name)
    async with town.visitor.post(f"{box}/files", data=form) as answer:
        return answer.status, await answer.text()


async def inside(town: Town) -> set[str]:
    listed = await town.make("GET", f"/api/v1/spaces/{town.app.space}/files?folder={town.ids['folder']}", 200)
    return {item["name"] for item in listed["items"]}


async def test_a_deposit_gets_a_receipt_and_learns_nothing_of_the_others(town: Town) -> None:
    box = await town.box(label="Candidatures")
    status, page = await town.get(box)
    assert (status, "Candidatures" in page) == (200, True)
    status, first = await deposit(town, box, "plan.pdf", "cv.pdf", visitor="Inès Morel")
    assert (status, hashlib.sha256(PDF).hexdigest() in first) == (200, True)
    status, again = await deposit(town, box, "CV.pdf", visitor="Un autre")
    assert status == 200
    for text in (page, first, again):
        assert "Photos" not in text
        assert "(2)" not in text
    assert "Inès" not in again
    assert await inside(town) == {"Photos", "plan.pdf", "plan (2).pdf", "cv.pdf", "CV (2).pdf"}
    listed = (await town.make("GET", f"/api/v1/links/{town.ids['link']}/deposits", 200))["items"]
    assert [(one["name"], one["visitor"]) for one in listed] == [
        ("CV.pdf", "Un autre"), ("cv.pdf", "Inès Morel"), ("plan.pdf", "Inès Morel"),
    ]  # fmt: skip
    assert listed[0]["id"] in again


async def test_a_box_takes_what_it_says_and_nothing_else(town: Town) -> None:
    box = await town.box(ask_name="required", ask_note="required", kinds=["pdf"], most_bytes=1000)
    full: dict[str, Any] = {"visitor": "Inès Morel", "note": "Ma candidature"}
    before = await inside(town)
    assert (await deposit(town, box, "a.pdf", visitor="Inès Morel"))[0] == 422
    assert (await deposit(town, box, "a.pdf", note="x"))[0] == 422
    assert (await deposit(town, box, "a.exe", **full))[0] == 422
    assert (await deposit(town, box, "a.pdf", data=bytes(1001), **full))[0] == 422
    assert (await deposit(town, box, **full))[0] == 422
    for name in ("../../evil.pdf", "x" * 300 + ".pdf", "."):
        await deposit(town, box, name, **full)
    assert all("/" not in name and "\n" not in name for name in await inside(town))
    assert {name for name in await inside(town) if "evil" not in name} == before
    assert (await deposit(town, box, "a.pdf", data=bytes(1000), **full))[0] == 200


async def start(town: Town, box: str, name: str, size: int, **more: str) -> tuple[int, str]:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(filename=name, **more)}
    async with town.visitor.post(box.replace("/d/", "/api/v1/deposits/"), headers=headers) as answer:
        return answer.status, answer.headers.get("Location", "")


async def part(town: Town, address: str, offset: int, data: bytes) -> int:
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    async with town.visitor.patch(address, data=BytesIO(data), headers=headers) as answer:
        assert "Content-Location" not in answer.headers  # nor which file it became
        return answer.status


async def test_a_large_deposit_goes_on_after_a_cut(town: Town) -> None:
    box = await town.box()
    assert (await start(town, box, "plan.pdf", 10))[0] == 422  # a name is asked for
    status, address = await start(town, box, "plan.pdf", 10, visitor="Inès Morel")
    assert (status, await part(town, address, 0, b"01234"), await part(town, address, 5, b"56789")) == (201, 204, 204)
    assert await part(town, address, 10, b"") == 204  # the answer was lost
    async with town.visitor.get(address) as answer:
        receipt = (await answer.json())["receipt"]
    assert (receipt["name"], receipt["sha256"]) == ("plan.pdf", hashlib.sha256(b"0123456789").hexdigest())
    assert await inside(town) == {"Photos", "plan.pdf", "plan (2).pdf"}


async def test_an_upload_of_one_box_is_not_reached_through_another(town: Town) -> None:
    first, second = await town.box(), await town.box()
    _, address = await start(town, first, "a.pdf", 10, visitor="Inès Morel")
    elsewhere = address.replace(first.rpartition("/")[2], second.rpartition("/")[2])
    assert await part(town, elsewhere, 0, b"01234") == 404
    async with town.agent.get(f"/api/v1/uploads/{address.rpartition('/')[2]}") as answer:
        assert answer.status == 404


async def test_a_box_that_was_closed_takes_no_more_not_even_what_was_begun(town: Town) -> None:
    box = await town.box(password="mot de passe")
    assert (await start(town, box, "a.pdf", 10, visitor="x"))[0] == 403
    async with town.visitor.post(box, data={"password": "mot de passe"}) as answer:
        assert answer.status == 200
    _, address = await start(town, box, "a.pdf", 10, visitor="Inès Morel")
    await part(town, address, 0, b"01234")
    await town.make("DELETE", f"/api/v1/links/{town.ids['link']}", 204)
    assert await part(town, address, 5, b"56789") == 404
    assert (await deposit(town, box, "b.pdf", visitor="Inès Morel"))[0] == 404


async def test_a_visitor_of_a_box_reads_nothing(town: Town) -> None:
    box = await town.box()
    for tail in ("", f"/{town.ids['file']}", f"/{town.ids['file']}/content", f"/{town.ids['file']}/view"):
        for prefix in ("/l/", "/d/", "/api/v1/deposits/"):
            status, text = await town.get(box.replace("/d/", prefix) + tail)
            assert "plan.pdf" not in text
            assert (status == 200) == ((prefix, tail) == ("/d/", ""))


async def test_those_who_edit_are_told_once_for_what_came_together(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock=clock) as app:
        town = await furnish(app)
        box = await town.box(label="Candidatures")
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            await deposit(town, box, name, visitor="Inès Morel")
        clock.pass_(seconds=GATHERED.total_seconds() + 1)
        await Worker(app.db, scheduled.handlers(app.deps)).run_due()
        for role, count in (("agent", 1), ("editor", 1), ("reader", 0), ("stranger", 0)):
            client = await app.client(role)
            async with client.get("/api/v1/me/notifications") as answer:
                told = [one["text"] for one in (await answer.json())["items"] if "Candidatures" in one["text"]]
            assert len(told) == count
            if count:
                assert told[0].endswith("3.")


async def test_what_a_visitor_said_goes_with_their_file(town: Town) -> None:
    box = await town.box()
    await deposit(town, box, "a.pdf", visitor="Inès Morel")
    listed = (await town.make("GET", f"/api/v1/links/{town.ids['link']}/deposits", 200))["items"]
    await town.make("DELETE", f"/api/v1/files/{listed[0]['file']}", 204)
    await town.make("DELETE", f"/api/v1/trash/{listed[0]['file']}", 204)
    assert (await town.make("GET", f"/api/v1/links/{town.ids['link']}/deposits", 200))["items"] == []
