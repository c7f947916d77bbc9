"""The colours of tokens.css that are seen together differ enough: WCAG 2.2, 1.4.3 (4.5:1) and 1.4.11 (3:1)."""

import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[3] / "web/client/styles/tokens.css"
SCHEMES = ("light", "dark")
PAPERS = ("ground", "surface", "raised", "sunken")
SOFT = ("success", "warning", "danger", "info")

TEXT = (
    [(ink, paper) for ink in ("ink", "ink-soft", "accent", "accent-strong") for paper in PAPERS]
    + [(signal, paper) for signal in SOFT for paper in (*PAPERS, f"{signal}-soft")]
    + [("ink", f"{signal}-soft") for signal in SOFT]
    + [("accent", f"{signal}-soft") for signal in SOFT]
    + [("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-accent-soft", "accent-soft")]
    + [("on-danger", "danger"), ("on-danger", "danger-strong"), ("danger-strong", "danger-soft")]
    + [("on-accent-soft", "raised"), ("ink", "accent-soft")]
)
SHAPES = [("edge", paper) for paper in PAPERS] + [("accent", paper) for paper in PAPERS]

Colour = tuple[float, float, float]


def _tokens() -> dict[str, dict[str, Colour]]:
    css = TOKENS.read_text("utf-8")
    number = r"([\d.]+)"
    colour = rf"oklch\({number} {number} {number}(?: / {number})?\)"
    found: dict[str, dict[str, Colour]] = {}
    for match in re.finditer(rf"--([\w-]+): light-dark\({colour}, {colour}\);", css):
        name, values = match[1], match.groups()
        found[name] = {
            "light": (float(values[1]), float(values[2]), float(values[3])),
            "dark": (float(values[5]), float(values[6]), float(values[7])),
        }
    return found


def _linear_rgb(colour: Colour) -> Colour:
    """OKLCH to linear sRGB (Björn Ottosson's matrices, as in CSS Color 4)."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _luminance(colour: Colour) -> float:
    red, green, blue = (min(1.0, max(0.0, part)) for part in _linear_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_computation_knows_black_on_white() -> None:
    assert contrast((0, 0, 0), (1, 0, 0)) == pytest.approx(21, abs=0.01)
    assert contrast((1, 0, 0), (1, 0, 0)) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(scheme: str) -> None:
    tokens = _tokens()
    faint = {
        f"{ink} on {paper}": round(ratio, 2)
        for ink, paper in TEXT
        if (ratio := contrast(tokens[ink][scheme], tokens[paper][scheme])) < 4.5
    }
    assert not faint


@pytest.mark.parametrize("scheme", SCHEMES)
def test_controls_and_focus_can_be_seen(scheme: str) -> None:
    tokens = _tokens()
    faint = {
        f"{shape} on {paper}": round(ratio, 2)
        for shape, paper in SHAPES
        if (ratio := contrast(tokens[shape][scheme], tokens[paper][scheme])) < 3
    }
    assert not faint


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hue", [195, 230, 265, 305, 350, 35, 85, 145])
def test_initials_can_be_read(scheme: str, hue: int) -> None:
    css = (TOKENS.parent / "components/people.css").read_text("utf-8")
    pairs = re.findall(r"oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)", css)
    (paper_light, paper_dark, ink_light, ink_dark) = [(float(light), float(chroma), hue) for light, chroma in pairs]
    ink, paper = (ink_light, paper_light) if scheme == "light" else (ink_dark, paper_dark)
    assert contrast(ink, paper) >= 4.5


def test_screens_of_every_kind_can_show_the_colours() -> None:
    """A colour outside sRGB is clipped by each browser in its own way."""
    rgb = {
        f"{name} {scheme}": tuple(round(part, 3) for part in _linear_rgb(colour))
        for name, schemes in _tokens().items()
        for scheme, colour in schemes.items()
    }
    assert not {name: parts for name, parts in rgb.items() if any(not -0.004 <= part <= 1.004 for part in parts)}
