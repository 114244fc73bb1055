"""Colours can be read: contrast is measured, not believed."""

from __future__ import annotations

import pytest

from dashboards import theme
from dashboards.theme import Tone
from warehouse.words import BAND

TONES = [*theme.TONE.values(), theme.ENDED_WELL, theme.OK_TONE, theme.WARN_TONE, theme.BAD_TONE]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("tone", TONES, ids=lambda tone: tone.word)
def test_a_badge_can_be_read(tone: Tone) -> None:
    assert contrast(tone.ink, tone.fill) >= 4.5


@pytest.mark.parametrize("tone", TONES, ids=lambda tone: tone.word)
def test_white_numbers_can_be_read_on_a_bar(tone: Tone) -> None:
    assert contrast(tone.solid, theme.PAPER) >= 4.5


@pytest.mark.parametrize("ink", [theme.INK, theme.MUTED, theme.ACCENT])
@pytest.mark.parametrize("ground", [theme.PAPER, theme.GROUND])
def test_text_can_be_read_on_paper_and_on_ground(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize(
    "line", [theme.BLUE, theme.ORANGE, theme.GREEN, theme.VERMILION, theme.PURPLE, theme.GREY]
)
def test_lines_and_marks_stand_out(line: str) -> None:
    assert contrast(line, theme.PAPER) >= 3


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
