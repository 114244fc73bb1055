"""What is told of the end of a quarter before is what a run of its last day tells."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.build import open_build
from warehouse import models
from warehouse.policy import Policy
from warehouse.replay import needed_for
from warehouse.run import Run, write_run
from warehouse.settings import load_settings

KNOWN = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
END = dt.datetime(2026, 9, 30, 23, 59, 59, tzinfo=dt.UTC)
OF_THE_PRESENT = {
    (name,) for name in ("hours_off", "mentor_present", "moved_again", "overlap_hours", "overlap_short")
}
BY_LATEST_WORD = ("elsewhere", "need_distance")
"""Told by the channels and the needs that were named last, also of the days before (docs/method.md)."""
SUMS = {
    "practice": "practice, pair_id, amount, n, n_reached, total, squares from feature.practice_pair",
    "matching": (
        "practice, pair_id, amount, coalesce(reached_on <= until_on, false) as is_reached "
        "from feature.match_measure inner join feature.quarter on counts_on <= until_on"
    ),
    "load": "practice, pair_id, is_reached from feature.load_measure",
}

Rows = set[tuple[object, ...]]


def told(home: Path, file: Path, as_of: dt.datetime, moment: str) -> dict[str, Rows]:
    """What counts by a moment in a run, and the windows of the agreed cadence that were kept by it."""
    found: dict[str, Rows] = {}
    with open_build(load_settings(home), file) as con:
        write_run(con, Run(as_of, KNOWN, Policy()))
        every, built = models.discover(), set[str]()
        tables = ("practice_pair", "match_measure", "load_measure", "adherence", "adherence_before")
        for target in tables:
            for model in needed_for(every, f"feature.{target}"):
                if model.name not in built:
                    models.build_one(con, model)
                    built.add(model.name)
        of_the_present = (
            "select practice from feature.practice_pair group by practice having max(moment) = min(moment)"
        )
        for name, sql in SUMS.items():
            rows = con.execute(f"select {sql} where moment = ?", [moment]).fetchall()
            found[name] = {row for row in rows if row[0] not in BY_LATEST_WORD}
        found["alone"] = set(con.execute(of_the_present).fetchall())
        adherence = "adherence_before" if moment == "before" else "adherence"
        found["adherence"] = set(
            con.execute(f"select pair_id, n_windows, n_windows_met from feature.{adherence}").fetchall()
        )
    return found


def test_what_came_after_a_quarter_has_no_part_in_its_figures(demo_home: Path, tmp_path: Path) -> None:
    then = told(demo_home, tmp_path / "then.duckdb", END, "now")
    later = told(demo_home, tmp_path / "later.duckdb", END + dt.timedelta(days=50), "before")
    assert later["alone"] == OF_THE_PRESENT
    for name in SUMS:
        assert later[name] == {row for row in then[name] if (row[0],) not in OF_THE_PRESENT}
    assert later["adherence"]
    assert later["adherence"] <= then["adherence"]
