"""All four real logs, from the file to the watchlist and the publication."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.build import Build, build_home
from pipelines.ingest import ingest_into_home
from pipelines.watchlist import read_watchlist
from warehouse import publish
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.real

MAPPINGS = Path(__file__).parents[2] / "examples/mappings"
LOGS = {
    "collegemsg": ("collegemsg_events.parquet", dt.datetime(2004, 6, 15, tzinfo=dt.UTC)),
    "euemail": ("euemail_events.parquet", dt.datetime(2004, 2, 1, tzinfo=dt.UTC)),
    "openseeds": ("openseeds_events.csv", dt.datetime(2021, 3, 20, tzinfo=dt.UTC)),
    "oulad": ("oulad_events.parquet", dt.datetime(2014, 3, 1, tzinfo=dt.UTC)),
}


@pytest.fixture(scope="module", params=sorted(LOGS))
def built(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, dt.datetime, Build]:
    """One build for both tests: folding the days of a real log takes its time."""
    name, as_of = LOGS[request.param]
    settings = load_settings(tmp_path_factory.mktemp(request.param) / "home")
    (result,), _ = ingest_into_home(settings, [real_data / name], mapping=MAPPINGS / f"{request.param}.toml")
    assert (result.status, result.quarantined) == ("accepted", 0)
    return settings, as_of, build_home(settings, as_of=as_of)


def test_a_real_log_becomes_a_watchlist_with_reasons(built: tuple[Settings, dt.datetime, Build]) -> None:
    settings, as_of, made = built

    found = read_watchlist(settings, limit=20)

    assert not [check for check in made.checks if check.is_blocking and not check.is_ok]
    assert made.publication == publish.current(settings.published)
    assert found.as_of == as_of.isoformat().replace("+00:00", "Z")
    assert len(found.rows) == 20
    assert all(row["reason"] and row["next_step"] for row in found.rows)


def test_an_earlier_day_of_a_real_log_knows_nothing_of_later_ones(
    built: tuple[Settings, dt.datetime, Build],
) -> None:
    settings, as_of, _ = built

    with publish.open_current(settings.published) as con:
        ((last_event,),) = con.execute("select max(occurred_at) from mart.pair_event").fetchall()
        ((last_contact,),) = con.execute("select max(last_contact_at) from mart.pair").fetchall()
    assert last_event <= as_of.replace(tzinfo=None)
    assert last_contact is None or last_contact <= as_of.replace(tzinfo=None)
