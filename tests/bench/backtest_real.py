"""Play the three real logs again, ingest -> build -> backtest; write the tables of docs/benchmarks/risk.md.

`make backtest`; the data is not part of the repository (DATA=../shared/data). Each log goes in with its
example mapping; figures are counted on the rows of its label file from the first week in which a model can
be learnt, as in the comparison it came with. Figures only: no row of the data is written.
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
from warehouse.settings import load_settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/benchmarks/risk.md"
MARK = re.compile(r"(<!-- figures begin -->\n).*?(<!-- figures end -->)", re.DOTALL)
METRICS = (
    "average_precision", "roc_auc", "precision_top", "brier", "calibration_slope", "alert_precision",
    "alerted_rate", "median_lead_days",
)  # fmt: skip


@dataclass(frozen=True)
class Log:
    """A log, the first and last date of its labels, and the first that is counted."""

    name: str
    first: dt.date
    last: dt.date
    counted_from: dt.date


LOGS = (
    Log("collegemsg", dt.date(2004, 5, 5), dt.date(2004, 9, 22), dt.date(2004, 6, 23)),
    Log("euemail", dt.date(2003, 10, 26), dt.date(2004, 2, 1), dt.date(2003, 12, 7)),
    Log("oulad", dt.date(2013, 2, 4), dt.date(2014, 5, 26), dt.date(2013, 3, 25)),
)


def judged(log: Log, data: Path, home: Path) -> tuple[pd.DataFrame, str]:
    """The metrics of every method on the labelled rows of a log, and how large it is and how long it took."""
    began = time.perf_counter()
    settings = load_settings(home)
    mapping = ROOT / "examples/mappings" / f"{log.name}.toml"
    ingest_into_home(settings, [data / f"{log.name}_events.parquet"], mapping=mapping)
    build_home(settings, as_of=dt.datetime.combine(log.last, dt.time(23, 59), dt.UTC))
    said = run_backtest(settings, Period(log.first, log.last)).said
    labels = pd.read_csv(data / f"{log.name}_labels.csv").rename(columns={"as_of": "date"})
    said = said.assign(date=said["on_date"].astype(str).str[:10])
    rows = said.merge(labels[["pair_id", "date", "goes_silent"]], on=["pair_id", "date"])
    rows = rows[rows["date"] >= log.counted_from.isoformat()].reset_index(drop=True)
    is_silent = rows["goes_silent"].to_numpy() == 1
    metric = record_of(rows, is_silent, settings.policy).metric
    words = (
        f"{len(rows):,} pair-weeks of {rows['pair_id'].nunique():,} pairs in {rows['date'].nunique()} weeks, "
        f"{is_silent.mean():.1%} went silent"
    )
    print(f"{log.name}: {words}; {time.perf_counter() - began:.0f} s", flush=True)
    return metric, words


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
    n = 4 if metric == "brier" else 3
    return f"{of.value[metric]:.{n}f} [{of.low[metric]:.{n}f}, {of.high[metric]:.{n}f}]"


def main(data: Path) -> None:
    """Judge all logs and put their tables between the marks of the page."""
    lines: list[str] = [""]
    for log in LOGS:
        with tempfile.TemporaryDirectory() as folder:
            lines.extend(page_lines(log.name, *judged(log, data, Path(folder))))
    page = PAGE.read_text("utf-8")
    tables = "\n".join(lines) + "\n"
    PAGE.write_text(MARK.sub(lambda found: f"{found[1]}{tables}{found[2]}", page), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
