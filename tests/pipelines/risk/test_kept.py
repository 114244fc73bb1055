"""Which model a build uses: the shipped one, until one that was fitted is kept."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.build import build_home
from pipelines.fit import fit_home
from pipelines.risk.kept import prior, read_model
from tests.pipelines.letters import LAST
from warehouse import publish
from warehouse.settings import Settings


def test_the_shipped_prior_says_on_what_it_rests() -> None:
    file = prior()
    assert {model.basis for model in file.models.values()} == {"prior"}
    assert file.card["program_id"] == "synthetic sample"
    assert any("synthetic" in limit for limit in file.card["limits"])


@pytest.mark.slow
def test_a_fitted_model_is_used_from_its_last_day_on_and_a_second_fit_needs_news(whole: Settings) -> None:
    as_of = dt.datetime.combine(LAST, dt.time(12), dt.UTC)
    made = fit_home(whole, as_of)
    assert made.is_promoted
    assert made.file.card["basis"] == "model"
    assert not fit_home(whole, as_of).is_promoted
    kept = read_model(whole.risk_folder / "model.json")
    assert kept == made.file

    build_home(whole, as_of=as_of)
    with publish.open_current(whole.published) as con:
        told = con.execute(
            "select risk_30d, risk_tier, risk_basis from mart.pair where risk_30d is not null"
        ).df()
        reasons = con.execute("select * from mart.pair_risk_reason").df()
    assert "model" in set(told["risk_basis"])
    assert told["risk_30d"].between(0, 1).all()
    assert set(told["risk_tier"]) <= {"usual", "raised", "high"}
    assert (reasons["log_odds"] > 0).all()

    build_home(whole, as_of=dt.datetime(2025, 4, 1, tzinfo=dt.UTC))
    with publish.open_current(whole.published) as con:
        early = con.execute(
            "select distinct risk_basis from mart.pair where risk_basis is not null"
        ).fetchall()
    assert early == [("prior",)]
