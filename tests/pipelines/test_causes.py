"""How pairs end, from a log to the published table."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.build import build_home, fold_only, open_build, resolve_run
from pipelines.fit import fit_home
from tests.conftest import DEMO_NOW
from warehouse import publish
from warehouse.policy import Policy
from warehouse.settings import load_settings


@pytest.mark.slow
def test_the_chances_of_each_end_are_published_once_they_were_learnt(demo_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    settings = replace(load_settings(home), policy=Policy(history_days=1))
    with publish.open_current(settings.published) as con:
        assert con.execute("select count(*) from mart.pair_risk_cause").fetchone() == (0,)
    made = fit_home(settings, DEMO_NOW, clock=lambda: DEMO_NOW)
    assert made.causes is not None
    assert made.causes.card["log_loss"] < made.causes.card["log_loss_constant"]
    build_home(settings, as_of=DEMO_NOW, clock=lambda: DEMO_NOW)
    with publish.open_current(settings.published) as con:
        pairs = con.execute(
            "select pair_id, sum(rate_30d), sum(rate_60d), count(distinct cause) "
            "from mart.pair_risk_cause group by 1"
        ).fetchall()
        (n_running,) = con.execute(
            "select count(*) from mart.pair "
            "where stage in ('accepted', 'forming', 'active', 'light_mode', 'closing') "
            "and silence_days is not null and tau_days is not null"
        ).fetchall()[0]
    assert len(pairs) == n_running > 50
    assert {n for *_, n in pairs} == {len(made.causes.causes)}
    assert all(0 < within_30 < within_60 <= 1 + 1e-5 for _, within_30, within_60, _ in pairs)
    before = DEMO_NOW.replace(month=6)
    with open_build(settings, tmp_path / "before.duckdb") as con:
        fold_only(con, resolve_run(settings, before, None, lambda: DEMO_NOW), ["mart.pair_risk_cause"])
        assert con.execute("select count(*) from mart.pair_risk_cause").fetchone() == (0,)
