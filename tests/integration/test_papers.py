"""Papers as files, looked at with the tools that others would use: poppler for PDF, LibreOffice for ODT."""

import asyncio
import re
import subprocess
import zipfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest

from meetings.council.documents.making import Wanted
from meetings.council.documents.models import Kind
from meetings.council.minutes.models import ActView, MinutesView, State, TextView
from meetings.council.minutes.record import Account, Attendance, Dealt, Occasion, Quorum, Status, Voting, Withdrawal
from meetings.council.rules.entries import Assembly
from web.render.locale import Locales
from web.render.papers.acts import sheet_of
from web.render.papers.press import TypstPress

START = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
OPEN, CLOSED = UUID(int=1), UUID(int=2)
ZONE = "Europe/Paris"
PUBLIC = (Kind.PUBLIC_MINUTES, Kind.LIST)
EVIL = '#read("/etc/passwd") $x$ [*a*] \\ `b` <c>'


def view() -> MinutesView:
    """Minutes of 33 members with a public ballot, a closed session, and what a writer could mean as markup."""
    names = [f"Élu·e numéro {number}" for number in range(33)]
    ballot = Voting(
        id=UUID(int=9),
        method="roll_call",
        mode="public",
        kind="deliberation",
        opened_at=START,
        closed_at=START,
        withdrawn=False,
        voters=33,
        public_requests=9,
        result="adopted",
        reason="More votes for than against.",
        article="CGCT L2121-20",
        figures={"votes_for": 30, "votes_against": 2, "abstentions": 1, "cast": 32, "majority": 17},
        names={"for": names[:30], "against": names[30:32], "abstained": names[32:]},
    )
    secret = ballot.model_copy(update={"mode": "secret", "names": {}, "figures": {"Liste A": 20, "Liste B": 12}})
    items = [
        Dealt(
            id=OPEN,
            number="1",
            depth=0,
            title=f"Tarifs {EVIL}",
            kind="deliberation",
            public=True,
            rapporteur=names[2],
            report="# Rapport\n\nLa **commission** propose :\n\n- un ;\n- deux.\n\n|A|B|\n|-|-|\n|1|2|",
            files=["note.pdf"],
            opened_at=START,
            present=names,
            voters=33,
            withdrawn=[Withdrawal(name=names[5], why="personal")],
            ballots=[ballot],
            act="2026-001",
        ),
        Dealt(
            id=CLOSED,
            number="2",
            depth=0,
            title="Remise gracieuse à Madame Untel",
            kind="deliberation",
            public=False,
            rapporteur="",
            opened_at=START,
            voters=33,
            ballots=[secret],
            act="2026-002",
        ),
    ]
    account = Account(
        assembly="Conseil municipal",
        kind=Assembly.COMMUNE,
        title="Séance ordinaire",
        place="Salle du conseil",
        remote=False,
        urgent=False,
        second=False,
        convened_at=START - timedelta(days=8),
        convened_by=names[0],
        starts_at=START,
        opened_at=START,
        closed_at=START + timedelta(hours=2),
        chair=names[0],
        secretary=names[1],
        members=[
            Attendance(member=str(n), name=name, function="Conseillère", party="", status=Status.PRESENT)
            for n, name in enumerate(names)
        ],
        quorums=[
            Quorum(
                at=START,
                occasion=Occasion.OPENING,
                members=33,
                quorum=17,
                present=33,
                reached=True,
                article="CGCT L2121-17",
            )
        ],
        items=items,
    )
    texts = {
        "opening": "Minute de silence.",
        f"debates:{OPEN}": f"M. Untel demande *pourquoi* {EVIL}.\n\n> parce que",
        f"deliberation:{OPEN}": "Le conseil **approuve** les tarifs.",
        f"debates:{CLOSED}": "Secret des familles.",
        f"deliberation:{CLOSED}": "Le conseil accorde la remise.",
    }
    return MinutesView(
        id=UUID(int=3),
        sitting_id=UUID(int=4),
        space_id=UUID(int=5),
        sitting_title="Séance ordinaire",
        assembly_id=UUID(int=6),
        assembly_title="Conseil municipal",
        state=State.PUBLISHED,
        account=account,
        texts={part: TextView(part=part, text=text, rev=1) for part, text in texts.items()},
        acts=[
            ActView(id=UUID(int=7), item_id=OPEN, label="2026-001", published_at=None),
            ActView(id=UUID(int=8), item_id=CLOSED, label="2026-002", published_at=None),
        ],
        remarks="",
        proposed_at=START,
        settled_at=START,
        settled_in="Séance suivante",
        published_at=START,
        list_published_at=START,
        list_by=date(2026, 12, 3),
        publish_by=None,
        can_write=True,
        can_run=True,
        rev=1,
    )


WANTED = [
    *(Wanted(kind) for kind in (Kind.MINUTES, Kind.PUBLIC_MINUTES, Kind.LIST, Kind.REGISTER)),
    Wanted(Kind.DELIBERATION, OPEN),
    Wanted(Kind.EXTRACT, OPEN),
]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of document, as `<kind>.pdf` and `<kind>.odt`."""
    folder = tmp_path_factory.mktemp("papers")

    async def make() -> None:
        press = TypstPress(Locales.load(), ZONE)
        made = await press.print(await press.compose(view(), WANTED))
        for wanted, files in zip(WANTED, made, strict=True):
            (folder / f"{wanted.kind}.pdf").write_bytes(files.pdf)
            (folder / f"{wanted.kind}.odt").write_bytes(files.odt)

    asyncio.run(make())
    return folder


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=True)  # our own command
    return done.stdout.decode("utf-8", errors="replace")


@pytest.mark.parametrize("wanted", WANTED, ids=lambda one: one.kind.value)
def test_every_pdf_is_tagged_in_french_with_its_fonts_and_marks(papers: Path, wanted: Wanted) -> None:
    file = papers / f"{wanted.kind}.pdf"
    info = said("pdfinfo", file)
    assert re.search(r"Tagged: +yes", info)
    assert re.search(r"JavaScript: +no", info)
    assert re.search(r"Encrypted: +no", info)
    fonts = said("pdffonts", file).splitlines()[2:]
    assert fonts
    assert all(re.search(r" yes yes yes +\d+ +\d+$", line) for line in fonts), fonts
    meta = said("pdfinfo", "-meta", file)
    assert "<pdfaid:part>2</pdfaid:part>" in meta
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert "<rdf:li>fr</rdf:li>" in meta
    raw = file.read_bytes()
    assert b"/OutputIntent" in raw
    assert b"/GTS_PDFA1" in raw
    assert b"/Lang(fr" in raw
    assert b"/DisplayDocTitle true" in raw


@pytest.mark.parametrize("wanted", WANTED, ids=lambda one: one.kind.value)
def test_headings_are_read_in_the_order_of_the_outline_and_tables_have_heads(papers: Path, wanted: Wanted) -> None:
    press = TypstPress(Locales.load(), ZONE)
    sheet = sheet_of(view(), wanted, press._voice)
    structure = said("pdfinfo", "-struct-text", papers / f"{wanted.kind}.pdf")
    found = re.findall(r"^ +H(\d)\b.*\(block\)\n((?: +\".*\"\n)+)", structure, re.MULTILINE)
    headings = ["".join(re.findall(r'^ +"(.*)"$', text, re.MULTILINE)) for _, text in found]
    assert [_plain(one) for one in headings] == [_plain(one) for one in sheet.outline]
    levels = [int(level) for level, _ in found]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    tables = sum(getattr(one, "kind", "") == "table" for one in sheet.blocks)
    assert len(re.findall(r"^ +Table\b", structure, re.MULTILINE)) == tables
    assert len(re.findall(r"^ +THead\b", structure, re.MULTILINE)) == tables
    assert len(re.findall(r"^ +TH\b", structure, re.MULTILINE)) >= 2 * tables


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()


def test_what_people_write_is_only_ever_text(papers: Path) -> None:
    text = said("pdftotext", "-layout", papers / "minutes.pdf", "-")
    assert 'Tarifs #read("/etc/passwd")' in _plain(text)
    assert "root:" not in text


def test_the_public_papers_say_nothing_of_a_closed_session(papers: Path) -> None:
    for kind in PUBLIC:
        pdf = said("pdftotext", papers / f"{kind}.pdf", "-")
        with zipfile.ZipFile(papers / f"{kind}.odt") as odt:
            content = odt.read("content.xml").decode()
        for text in (pdf, content):
            assert "huis clos" in text
            for word in ("Untel demande" if kind is Kind.LIST else "Remise", "Madame", "Secret", "remise", "Liste A"):
                assert word not in text, kind
    whole = said("pdftotext", papers / "minutes.pdf", "-")
    assert "Remise gracieuse" in whole
    assert "Secret des familles" in whole
    assert "Liste A 20" in _plain(whole)


def test_odt_has_its_headings_and_opens_in_libreoffice(papers: Path, tmp_path: Path) -> None:
    sheet = sheet_of(view(), Wanted(Kind.MINUTES), TypstPress(Locales.load(), ZONE)._voice)
    with zipfile.ZipFile(papers / "minutes.odt") as odt:
        assert odt.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        root = ElementTree.fromstring(odt.read("content.xml"))  # our own file
    name = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}h"
    headings = ["".join(one.itertext()) for one in root.iter(name)]
    assert [_plain(one) for one in headings] == [_plain(one) for one in sheet.outline]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    said("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, papers / "minutes.odt")
    text = _plain(said("pdftotext", "-layout", tmp_path / "minutes.pdf", "-"))
    assert "Procès-verbal de la séance du jeudi 26 novembre 2026" in text
    assert "1.1." not in text
