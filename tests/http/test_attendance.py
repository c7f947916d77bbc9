"""Attendance as page, CSV and spreadsheet; a real office program opens the spreadsheet."""

import asyncio
import csv
import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from collab.core.ids import new_id
from meetings.rooms.models import RoomVisit
from tests.http.test_meetings import make
from tests.support.app import App


async def visited(app: App) -> str:
    """A meeting where one person was twice and another is still."""
    meeting = (await make(app))["id"]
    async with app.db.write() as tx:
        start = tx.now - timedelta(hours=2)
        for person, begins, minutes in (("reader", 0, 30), ("reader", 40, 20), ("editor", 5, None)):
            entered = start + timedelta(minutes=begins)
            left = None if minutes is None else entered + timedelta(minutes=minutes)
            tx.add(
                RoomVisit(
                    id=new_id(),
                    meeting_id=UUID(meeting),
                    person_id=app.people[person],
                    entered_at=entered,
                    left_at=left,
                )
            )
    return str(meeting)


async def test_the_pages_say_who_was_there(app: App) -> None:
    meeting = await visited(app)
    for who, shown in (("agent", True), ("reader", False)):
        client = await app.client(who)
        async with client.get(f"/meetings/{meeting}") as answer:
            page = await answer.text()
        assert "Présences" in page and ("Feuille de présence" in page) is shown
        async with client.get(f"/meetings/{meeting}/attendance") as answer:
            assert answer.status == (200 if shown else 403)
        async with client.get(f"/api/v1/meetings/{meeting}/attendance") as answer:
            view = await answer.json()
        seconds = {one["seconds"] for one in view["items"]}
        assert view["hosting"] is shown and (3000 in seconds if shown else seconds == {None})


async def test_the_csv_has_a_line_for_each_stay(app: App) -> None:
    meeting = await visited(app)
    async with (await app.client("agent")).get(f"/meetings/{meeting}/attendance.csv") as answer:
        assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"]
        text = (await answer.read()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert (
        rows[0] == ["Nom", "Service", "Entrée", "Sortie", "Durée de présence", "Temps de parole en tout"]
        and len(rows) == 4
    )
    assert sorted(row[4] for row in rows[1:])[:2] == ["0:20:00", "0:30:00"]
    assert [row[3] for row in rows[1:]].count("") == 1


async def test_an_office_program_reads_the_spreadsheet(app: App, tmp_path: Path) -> None:
    meeting = await visited(app)
    async with (await app.client("agent")).get(f"/meetings/{meeting}/attendance.ods") as answer:
        assert answer.status == 200
        (tmp_path / "sheet.ods").write_bytes(await answer.read())
    process = await asyncio.create_subprocess_exec(
        "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
        "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false", "--outdir", str(tmp_path),
        str(tmp_path / "sheet.ods"), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await asyncio.wait_for(process.wait(), 60) == 0
    rows = list(csv.reader(io.StringIO((tmp_path / "sheet.csv").read_text("utf-8")), delimiter=";"))
    assert rows[0][0] == "Nom" and len(rows) == 4
    assert sorted(row[4] for row in rows[1:])[:2] == ["00:20:00", "00:30:00"]
