"""A log of letters that goes on for 200 days: a home to learn from and to look back in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.ingest import ingest_into_home
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

MAPPING = Path(__file__).parents[2] / "examples/mappings/collegemsg.toml"
BEGIN = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
N_PAIRS, N_DAYS = 60, 200
LAST = (BEGIN + dt.timedelta(days=N_DAYS)).date()
MIDDLE = dt.date(2025, 5, 25)


def letters() -> pd.DataFrame:
    """Sixty pairs that write about every five days; most stop for ever on some day."""
    rng = np.random.default_rng(11)
    rows = []
    for pair in range(N_PAIRS):
        day, stops = rng.uniform(0, 20), rng.uniform(30, 320)
        while day < min(stops, N_DAYS):
            for hour, role in ((0, "initiator"), (rng.uniform(1, 9), "responder")):
                at = BEGIN + dt.timedelta(days=float(day), hours=float(hour))
                late = dt.timedelta(days=9) if rng.random() < 0.05 else dt.timedelta()
                rows.append((pair, role, at, at + late))
            day += rng.exponential(4) + 1
    frame = pd.DataFrame(rows, columns=["pair", "actor_role", "at", "known"]).sort_values("at")
    text = "%Y-%m-%dT%H:%M:%SZ"
    return pd.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(frame))],
            "event_type": "message_sent",
            "pair_id": [f"p{n:02}" for n in frame["pair"]],
            "actor_role": frame["actor_role"].to_numpy(),
            "actor_id": [f"{role}{n}" for role, n in zip(frame["actor_role"], frame["pair"], strict=True)],
            "occurred_at": frame["at"].dt.strftime(text).to_numpy(),
            "recorded_at": frame["known"].dt.strftime(text).to_numpy(),
            "payload": "{}",
        }
    )


def home_of(folder: Path, rows: pd.DataFrame) -> Settings:
    folder.mkdir()
    rows.to_parquet(folder / "letters.parquet")
    settings = replace(load_settings(folder / "home"), policy=Policy(history_days=1))
    (result,), _ = ingest_into_home(settings, [folder / "letters.parquet"], mapping=MAPPING)
    assert (result.status, result.quarantined) == ("accepted", 0)
    return settings
