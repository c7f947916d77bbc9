"""The languages people can choose and their translations, loaded once from the compiled catalogues.

Source of truth: `web/locale/<language>/*.po`, compiled to `messages.mo` by `hatch_build.py`. English is the language
of the code and needs no catalogue.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

from collab.core.i18n import Message

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "fr"
FOLDER = Path(__file__).resolve().parents[1] / "locale"


@dataclass(frozen=True, slots=True)
class Texts:
    """gettext in one language."""

    language: Language
    translations: gettext.NullTranslations

    def gettext(self, text: str) -> str:
        return self.translations.gettext(text) if text else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.translations.ngettext(singular, plural, count)

    def render(self, message: Message | str) -> str:
        """A text chosen by the domain, in this language; a plain string is returned as it is."""
        return message if isinstance(message, str) else message.render(self.gettext, self.ngettext)


@dataclass(frozen=True, slots=True)
class Locales:
    texts: Mapping[Language, Texts]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Read every language; RuntimeError with the command to run when the catalogues are not compiled."""
        loaded: dict[Language, Texts] = {"en": Texts("en", gettext.NullTranslations())}
        try:
            with (folder / "fr" / "messages.mo").open("rb") as file:
                loaded["fr"] = Texts("fr", gettext.GNUTranslations(file))
        except FileNotFoundError:
            raise RuntimeError("the catalogues are not compiled: run `python hatch_build.py`") from None
        return cls(loaded)

    def __getitem__(self, language: Language) -> Texts:
        return self.texts[language]


def choose_language(chosen: str | None, accept_language: str = "") -> Language:
    """The person's own choice, else the first of ours in Accept-Language (RFC 9110 12.5.4), else French."""
    if chosen in LANGUAGES:
        return chosen
    weighted = []
    for position, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        try:
            weight = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            weight = 0.0
        weighted.append((-weight, position, tag.split("-")[0].lower()))
    for weight, _position, tag in sorted(weighted):
        if weight < 0 and tag in LANGUAGES:
            return tag
    return DEFAULT_LANGUAGE
