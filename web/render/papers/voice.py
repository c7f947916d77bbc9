"""How a paper says things: the words of a language, dates and times of the place."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from collab.core.i18n import Message
from web.render import formats
from web.render.locale import Texts


@dataclass(frozen=True, slots=True)
class Voice:
    """A language and a zone."""

    texts: Texts
    zone: tzinfo

    def say(self, message: Message | str) -> str:
        """In this language."""
        return self.texts.render(message)

    def clock(self, value: datetime) -> str:
        """« 18 h 30 »."""
        return formats.clock(value.astimezone(self.zone), self.texts.language)

    def day(self, value: datetime) -> str:
        """« jeudi 26 novembre 2026 »."""
        return formats.full_day(self.date(value), self.texts.language)

    def date(self, value: datetime) -> date:
        """The day at the place."""
        return value.astimezone(self.zone).date()

    def names(self, names: list[str]) -> str:
        """« A, B et C »; a dash for nobody."""
        return formats.listed(names, self.texts.language) if names else "–"
