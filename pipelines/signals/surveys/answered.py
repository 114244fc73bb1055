"""Who answers: to how many a wave went out, and how many answered it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals import disclosure
from pipelines.signals.measures import wilson
from pipelines.signals.surveys.telling import IsTellable, Places, hidden_cells, is_enough

RESPONSE_COLUMNS = (
    "program_id", "instrument", "wave", "side", "sent_on", "is_open", "is_hidden", "n", "n_reached", "value",
    "low", "high",
)  # fmt: skip


def responses(invitations: pd.DataFrame, members: pd.DataFrame, k: int) -> Iterator[dict[str, Any]]:
    """Of each wave and side: to how many it went out, and how many have answered."""
    rows = invitations.merge(members, on="pair_id", how="inner")
    person = np.where(rows["side"] == "mentor", rows["mentor_id"], rows["mentee_id"])
    rows = rows.assign(respondent_id=person, is_reached=rows["answered_on"].notna())
    for (program, instrument, side), found in rows.groupby(["program_id", "instrument", "side"], sort=True):
        asked = found.reset_index(drop=True)
        hidden = hidden_cells(asked, ["wave"], np.ones(len(asked), np.bool_), k, _of_asked(asked, k))
        for wave, sent in asked.groupby("wave", sort=True):
            about = {"program_id": program, "instrument": instrument, "wave": wave, "side": side}
            about |= {"sent_on": sent["sent_on"].min(), "is_open": bool(sent["is_open"].any())}
            n, reached, is_hidden = len(sent), int(sent["is_reached"].sum()), hidden[f"={wave}",]
            (low,), (high,) = wilson(np.array([float(reached)]), np.array([float(n)]))
            numbers = {"n": n, "n_reached": reached, "value": reached / n, "low": low, "high": high}
            yield about | {"is_hidden": is_hidden} | ({} if is_hidden else numbers)


def _of_asked(asked: pd.DataFrame, k: int) -> IsTellable:
    """Of a share of those asked: enough of them, and neither all nor none answered."""

    def may_tell(places: Places) -> bool:
        rows = asked.iloc[places]
        return is_enough(rows, k) and not disclosure.is_unanimous(int(rows["is_reached"].sum()), len(rows))

    return may_tell
