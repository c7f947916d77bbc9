"""What templates can rely on: escaping, strictness, icons and scripts of the manifest, the current place."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from collab.core.i18n import msg
from web.render.assets import PREFIX, Assets
from web.render.locale import Language, Locales
from web.render.pages import Frame, Pages, hue, initials

Render = Callable[..., str]


def frame(path: str = "/", language: Language = "fr") -> Frame:
    return Frame(
        language=language,
        zone=UTC,
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        nonce="n0nce",
        request_id="r",
        path=path,
    )


@pytest.fixture
def render(tmp_path: Path) -> Render:
    def render(template: str, language: Language = "fr", **data: object) -> str:
        (tmp_path / "page.html").write_text(template, "utf-8")
        return Pages.load(Assets.load(), Locales.load(), tmp_path).render("page.html", frame("/", language), **data)

    return render


def test_markup_in_data_is_escaped(render: Render) -> None:
    name = "<script>alert(1)</script>"
    template = '{{ name }} {{ gettext("If you ask for help, give this number: %(number)s", number=name) }}'
    html = render(template, name=name)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 2


def test_what_is_undefined_is_an_error(render: Render) -> None:
    with pytest.raises(UndefinedError):
        render("{{ forgotten }}")


def test_texts_follow_the_language(render: Render) -> None:
    template = '{{ gettext("Sign out") }} {{ text|tr }}'
    assert render(template, text=msg("Cancel")) == "Se déconnecter Annuler"
    assert render(template, "en", text=msg("Cancel")) == "Sign out Cancel"


def test_icons_come_from_the_sprite_and_are_named_when_alone(render: Render) -> None:
    html = render('{{ icon("bell") }}{{ icon("bell", "3 \\"nouvelles\\"") }}')
    assert html.count(f'<use href="{PREFIX}icons-') == 2
    assert 'aria-hidden="true"' in html
    assert 'aria-label="3 &#34;nouvelles&#34;"' in html
    with pytest.raises(KeyError, match="no icon 'dragon'"):
        render('{{ icon("dragon") }}')


def test_scripts_carry_the_nonce_and_a_hashed_name(render: Render) -> None:
    html = render('{{ script("shell") }}')
    assert html.startswith(f'<script type="module" nonce="n0nce" src="{PREFIX}shell-')


def test_every_asset_of_the_manifest_is_there() -> None:
    assets = Assets.load()
    for name in assets.files.values():
        assert (assets.folder / name).is_file()
    licences = (assets.folder / "licences.txt").read_text("utf-8")
    for package in ("lit ", "socket.io-client ", "lucide-static ", "atkinson-hyperlegible-next "):
        assert package in licences


def test_a_front_end_that_was_not_built_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"hatch_build\.py"):
        Assets.load(tmp_path)
    with pytest.raises(RuntimeError, match=r"hatch_build\.py"):
        Locales.load(tmp_path)


@pytest.mark.parametrize(
    ("path", "url", "current"),
    [
        ("/", "/", "page"),
        ("/projects", "/", None),
        ("/projects", "/projects", "page"),
        ("/projects/3", "/projects", "true"),
        ("/projections", "/projects", None),
    ],
)
def test_the_current_entry(path: str, url: str, current: str | None) -> None:
    assert frame(path).current(url) == current


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Amélie Durand", "AD"), ("élodie", "É"), ("Jean-Baptiste de La Tour", "JT"), ("", "?"), ("42 · X", "X")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
    assert 0 <= hue(name) < 8
