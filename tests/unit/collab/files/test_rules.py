"""Names: which are refused, which are the same, which are proposed, how they sort."""

from itertools import islice

import pytest

from collab.core.errors import Invalid
from collab.files.rules import MAX_NAME, clean_name, look_of, media_type, name_key, propose_names, sort_name, split_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("plan.pdf", ("plan", ".pdf")),
        ("archive.tar.gz", ("archive", ".tar.gz")),
        (".tar.gz", (".tar", ".gz")),
        (".bashrc", (".bashrc", "")),
        ("..a", ("..a", "")),
        ("a.", ("a.", "")),
        ("Mr. Dupont", ("Mr. Dupont", "")),
        ("v1.2 final", ("v1.2 final", "")),
        ("sans", ("sans", "")),
    ],
)
def test_a_name_splits_before_its_suffix(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_proposals_count_on() -> None:
    assert list(islice(propose_names("plan.pdf"), 2)) == ["plan (2).pdf", "plan (3).pdf"]
    assert next(propose_names("plan (7).pdf")) == "plan (2).pdf"
    assert next(propose_names("x.tar.gz")) == "x (2).tar.gz"


def test_a_long_name_is_cut_between_characters() -> None:
    proposal = next(propose_names("é" * 125 + ".pdf"))
    assert proposal.endswith("é (2).pdf")
    assert len(proposal.encode()) <= MAX_NAME


def test_the_canonical_form_is_kept_and_the_case_too() -> None:
    assert clean_name("E\u0301te\u0301") == "Été"


@pytest.mark.parametrize("name", ["a\ud800b", "a\u2028b", "\u202efdp.exe", "a\u2066b", "\x7f", "a\tb", "/", "\u00a0"])
def test_hidden_tricks_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


def test_names_that_are_the_same() -> None:
    assert name_key("STRASSE") == name_key("straße")
    assert name_key("\u1fb4") == name_key("\u03b1\u0301\u0345")  # D145: decomposed before it is folded
    assert name_key("ete") != name_key("été")


def test_order() -> None:
    names = ["b", "a (2).txt", "Annexe 10", "annexe 2", "a.txt", "Élan"]
    assert sorted(names, key=sort_name) == ["a.txt", "a (2).txt", "annexe 2", "Annexe 10", "b", "Élan"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.PNG", "image/png"),
        ("a.html", "application/octet-stream"),
        ("a.svg", "application/octet-stream"),
        ("a.xhtml", "application/octet-stream"),
        ("a.js", "application/octet-stream"),
        ("a.xml", "application/octet-stream"),
        ("a.css", "application/octet-stream"),
        ("a.txt.gz", "application/octet-stream"),
        ("data:text/html,x.txt", "text/plain"),
        ("sans", "application/octet-stream"),
    ],
)
def test_no_type_that_executes_is_sent(name: str, kind: str) -> None:
    assert media_type(name) == kind


def test_icons() -> None:
    names = ["a.odt", "a.jpg", "a.mp3", "a.mp4", "a.zip", "a.docx", "a.csv"]
    assert [look_of(name) for name in names] == [
        "file-text",
        "image",
        "volume-2",
        "video",
        "file",
        "file-text",
        "file-text",
    ]
