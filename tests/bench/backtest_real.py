"""Play the three real logs again, ingest -> build -> backtest; write the tables of docs/benchmarks/risk.md.

`make backtest`; the data is not part of the repository (DATA=../shared/data). Each log goes in with its
example mapping; figures are counted on the rows of its label file from the first week in which a model can
be learnt, as in the comparison it came with. Formal exit, where a log tells of it, is a target and a table of
its own. Figures only: no row of the data is written. Fails where recency does not rank as published, or the
model misses its goal.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines.backtest import Period, run_backtest
from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.signals.record import record_of
from pipelines.signals.risk import EXIT, SILENCE, Target
from warehouse.settings import load_settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/benchmarks/risk.md"
MARK = re.compile(r"(<!-- figures begin -->\n).*?(<!-- figures end -->)", re.DOTALL)
METRICS = (
    "average_precision", "roc_auc", "precision_top", "precision_attention", "recall_attention", "brier",
    "calibration_slope", "alerts_per_manager", "alert_precision", "alerted_rate", "median_lead_days",
)  # fmt: skip


@dataclass(frozen=True)
class Log:
    """A log, the first and last date of its labels, the first that is counted, and how many rows then are.

    `recency` is the published average precision of recency on them, `goal` the least the model must reach.
    """

    name: str
    first: dt.date
    last: dt.date
    counted_from: dt.date
    n_rows: int
    recency: float
    goal: float
    targets: tuple[Target, ...] = (SILENCE,)


LOGS = (
    Log("collegemsg", dt.date(2004, 5, 5), dt.date(2004, 9, 22), dt.date(2004, 6, 23), 1577, 0.908, 0.903),
    Log("euemail", dt.date(2003, 10, 26), dt.date(2004, 2, 1), dt.date(2003, 12, 7), 2893, 0.382, 0.427),
    Log(
        "oulad",
        dt.date(2013, 2, 4),
        dt.date(2014, 5, 26),
        dt.date(2013, 3, 25),
        36499,
        0.238,
        0.36,
        (SILENCE, EXIT),
    ),
)


LABEL = {SILENCE: "goes_silent", EXIT: "withdraws_30d"}
CAME_TRUE = {SILENCE: "went silent", EXIT: "left within 30 days"}


def played(log: Log, data: Path, home: Path) -> Iterator[tuple[Target, pd.DataFrame, str]]:
    """The metrics of every method on the labelled rows of a log, target by target, and how large it is."""
    settings = load_settings(home)
    mapping = ROOT / "examples/mappings" / f"{log.name}.toml"
    ingest_into_home(settings, [data / f"{log.name}_events.parquet"], mapping=mapping)
    build_home(settings, as_of=dt.datetime.combine(log.last, dt.time(23, 59), dt.UTC))
    for target in log.targets:
        rows = labelled(log, data, run_backtest(settings, Period(log.first, log.last, target)).said, target)
        came_true = rows[LABEL[target]].to_numpy() == 1
        exit_on = rows["exit_on"].to_numpy() if target == EXIT else None
        metric = record_of(rows, came_true, settings.policy, exit_on).metric
        words = (
            f"{len(rows):,} pair-weeks of {rows['pair_id'].nunique():,} pairs in {rows['date'].nunique()} "
            f"weeks, {came_true.mean():.1%} {CAME_TRUE[target]}"
        )
        if target == SILENCE:
            hold(log, rows, metric)
        yield target, metric, words


def labelled(log: Log, data: Path, said: pd.DataFrame, target: Target) -> pd.DataFrame:
    """What was said of the rows of the label file that are counted, with their label and day of exit."""
    labels = pd.read_csv(data / f"{log.name}_labels.csv").rename(columns={"as_of": "date"})
    said = said.assign(date=said["on_date"].astype(str).str[:10])
    rows = said.merge(labels[["pair_id", "date", "days_silent", LABEL[target]]], on=["pair_id", "date"])
    if target == EXIT:
        ends = pd.read_csv(data / f"{log.name}_outcomes.csv").dropna(subset="unregistered_day")
        begun = pd.to_datetime(ends["course_start"])
        exit_on = begun + pd.to_timedelta(ends["unregistered_day"], unit="D")
        rows["exit_on"] = exit_on.set_axis(ends["pair_id"]).reindex(rows["pair_id"]).to_numpy()
    return rows[rows["date"] >= log.counted_from.isoformat()].reset_index(drop=True)


def hold(log: Log, rows: pd.DataFrame, metric: pd.DataFrame) -> None:
    """Recency is the published one, row for row and as a rank, and the model reaches its goal."""
    found = metric[metric["metric"] == "average_precision"].set_index("method")["value"]
    assert len(rows) == log.n_rows, f"{log.name}: {len(rows)} rows, not {log.n_rows}"
    assert (rows["recency"] == rows["days_silent"]).all(), f"{log.name}: another silence than published"
    assert abs(found["recency"] - log.recency) <= 0.005, f"{log.name}: recency {found['recency']:.3f}"
    assert found["risk"] >= log.goal, f"{log.name}: {found['risk']:.3f} is below {log.goal}"


def page_lines(name: str, metric: pd.DataFrame, words: str) -> Iterator[str]:
    """One log as a Markdown table."""
    yield from (f"### {name}", "", f"{words[0].upper()}{words[1:]}.", "")
    yield "| method | " + " | ".join(each.replace("_", " ") for each in METRICS) + " |"
    yield "|---" * (len(METRICS) + 1) + "|"
    for method, rows in metric.groupby("method", sort=False):
        of = rows.set_index("metric")
        cells = [_cell(of, each) for each in METRICS]
        yield f"| {method} | " + " | ".join(cells) + " |"
    yield ""


def _cell(of: pd.DataFrame, metric: str) -> str:
    if metric not in of.index or pd.isna(of.value[metric]):
        return "-"
    if metric == "median_lead_days":
        return f"{of.value[metric]:.0f} [{of.low[metric]:.0f}, {of.high[metric]:.0f}]"
    n = {"brier": 4, "alerts_per_manager": 1}.get(metric, 3)
    return f"{of.value[metric]:.{n}f} [{of.low[metric]:.{n}f}, {of.high[metric]:.{n}f}]"


def main(data: Path) -> None:
    """Judge all logs and put their tables between the marks of the page."""
    lines: list[str] = [""]
    for log in LOGS:
        began, used = time.perf_counter(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            for target, metric, words in played(log, data, Path(folder)):
                name = log.name if target == SILENCE else f"{log.name}: formal exit"
                lines.extend(page_lines(name, metric, words))
                print(f"{name}: {words}", flush=True)
        spent = f"{time.perf_counter() - began:.0f} s, {time.process_time() - used:.0f} s of processor time"
        print(f"{log.name}: {spent}", flush=True)
    page = PAGE.read_text("utf-8")
    tables = "\n".join(lines) + "\n"
    PAGE.write_text(MARK.sub(lambda found: f"{found[1]}{tables}{found[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
