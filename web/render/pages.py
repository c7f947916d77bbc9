"""Renders the Jinja2 pages: one environment per language, with the filters and functions that templates may use.

`web/main.py` builds one `Pages`; the page handlers call `render` with a `Frame` (who looks, where, when) and the data
of their page. Templates are in `web/templates`; what is undefined there is an error, not an empty string.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from collab.core.i18n import Message
from web.render import formats
from web.render.assets import Assets
from web.render.locale import LANGUAGES, Language, Locales, Texts

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
AVATAR_HUES = 8

Theme = Literal["system", "light", "dark"]
NoticeKind = Literal["success", "warning", "danger", "info"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A place one can go to, in the rail or in the person's menu; `icon` is a name of icons.json."""

    text: Message
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class FramePerson:
    """Who is signed in, as the header shows them."""

    id: UUID
    name: str
    url: str
    photo_url: str | None = None


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """The meeting named in the header; `join_url` only when its door is open."""

    title: str
    starts_at: datetime
    url: str
    join_url: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What the last action did, said once at the top of the next page."""

    kind: NoticeKind
    text: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every page. `path` is that of the request: it decides which entry is the current one."""

    language: Language
    zone: tzinfo
    now: datetime
    nonce: str
    request_id: str
    path: str
    theme: Theme = "system"
    authority: str = ""
    person: FramePerson | None = None
    rail: tuple[Entry, ...] = ()
    menu: tuple[Entry, ...] = ()
    sign_out_url: str | None = None
    next_meeting: NextMeeting | None = None
    bell_url: str | None = None
    unread: int = 0
    notices: tuple[Notice, ...] = ()

    def current(self, url: str) -> Literal["page", "true"] | None:
        """The value of `aria-current` for a link: the page itself, or a place the page is in."""
        if url == self.path:
            return "page"
        return "true" if url != "/" and self.path.startswith(url.rstrip("/") + "/") else None


@dataclass(frozen=True, slots=True)
class Pages:
    environments: Mapping[Language, Environment]

    @classmethod
    def load(cls, assets: Assets, locales: Locales, *more_templates: Path) -> Self:
        """`more_templates`: folders searched after ours, for pages that do not ship with the product."""
        folders = [TEMPLATES, *more_templates]
        return cls({lang: _environment(folders, assets, locales[lang]) for lang in LANGUAGES})

    def render(self, template: str, frame: Frame, **data: object) -> str:
        """The page `template` (a path under `web/templates`) as HTML."""
        return self.environments[frame.language].get_template(template).render(frame=frame, **data)


def initials(name: str) -> str:
    """« AD » for Amélie Durand: the first letters of the first and the last word."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(identity: object) -> int:
    """The number, the same everywhere, of the colour of a person's initials."""
    return zlib.crc32(str(identity).encode()) % AVATAR_HUES


def _environment(folders: Sequence[Path], assets: Assets, texts: Texts) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    install = environment.install_gettext_callables  # type: ignore[attr-defined] # added by the i18n extension
    install(texts.gettext, texts.ngettext, newstyle=True)
    environment.globals |= {"asset": assets.url, "icon": _icon(assets), "script": _script(assets), "hue": hue}
    environment.globals["mark"] = _mark(assets)
    environment.filters |= {"tr": texts.render, "initials": initials, "machine": formats.machine}
    environment.filters |= _date_filters(texts.language)
    return environment


def _icon(assets: Assets) -> object:
    def icon(name: str, label: str | None = None) -> Markup:
        """An icon beside words (no label), or one that stands alone and says its label to a screen reader."""
        spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        use = Markup('<svg class="icon" {} focusable="false"><use href="{}"/></svg>')
        return use.format(spoken, assets.icon_url(name))

    return icon


def _mark(assets: Assets) -> Markup:
    """The drawing of the logo, inline so that it takes the colours of the theme."""
    drawing = (assets.folder / assets.files["mark.svg"]).read_text("utf-8")
    return Markup(drawing.replace("<svg ", '<svg class="mark" aria-hidden="true" focusable="false" ', 1))  # noqa: S704 # our own file


def _script(assets: Assets) -> object:
    @pass_context
    def script(context: Context, name: str) -> Markup:
        """The module of a page family: `script("boards")` loads src/entries/boards.ts."""
        tag = Markup('<script type="module" nonce="{}" src="{}"></script>')
        return tag.format(context["frame"].nonce, assets.url(f"{name}.js"))

    return script


def _local_date(frame: Frame, value: date) -> date:
    return value.astimezone(frame.zone).date() if isinstance(value, datetime) else value


def _date_filters(language: Language) -> Mapping[str, object]:
    """The formats, bound to the language of the page and to the zone and clock of its frame."""

    @pass_context
    def when(context: Context, value: datetime) -> str:
        frame: Frame = context["frame"]
        return formats.when(value, language, frame.zone, frame.now)

    @pass_context
    def near(context: Context, value: datetime) -> str:
        frame: Frame = context["frame"]
        return formats.near(value, language, frame.zone, frame.now)

    @pass_context
    def span(context: Context, start: datetime, end: datetime) -> str:
        frame: Frame = context["frame"]
        return formats.span(start, end, language, frame.zone, frame.now)

    @pass_context
    def ago(context: Context, value: datetime) -> str:
        return formats.ago(value, language, context["frame"].now)

    @pass_context
    def day(context: Context, value: date) -> str:
        frame: Frame = context["frame"]
        return formats.day(_local_date(frame, value), language, _local_date(frame, frame.now))

    def full_day(value: date) -> str:
        return formats.full_day(value, language)

    @pass_context
    def short_day(context: Context, value: date) -> str:
        frame: Frame = context["frame"]
        return formats.short_day(_local_date(frame, value), language, _local_date(frame, frame.now))

    @pass_context
    def clock(context: Context, value: datetime) -> str:
        return formats.clock(value.astimezone(context["frame"].zone), language)

    def size(count: int) -> str:
        return formats.size(count, language)

    def number(value: float, digits: int = 0) -> str:
        return formats.number(value, language, digits)

    def listed(items: Iterable[str]) -> str:
        return formats.listed(list(items), language)

    filters = (when, near, span, ago, day, full_day, short_day, clock, size, number, listed)
    return {function.__name__: function for function in filters}
