"""The example a newcomer copies: from two lists of a small program to the pairs that need somebody."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.watchlist import read_watchlist
from warehouse.settings import load_settings

EXAMPLE = Path(__file__).parents[3] / "examples/own-program"


def test_two_plain_lists_become_a_watchlist_of_the_silent_pairs(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    for name in ("pairs", "sessions"):
        (result,), _ = ingest_into_home(settings, [EXAMPLE / f"{name}.csv"], mapping=EXAMPLE / f"{name}.toml")
        assert (result.status, result.quarantined) == ("accepted", 0)

    build_home(settings, as_of=dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC))
    found = read_watchlist(settings)

    assert [row["pair_id"] for row in found.rows] == ["p5", "p3"]
    assert found.sight.n_judged == 5
    assert all(row["reason"] and row["next_step"] for row in found.rows)
