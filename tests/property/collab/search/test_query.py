"""What is typed into the search field: anything can be read, nothing becomes part of a query language."""

import sqlite3
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from collab.search.index import Among
from collab.search.passages import mark, passage
from collab.search.query import MOST_TERMS, parse_query
from collab.search.sqlite import match_of

TYPED = st.text(st.one_of(st.sampled_from("\"«»“”-−*():^{}+'’ ,;.abcdéœ12"), st.characters()), max_size=60)


@given(TYPED)
def test_every_text_is_a_query(text: str) -> None:
    query = parse_query(text)
    assert len(query.wanted) + len(query.unwanted) <= MOST_TERMS
    for term in (*query.wanted, *query.unwanted):
        assert term.stems
        assert all(word.isalnum() for word in (*term.stems, *term.beginnings))


@given(TYPED)
def test_sqlite_understands_every_query(text: str) -> None:
    query = parse_query(text)
    if not query.wanted:
        return
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5(title, body, marks)")
        for in_title in (True, False):
            match = match_of(query, Among(frozenset({uuid4()}), "file", uuid4()).marks, in_title=in_title)
            assert db.execute("SELECT rowid FROM words WHERE words MATCH ?", (match,)).fetchall() == []
    db.close()


@given(st.text(max_size=300), TYPED)
def test_marks_change_no_text(text: str, typed: str) -> None:
    query = parse_query(typed)
    assert "".join(piece.text for piece in mark(text, query)) == text
    passage(text, query)


@given(st.lists(st.sampled_from(["budget", "l’école", "Municipaux", "été", "2024", "cœur"]), min_size=1, max_size=40))
def test_every_word_that_is_looked_for_is_marked(words: list[str]) -> None:
    found = [piece.text for piece in mark(" ".join(words), parse_query("municipale ecole")) if piece.found]
    expected = [{"l’école": "école"}.get(word, word) for word in words if word in ("l’école", "Municipaux")]
    assert found == expected[:40]


def test_terms_phrases_and_what_is_left_out() -> None:
    query = parse_query('le budget «plan local» -"eau potable" -2023 éco')
    assert [term.stems for term in query.wanted] == [("budget",), ("plan", "loca"), ("eco",)]
    assert [term.stems for term in query.unwanted] == [("eau", "potabl"), ("2023",)]
    assert [term.last for term in query.wanted] == ["", "", "eco"]
    assert [term.stems for term in parse_query("rapport_final.pdf").wanted] == [("rapport", "fina", "pdf")]
    assert [term.stems for term in parse_query("le").wanted] == [("le",)]
    assert parse_query("éco ").wanted[0].last == ""
