"""What lifelines says of lives, and how long it takes; runs in an environment of its own.

lifelines forbids pandas 3 (docs/decisions/0011), so nothing of this repository is imported here:

    uv run --no-project --isolated --with lifelines==0.30.3 python lifelines_curves.py LIVES OUTPUT

LIVES is a CSV with set, group, entered, left and cause as in lives.csv. OUTPUT gets Kaplan-Meier with its
interval by set, group and day; the seconds of the best of three runs are printed.
"""

from __future__ import annotations

import sys
import time

import pandas as pd
from lifelines import KaplanMeierFitter


def curve(lives: pd.DataFrame) -> pd.DataFrame:
    entry = lives["entered"] if (lives["entered"] >= 0).any() else None
    fitter = KaplanMeierFitter().fit(lives["left"], lives["cause"] > 0, entry=entry)
    limits = fitter.confidence_interval_.to_numpy()
    return pd.DataFrame(
        {
            "day": fitter.survival_function_.index.to_numpy(),
            "estimate": fitter.survival_function_.iloc[:, 0].to_numpy(),
            "low": limits[:, 0],
            "high": limits[:, 1],
        }
    )


def main(source: str, target: str) -> None:
    lives = pd.read_csv(source)
    groups = [(key, part) for key, part in lives.groupby(["set", "group"])]
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        curves = [curve(part) for _, part in groups]
        spent.append(time.perf_counter() - started)
    print(min(spent))  # noqa: T201
    named = [found.assign(set=key[0], group=key[1]) for found, (key, _) in zip(curves, groups, strict=True)]
    columns = ["set", "group", "day", "estimate", "low", "high"]
    pd.concat(named)[columns].to_csv(target, index=False, float_format="%.15g", lineterminator="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
