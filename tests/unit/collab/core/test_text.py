"""Text from outside: one line or several, in NFC, without what no keyboard types."""

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from collab.core.text import Input, Text, Title, sort_key

TITLE: TypeAdapter[str] = TypeAdapter(Title)
TEXT: TypeAdapter[str] = TypeAdapter(Text)

# What a JSON body may hold: also lone surrogates and characters that grow when normalised.
ANYTHING = st.text(
    st.characters() | st.characters(categories=["Cc", "Cs", "Cf", "Mn"]) | st.just("\U0001d160"), max_size=250
)


def accepted(kind: TypeAdapter[str], value: Any) -> str | None:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None


@given(ANYTHING)
@example("\U0001d160" * 200)  # three characters each in NFC
@example("e\u0301" * 150)
def test_a_title_is_one_short_printable_line(value: str) -> None:
    title = accepted(TITLE, value)
    if title is None:
        return
    assert 1 <= len(title) <= 200
    assert title == title.strip()
    assert unicodedata.is_normalized("NFC", title)
    assert not {unicodedata.category(char) for char in title} & {"Cc", "Cs", "Zl", "Zp"}
    title.encode()
    assert accepted(TITLE, title) == title


@given(ANYTHING)
@example("\U0001d160" * 7_000)
def test_a_text_keeps_its_lines_and_nothing_else_that_is_unprintable(value: str) -> None:
    text = accepted(TEXT, value)
    if text is None:
        return
    assert len(text) <= 20_000
    assert unicodedata.is_normalized("NFC", text)
    assert all(char in "\n\t" for char in text if unicodedata.category(char) in ("Cc", "Cs"))
    assert accepted(TEXT, text) == text


@pytest.mark.parametrize(
    "value", ["", "   ", "\u00a0", "\n", "a\nb", "a\u2028b", "a\x00b", "\x1b[31m", "\ud800", "x" * 201, 1, None]
)
def test_what_is_no_title(value: object) -> None:
    assert accepted(TITLE, value) is None


@pytest.mark.parametrize("value", ["L’école", "👩‍👧 famille", "עברית", "a" * 200, "<b>gras</b>", "%s", "'; --"])
def test_what_is_a_title(value: str) -> None:
    assert accepted(TITLE, value) == value


def test_line_ends_are_one() -> None:
    assert TEXT.validate_python("a\r\nb\n\tc") == "a\nb\n\tc"


def test_unknown_fields_are_refused() -> None:
    class Small(Input):
        title: Title

    with pytest.raises(ValidationError):
        Small.model_validate({"title": "a", "tilte": "b"})


@pytest.mark.parametrize(
    ("first", "second"),
    [("Élodie", "elodie"), ("ŒUVRE", "oeuvre"), ("Łukasz", "lukasz"), ("Æbeltoft", "aebeltoft"), ("Straße", "strasse")],
)
def test_what_is_found_by_typing_plain_letters(first: str, second: str) -> None:
    assert sort_key(first) == sort_key(second)


@given(ANYTHING, ANYTHING)
def test_a_sort_key_is_its_own_sort_key(first: str, second: str) -> None:
    key = sort_key(first, second)
    assert sort_key(key) == key
