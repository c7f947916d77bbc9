"""Mails from templates: a subject, a text and the same as plain HTML, in the reader's language.

A template in web/templates/mails has the blocks `subject` and `text` (paragraphs parted by empty lines), and says where
its button leads with the block `action`. The HTML is made from these, so that both parts always say the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from collab.core.i18n import Message
from web.render import formats
from web.render.locale import Language, Locales
from web.render.pages import TEMPLATES

STYLE = "font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1c2526; max-width: 36em"
# Not str.split(): it would take the non-breaking spaces of French for ordinary ones.
_SPACES = re.compile(r"[ \t\r\n]+")
BUTTON = "display: inline-block; padding: 10px 18px; border-radius: 6px; background: #0b6670; color: #ffffff"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail ready to be sent."""

    subject: str
    text: str
    html: str


class Mails:
    """Renders mails; `zone` is the place's, `base` its public address."""

    def __init__(self, locales: Locales, *, zone: str, base: str, place: str) -> None:
        self._locales = locales
        self._zone = ZoneInfo(zone)
        self._base = base
        self._place = place
        self._environments = {language: self._environment(language) for language in locales.texts}

    def render(self, template: str, language: Language, data: Mapping[str, object]) -> Rendered:
        """The mail `template` with `data`; paths in it become whole addresses."""
        environment = self._environments[language]
        loaded = environment.get_template(f"mails/{template}.txt")
        context = loaded.new_context({**data, "base": self._base, "place": self._place})

        def block(name: str) -> str:
            return "".join(loaded.blocks[name](context)).strip() if name in loaded.blocks else ""

        text, action = block("text"), block("action")
        path = data.get("path")
        link = f"{self._base}{path}" if isinstance(path, str) and action else ""
        signature = self._place
        plain = "\n\n".join(part for part in (text, f"{action}\n{link}" if link else "", f"-- \n{signature}") if part)
        return Rendered(
            subject=_SPACES.sub(" ", block("subject")), text=plain, html=_html(text, action, link, signature)
        )

    def _environment(self, language: Language) -> Environment:
        texts = self._locales[language]
        environment = Environment(  # noqa: S701 - plain text; the HTML is escaped where it is made
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        environment.policies["ext.i18n.trimmed"] = True
        install = environment.install_gettext_callables  # type: ignore[attr-defined] # added by the i18n extension
        install(texts.gettext, texts.ngettext, newstyle=True)

        def when(value: str) -> str:
            instant = datetime.fromisoformat(value)
            return formats.when(instant, language, self._zone, instant)

        def span(start: str, end: str) -> str:
            first = datetime.fromisoformat(start)
            return formats.span(first, datetime.fromisoformat(end), language, self._zone, first)

        def told(item: Mapping[str, object]) -> str:
            params = item["params"]
            assert isinstance(params, dict)
            return texts.render(Message(str(item["text"]), params))

        environment.filters |= {"when": when, "span": span, "told": told}
        return environment


def _html(text: str, action: str, link: str, signature: str) -> str:
    paragraphs = [Markup("<p>{}</p>").format(_lines(part)) for part in text.split("\n\n") if part.strip()]
    if link:
        paragraphs.append(Markup('<p><a href="{}" style="{}">{}</a></p>').format(link, BUTTON, action))
    paragraphs.append(Markup("<p>{}</p>").format(signature))
    return str(
        Markup('<!doctype html><html><body style="{}">{}</body></html>').format(STYLE, Markup("").join(paragraphs))
    )


def _lines(paragraph: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in paragraph.strip().split("\n"))
