"""How a pair is likely to end, and when: a weekly hazard for each cause, the causes competing.

Of every running pair and week the model knows what the pair looked like then, and whether it ended in the
week after and of what. The log-odds of each cause against going on are linear (multinomial logistic
regression, ridge); with the hazards h_j of a week held fixed, the share that ends of cause j in w weeks is

    h_j / h * (1 - (1 - h)^w),   h = sum of h_j

(Prentice and Gloeckler, Biometrics 34 (1978) 57, in discrete time). Who the people are is no input.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals.frames import Flags, Floats, Instants, texts
from pipelines.signals.states import is_alive
from warehouse.errors import KinkeeperError

GOES_ON, CLOSING = "none", "closing"
CAUSES = ("natural", "ghosted_by_mentor", "ghosted_by_mentee", "faded", "mismatch", "other")
OWN_INPUTS = (
    "silence", "silence_ratio", "mentor_owes", "mentee_owes", "no_shows", "pushes", "age", "term", "has_term",
    "goals_done", "fit_poor", "rating", "is_closing",
)  # fmt: skip
"""What a week is judged by, of the pair itself; counts and days on a log scale."""

INPUTS = (
    *OWN_INPUTS, "surprise", "band_fall", "rating_gap", "mentor_load", "overlap", "off_hours", "match_wait",
    "mentee_before", "mentor_before", "is_chosen", "support", "nudge_age", "was_nudged",
)  # fmt: skip
"""The same and what tells more: falls, gaps, how the two were brought together, and what surrounds them."""

SETS = (OWN_INPUTS, INPUTS)
"""What a model may be judged by; of two that are as good the first."""

BAND_STEP = {"on_track": 0.0, "watch": 1.0, "needs_check_in": 2.0}
FALL_DAYS = 28

VERSION = 1
LEAST_ENDS, LEAST_OF_A_CAUSE = 20, 8
"""Ends below which there is no model, and below which a cause is told as `other`."""

STRENGTH = 0.3
"""Inverse weight of the ridge on standardised inputs."""

LEAST_SPREAD, EXTREME = 0.05, 4.0
NEVER = 1e-6
"""What a model must at least have given to what happened, so that one surprise does not decide."""

WEEK_DAYS = 7
N_FOLDS = 5

Strings = NDArray[np.object_]


@dataclass(frozen=True)
class CauseModel:
    """Plain numbers: how inputs are standardised, and the weights of each cause against going on.

    `inputs` is one of SETS. `card`: window of training, n, log loss over pairs it had not learnt from, those
    of OWN_INPUTS and of all INPUTS, and that of constant hazards.
    """

    causes: tuple[str, ...]
    inputs: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    coefficient: tuple[tuple[float, ...], ...]
    intercept: tuple[float, ...]
    card: Mapping[str, Any]

    def hazard(self, inputs: pd.DataFrame) -> Floats:
        """The share that ends of each cause in a week: one row a pair, one column a cause."""
        values = _standardised(inputs[list(self.inputs)], np.array(self.mean), np.array(self.spread))
        odds = np.exp(np.array(self.intercept) + values @ np.array(self.coefficient).T)
        hazard: Floats = odds / (1 + odds.sum(axis=1, keepdims=True))
        return hazard

    def rates(self, inputs: pd.DataFrame, n_days: int) -> Floats:
        """The share that ends of each cause within some days, its week's hazards held fixed."""
        hazard = self.hazard(inputs)
        any_end = hazard.sum(axis=1, keepdims=True)
        rates: Floats = hazard / any_end * (1 - (1 - any_end) ** (n_days / WEEK_DAYS))
        return rates


def cause_inputs(weeks: pd.DataFrame) -> pd.DataFrame:
    """INPUTS of pairs at an instant or many; NaN where a thing is not known.

    Needs the columns of feature.pair and feature.circumstance, `as_of`, `tau_days`, `surprise`, `band_rule`
    and `band_before`, the band of FALL_DAYS days earlier.
    """

    def number(name: str) -> Floats:
        return weeks[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def count(*names: str) -> Floats:
        total: Floats = np.log1p(np.sum([np.nan_to_num(number(name)) for name in names], axis=0))
        return total

    begun = pd.to_datetime(weeks["accepted_at"])
    days = (pd.to_datetime(weeks["as_of"]) - begun).dt.days.to_numpy(float)
    planned = (pd.to_datetime(weeks["planned_end_on"]) - begun).dt.days
    is_poor = np.isin(texts(weeks, "mentor_fit"), ["poor"]) | np.isin(texts(weeks, "mentee_fit"), ["poor"])
    ratings = weeks[["mentor_rating", "mentee_rating"]].astype(float)
    found = {
        "silence": np.log1p(number("silence_days")),
        "silence_ratio": np.log((number("silence_days") + 1) / (number("tau_days") + 1)),
        "mentor_owes": count("mentor_owes_n"),
        "mentee_owes": count("mentee_owes_n"),
        "no_shows": count("mentor_no_show_streak", "mentee_no_show_streak"),
        "pushes": count("push_streak"),
        "age": np.log1p(number("age_days")),
        "term": np.clip(days / planned.where(planned > 0).to_numpy(float), 0, 1.5),
        "has_term": planned.notna().to_numpy(float),
        "goals_done": number("n_goals_done") / np.where(number("n_goals") > 0, number("n_goals"), np.nan),
        "fit_poor": is_poor.astype(float),
        "rating": ratings.mean(axis=1).to_numpy(float),
        "is_closing": (texts(weeks, "stage") == CLOSING).astype(float),
        "surprise": number("surprise"),
        "band_fall": np.maximum(0.0, _steps(weeks["band_rule"]) - _steps(weeks["band_before"])),
        "rating_gap": np.abs(number("mentor_rating") - number("mentee_rating")),
        "mentor_load": np.log1p(number("n_mentor_pairs")),
        "overlap": np.log1p(number("overlap_hours")),
        "off_hours": number("off_hours_rate"),
        "match_wait": np.log1p(number("days_to_match")),
        "mentee_before": np.log1p(number("n_mentee_pairs_before")),
        "mentor_before": np.log1p(number("n_mentor_pairs_before")),
        "is_chosen": number("is_mentor_chosen"),
        "support": count("n_support_contacts_28d"),
        "nudge_age": np.log1p(number("nudged_days")),
        "was_nudged": weeks["nudged_days"].notna().to_numpy(float),
    }
    return pd.DataFrame(found, index=weeks.index)[list(INPUTS)]


def _steps(band: pd.Series[str]) -> Floats:
    """How far a band is from being on track; NaN for one that does not judge."""
    return np.asarray(band.map(BAND_STEP), dtype=np.float64)


def with_band_before(weeks: pd.DataFrame) -> pd.DataFrame:
    """With `band_before`: the `band_rule` of the same pair FALL_DAYS before, None where it has none.

    Instants are ends of local days: the nearest UTC midnight stays the same when clocks change.
    """
    dated = weeks.assign(day=weeks["as_of"].dt.round("D"))
    then = dated[["pair_id", "day", "band_rule"]].rename(columns={"band_rule": "band_before"})
    then = then.assign(day=then["day"] + pd.Timedelta(days=FALL_DAYS))
    return dated.merge(then, on=["pair_id", "day"], how="left").drop(columns="day")


def running(weeks: pd.DataFrame) -> pd.DataFrame:
    """The rows of pairs that run, or come to their end just now, and whose silence is known."""
    stage = texts(weeks, "stage")
    is_known: Flags = weeks[["silence_days", "tau_days", "accepted_at"]].notna().all(axis=1).to_numpy()
    is_running: Flags = (is_alive(stage) | (stage == CLOSING)) & is_known
    return weeks[is_running].reset_index(drop=True)


def fit_causes(weeks: pd.DataFrame, lives: pd.DataFrame, known_until: np.datetime64) -> CauseModel | None:
    """The model of the weeks that were over by an instant; None where too few pairs have ended.

    `weeks`: of each running pair at several instants, each as it was known then, what `cause_inputs` needs
    and `stage`. `lives`: pair_id, closed_on and cause of pairs that ended, as it is known now. Of SETS the
    one with the lower log loss over pairs not learnt from is used: few ends bear few inputs.
    """
    rows = running(weeks)
    as_of = rows["as_of"].to_numpy(dtype="datetime64[us]")
    is_over: Flags = np.asarray(as_of + np.timedelta64(WEEK_DAYS, "D") <= known_until)
    rows, as_of = rows[is_over].reset_index(drop=True), as_of[is_over]
    cause = _pooled(_cause_of_week(rows, as_of, lives))
    n_ends = int((cause != GOES_ON).sum())
    if n_ends < LEAST_ENDS:
        return None
    inputs = cause_inputs(rows)
    losses = [_loss(inputs[list(names)], cause, rows["pair_id"]) for names in SETS]
    chosen = SETS[int(np.argmin(losses))]
    model = _fit(inputs[list(chosen)], cause)
    names, counts = np.unique(cause[cause != GOES_ON].astype(str), return_counts=True)
    card = {
        "trained_from": str(as_of.min())[:10],
        "trained_to": str(as_of.max() + np.timedelta64(WEEK_DAYS, "D"))[:10],
        "n_pair_weeks": len(rows),
        "n_pairs": int(rows["pair_id"].nunique()),
        "n_ends": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "log_loss": min(losses),
        "log_loss_own": losses[0],
        "log_loss_all": losses[1],
        "log_loss_constant": _constant_loss(cause, rows["pair_id"]),
    }
    return replace(model, card=card)


def _cause_of_week(rows: pd.DataFrame, as_of: Instants, lives: pd.DataFrame) -> Strings:
    """The cause of which each row's pair ended in the week after, `none` where it went on."""
    ended = lives.drop_duplicates("pair_id").set_index("pair_id").reindex(rows["pair_id"])
    closed_on = pd.to_datetime(ended["closed_on"]).to_numpy(dtype="datetime64[D]")
    today = as_of.astype("datetime64[D]")
    is_end = (closed_on > today) & (closed_on <= today + np.timedelta64(WEEK_DAYS, "D"))
    cause = ended["cause"].to_numpy(dtype=object)
    known = np.isin(cause.astype(str), CAUSES)
    return np.where(is_end & known, cause, GOES_ON).astype(object)


def _pooled(cause: Strings) -> Strings:
    """Causes too rare to be learnt, told as `other`; and that one not at all where it is rare too."""
    for name in CAUSES:
        if (cause == name).sum() < LEAST_OF_A_CAUSE and name != "other":
            cause = np.where(cause == name, "other", cause)
    return np.where((cause == "other") & ((cause == "other").sum() < LEAST_OF_A_CAUSE), GOES_ON, cause)


def _fit(inputs: pd.DataFrame, cause: Strings) -> CauseModel:
    from sklearn.linear_model import LogisticRegression

    values = inputs.to_numpy(dtype=np.float64)
    known = ~np.isnan(values)
    n_known = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / n_known
    spread = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0) / n_known)
    spread = np.maximum(spread, LEAST_SPREAD)
    learnt = LogisticRegression(C=STRENGTH, max_iter=2000)
    learnt.fit(_standardised(inputs, mean, spread), cause.astype(str))
    names = [str(name) for name in learnt.classes_]
    weights = np.column_stack([learnt.intercept_, learnt.coef_])
    if len(names) == 2:  # one cause: scikit-learn tells the second class against the first
        weights = np.vstack([np.zeros(weights.shape[1]), weights[0]])
    against = weights - weights[names.index(GOES_ON)]
    causes = tuple(name for name in CAUSES if name in names)
    chosen = [against[names.index(name)] for name in causes]
    return CauseModel(
        causes,
        tuple(inputs.columns),
        tuple(map(float, mean)),
        tuple(map(float, spread)),
        tuple(tuple(map(float, row[1:])) for row in chosen),
        tuple(float(row[0]) for row in chosen),
        {},
    )


def _standardised(inputs: pd.DataFrame, mean: Floats, spread: Floats) -> Floats:
    """What nobody told counts as the mean: it says nothing for or against."""
    values = (inputs.to_numpy(dtype=np.float64) - mean) / spread
    known: Floats = np.clip(np.nan_to_num(values, nan=0.0), -EXTREME, EXTREME)
    return known


def _folds(cause: Strings, pair_id: pd.Series[str]) -> list[Flags]:
    """The rows that a model leaves out and is judged by, fold by fold: those of a fifth of the pairs."""
    fold = np.array([zlib.crc32(each.encode()) % N_FOLDS for each in pair_id])
    left_out = [fold == k for k in range(N_FOLDS)]
    return [out for out in left_out if out.any() and len({*cause[~out]}) > 1]


def _loss(inputs: pd.DataFrame, cause: Strings, pair_id: pd.Series[str]) -> float:
    """Log loss over pairs that a model has not learnt from."""
    loss = np.zeros(len(cause))
    for out in _folds(cause, pair_id):
        model = _fit(inputs[~out], cause[~out])
        said = _with_going_on(model, model.hazard(inputs[out]))
        happened = [said[name][n] if name in said else 0.0 for n, name in enumerate(cause[out])]
        loss[out] = -np.log(np.maximum(happened, NEVER))
    return float(loss.mean())


def _constant_loss(cause: Strings, pair_id: pd.Series[str]) -> float:
    """That of constant hazards: the share of each cause among the pairs learnt from."""
    loss = np.zeros(len(cause))
    for out in _folds(cause, pair_id):
        constant = {name: float((cause[~out] == name).mean()) for name in {*cause}}
        loss[out] = -np.log(np.maximum([constant[name] for name in cause[out]], NEVER))
    return float(loss.mean())


def _with_going_on(model: CauseModel, hazard: Floats) -> dict[str, Floats]:
    said: dict[str, Floats] = {name: hazard[:, n] for n, name in enumerate(model.causes)}
    said[GOES_ON] = 1 - hazard.sum(axis=1)
    return said


def judged_causes(model: CauseModel | None, today: pd.DataFrame) -> pd.DataFrame:
    """pair_id, cause, rate_30d and rate_60d of every running pair; no rows where there is no model."""
    columns = ["pair_id", "cause", "rate_30d", "rate_60d"]
    rows = running(today)
    if model is None or rows.empty:
        return pd.DataFrame(columns=columns)
    inputs = cause_inputs(rows)
    within = {n_days: model.rates(inputs, n_days).round(6) for n_days in (30, 60)}
    parts = [
        pd.DataFrame(
            {
                "pair_id": rows["pair_id"],
                "cause": cause,
                "rate_30d": within[30][:, n],
                "rate_60d": within[60][:, n],
            }
        )
        for n, cause in enumerate(model.causes)
    ]
    return pd.concat(parts).sort_values(["pair_id", "cause"], ignore_index=True)[columns]


def to_json(model: CauseModel) -> str:
    """The model as text: numbers and its card, no code."""
    return json.dumps({"version": VERSION, **asdict(model)}, indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> CauseModel:
    """A model from its text; raises KinkeeperError where it is of another version or damaged."""
    try:
        body = json.loads(text)
        if body["version"] != VERSION or tuple(body["inputs"]) not in SETS:
            raise KinkeeperError("the model of endings is of another version: run `kinkeeper model fit`")
        return CauseModel(
            tuple(body["causes"]),
            tuple(body["inputs"]),
            tuple(body["mean"]),
            tuple(body["spread"]),
            tuple(tuple(row) for row in body["coefficient"]),
            tuple(body["intercept"]),
            body["card"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KinkeeperError(f"the model of endings is damaged ({type(error).__name__})") from None
