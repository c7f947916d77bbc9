"""Texts that are chosen in the domain and spoken at the edge.

A domain rule says what happened in English with named parameters; whoever answers the person translates it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Gettext = Callable[[str], str]
Ngettext = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Message:
    """An untranslated text: the English msgid, its plural if it has one, and the values of its `%(name)s`."""

    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    count: int = 1

    def render(self, gettext: Gettext, ngettext: Ngettext) -> str:
        """The text in the language of the two functions; parameters that are Messages are rendered too."""
        many = self.plural
        template = gettext(self.text) if many is None else ngettext(self.text, many, self.count)
        params = {
            name: value.render(gettext, ngettext) if isinstance(value, Message) else value
            for name, value in self.params.items()
        }
        return template % params if params else template.replace("%%", "%")

    def __str__(self) -> str:
        return self.render(lambda text: text, lambda one, many, count: one if count == 1 else many)


def msg(text: str, **params: object) -> Message:
    """A message without plural; `text` is the msgid that the catalogue knows."""
    return Message(text, params)


def nmsg(singular: str, plural: str, count: int, **params: object) -> Message:
    """A message whose form depends on `count`, which the text may show as `%(count)s`."""
    return Message(singular, {"count": count, **params}, plural, count)
