"""Whatever is typed: a name is refused or safe, and a proposal is always a legal name of its own."""

import unicodedata
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from collab.core.errors import Invalid
from collab.files.rules import MAX_NAME, clean_name, media_type, name_key, propose_names, sort_name, split_name

typed = st.one_of(st.text(max_size=300), st.text(alphabet="aé./\\ \x00\n(2)\u202e", max_size=20))


@given(typed)
def test_a_clean_name_is_safe_and_stays_clean(raw: str) -> None:
    try:
        name = clean_name(raw)
    except Invalid as refused:
        assert set(refused.errors) == {"name"}
        return
    assert clean_name(name) == name == unicodedata.normalize("NFC", raw)
    assert name.strip()
    assert "/" not in name
    assert name not in (".", "..")
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
    assert 0 < len(name.encode()) <= MAX_NAME
    assert "".join(split_name(name)) == name
    assert len(sort_name(name)) <= 1000
    assert "\r" not in media_type(name)
    proposals = list(islice(propose_names(name), 3))
    assert len({name_key(proposal) for proposal in proposals}) == 3
    for proposal in proposals:
        assert clean_name(proposal) == proposal


@given(st.text(max_size=50))
def test_case_and_form_make_no_difference(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert name_key(unicodedata.normalize(form, text)) == name_key(text)
    assert name_key(text.casefold()) == name_key(name_key(text))
