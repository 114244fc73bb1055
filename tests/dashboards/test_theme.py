"""Colours can be read: contrast is measured, not believed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from dashboards import theme
from dashboards.theme import Tone
from dashboards.viewer import Scheme
from warehouse.words import BAND

ASSETS = Path(theme.__file__).parent / "assets"
SCHEME: tuple[Scheme, ...] = get_args(Scheme)
SCHEMES = pytest.mark.parametrize("scheme", SCHEME)

TONES = [*theme.TONE.values(), theme.ENDED_WELL, theme.OK_TONE, theme.WARN_TONE, theme.BAD_TONE]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: str, scheme: Scheme) -> str:
    """A colour of the code as it is painted."""
    return str(theme.painted(colour, scheme))


@SCHEMES
@pytest.mark.parametrize("tone", TONES, ids=lambda tone: tone.word)
def test_a_badge_can_be_read(tone: Tone, scheme: Scheme) -> None:
    assert contrast(seen(tone.ink, scheme), seen(tone.fill, scheme)) >= 4.5


@SCHEMES
@pytest.mark.parametrize("tone", TONES, ids=lambda tone: tone.word)
def test_numbers_can_be_read_on_a_bar(tone: Tone, scheme: Scheme) -> None:
    assert contrast(seen(tone.solid, scheme), seen(theme.PAPER, scheme)) >= 4.5


@SCHEMES
@pytest.mark.parametrize("ink", ["ink", "soft", "muted", "accent"])
@pytest.mark.parametrize("ground", ["paper", "ground", "sunk", "hover", "advice"])
def test_text_can_be_read_on_every_ground(ink: str, ground: str, scheme: Scheme) -> None:
    at = SCHEME.index(scheme)
    assert contrast(theme.PALETTE[ink][at], theme.PALETTE[ground][at]) >= 4.5


@SCHEMES
@pytest.mark.parametrize("name", ["blue", "orange", "green", "vermilion", "purple", "grey", "planned"])
def test_lines_and_marks_stand_out(name: str, scheme: Scheme) -> None:
    at = SCHEME.index(scheme)
    assert contrast(theme.PALETTE[name][at], theme.PALETTE["paper"][at]) >= 3


@pytest.mark.parametrize("name", ["blue", "orange", "green", "vermilion", "purple", "grey", "ochre"])
def test_a_chart_drawn_in_the_dark_stands_out_on_printed_paper(name: str) -> None:
    assert contrast(theme.PALETTE[name][1], "#ffffff") >= 2.7


def test_the_style_sheet_holds_the_same_palette() -> None:
    sheet = (ASSETS / "kinkeeper.css").read_text("utf-8")
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", sheet)
    assert {name: (light, dark) for name, light, dark in found} == {
        name: (light.lower(), dark) for name, (light, dark) in theme.PALETTE.items()
    }


def test_no_colour_stands_outside_the_palette() -> None:
    root = ASSETS.parent
    files = [*root.rglob("*.py"), *ASSETS.glob("*.js"), ASSETS / "kinkeeper.css"]
    strays = {
        f"{file.name}: {line.strip()}"
        for file in files
        if file.name != "theme.py"
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"#[0-9a-fA-F]{6}\b", line) and "light-dark(" not in line
    }
    assert strays == set()


def test_a_chart_is_painted_down_to_its_last_colour() -> None:
    chart = {"data": [{"fillcolor": f"{theme.BLUE}29", "marker": {"color": [theme.PAPER, "rgba(0,0,0,0)"]}}]}
    dark = theme.PALETTE["blue"][1]
    assert theme.painted(chart, "light") == chart
    assert theme.painted(chart, "dark") == {
        "data": [
            {"fillcolor": f"{dark}29", "marker": {"color": [theme.PALETTE["paper"][1], "rgba(0,0,0,0)"]}}
        ]
    }


def test_html_calls_a_colour_by_its_name_and_leaves_others_alone() -> None:
    assert theme.css(theme.VERMILION) == "var(--vermilion)"
    assert theme.css("var(--ink)") == "var(--ink)"


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_bands_differ_without_colour() -> None:
    marks = [tone.mark for tone in theme.TONE.values()]
    assert len(set(marks)) == len(marks)
    assert set(theme.TONE) == set(BAND)


def test_only_a_known_natural_end_looks_like_one() -> None:
    assert theme.tone("ended", "ended", is_success=True) == theme.ENDED_WELL
    assert theme.tone("ended", "ended", is_success=None) == theme.TONE["ended"]
    assert theme.tone("watch", "waiting", is_success=True) == theme.TONE["watch"]


def test_a_pair_whose_contact_nobody_can_see_is_not_called_early() -> None:
    assert theme.tone("too_early", "data_late").word == "Cannot be judged"
    assert theme.tone("too_early", "in_rhythm").word == "Too early to tell"
    assert theme.tone("needs_check_in", "data_late").word == "Needs check-in"
