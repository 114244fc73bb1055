"""The frame that signals read: which columns `feature.pair` must have, and of what kind.

DuckDB and pandas hand over missing values in many shapes (NA, NaN, None, NaT; a column of nothing but
NULL is of type object). Here they become one: float64 with NaN, bool with False, datetime64 with NaT,
text with None. Rows are put in the order of `pair_id`, so that the order they came in never shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from warehouse.errors import FrameError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Instants = NDArray[np.datetime64]
Texts = NDArray[np.object_]
Groups = NDArray[np.integer[Any]]
Arrays = Mapping[str, NDArray[Any]]
"""Columns by name: arrays whose last axis is the rows."""
Columns = pd.DataFrame | Arrays
AsOf = dt.datetime | Instants
"""One instant for all rows, or one for each; UTC without an offset."""

SIDES = ("mentor", "mentee")
N_GAPS = 6
DAY = np.timedelta64(1, "D")

TEXTS = (
    "pair_id", "program_id", "cohort_id", "direction", "end_reason",
    "last_gap_party", "confirmed_label", "confirmed_party", "mentor_fit", "mentee_fit",
)  # fmt: skip
INSTANTS = (
    "outreach_sent_at", "proposed_at", "declined_at", "accepted_at", "started_at", "planned_end_on",
    "paused_since", "closing_since", "ended_at", "network_at", "reopened_at", "first_contact_at",
    "last_contact_at", "next_session_at", "label_at",
    *(name for side in SIDES for name in (f"{side}_owes_since", f"last_{side}_touch_at")),
)  # fmt: skip
FLAGS = (
    "is_outreach_bounced", "is_paused", "is_light_mode", "is_auto_closed", "is_goodbye_held", "is_drifting",
    "is_mentor_on_leave", "is_mentee_on_leave", "is_delivery_failed", "has_safety_flag",
    "is_natural_end_asked", "has_contact_feed", "is_feed_late",
)  # fmt: skip
NUMBERS = (
    "cadence_days", "age_days", "n_contacts", "silence_days",
    *(f"gap_{k}" for k in range(1, N_GAPS + 1)),
    "n_sessions_held", "n_windows", "n_windows_met",
    *(
        f"{side}_{name}"
        for side in SIDES
        for name in (
            "owes_n", "owes_n_days", "owes_days", "silence_days", "asked", "answered", "reply_days",
            "no_show_streak", "no_show_days", "checkin_unanswered_days", "rating", "last_rating",
            "rated_days",
        )
    ),
    "n_no_shows", "n_late_cancels", "push_streak", "n_agendas", "n_agendas_on_time", "n_thanks",
    "n_thanks_on_time", "n_goals", "n_goals_done", "progress", "expected_progress", "n_advice_due",
    "n_advice_reported", "n_growth", "last_gap_days", "last_gap_owed_n",
)  # fmt: skip

ONE_IF_ABSENT = ("mentor_n_ratings", "mentee_n_ratings")
"""Answers behind a side's rating. A frame without these columns is read as if each side had answered once,
which draws ratings close to the cohort's mean."""

UNKNOWN_IF_ABSENT = ("last_gap_checkin_days", "mentor_written_days", "mentee_written_days")
"""A frame without these columns is read as if nothing were known of them."""

OFF = tuple(f"{side}_off" for side in SIDES)
"""The periods in which a side's clock stands still (see core.clock), for sides that owe something. A frame
without these columns is read as if no clock ever did."""

AT_LEAST_ONE = ("cadence_days", *(f"gap_{k}" for k in range(1, N_GAPS + 1)))
"""Gaps are counted in whole days and two contacts on one day are one: their logarithm must exist."""


def checked(feature_pair: pd.DataFrame, only: Collection[str] | None = None) -> pd.DataFrame:
    """The columns the signals read, in one shape and in the order of `pair_id`.

    Needs one row per pair with the columns TEXTS, INSTANTS (UTC), FLAGS and NUMBERS; others are left
    out. A frame with `as_of` holds many instants, one row per pair for each: then rows come in the order
    of instant and pair, and `slice` numbers the instants. Pairs are compared within a slice only. `only`
    names columns, `pair_id` among them, where the others are not asked for. Raises FrameError naming every
    missing column, the column that holds values of another kind, a pair that is missing its id or comes
    twice, or a gap shorter than a day.
    """
    shapes = ((TEXTS, _texts), (INSTANTS, _instants), (FLAGS, _flags), (NUMBERS, _numbers))
    shape_of = {name: shape for names, shape in shapes for name in names if only is None or name in only}
    missing = [name for name in shape_of if name not in feature_pair.columns]
    if missing:
        raise FrameError(f"feature.pair lacks {', '.join(missing)}: add them to warehouse/sql/feature")
    frame = pd.DataFrame({name: _shaped(feature_pair[name], shape) for name, shape in shape_of.items()})
    if only is None:
        _add_optional(frame, feature_pair)
    if "as_of" in feature_pair.columns:
        frame["as_of"] = _shaped(feature_pair["as_of"], _instants)
        frame = frame.sort_values(["as_of", "pair_id"], ignore_index=True)
        frame["slice"] = frame["as_of"].rank(method="dense").astype(int)
    else:
        frame = frame.sort_values("pair_id", ignore_index=True)
        frame["slice"] = 0
    _refuse_broken(frame)
    return frame


def _add_optional(frame: pd.DataFrame, feature_pair: pd.DataFrame) -> None:
    """Add the columns that a frame may lack."""
    for name in ONE_IF_ABSENT:
        frame[name] = _shaped(feature_pair[name], _numbers) if name in feature_pair.columns else 1.0
    for name in UNKNOWN_IF_ABSENT:
        frame[name] = _shaped(feature_pair[name], _numbers) if name in feature_pair.columns else np.nan
    for name in OFF:
        frame[name] = _texts(feature_pair[name]) if name in feature_pair.columns else None


def moment(as_of: AsOf) -> Instants:
    """The as-of instant of every row, to compute with."""
    return np.asarray(as_of, dtype="datetime64[us]")


def numbers(frame: Columns, name: str) -> Floats:
    """A numeric column of a checked frame, NaN where unknown."""
    return np.asarray(frame[name], dtype=np.float64)


def flags(frame: Columns, name: str) -> Flags:
    """A boolean column of a checked frame, False where unknown."""
    return np.asarray(frame[name], dtype=np.bool_)


def instants(frame: pd.DataFrame, name: str) -> Instants:
    """An instant column of a checked frame, NaT where unknown."""
    return frame[name].to_numpy(dtype="datetime64[us]")


def days(frame: pd.DataFrame, name: str) -> Instants:
    """An instant column of a checked frame as dates."""
    return instants(frame, name).astype("datetime64[D]")


def texts(frame: pd.DataFrame, name: str) -> Texts:
    """A text column of a checked frame, None where unknown."""
    return _texts(frame[name])


def first_true(rules: list[tuple[str, Flags]], otherwise: str) -> Texts:
    """For each row the name of the first rule that holds."""
    names = np.array([name for name, _ in rules] + [otherwise], dtype=np.object_)
    chosen = np.select([mask for _, mask in rules], list(range(len(rules))), default=len(rules))
    return texts_of(names, chosen)


def texts_of(names: Texts, index: NDArray[Any]) -> Texts:
    """`names[index]`, as an array of texts."""
    return np.asarray(names[index], dtype=np.object_)


def either(frame: pd.DataFrame, pattern: str) -> Flags:
    """Whether a boolean column holds for one side or the other; `pattern` as in 'is_{}_on_leave'."""
    return flags(frame, pattern.format("mentor")) | flags(frame, pattern.format("mentee"))


def _shaped(column: pd.Series[Any], shape: Callable[[pd.Series[Any]], Any]) -> Any:
    try:
        return shape(column)
    except (TypeError, ValueError) as error:
        kind = shape.__name__.strip("_")
        raise FrameError(f"feature.pair.{column.name} does not hold {kind}: {error}") from error


def _texts(column: pd.Series[Any]) -> Texts:
    values = column.to_numpy(dtype=np.object_, copy=True)
    values[column.isna().to_numpy()] = None
    return values


def _instants(column: pd.Series[Any]) -> Instants:
    return pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")


def _flags(column: pd.Series[Any]) -> Flags:
    return column.astype("boolean").fillna(False).to_numpy(dtype=np.bool_)


def _numbers(column: pd.Series[Any]) -> Floats:
    return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _refuse_broken(frame: pd.DataFrame) -> None:
    pair_id = frame["pair_id"]
    if pair_id.isna().any():
        raise FrameError("feature.pair has a row without pair_id: its grain is one row per pair")
    twice = pair_id[frame.duplicated(["slice", "pair_id"])]
    if len(twice):
        raise FrameError(f"feature.pair has {twice.iloc[0]} twice: its grain is one row per pair")
    for name in AT_LEAST_ONE:
        if name in frame and (frame[name] < 1).any():
            raise FrameError(f"feature.pair.{name} is below one day for {pair_id[frame[name] < 1].iloc[0]}")
