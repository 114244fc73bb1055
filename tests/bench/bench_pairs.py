"""Features of pairs, computed whole: against the bare grouped scan of the same table, polars and pandas.

All compute the same columns, and their sums must agree: contacts and their last six gaps, days since the
last one, median and ninth decile of the gaps, contacts in the last 1, 4, 8 and 26 weeks, weeks with a
contact, the silence in median gaps, what each side owes, since when and how quickly it answers, how long each
side has been silent. That is what the product calls rhythm, turn, silence and pattern.

"features" is what follows from clean touches, which polars and pandas are given too: held against a grouped
scan of the touches. Comparison favours those two: leave, pauses and breaks are not looked for, nothing is
stored, and the time to load their frames is left out. "with cleaning" goes from the log, less what was
retracted, told twice or by neither side: held against a grouped scan of the log. "feature.pair" is all
features. Each variant runs in a process of its own, with at most LIMIT for the database, or LIMIT_OF_ALL for
all features. `SCALE=25` makes it ten million events of a hundred thousand pairs.
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
LIMIT = os.environ.get("LIMIT", "320MB")
"""What DuckDB may hold in memory; the process around it takes more."""
LIMIT_OF_ALL = "1GB"
"""The same for all features, among them those of sessions, goals and surveys."""
CONTACT = ("feature.rhythm", "feature.turn", "feature.silence", "feature.pattern")
OF_TOUCHES = (
    "core.dialogue",
    "core.contact_history",
    "core.owed",
    "core.last_turn",
    "feature.rhythm",
    "feature.turn",
    "feature.silence",
    "feature.pattern",
)
"""What follows from clean touches; the clocks and the acceptance of pairs are not of that length."""
ROOT = Path(__file__).parents[2]

ASKING = ["exchange.message_sent", "session.proposed"]
CONTACTS = ["session.held", "exchange.message_replied"]
TOUCHES = "select pair_id, event_type, side, touched_at as occurred_at from core.touch"
ACCEPTED = """
select pair_id, accepted_at::date as accepted_on from core.lifecycle
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
    (select sum(silence_days) from feature.silence),
    (select sum(gap_median) from feature.pattern),
    (select sum(gap_p90) from feature.pattern),
    (select sum(n_contacts_1w) from feature.pattern),
    (select sum(n_contacts_4w) from feature.pattern),
    (select sum(n_contacts_8w) from feature.pattern),
    (select sum(n_contacts_26w) from feature.pattern),
    (select sum(n_active_weeks) from feature.pattern),
    (select sum(silence_in_gaps) from feature.pattern),
    (select sum(unanswered_streak) from feature.pattern)
"""
"""What all variants must agree on: contacts, two gaps, silence, owed acts and days, reply days, silence of
the sides, and each column of the pattern."""

Connection = duckdb.DuckDBPyConnection


def scan(con: Connection) -> Callable[[], Any]:
    """The floor of what goes from the log: how many events each pair has, and the last of them."""
    sql = "create table floor as select pair_id, count(*) as n, max(occurred_at) as last from log.typed_event"
    return lambda: con.execute(f"{sql} group by pair_id") and None


def scan_touches(con: Connection) -> Callable[[], Any]:
    """The floor of what goes from clean touches."""
    build(con, "core.touch")
    sql = "create table floor as select pair_id, count(*) as n, max(touched_at) as last from core.touch"
    return lambda: con.execute(f"{sql} group by pair_id") and None


def features(con: Connection) -> Callable[[], Any]:
    needed = needed_of(*CONTACT)
    models.build(con, needed)

    def work() -> Any:
        models.build(con, needed, targets=OF_TOUCHES)
        return database.first_row(con, SUMS)

    return work


def with_cleaning(con: Connection) -> Callable[[], Any]:
    return lambda: build(con, *CONTACT) or database.first_row(con, SUMS)


def feature_pair(con: Connection) -> Callable[[], Any]:
    return lambda: build(con, "feature.pair")


def build(con: Connection, *targets: str) -> None:
    models.build(con, needed_of(*targets))


def needed_of(*targets: str) -> dict[str, models.Model]:
    found = models.discover()
    return {model.name: model for target in targets for model in needed_for(found, target)}


def frames(con: Connection) -> tuple[Any, Any]:
    """Clean touches, and when each pair was accepted."""
    build(con, "core.touch", "core.lifecycle")
    own = con.cursor()
    return own.sql(TOUCHES).to_arrow_table(), own.sql(ACCEPTED).to_arrow_table()


def in_polars(con: Connection) -> Callable[[], Any]:
    import polars as pl

    touches, accepted = (pl.DataFrame(table) for table in frames(con))
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
        age = (today - pl.col("day")).dt.total_days()
        week = (pl.col("day") - pl.date(2000, 1, 3)).dt.total_days() // 7
        pattern = (
            days.with_columns(gap=gap)
            .group_by("pair_id")
            .agg(
                pl.col("gap").median().alias("median"),
                pl.col("gap").quantile(0.9, "linear").alias("p90"),
                *((age < 7 * weeks).sum().alias(f"n_{weeks}w") for weeks in (1, 4, 8, 26)),
                week.n_unique().alias("n_weeks"),
            )
            .join(rhythm.select("pair_id", "silence"), on="pair_id")
            .with_columns(silence=pl.col("silence") / pl.col("median"))
            .join(turn.group_by("pair_id").agg(pl.col("owes_n").max()), on="pair_id", how="left")
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
            *(pattern[name].sum() for name in pattern.columns if name != "pair_id"),
        )

    return work


def in_pandas(con: Connection) -> Callable[[], Any]:
    import pandas as pd

    touches, accepted = (table.to_pandas() for table in frames(con))
    accepted = accepted.set_index("pair_id").astype("datetime64[us]")
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
        spread = days.groupby("pair_id")["gap"].quantile([0.5, 0.9]).unstack()
        age = (today - days["day"]).dt.days
        weeks_of = (days["day"] - pd.Timestamp("2000-01-03")).dt.days // 7
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
            spread[0.5].sum(),
            spread[0.9].sum(),
            *((age < 7 * weeks).sum() for weeks in (1, 4, 8, 26)),
            weeks_of.groupby(days["pair_id"]).nunique().sum(),
            (silence / spread[0.5]).sum(),
            turn["owes_n"].groupby("pair_id").max().reindex(last.index, fill_value=0).sum(),
        )

    return work


VARIANTS: dict[str, Callable[[Connection], Callable[[], Any]]] = {
    "scan of touches": scan_touches,
    "features": features,
    "polars": in_polars,
    "pandas": in_pandas,
    "scan of log": scan,
    "with cleaning": with_cleaning,
    "feature.pair": feature_pair,
}
FLOOR_OF = {"with cleaning": "scan of log", "feature.pair": "scan of log", "scan of log": "scan of log"}


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
    ours = best["features"]
    print(f"\nfeatures of {N_PAIRS:,} pairs from {n_events:,} events, at most {LIMIT} for the database")
    print(f"{'':18}{'seconds':>9}{'CPU s':>8}{'x scan, CPU':>13}{'peak MB':>9}")
    for name, found in best.items():
        ratio = found["cpu"] / best[FLOOR_OF.get(name, "scan of touches")]["cpu"]
        print(f"{name:18}{found['wall']:9.2f}{found['cpu']:8.2f}{ratio:13.1f}{found['peak_mb']:9,.0f}")
    polars, pandas = (best[peer]["cpu"] / ours["cpu"] for peer in ("polars", "pandas"))
    print(
        f"features x scan {ours['cpu'] / best['scan of touches']['cpu']:.1f} (goal: at most 10), "
        f"{polars:.2f} times as fast as polars (goal: 2), {pandas:.2f} as pandas (3), "
        f"{ours['peak_mb'] / 1024:.2f} GiB (0.6)"
    )

    sums = {name: told[name][0]["sums"] for name in ("features", "with cleaning", "polars", "pandas")}
    assert len({tuple(found) for found in sums.values()}) == 1, sums


def main(name: str, home: str) -> None:
    settings = load_settings(Path(home))
    file = Path(home) / "models.duckdb"
    file.unlink(missing_ok=True)
    with database.open_models(file, settings.log_file) as con:
        con.execute(f"set memory_limit = '{LIMIT_OF_ALL if name == 'feature.pair' else LIMIT}'")
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
