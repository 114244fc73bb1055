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
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals.frames import Flags, Floats, Instants, texts
from pipelines.signals.states import is_alive
from warehouse.errors import KinkeeperError

GOES_ON, CLOSING = "none", "closing"
CAUSES = ("natural", "ghosted_by_mentor", "ghosted_by_mentee", "faded", "mismatch", "other")
INPUTS = (
    "silence", "silence_ratio", "mentor_owes", "mentee_owes", "no_shows", "pushes", "age", "term", "has_term",
    "goals_done", "fit_poor", "rating", "is_closing",
)  # fmt: skip
"""What a week is judged by; counts and days on a log scale."""

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

    `card`: window of training, n, log loss over pairs it had not learnt from, and that of constant hazards.
    """

    causes: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    coefficient: tuple[tuple[float, ...], ...]
    intercept: tuple[float, ...]
    card: Mapping[str, Any]

    def hazard(self, inputs: pd.DataFrame) -> Floats:
        """The share that ends of each cause in a week: one row a pair, one column a cause."""
        values = _standardised(inputs, np.array(self.mean), np.array(self.spread))
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
    """INPUTS of rows of feature.pair with `as_of` and `tau_days`; NaN where a pair has said nothing."""

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
    }
    return pd.DataFrame(found, index=weeks.index)[list(INPUTS)]


def running(weeks: pd.DataFrame) -> pd.DataFrame:
    """The rows of pairs that run, or come to their end just now, and whose silence is known."""
    stage = texts(weeks, "stage")
    is_known: Flags = weeks[["silence_days", "tau_days", "accepted_at"]].notna().all(axis=1).to_numpy()
    is_running: Flags = (is_alive(stage) | (stage == CLOSING)) & is_known
    return weeks[is_running].reset_index(drop=True)


def fit_causes(weeks: pd.DataFrame, lives: pd.DataFrame, known_until: np.datetime64) -> CauseModel | None:
    """The model of the weeks that were over by an instant; None where too few pairs have ended.

    `weeks`: feature.pair of each running pair at several instants, each as it was known then, with `as_of`,
    `stage` and `tau_days`. `lives`: pair_id, closed_on and cause of pairs that ended, as it is known now.
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
    model = _fit(inputs, cause)
    loss, base = _losses(inputs, cause, rows["pair_id"])
    names, counts = np.unique(cause[cause != GOES_ON].astype(str), return_counts=True)
    card = {
        "trained_from": str(as_of.min())[:10],
        "trained_to": str(as_of.max() + np.timedelta64(WEEK_DAYS, "D"))[:10],
        "n_pair_weeks": len(rows),
        "n_pairs": int(rows["pair_id"].nunique()),
        "n_ends": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "log_loss": loss,
        "log_loss_constant": base,
    }
    return CauseModel(model.causes, model.mean, model.spread, model.coefficient, model.intercept, card)


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
        tuple(map(float, mean)),
        tuple(map(float, spread)),
        tuple(tuple(map(float, row[1:])) for row in chosen),
        tuple(float(row[0]) for row in chosen),
        {},
    )


def _standardised(inputs: pd.DataFrame, mean: Floats, spread: Floats) -> Floats:
    """What nobody told counts as the mean: it says nothing for or against."""
    values = (inputs[list(INPUTS)].to_numpy(dtype=np.float64) - mean) / spread
    known: Floats = np.clip(np.nan_to_num(values, nan=0.0), -EXTREME, EXTREME)
    return known


def _losses(inputs: pd.DataFrame, cause: Strings, pair_id: pd.Series[str]) -> tuple[float, float]:
    """Log loss over pairs that a model has not learnt from, and that of constant hazards."""
    fold = np.array([zlib.crc32(each.encode()) % N_FOLDS for each in pair_id])
    loss, base = np.zeros(len(cause)), np.zeros(len(cause))
    for k in range(N_FOLDS):
        out = fold == k
        if not out.any() or len({*cause[~out]}) < 2:
            continue
        model = _fit(inputs[~out], cause[~out])
        said = _with_going_on(model, model.hazard(inputs[out]))
        happened = [said[name][n] if name in said else 0.0 for n, name in enumerate(cause[out])]
        loss[out] = -np.log(np.maximum(happened, NEVER))
        constant = {name: float((cause[~out] == name).mean()) for name in {*cause}}
        base[out] = -np.log(np.maximum([constant[name] for name in cause[out]], NEVER))
    return float(loss.mean()), float(base.mean())


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
    return (
        json.dumps({"version": VERSION, "inputs": INPUTS, **asdict(model)}, indent=1, sort_keys=True) + "\n"
    )


def from_json(text: str) -> CauseModel:
    """A model from its text; raises KinkeeperError where it is of another version or damaged."""
    try:
        body = json.loads(text)
        if body["version"] != VERSION or tuple(body["inputs"]) != INPUTS:
            raise KinkeeperError("the model of endings is of another version: run `kinkeeper model fit`")
        return CauseModel(
            tuple(body["causes"]),
            tuple(body["mean"]),
            tuple(body["spread"]),
            tuple(tuple(row) for row in body["coefficient"]),
            tuple(body["intercept"]),
            body["card"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KinkeeperError(f"the model of endings is damaged ({type(error).__name__})") from None
