"""Mails say the same in both parts, in the reader's language, and keep the spaces of French."""

from web.render.locale import Locales
from web.render.mails import Mails

MAILS = Mails(Locales.load(), zone="Europe/Paris", base="https://mairie.example", place="Commune de Valbrume")


def test_a_subject_keeps_its_non_breaking_spaces() -> None:
    data = {"text": "Ordre du jour\u00a0: %(title)s", "params": {"title": "voirie\n et écoles"}, "path": "/x"}
    assert MAILS.render("notification", "fr", data).subject == "Ordre du jour\u00a0: voirie et écoles"


def test_both_parts_say_the_same_and_markup_is_text() -> None:
    data = {"text": "%(name)s vous invite", "params": {"name": "<b>Zoé</b>"}, "path": "/meetings/1"}
    mail = MAILS.render("notification", "fr", data)
    assert "Bonjour," in mail.text
    assert "<b>Zoé</b> vous invite" in mail.text
    assert "https://mairie.example/meetings/1" in mail.text
    assert "&lt;b&gt;Zoé&lt;/b&gt; vous invite" in mail.html
    assert 'href="https://mairie.example/meetings/1"' in mail.html
    assert "<b>" not in mail.html


def test_a_digest_counts_in_the_readers_language() -> None:
    item = {
        "text": "You are now a member of the space “%(space)s”.",
        "params": {"space": "Voirie"},
        "path": "/spaces/1",
    }
    one, two = ({"items": [item] * count} for count in (1, 2))
    assert MAILS.render("digest", "en", one).subject == "1 thing for you since yesterday"
    assert MAILS.render("digest", "fr", two).subject == "2 nouvelles pour vous depuis hier"
    assert "Vous êtes désormais membre de l’espace" in MAILS.render("digest", "fr", two).text
