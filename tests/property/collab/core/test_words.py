"""Folding and stemming: whatever is written, and however much of a word has been typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.core.words import beginnings, fold, fold_words, split_words, stem, stems

LETTERS = "abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûüÿœæ"
ENDINGS = "s x e es er ere eres ee ees teur trice trices aux al ale ales ail eau eaux elle elles enne ive if euse eux"
WORDS = st.text(LETTERS, min_size=1, max_size=20)
FRENCH = st.builds(lambda root, ending: root + ending, WORDS, st.sampled_from(ENDINGS.split(" ")))


@given(st.text())
def test_folding_is_stable_and_knows_no_case_and_no_form(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == folded


@given(FRENCH)
def test_capitals_and_accents_make_no_difference(word: str) -> None:
    bare = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    bare = bare.replace("œ", "oe").replace("æ", "ae")
    assert stems(word.upper()) == stems(word) == stems(bare)


@given(st.text())
def test_words_are_letters_and_digits_alone(text: str) -> None:
    """So that no word can be taken for a sign of a query language."""
    for word in split_words(text):
        assert word
        assert all(char.isalnum() for char in word)
        assert not set(word) & set("\"'*():&|!<>{}^- \t\n\x00")


@given(FRENCH)
def test_a_stem_is_a_beginning_and_not_too_short(word: str) -> None:
    for folded in split_words(word):
        found = stem(folded)
        assert folded.startswith(found)
        assert len(found) >= min(len(folded), 3)


@given(FRENCH, st.data())
def test_whatever_is_typed_of_a_word_finds_it(word: str, data: st.DataObject) -> None:
    for folded in split_words(word):
        typed = folded[: data.draw(st.integers(1, len(folded)))]
        kept = stem(folded)
        assert kept.startswith(typed) or kept in beginnings(typed) or kept == stem(typed)


@given(st.text(), st.integers(0, 200))
def test_what_is_indexed_is_bounded(text: str, most: int) -> None:
    assert len(fold_words(text, most).encode()) <= most


@pytest.mark.parametrize(
    "forms",
    [
        "délibération délibérations Délibération DÉLIBÉRATIONS deliberation",
        "municipal municipale municipaux municipales",
        "travail travaux",
        "élu élue élus élues",
        "directeur directrice directeurs directrices",
        "annuel annuelle annuels annuelles",
        "actif active actifs actives",
        "bureau bureaux",
        "voté votée votés votées voter vote votes",
        "eau eaux l’eau d'eau",
        "cœur coeur cœurs",
        "heureux heureuse heureuses",
        "premier première premiers premières",
        "ancien ancienne anciens anciennes",
        "école écoles L’ÉCOLE qu’école",
        "journal journaux",
        "commune communes",
        "adjoint adjointe adjoints adjointes",
        "marché marchés",
        "conseiller conseillère conseillers conseillères",
    ],
)
def test_forms_of_one_word_are_one(forms: str) -> None:
    found = {tuple(stems(form)) for form in forms.split()}
    assert len(found) == 1, found


@pytest.mark.parametrize(
    "pair", ["maire mairie", "conseil conseiller", "budget bus", "eau égout", "2024 2025", "plan planche"]
)
def test_different_words_stay_so(pair: str) -> None:
    one, other = pair.split()
    assert stems(one) != stems(other)
