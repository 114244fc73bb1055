"""Features of pairs, computed whole: against the bare grouped scan of the same log, polars and pandas.

All compute the same columns, and their sums must agree: contacts and their last six gaps, days since the last
one, what each side owes, since when and how quickly it answers, how long each side has been silent. That is
what the product calls rhythm, turn and silence. Comparison favours polars and pandas in three ways: leave,
pauses, retractions and twice told meetings are not looked for, nothing is stored, and the time to load their
frames is left out. "contact" are the three tables and all that they are made of, "feature.pair" is all
features. Each variant runs in a process of its own. `SCALE=25` makes it ten million events of a hundred
thousand pairs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.long_log import AS_OF, write_long_log
from warehouse import database, models
from warehouse.replay import needed_for
from warehouse.run import Run, write_run
from warehouse.settings import load_settings

SCALE = int(os.environ.get("SCALE", "1"))
N_PAIRS = 4_000 * SCALE
REPEATS = 2 if SCALE == 1 else 1
CONTACT = ("feature.rhythm", "feature.turn", "feature.silence")
ROOT = Path(__file__).parents[2]

ASKING = ["exchange.message_sent", "session.proposed"]
CONTACTS = ["session.held", "exchange.message_replied"]
TOUCHES = """
select pair_id, event_type, actor_role as side, occurred_at
from log.typed_event
where event_type in (
    'exchange.message_sent', 'exchange.message_replied', 'session.proposed', 'session.confirmed',
    'session.held', 'followup.thanks_sent', 'followup.advice_given'
)
"""
ACCEPTED = """
select pair_id, max(occurred_at)::date as accepted_on
from log.typed_event where event_type = 'match.accepted' group by pair_id
"""
SUMS = """
select
    (select sum(n_contacts) from feature.rhythm),
    (select sum(gap_1) from feature.rhythm),
    (select sum(gap_6) from feature.rhythm),
    (select sum(silence_days) from feature.rhythm),
    (select sum(owes_n) from feature.turn),
    (select sum(owes_days) from feature.turn),
    (select sum(reply_days) from feature.turn),
    (select sum(silence_days) from feature.silence)
"""
"""What all variants must agree on: n_contacts, gap_1, gap_6, silence, owed acts and days, reply days, silence
of the sides."""

Connection = duckdb.DuckDBPyConnection


def scan(con: Connection) -> Callable[[], Any]:
    """The floor: how many events each pair has, and the last of them."""
    sql = "create table floor as select pair_id, count(*) as n, max(occurred_at) as last from log.typed_event"
    return lambda: con.execute(f"{sql} group by pair_id") and None


def contact(con: Connection) -> Callable[[], Any]:
    return lambda: build(con, *CONTACT) or database.first_row(con, SUMS)


def feature_pair(con: Connection) -> Callable[[], Any]:
    return lambda: build(con, "feature.pair")


def build(con: Connection, *targets: str) -> None:
    found = models.discover()
    names = {model.name for target in targets for model in needed_for(found, target)}
    models.build(con, {name: found[name] for name in names})


def in_polars(con: Connection) -> Callable[[], Any]:
    import polars as pl

    touches, accepted = (pl.DataFrame(con.sql(sql).to_arrow_table()) for sql in (TOUCHES, ACCEPTED))
    at, today = pl.col("occurred_at"), pl.lit(AS_OF.date())

    def work() -> Any:
        is_both = pl.col("event_type") == "session.held"
        moved = touches.sort("pair_id", "occurred_at").with_columns(
            pl.when(is_both | (pl.col("side") == side)).then(at).alias(side) for side in ("mentor", "mentee")
        )
        asks = (
            moved.with_columns(
                pl.col(side).shift(-1).backward_fill().over("pair_id").alias(f"next_{side}")
                for side in ("mentor", "mentee")
            )
            .filter(pl.col("event_type").is_in(ASKING))
            .with_columns(
                answered=pl.when(pl.col("side") == "mentee").then("next_mentor").otherwise("next_mentee")
            )
        )
        met = pl.concat(
            [
                moved.filter(pl.col("event_type").is_in(CONTACTS)).select("pair_id", day=at.dt.date()),
                asks.drop_nulls("answered").select("pair_id", day=pl.col("answered").dt.date()),
            ]
        )
        days = met.unique().sort("pair_id", "day")
        gap = (pl.col("day") - pl.col("day").shift().over("pair_id")).dt.total_days()
        rhythm = (
            days.with_columns(gap=gap)
            .group_by("pair_id")
            .agg(
                pl.len().alias("n_contacts"),
                pl.col("day").max().alias("last"),
                *(
                    pl.col("gap").reverse().get(number, null_on_oob=True).alias(f"gap_{number + 1}")
                    for number in range(6)
                ),
            )
            .join(accepted, on="pair_id")
            .with_columns(silence=(today - pl.max_horizontal("last", "accepted_on")).dt.total_days())
        )
        is_open = pl.col("answered").is_null()
        turn = asks.group_by("pair_id", "side").agg(
            is_open.sum().alias("owes_n"),
            at.filter(is_open).n_unique().alias("owes_n_days"),
            at.filter(is_open).min().alias("owes_since"),
            pl.len().alias("asked"),
            (pl.col("answered").dt.date() - at.dt.date()).dt.total_days().median().alias("reply_days"),
        )
        silent = moved.group_by("pair_id").agg(pl.col("mentor", "mentee").max()).join(accepted, on="pair_id")
        silences = [
            silent.select(
                (today - pl.max_horizontal(pl.col(side).dt.date(), "accepted_on")).dt.total_days().sum()
            ).item()
            for side in ("mentor", "mentee")
        ]
        return (
            rhythm["n_contacts"].sum(),
            rhythm["gap_1"].sum(),
            rhythm["gap_6"].sum(),
            rhythm["silence"].sum(),
            turn["owes_n"].sum(),
            turn.select((today - pl.col("owes_since").dt.date()).dt.total_days().sum()).item(),
            turn["reply_days"].sum(),
            sum(silences),
        )

    return work


def in_pandas(con: Connection) -> Callable[[], Any]:
    import pandas as pd

    touches, accepted = con.execute(TOUCHES).df(), con.execute(ACCEPTED).df().set_index("pair_id")
    today = pd.Timestamp(AS_OF.date())

    def work() -> Any:
        moved = touches.sort_values(["pair_id", "occurred_at"], ignore_index=True)
        of_pair = moved["pair_id"]
        following = {}
        for side in ("mentor", "mentee"):
            is_of_side = (moved["event_type"] == "session.held") | (moved["side"] == side)
            moved[side] = moved["occurred_at"].where(is_of_side)
            following[side] = moved.groupby(of_pair)[side].shift(-1).groupby(of_pair).bfill()
        moved["answered"] = following["mentor"].where(moved["side"] == "mentee", following["mentee"])
        asks = moved[moved["event_type"].isin(ASKING)]
        held = moved.loc[moved["event_type"].isin(CONTACTS), ["pair_id", "occurred_at"]]
        answered = asks.loc[asks["answered"].notna(), ["pair_id", "answered"]]
        met = pd.concat([held, answered.rename(columns={"answered": "occurred_at"})])
        met["day"] = met["occurred_at"].dt.normalize()
        days = met[["pair_id", "day"]].drop_duplicates().sort_values(["pair_id", "day"])
        by_pair = days.groupby("pair_id")["day"]
        days["gap"] = by_pair.diff().dt.days
        days["recency"] = days.groupby("pair_id").cumcount(ascending=False) + 1
        gaps = days[days["recency"] <= 6].pivot(index="pair_id", columns="recency", values="gap")
        last = by_pair.max().to_frame("last").join(accepted)
        silence = (today - last.max(axis=1)).dt.days
        is_open = asks["answered"].isna()
        asks = asks.assign(
            reply=(asks["answered"].dt.normalize() - asks["occurred_at"].dt.normalize()).dt.days,
            open_at=asks["occurred_at"].where(is_open),
            is_open=is_open,
        )
        turn = asks.groupby(["pair_id", "side"]).agg(
            owes_n=("is_open", "sum"),
            owes_n_days=("open_at", "nunique"),
            owes_since=("open_at", "min"),
            asked=("is_open", "size"),
            reply_days=("reply", "median"),
        )
        silent = moved.groupby("pair_id")[["mentor", "mentee"]].max().join(accepted)
        since = [
            pd.concat([silent[side].dt.normalize(), silent["accepted_on"]], axis=1).max(axis=1)
            for side in ("mentor", "mentee")
        ]
        return (
            by_pair.size().sum(),
            gaps[1].sum(),
            gaps[6].sum(),
            silence.sum(),
            turn["owes_n"].sum(),
            (today - turn["owes_since"].dt.normalize()).dt.days.sum(),
            turn["reply_days"].sum(),
            sum((today - one).dt.days.sum() for one in since),
        )

    return work


VARIANTS: dict[str, Callable[[Connection], Callable[[], Any]]] = {
    "grouped scan": scan,
    "contact": contact,
    "feature.pair": feature_pair,
    "polars, contact": in_polars,
    "pandas, contact": in_pandas,
}


def test_pair_features_against_a_grouped_scan_and_peers(tmp_path: Path) -> None:
    n_events = write_long_log(load_settings(tmp_path), N_PAIRS)
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for _ in range(REPEATS):
        for name in VARIANTS:
            command = [sys.executable, "-m", "tests.bench.bench_pairs", name, str(tmp_path)]
            ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            told[name].append(json.loads(ran.stdout))
    best = {name: {key: min(run[key] for run in runs) for key in ("wall", "cpu", "peak_mb")}
            for name, runs in told.items()}  # fmt: skip
    floor, ours = best["grouped scan"], best["contact"]
    print(f"\nfeatures of {N_PAIRS:,} pairs from {n_events:,} events")
    print(f"{'':18}{'seconds':>9}{'CPU s':>8}{'x scan, CPU':>13}{'peak MB':>9}")
    for name, found in best.items():
        ratio = found["cpu"] / floor["cpu"]
        print(f"{name:18}{found['wall']:9.2f}{found['cpu']:8.2f}{ratio:13.1f}{found['peak_mb']:9,.0f}")
    polars, pandas = (best[f"{peer}, contact"]["cpu"] / ours["cpu"] for peer in ("polars", "pandas"))
    print(
        f"contact x scan {ours['cpu'] / floor['cpu']:.1f} (goal: at most 10), "
        f"{polars:.2f} times as fast as polars (goal: 2), {pandas:.2f} as pandas (3), "
        f"{ours['peak_mb'] / 1024:.2f} GiB (0.6)"
    )

    sums = {name: told[name][0]["sums"] for name in ("contact", "polars, contact", "pandas, contact")}
    assert len({tuple(found) for found in sums.values()}) == 1, sums


def main(name: str, home: str) -> None:
    settings = load_settings(Path(home))
    file = Path(home) / "models.duckdb"
    file.unlink(missing_ok=True)
    with database.open_models(file, settings.log_file) as con:
        write_run(con, Run(AS_OF, AS_OF, settings.policy))
        models.discover()  # read before the clock starts: what it costs does not grow with the log
        work = VARIANTS[name](con)
        wall, cpu = time.perf_counter(), time.process_time()
        sums = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not ru_maxrss: a child begins with what its parent had.
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    sums = [round(float(found), 3) for found in sums or ()]
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak_mb, "sums": sums}))


if __name__ == "__main__":
    main(*sys.argv[1:])
