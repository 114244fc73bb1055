"""A part of each of the four real logs, from the file to the watchlist and the publication.

`make bench` and `make backtest` play them whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.build import Build, build_home
from pipelines.ingest import ingest_into_home
from pipelines.watchlist import read_watchlist
from warehouse import publish
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.real

MAPPINGS = Path(__file__).parents[2] / "examples/mappings"
LOGS = {
    "collegemsg": ("collegemsg_events.parquet", dt.datetime(2004, 6, 15, tzinfo=dt.UTC)),
    "euemail": ("euemail_events.parquet", dt.datetime(2004, 2, 1, tzinfo=dt.UTC)),
    "openseeds": ("openseeds_events.csv", dt.datetime(2021, 3, 20, tzinfo=dt.UTC)),
    "oulad": ("oulad_events.parquet", dt.datetime(2014, 3, 1, tzinfo=dt.UTC)),
}

ONE_IN = 6
"""Of how many pairs of a large log one is built, its whole life."""


def some_pairs(log: Path, folder: Path) -> Path:
    """The rows of some pairs as a log of its own; the one in CSV is small as it is."""
    if log.suffix == ".csv":
        return log
    rows = pq.read_table(log)
    chosen = pa.array(pc.unique(rows["pair_id"]).to_pylist()[::ONE_IN])
    part = folder / log.name
    pq.write_table(rows.filter(pc.is_in(rows["pair_id"], chosen)), part)
    return part


@pytest.fixture(scope="module", params=sorted(LOGS))
def built(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, dt.datetime, Build]:
    """One build for both tests: folding the days of a real log takes its time."""
    name, as_of = LOGS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    settings = replace(load_settings(folder / "home"), policy=Policy(history_days=3))
    part = some_pairs(real_data / name, folder)
    (result,), _ = ingest_into_home(settings, [part], mapping=MAPPINGS / f"{request.param}.toml")
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
