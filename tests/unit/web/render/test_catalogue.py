"""The catalogue check finds what is missing, stale, contradictory or badly set."""

import json
from pathlib import Path

import pytest

from web.render import catalogue

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
CODE = {
    "collab/rules.py": 'msg("Only an owner may do this.")\nnmsg("one card", "%(count)s cards", n)\n',
    "web/templates/page.html": '{{ gettext("Welcome, %(name)s", name=x) }}{% trans %}Hello{% endtrans %}',
    "web/client/src/board.ts": 'html`<p>it isn\'t ${t("Moved \\"up\\".")}</p>`;\n'
    'tn("one card", "%(count)s cards", 2); not("x"); set.t("x"); format("x");',
}
GOOD = """
msgid "Only an owner may do this."
msgstr "Seul un propriétaire peut le faire."

msgid "one card"
msgid_plural "%(count)s cards"
msgstr[0] "une carte"
msgstr[1] "%(count)s cartes"

msgid "Welcome, %(name)s"
msgstr "Bienvenue, %(name)s"

msgid "Hello"
msgstr "Bonjour"

msgid "Moved \\"up\\"."
msgstr "Montée."
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in CODE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "web/locale/fr").mkdir(parents=True)
    write(tmp_path, GOOD)
    return tmp_path


def write(root: Path, text: str, name: str = "all.po") -> None:
    (root / "web/locale/fr" / name).write_text(HEADER + text, "utf-8")


def test_a_complete_catalogue_has_no_problem(root: Path) -> None:
    assert catalogue.problems(root) == []
    assert catalogue.missing(root, "fr") == ""


def test_what_is_missing_is_named_with_its_place_and_can_be_filled_in(root: Path) -> None:
    write(root, "")
    assert len(catalogue.problems(root)) == 5
    assert "collab/rules.py:1: fr: no translation of 'Only an owner may do this.'" in catalogue.problems(root)
    assert 'msgid_plural "%(count)s cards"\nmsgstr[0] ""' in catalogue.missing(root, "fr")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('msgstr "Bonjour"', 'msgstr ""', "no translation of 'Hello'"),
        ('\nmsgid "Hello"', '\n#, fuzzy\nmsgid "Hello"', "no translation of 'Hello'"),
        ("Bienvenue, %(name)s", "Bienvenue, %(nom)s", "placeholders differ: name, nom"),
        ("Bienvenue, %(name)s", "Bienvenue : %(name)s", "non-breaking space at ' :'"),
        ("Bienvenue, %(name)s", "« Bienvenue\u00a0», %(name)s", "non-breaking space at '« '"),
        ('msgstr "Bonjour"', 'msgstr "Bonjour?"', "non-breaking space at 'r?'"),
        ('msgid_plural "%(count)s cards"\nmsgstr[0] "une carte"\nmsgstr[1] "%(count)s cartes"', 'msgstr "x"', "plural"),
    ],
)
def test_faults_of_a_translation(root: Path, before: str, after: str, problem: str) -> None:
    assert before in GOOD
    write(root, GOOD.replace(before, after))
    found = catalogue.problems(root)
    assert len(found) == 1
    assert problem in found[0]


def test_stale_and_contradictory_texts(root: Path) -> None:
    write(root, 'msgid "Gone"\nmsgstr "Parti"\n\nmsgid "Hello"\nmsgstr "Salut"\n', "more.po")
    found = catalogue.problems(root)
    assert any("stale: 'Gone'" in line for line in found)
    assert any("'Hello' is translated twice" in line for line in found)
    assert len(found) == 2


def test_the_browser_gets_only_its_own_texts(root: Path) -> None:
    static = root / "static"
    static.mkdir()
    written = catalogue.compile_catalogues(root, static)
    assert json.loads(written["fr"].read_text("utf-8")) == {
        'Moved "up".': "Montée.",
        "one card": ["une carte", "%(count)s cartes"],
    }
    assert (root / "web/locale/fr/messages.mo").stat().st_size > 0
