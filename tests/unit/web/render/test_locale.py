"""Which language a page is in, and texts of the domain rendered in it."""

import pytest

from collab.core.i18n import msg, nmsg
from web.render.locale import Locales, choose_language


@pytest.mark.parametrize(
    ("chosen", "accept", "language"),
    [
        (None, "", "fr"),
        ("en", "fr-FR", "en"),
        ("de", "en-GB,en;q=0.8", "en"),
        (None, "de-DE,de;q=0.9,en;q=0.4,fr;q=0.6", "fr"),
        (None, "en;q=0,*", "fr"),
        (None, "en;q=much, ;;;,", "fr"),
    ],
)
def test_choice_of_language(chosen: str | None, accept: str, language: str) -> None:
    assert choose_language(chosen, accept) == language


def test_messages_of_the_domain_are_rendered_in_the_persons_language() -> None:
    french, english = (Locales.load()[language] for language in ("fr", "en"))
    assert french.render(msg("Cancel")) == "Annuler"
    assert english.render(msg("Cancel")) == "Cancel"
    one = nmsg("One answer needs to be corrected.", "%(num)s answers need to be corrected.", 1, num=1)
    three = nmsg("One answer needs to be corrected.", "%(num)s answers need to be corrected.", 3, num=3)
    assert french.render(one) == "Une réponse est à corriger."
    assert french.render(three) == "3 réponses sont à corriger."
    assert english.render(three) == "3 answers need to be corrected."


def test_french_counts_zero_as_one() -> None:
    singular, plural = "Notifications, %(num)s unread", "Notifications, %(num)s unread"
    assert Locales.load()["fr"].ngettext(singular, plural, 0) == "Notifications, %(num)s non lue"
    assert Locales.load()["fr"].gettext("") == ""
