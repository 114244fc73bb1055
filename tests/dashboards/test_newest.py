"""A newer build is said, with what is new on the list, and drawn only when its reader asks for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboards import access, newest
from warehouse.accounts import ROLES, Caller


@pytest.fixture
def two_builds(
    home: Path, tmp_path: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> Iterator[None]:
    """Screens of a home in which `build-2` followed the drawn `build-1`: three pairs joined the list."""
    shutil.copytree(home / "published", tmp_path / "published")
    with duckdb.connect(str(tmp_path / "published" / "build-1.duckdb")) as con:
        con.execute("delete from mart.listed where priority in (1, 1 / 2, 1 / 3)")
    published.write_publication(tmp_path, build_id="build-2")
    with make_screens(tmp_path).app.server.test_request_context():
        yield


def told(drawn: str | None, search: str = "") -> str:
    return json.dumps(newest.tell_newer(None, drawn, search), cls=PlotlyJSONEncoder)


@pytest.mark.usefixtures("two_builds")
def test_a_newer_build_is_said_with_what_is_new_on_the_list() -> None:
    words = told("build-1")
    assert "A newer build is published" in words
    assert "3 pairs are new on the list" in words
    assert "Refresh" in words


@pytest.mark.usefixtures("two_builds")
def test_nothing_is_said_of_the_newest_build_nor_on_a_past_day_nor_without_one() -> None:
    assert told("build-2") == told("build-1", "?asof=2026-11-10") == told(None) == "[]"


@pytest.mark.usefixtures("two_builds")
def test_a_build_that_is_gone_is_not_compared() -> None:
    assert "new on the list" not in told("build-0")
    assert "A newer build is published" in told("build-0")


@pytest.mark.usefixtures("two_builds")
def test_who_sees_no_pairs_is_not_told_how_many_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Caller("acc", "cohort_viewer", ROLES["cohort_viewer"])
    for module in (newest, access):
        monkeypatch.setattr(module, "caller", lambda: viewer)
    assert "A newer build is published" in told("build-1")
    assert "new on the list" not in told("build-1")


def test_the_frame_says_which_build_it_drew(screens: Any) -> None:
    assert '"drawn-build":{"data":"build-1"}' in screens.frame().replace(" ", "")
