"""Messages are spoken in the language of whoever reads them, and say the same in English without a catalogue."""

import pytest

from collab.core.i18n import Message, msg, nmsg

FRENCH = {
    "Give it to %(name)s.": "Donnez-le à %(name)s.",
    "nobody": "personne",
    "100 %% sure": "sûr à 100 %%",
}


def gettext(text: str) -> str:
    return FRENCH.get(text, text)


def ngettext(one: str, many: str, count: int) -> str:
    assert (one, many) == ("%(count)s card", "%(count)s cards")
    return "%(count)s carte" if count < 2 else "%(count)s cartes"


def test_parameters_go_into_the_translation() -> None:
    message = msg("Give it to %(name)s.", name="Zoé")
    assert message.render(gettext, ngettext) == "Donnez-le à Zoé."
    assert str(message) == "Give it to Zoé."


def test_a_message_in_a_message_is_translated_too() -> None:
    message = msg("Give it to %(name)s.", name=msg("nobody"))
    assert message.render(gettext, ngettext) == "Donnez-le à personne."
    assert str(message) == "Give it to nobody."


@pytest.mark.parametrize(("count", "french"), [(0, "0 carte"), (1, "1 carte"), (2, "2 cartes")])
def test_the_language_chooses_the_plural(count: int, french: str) -> None:
    assert nmsg("%(count)s card", "%(count)s cards", count).render(gettext, ngettext) == french


@pytest.mark.parametrize(("count", "english"), [(0, "0 cards"), (1, "1 card"), (2, "2 cards")])
def test_english_plurals(count: int, english: str) -> None:
    assert str(nmsg("%(count)s card", "%(count)s cards", count)) == english


@pytest.mark.parametrize("value", ["100 %", "%(name)s", "%s", "%%"])
def test_what_people_typed_is_never_a_template(value: str) -> None:
    assert str(msg("Give it to %(name)s.", name=value)) == f"Give it to {value}."


def test_a_percent_sign_is_written_twice_with_and_without_parameters() -> None:
    assert str(Message("100 %% sure")) == "100 % sure"
    assert str(Message("%(n)s %% sure", {"n": 99})) == "99 % sure"
