"""Markdown of people as HTML that is safe to show."""

import time

import pytest

from web.render.markdown import render


def test_what_people_write() -> None:
    text = "# Devis\n\n- **un**\n- ~~deux~~\n\n> cité\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    html = render(text)
    for part in ("<h4>Devis</h4>", "<li><strong>un</strong></li>", "<s>deux</s>", "<blockquote>", "<td>1</td>"):
        assert part in html


def test_addresses_become_links_that_tell_nothing() -> None:
    html = render("Voir https://mairie.example/a?b=1 (ou [ici](https://mairie.example)).")
    assert html.count('rel="noopener noreferrer nofollow"') == 2
    assert '<a href="https://mairie.example/a?b=1"' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://elsewhere.example/pixel.png)",
        '[x](https://a.example "\\" onmouseover=alert(1) \\"")',
        "<https://a.example/'onclick='alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<style>*{display:none}</style>",
        "<iframe src=https://a.example></iframe>",
    ],
)
def test_nothing_that_was_typed_runs_or_fetches(text: str) -> None:
    html = render(text)
    typed = ("<script", "<img", "<style", "<iframe", 'href="javascript', 'href="data', ' onerror="', ' onclick="')
    for never in typed:
        assert never not in html


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "*a " * 6_000, "> " * 10_000, "`" * 20_000, "<" * 20_000, "a **" * 5_000]
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    began = time.process_time()
    render(text)
    assert time.process_time() - began < 1
