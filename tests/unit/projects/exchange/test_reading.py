"""Files of other programs become parcels: what is in them is taken, what cannot be is said."""

import json
import time
from typing import Any

import pytest

from projects.exchange.parcel import Card, Parcel, Unreadable
from projects.exchange.plain import colour_of, day_of, text_of
from projects.exchange.reading import Wanted, read
from tests.unit.projects.exchange.files import DECK, KANBOARD, KANBOARD_CSV, TRELLO, as_json

GUESSED = Wanted(0, "", [], "Sans titre", "À faire")


def losses(about: dict[str, Any]) -> dict[str, Any]:
    """What is lost: for the first words of each text, how much or which lines."""
    return {one["text"].split(",")[0].split(":")[0]: next(iter(one["params"].values()), "") for one in about["losses"]}


def card(parcel: Parcel, title: str) -> Card:
    return next(one for one in parcel.cards if one.title == title)


def test_trello_is_taken_with_all_that_hangs_on_its_cards() -> None:
    about, parcel = read(as_json(TRELLO), GUESSED)
    assert (about["kind"], parcel.title) == ("trello", "Travaux d’été")
    columns = [(one.title, one.wip, one.archived) for one in parcel.columns]
    assert columns == [("À faire", None, False), ("En cours", 3, False), ("Ancienne", None, True)]
    assert parcel.labels == {"Urgent": "red", "sky": "teal"}
    assert [(one.title, one.column, one.archived) for one in parcel.cards] == [
        ("Toiture de l’école", 0, False),
        ("Devis", 0, True),
    ]
    roof = parcel.cards[0]
    # Half past ten in the evening of June in UTC is the next day at the place.
    assert (roof.start, roof.due, roof.labels, roof.people) == ("2026-06-01", "2026-07-01", ["Urgent", "sky"], ["m1"])
    assert roof.values == {"Budget": "12000", "Phase": "Étude"}
    assert [(one.title, one.kind) for one in parcel.fields] == [("Budget", "number"), ("Phase", "choice")]
    assert roof.description == ("Voir **l’échafaudage**\n\n- [plan.pdf](<https://trello.com/1/cards/c1/plan.pdf>)")
    (pieces,) = roof.checklists
    assert [(task.title, task.done, task.person, task.due) for task in pieces.tasks] == [
        ("Devis", True, "", None),
        ("Plan", False, "m1", "2026-06-10"),
    ]
    assert [(one.author, one.text) for one in roof.comments] == [
        ("Élodie Martin", "D’abord"),
        ("Jean Dupont", "Ensuite"),
    ]
    assert losses(about) == {
        "Cards of a list that is not in the file": 1,
        "Cards that were marked as done": 1,
        "Attached files stay where they are; their links stand in the descriptions": 2,
    }


def test_deck_gives_its_boards_one_by_one() -> None:
    about, parcel = read(as_json(DECK), GUESSED)
    assert (about["kind"], about["boards"], parcel.title) == ("deck", ["Voirie", "Parcs"], "Voirie")
    assert [one.title for one in parcel.columns] == ["À faire", "Fait"]
    assert [(one.title, one.archived) for one in parcel.cards] == [("Banc", True), ("Trottoir", False)]
    pavement = card(parcel, "Trottoir")
    assert (pavement.due, pavement.labels, pavement.people) == ("2026-03-01", ["Fini"], ["elodie"])
    assert parcel.labels == {"Fini": "green", "Plus tard": "orange"}
    assert losses(about) == {
        "Cards that were deleted there": 1,
        "Cards that were marked as done": 1,
        "Comments": 2,
        "Rights given on the board": 1,
    }
    assert read(as_json(DECK), GUESSED._replace(board=1))[1].title == "Parcs"
    # The export of one board alone.
    assert read(as_json(DECK["boards"][1]), GUESSED)[1].title == "Voirie"


def test_kanboard_is_read_from_its_api_and_from_its_table() -> None:
    about, parcel = read(as_json(KANBOARD), GUESSED)
    assert about["kind"] == "kanboard"
    assert [(one.title, one.wip) for one in parcel.columns] == [("Backlog", 4), ("Done", None)]
    assert [(one.title, one.column, one.archived) for one in parcel.cards] == [
        ("Bancs", 0, False),
        ("Lampadaires", 0, False),
        ("Fuite", 1, True),
    ]
    lamps = card(parcel, "Lampadaires")
    assert (lamps.due, lamps.start, lamps.people) == ("2026-12-31", None, ["elodie.martin"])
    assert lamps.labels == ["Éclairage", "Default swimlane"]
    assert losses(about) == {"Swimlanes have become labels.": "", "Cards with times": 1}

    about, parcel = read(KANBOARD_CSV.encode(), GUESSED)
    assert about["kind"] == "kanboard"
    lamps = card(parcel, "Lampadaires, rue Haute")
    assert (lamps.due, lamps.labels, lamps.people) == ("2026-03-04", ["Éclairage"], ["elodie.martin"])  # month first
    assert [(one.title, one.archived) for one in parcel.cards] == [("Lampadaires, rue Haute", False), ("Bancs", True)]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_tables_of_every_delimiter_and_encoding_are_read(delimiter: str, encoding: str) -> None:
    lines = [
        ["Intitulé", "Étape", "Date d’échéance", "Étiquettes", "Ce que personne ne sait"],
        ['"Nid-de-poule, rue ""Haute"" ; n° 3|4"', "Fait", "31/12/2026", '"Voirie\n, Urgent"', "x"],
        ["Élagage", "", "2026-02-28", "", ""],
    ]
    if delimiter == "\t" and encoding == "cp1252":
        lines[0][2] = "Échéance"
    raw = "\r\n".join(delimiter.join(row) for row in lines).encode(encoding, "strict")
    about, parcel = read(raw, GUESSED)
    assert about["table"]["delimiter"] == delimiter
    assert [(one.title, one.due, one.labels) for one in parcel.cards] == [
        ('Nid-de-poule, rue "Haute" ; n° 3|4', "2026-12-31", ["Voirie", "Urgent"]),
        ("Élagage", "2026-02-28", []),
    ]
    assert [one.title for one in parcel.columns] == ["Fait", "À faire"]
    assert losses(about)["Columns of the table that are not taken"] == "Ce que personne ne sait"
    assert any("Windows" in one["text"] for one in about["losses"]) is (encoding == "cp1252")


def test_wrong_lines_are_named_and_the_others_taken() -> None:
    table = "Titre;Échéance;Services\nA;31/02/2026;Voirie\n;;\nB\n\nC;demain;x;de trop;\nD;1.3.26;\n"
    about, parcel = read(table.encode(), GUESSED)
    assert [(one.title, one.due) for one in parcel.cards] == [
        ("A", None),
        ("B", None),
        ("C", None),
        ("D", "2026-03-01"),
    ]
    assert losses(about) == {
        "Lines with a date that cannot be read": "2, 6",
        "Lines with fewer cells than there are headings": "4",
        "Lines with more cells than there are headings; these are left out": "6",
    }
    # Read in another way: the titles stand elsewhere.
    fields = ["", "", "title"]
    about, parcel = read(table.encode(), GUESSED._replace(fields=fields))
    assert [one.title for one in parcel.cards] == ["Voirie", "x"]
    assert losses(about)["Lines without a title"] == "4, 7"


def test_which_part_of_a_date_is_the_month_is_found_in_the_column() -> None:
    def days(*cells: str) -> list[str | None]:
        table = "Titre;Échéance\n" + "".join(f"A;{cell}\n" for cell in cells)
        return [one.due for one in read(table.encode(), GUESSED)[1].cards]

    assert days("03/04/2026", "31/12/2026") == ["2026-04-03", "2026-12-31"]
    assert days("03/04/2026", "12/31/2026") == ["2026-03-04", "2026-12-31"]
    assert days("03/04/2026") == ["2026-04-03"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{",
        b'{"a": 1}',
        b"[]",
        b"[1, 2]",
        b"[" * 100_000,
        b"titre seul",
        b"\x00\x01\x02",
        b'{"boards": []}',
        b'{"format": "hemicycle.board", "version": 99}',
        b"\xff\xfeabc",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\x00",
        b"a;b\n" + b"x" * 200_000 + b";y\n",
    ],
)
def test_what_cannot_be_read_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw, GUESSED)


@pytest.mark.parametrize("broken", [None, 3, "x", [], {}, [None], {"a": None}, True])
def test_any_part_of_another_shape_is_left_out_without_a_fall(broken: Any) -> None:
    """Each value of each file, one at a time, becomes something else; what is read is a board all the same."""

    def spoil(value: Any) -> Any:
        if isinstance(value, dict):
            for key in value:
                yield {**value, key: broken}
                for changed in spoil(value[key]):
                    yield {**value, key: changed}
        elif isinstance(value, list):
            for place, one in enumerate(value):
                for changed in spoil(one):
                    yield [*value[:place], changed, *value[place + 1 :]]

    for whole in (TRELLO, DECK, KANBOARD):
        for spoiled in spoil(whole):
            try:
                about, parcel = read(as_json(spoiled), GUESSED)
            except Unreadable:
                continue
            json.dumps(about)
            for one in parcel.cards:
                assert one.title
                assert 0 <= one.column < len(parcel.columns)


def test_what_is_too_long_or_too_many_is_cut_and_said() -> None:
    rows = "".join(f"Carte {number};Colonne {number};Étiquette {number}\n" for number in range(150))
    about, parcel = read(f"Titre;Colonne;Étiquettes\n{'T' * 300};C;L\n{rows}".encode(), GUESSED)
    assert (len(parcel.columns), len(parcel.labels)) == (100, 60)
    assert max(one.column for one in parcel.cards) == 99
    assert parcel.cards[0].title == "T" * 200
    assert parcel.cards[0].description == "T" * 300
    assert losses(about) == {
        "Columns beyond what a board holds; their cards are in the last one": 51,
        "Labels beyond what a board holds": 91,
        "Titles too long for a card; the whole of each stands in its description": 1,
    }


def test_five_thousand_lines_take_no_time() -> None:
    rows = "".join(f'"Carte ""{n}"", n° {n}";Étape {n % 7};{n % 28 + 1:02}/03/2026;Voirie\n' for n in range(5_000))
    started = time.process_time()
    about, parcel = read(f"Titre;Colonne;Échéance;Étiquettes\n{rows}".encode("cp1252"), GUESSED)
    assert (len(parcel.cards), len(parcel.columns), about["table"]["lines"]) == (5_000, 7, 5_000)
    assert parcel.cards[4_999].title == 'Carte "4999", n° 4999'
    assert time.process_time() - started < 3


def test_texts_dates_and_colours_are_made_plain() -> None:
    assert text_of("a\x00b\r\nc\ud800") == "ab\nc"
    assert day_of("2026-13-01") is None
    assert day_of(10**30) is None
    assert day_of("2026-03-29T23:30:00Z") == "2026-03-30"
    assert [colour_of(one) for one in ("ff0000", "#00FF00", "808080", "nimporte", None, "purple_light")] == [
        "red",
        "green",
        "grey",
        "grey",
        "grey",
        "violet",
    ]
