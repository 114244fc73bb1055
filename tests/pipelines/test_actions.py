"""What is done on a screen takes effect with the next build, and what is taken back loses it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pipelines.build import build_home
from warehouse import publish
from warehouse.actions import SOURCE, Actions, Alert, Deed
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings

ASK = """
select pair_id, code, since_on
from mart.pair_reason
inner join mart.watchlist using (pair_id)
where ordinal = 1
order by "rank"
limit 1
"""


@pytest.fixture
def settings(demo_home: Path, tmp_path: Path) -> Settings:
    return load_settings(Path(shutil.copytree(demo_home, tmp_path / "home")))


def test_a_snoozed_pair_leaves_the_list_until_it_is_taken_back(settings: Settings) -> None:
    with publish.open_current(settings.published) as con:
        pair_id, code, since_on = con.execute(ASK).fetchall()[0]
    engine = open_operations(settings.operations_url)
    try:
        actions, alert = Actions(engine), Alert(pair_id, code, since_on)
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=5)).date().isoformat()
        about = {"alert_id": alert.alert_id, "until_on": until, "reason": "date agreed"}
        snoozed = actions.take("ab" * 8, "acc", Deed(pair_id, "ops.alert_snoozed", about, alert))

        build_home(settings, is_full=True)
        assert listed(settings, pair_id) == (False, "snoozed", True)

        actions.undo(snoozed.action_id, "acc")
        build_home(settings, is_full=True)
        assert listed(settings, pair_id) == (True, None, None)
        assert actions.waiting() == []
    finally:
        engine.dispose()


def listed(settings: Settings, pair_id: str) -> tuple[bool, str | None, bool | None]:
    """Whether a pair is on the published list, and what was decided about it."""
    with publish.open_current(settings.published) as con:
        on_list = con.execute("select count(*) from mart.watchlist where pair_id = ?", [pair_id]).fetchall()
        decided = con.execute(
            "select handling, is_quiet from mart.handling where pair_id = ?", [pair_id]
        ).fetchall()
        sources = con.execute("select count(*) from mart.source where source = ?", [SOURCE]).fetchall()
    assert sources == [(1,)]
    return on_list == [(1,)], *(decided[0] if decided else (None, None))
