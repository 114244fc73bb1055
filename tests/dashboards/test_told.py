"""What a build wrote is told in the language of whoever reads it, on every screen and in every export."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dash
import pytest

from dashboards import speech
from tests.conftest import DEMO_NOW
from tests.dashboards.test_speech import PAGES, in_pseudo, of_the_program, shown, unspoken
from warehouse import publish

TELLING = ("watchlist", "pair", "overview", "endings", "data_quality", "signals")


@pytest.fixture(scope="session")
def sample(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample program as it was built, to be looked at."""
    home = tmp_path_factory.mktemp("told") / "home"
    shutil.copytree(demo_home / "published", home / "published")
    return home


@pytest.fixture(scope="session")
def sample_screens(sample: Path, make_screens: Callable[..., Any]) -> Any:
    return make_screens(sample, now=DEMO_NOW)


@pytest.fixture(scope="session")
def own(sample: Path) -> set[str]:
    """The texts of the sample that are no words of ours: names, ids and codes."""
    return of_the_program(sample, is_built=True)


def addresses(sample: Path, page: str) -> Iterator[dict[str, str]]:
    if page != "pair":
        yield {"view": "all"} if page == "watchlist" else {}
        return
    with publish.open_current(sample / "published") as con:
        found = con.execute(
            "select min(pair_id) from mart.pair_reason group by code, position('{' in reason_message)"
        )
        yield from ({"pair_id": pair_id} for (pair_id,) in found.fetchall())


@pytest.mark.parametrize("page", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_every_sentence_on_a_screen_of_the_sample_is_told(
    page: str, sample: Path, sample_screens: Any, own: set[str]
) -> None:
    layout = dash.page_registry[f"dashboards.pages.{page}"]["layout"]
    left = {
        text
        for address in addresses(sample, page)
        for text in shown(in_pseudo(sample_screens, layout, **address))
        if unspoken(text, own)
    }
    assert left == set()


@pytest.fixture
def catalogued(monkeypatch: pytest.MonkeyPatch, own: set[str]) -> set[str]:
    """A catalogue that knows every text of the data, as if each were a word of ours."""
    ours = speech._known()
    monkeypatch.setattr(speech, "_known", lambda: ours | own)
    return own - ours


@pytest.mark.parametrize("page", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_a_text_of_the_data_that_is_a_word_of_ours_keeps_its_name(
    page: str, sample: Path, sample_screens: Any, catalogued: set[str]
) -> None:
    layout = dash.page_registry[f"dashboards.pages.{page}"]["layout"]
    marked = {f"⟦{text}⟧" for text in catalogued}
    told = {
        text
        for address in addresses(sample, page)
        for text in shown(in_pseudo(sample_screens, layout, **address))
    }
    assert {text for text in told if any(mark in text for mark in marked)} == set()
