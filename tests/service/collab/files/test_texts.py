"""What files say is read apart: of each kind, of broken and hostile ones, and with a reader that is killed."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database
from collab.files import service
from collab.files.apart.process import Broken, Limits, Refused, apart
from collab.files.models import FileVersion, NodeView
from collab.files.texts import jobs
from collab.files.texts.kinds import TextKind
from collab.files.texts.models import MOST_TEXT, MOST_WORDS, FileText, Reading
from tests.service.collab.files.conftest import Place
from tests.support import documents

LIMITS = Limits(memory=1 << 30, file=1 << 20, seconds=30)


async def text_of(place: Place, node: NodeView) -> FileText | None:
    async with place.db.read() as tx:
        text: FileText | None = await tx.one(
            select(FileText)
            .join(FileVersion, col(FileVersion.id) == col(FileText.version_id))
            .where(col(FileVersion.file_id) == node.id)
        )
        return text


async def extract(data: bytes, kind: TextKind, limits: Limits = LIMITS) -> str:
    async with apart(jobs.WORK, limits) as child:
        (child.folder / "source").write_bytes(data)
        answer = await child.ask({"file": "source", "kind": kind})
        return str(answer["text"])


async def test_every_kind_is_read(place: Place) -> None:
    files = {
        "a.pdf": documents.pdf("Séance du conseil", "Deuxième page"),
        "a.docx": documents.docx("Délibération & annexes", "Vœux"),
        "a.odt": documents.odt("L’eau potable"),
        "a.xlsx": documents.xlsx("Recettes", "Dépenses"),
        "a.pptx": documents.pptx_slides("Première", "Seconde"),
        "a.eml": documents.mail("Réunion", "Corps accentué : été"),
        "b.eml": documents.mail("Réunion", "<p>Un <b>gras</b><script>non()</script></p>", html=True),
        "a.html": b"<title>Titre</title><style>b{}</style><p>Par<b>ole</b></p><p>Suite",
        "a.txt": "Été".encode("cp1252"),
        "b.txt": "Été à la mairie, déjà".encode("cp850"),
        "c.txt": "Été".encode("utf-16"),
        "d.csv": "nom;prénom\nÉluard;Paul".encode(),
    }
    nodes = {name: await place.upload(name, data) for name, data in files.items()}
    assert await jobs.catch_up(place.db, place.disk) == len(files)
    texts = {}
    for name, node in nodes.items():
        found = await text_of(place, node)
        assert found is not None
        assert found.state == Reading.READ, (name, found.reason)
        texts[name] = found.text
    assert texts["a.pdf"] == "Séance du conseil\nDeuxième page"
    assert texts["a.docx"] == "Délibération & annexes\nVœux"
    assert texts["a.odt"] == "L’eau potable"
    assert texts["a.xlsx"] == "Recettes\nDépenses"
    assert texts["a.pptx"] == "Première\nSeconde"
    assert "Corps accentué : été" in texts["a.eml"]
    assert "pièce jointe.pdf" in texts["a.eml"]
    assert "Un gras" in texts["b.eml"]
    assert "non()" not in texts["b.eml"]
    assert texts["a.html"] == "Titre\nParole\nSuite"
    assert [texts["a.txt"], texts["b.txt"], texts["c.txt"]] == ["Été", "Été à la mairie, déjà", "Été"]
    assert await jobs.catch_up(place.db, place.disk) == 0


BOMB = "<!DOCTYPE w [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>"
THEFT = "<!DOCTYPE w [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("xml bomb.docx", documents.docx("&c;", doctype=BOMB), "document type"),
        ("theft.docx", documents.docx("&a;", doctype=THEFT), "document type"),
        ("nested.odt", documents.archive({"content.xml": "<a>" * 5000}), "nested"),
        ("links.docx", documents.leads_out(), "cannot be read"),
        ("not a zip.docx", b"PK\x03\x04 and no more", "not an office file"),
        ("html.pdf", b"<html><script>alert(1)</script>", "not a PDF"),
        ("broken.pdf", documents.pdf("Un")[:200], "cannot be read"),
        ("picture.txt", documents.photo(), "not text"),
        ("broken.docx", documents.archive({"word/document.xml": "<w:document><w:p>"}), "cannot be read"),
    ],
)  # fmt: skip
async def test_what_is_hostile_or_broken_is_refused(place: Place, name: str, data: bytes, reason: str) -> None:
    node = await place.upload(name, data)
    good = await place.upload("zz good.txt", b"asphalte")
    await jobs.catch_up(place.db, place.disk)
    found = await text_of(place, node)
    assert found is not None
    assert (found.state, found.text, found.words) == (Reading.REFUSED, "", "")
    assert reason in found.reason
    after = await text_of(place, good)
    assert after is not None
    assert after.text == "asphalte"


async def test_a_zip_bomb_costs_what_is_kept_and_no_more() -> None:
    text = await extract(documents.zip_bomb("content.xml"), TextKind.OFFICE)
    assert len(text) <= MOST_TEXT
    markup = documents.archive({"content.xml": b"<a>" + b"<b/>" * (30 << 20) + b"</a>"})
    with pytest.raises(Refused, match="unpacks to more"):
        await extract(markup, TextKind.OFFICE)


async def test_what_is_kept_is_bounded(place: Place) -> None:
    """So large that PostgreSQL would refuse the row of the index, were it not cut."""
    words = " ".join(f"{number:x}q" for number in range(400_000))
    node = await place.upload("long.txt", words.encode())
    await jobs.catch_up(place.db, place.disk)
    found = await text_of(place, node)
    assert found is not None
    assert len(found.text) <= MOST_TEXT
    assert len(found.words.encode()) <= MOST_WORDS


async def test_a_child_has_no_network_and_no_files_of_ours(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    async with apart("tests.support.intruder", LIMITS) as child:
        answer = await child.ask({"read": [str(secret), "/etc/shadow", f"/proc/{os.getpid()}/environ"], "reach": True})
    assert answer == {"read": [], "reached": False, "interfaces": ["lo"]}


async def test_a_child_that_hangs_is_killed() -> None:
    async with apart("tests.support.intruder", Limits(memory=1 << 30, file=1 << 20, seconds=0.5)) as child:
        with pytest.raises(Broken, match="longer than"):
            await child.ask({"hang": True})


async def test_a_child_that_eats_memory_or_fills_the_disk_is_stopped() -> None:
    async with apart("tests.support.intruder", LIMITS) as child:
        with pytest.raises(Refused, match="memory"):
            await child.ask({"eat": 4 << 30})
        with pytest.raises(Refused, match="OSError"):
            await child.ask({"write": 8 << 20})


async def test_files_after_one_that_kills_its_reader_are_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is killed in the middle of the first; it is noted, tried again later, and the second is read."""
    first = await place.upload("1.txt", b"un")
    second = await place.upload("2.txt", b"deux")
    monkeypatch.setattr(jobs, "WORK", "tests.support.intruder")
    await jobs.catch_up(place.db, place.disk)
    texts = [await text_of(place, node) for node in (first, second)]
    assert [text.state if text else None for text in texts] == [Reading.BROKEN, Reading.READ]
    assert await jobs.catch_up(place.db, place.disk) == 0
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "AGAIN", -jobs.AGAIN)
    assert await jobs.catch_up(place.db, place.disk) == 1
    again = await text_of(place, first)
    assert again is not None
    assert (again.state, again.text, again.attempts) == (Reading.READ, "un", 2)


async def test_a_killed_child_harms_nothing(place: Place) -> None:
    async with apart(jobs.WORK, LIMITS) as child:
        folder = child.folder
        os.killpg(child._process.pid, signal.SIGKILL)
        with pytest.raises(Broken):
            await child.ask({"file": "source", "kind": "plain"})
    assert not await asyncio.to_thread(folder.exists)


async def test_the_text_goes_with_its_version(db: Database, place: Place) -> None:
    node = await place.upload("a.txt", b"un")
    await jobs.catch_up(db, place.disk)
    async with db.write() as tx:
        await service.trash_node(tx, place.owner, node.id)
    async with db.write() as tx:
        await service.purge_node(tx, place.owner, node.id)
    async with db.read() as tx:
        assert await tx.all(select(FileText)) == []
