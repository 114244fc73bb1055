"""The policy of a program: every threshold, weight and rhythm that a signal or a model judges by.

All numbers are declared priors (docs/method.md), not laws: a program changes them in `program.toml`,
one `name = value` a line. The policy is typed, its ranges are checked, and its fingerprint stands in
`ref.run` beside everything that was built with it, so that two builds can be told apart by it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from warehouse.errors import SettingsError


def _number(default: float, low: float, high: float, meaning: str) -> Any:
    """A numeric setting with its unit and its range in one description, for help texts and errors."""
    return Field(default=default, ge=low, le=high, description=f"{meaning}; {low:g} to {high:g}")


class Policy(BaseModel):
    """All thresholds of one program; the defaults are the declared priors of docs/method.md.

    Days are active days: without leave, program breaks and pauses. Ratios are multiples of the pair's
    usual gap (tau) unless said otherwise. Weights are points of the health score and sum to 100.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    program_id: str = Field(default="program", min_length=1, max_length=200, description="id of the program")
    program_name: str = Field(default="Mentorship program", max_length=200, description="name on screens")
    time_zone: str = Field(default="UTC", description="IANA time zone of the program, e.g. Europe/London")
    plus_addresses: Literal["same", "apart"] = Field(
        default="same",
        description="whether ana+zoom@example.org is the person of ana@example.org; same or apart",
    )
    same_mail_domains: str = Field(
        default="",
        pattern=r"^$|^[a-z0-9.\-]+(=[a-z0-9.\-]+)+(, *[a-z0-9.\-]+(=[a-z0-9.\-]+)+)*$",
        description='domains whose mailboxes are the same, e.g. "gmail.com=googlemail.com"; none unless said',
    )
    eligible_people: int = _number(0, 0, 10_000_000, "people who could take part; 0 where nobody counted")
    program_cost: float = _number(0, 0, 1e12, "what the program costs in a quarter; 0 where that is not told")
    currency: str = Field(default="EUR", min_length=1, max_length=10, description="currency of program_cost")

    cadence_default_days: int = _number(30, 1, 366, "days between contacts where no cadence was agreed")
    cadence_min_days: int = _number(7, 1, 366, "shortest usual gap in days")
    cadence_max_days: int = _number(120, 1, 732, "longest usual gap in days")
    cadence_prior_weight: float = _number(3, 0.5, 50, "gaps that the agreed cadence counts for")
    cadence_prior_spread: float = _number(0.5, 0.05, 3, "spread of gaps on the log scale before any is seen")
    cadence_gaps: int = _number(6, 1, 6, "latest completed gaps that are looked at")
    capped_by_session_ratio: float = _number(
        1.5, 0, 10, "a session confirmed within this many usual gaps explains the silence"
    )

    not_started_days: int = _number(14, 1, 120, "days from acceptance to 'not started'")
    outreach_days: int = _number(14, 1, 120, "days from outreach to 'no reply to outreach'")
    waiting_days: int = _number(7, 1, 120, "days an open turn may last before somebody is waiting")
    waiting_ratio: float = _number(0.5, 0.05, 10, "the same, in usual gaps")
    suspected_acts: int = _number(2, 1, 20, "unanswered acts, on as many different days, before suspicion")
    suspected_days: int = _number(7, 1, 366, "days since the first of them")
    suspected_ratio: float = _number(1.5, 0.5, 20, "silence ratio from which silence is suspicious")
    presumed_checkin_days: int = _number(14, 1, 366, "days a program check-in, or no-shows, stay unanswered")
    presumed_days: int = _number(28, 1, 732, "days of silence of one side before presumption")
    presumed_ratio: float = _number(3, 0.5, 50, "the same, in usual gaps")
    presumed_no_shows: int = _number(2, 1, 20, "consecutive no-shows without notice")
    stalled_ratio: float = _number(2, 0.5, 50, "silence ratio from which a pair nobody asks in is stalled")
    faded_ratio: float = _number(4, 0.5, 100, "silence ratio from which it has faded")
    faded_days: int = _number(60, 1, 732, "days of silence without which nothing has faded")
    finished_ratio: float = _number(1.5, 0, 50, "silence ratio from which a done pair is probably finished")
    finished_goals_rate: float = _number(0.8, 0, 1, "share of short-term goals done")
    finished_rating: float = _number(4, 1, 5, "last rating, of 5")
    finished_term_rate: float = _number(0.8, 0, 1, "share of the planned term that has passed")

    too_early_days: int = _number(30, 0, 366, "days before which a pair with few contacts is not judged")
    too_early_contacts: int = _number(2, 0, 20, "contacts from which a young pair is judged")
    too_early_coverage: float = _number(0.4, 0, 1, "coverage below which the score is not judged")
    on_track_score: float = _number(70, 0, 100, "health score from which a pair is on track")
    watch_score: float = _number(55, 0, 100, "health score below which a pair needs a check-in")
    watch_ratio: float = _number(1.5, 0.5, 50, "silence ratio from which a pair is watched")
    needs_ratio: float = _number(2, 0.5, 100, "silence ratio from which a pair needs a check-in")
    band_leave_days: int = _number(2, 1, 14, "days in a row outside a band after which it is left")
    fall_points: float = _number(15, 1, 100, "points by which a score falls fast: then a pair is watched")
    fall_days: int = _number(30, 1, 180, "days within which it falls by them")
    history_days: int = _number(35, 1, 400, "days before the run of which it is worked out what was shown")
    forming_sessions: int = _number(3, 1, 50, "sessions after which a pair is no longer forming")
    forming_days: int = _number(90, 1, 732, "days after which a pair is no longer forming")
    sustained_sessions: int = _number(3, 2, 50, "sessions held from which a pair is sustained")
    agreement_days: int = _number(
        30, 1, 366, "days from acceptance within which expectations are agreed and goals set"
    )
    goal_days: int = _number(365, 1, 3660, "days a short-term goal is given where none are said")
    advice_sessions: int = _number(2, 1, 20, "sessions after which advice is to be reported back")
    late_cancel_hours: float = _number(24, 0, 336, "notice in hours below which a cancellation is late")
    agenda_hours: float = _number(24, 0, 336, "hours before a session by which its agenda is on time")
    thanks_hours: float = _number(24, 0, 336, "hours after a session within which thanks are on time")

    session_match_hours: float = _number(
        0.5, 0, 12, "hours around a planned start within which a call is that session"
    )
    session_people: int = _number(8, 2, 100, "people above which a meeting is no pair's session")
    held_minutes: int = _number(3, 0, 120, "minutes together from which two have met")
    late_minutes: int = _number(5, 1, 120, "minutes the other waited from which a side was late")
    left_early_minutes: int = _number(
        10, 1, 240, "minutes before the planned end from which a side left early"
    )
    no_show_minutes: int = _number(10, 1, 240, "minutes alone in a call after which the other did not come")
    calendar_past_days: int = _number(400, 1, 3660, "days back for which a series in a calendar is unfolded")
    calendar_ahead_days: int = _number(60, 0, 732, "days ahead for which it is unfolded")
    are_holidays_inactive: bool = Field(
        default=False, description="public holidays of a person's country are inactive days of theirs"
    )
    work_starts_hour: float = _number(9, 0, 24, "local hour at which a working day begins")
    work_ends_hour: float = _number(17, 0, 24, "local hour at which a working day ends")
    day_starts_hour: float = _number(8, 0, 24, "local hour before which it is off-hours")
    day_ends_hour: float = _number(20, 0, 24, "local hour from which it is off-hours again")
    overlap_hours: float = _number(2, 0, 168, "shared free hours a week below which a pair is short of time")
    light_minutes: int = _number(15, 1, 1440, "length up to which a session is a light contact")
    prepared_questions: int = _number(3, 0, 100, "fewest open questions that prepare a session well")
    preparation_days: int = _number(7, 0, 120, "days before a session in which news of a goal prepares it")
    zone_slip_minutes: int = _number(
        10, 0, 29, "minutes around whole hours off a start that tell a start read in another zone"
    )
    short_call_minutes: int = _number(15, 1, 240, "minutes up to which a session held is a short call")
    push_days: int = _number(60, 1, 366, "days for which a moved session hints at want of time")

    weight_cadence: float = _number(25, 0, 100, "points of the health score for keeping the rhythm")
    weight_responsiveness: float = _number(20, 0, 100, "points for answering each other")
    weight_reliability: float = _number(15, 0, 100, "points for reliability and preparation")
    weight_felt_quality: float = _number(20, 0, 100, "points for felt quality of both sides")
    weight_progress: float = _number(15, 0, 100, "points for progress of goals and advice")
    weight_growth: float = _number(5, 0, 100, "points for introductions, advocacy and stretch")
    rhythm_share: float = _number(
        0.6, 0, 1, "share of the rhythm that the present silence decides; windows kept decide the rest"
    )
    attendance_share: float = _number(0.5, 0, 1, "share of reliability for sessions that were held")
    agenda_share: float = _number(0.2, 0, 1, "the same for agendas on time")
    thanks_share: float = _number(0.15, 0, 1, "the same for thanks on time")
    steady_share: float = _number(0.15, 0, 1, "the same for sessions that are not moved again and again")
    lower_side_share: float = _number(
        0.5, 0, 1, "share of felt quality that the less happy side decides; the mean decides the rest"
    )
    goals_share: float = _number(0.6, 0, 1, "share of progress for goals; advice reported back has the rest")
    rating_half_life_days: float = _number(90, 1, 3660, "days after which a rating counts half")
    rating_shrinkage: float = _number(2, 0, 100, "ratings that the cohort mean counts for")
    rating_fresh_days: int = _number(120, 1, 3660, "days for which a rating is evidence")
    evidence_asks: int = _number(4, 1, 100, "asks of a side from which responsiveness is full evidence")
    evidence_sessions: int = _number(3, 1, 100, "planned sessions from which reliability is full evidence")
    pushes: int = _number(3, 1, 20, "moves since the last full session that hint at want of time")
    growth_acts: float = _number(2, 0.1, 100, "introductions and the like that earn 63% of the growth points")
    growth_age_days: int = _number(90, 0, 732, "age in days from which growth is judged")

    support_first_contacts: int = _number(2, 0, 20, "contacts of the program due in a pair's first 30 days")
    support_month_contacts: int = _number(1, 0, 20, "the same in every 30 days after")
    alert_days: int = _number(3, 0, 60, "days within which an alert is to be taken on")
    survey_days: int = _number(14, 1, 120, "days within which a survey is to be answered")
    resumed_days: int = _number(14, 1, 120, "days after a reminder within which a side has come back")
    return_days: int = _number(90, 1, 732, "days after a first end within which a mentor has come back")
    risk_contacts: int = _number(3, 2, 50, "dates of contact from which the risk of a pair is estimated")
    risk_horizon_gaps: float = _number(4, 1, 20, "median gaps after which a pair that is silent went silent")
    risk_horizon_min_days: int = _number(30, 7, 366, "the same, at least so many days")
    risk_horizon_max_days: int = _number(90, 7, 732, "the same, at most so many days")
    risk_exit_days: int = _number(30, 7, 366, "days within which somebody leaves formally, or does not")
    risk_least_windows: int = _number(200, 50, 100000, "closed windows below which no model is fitted")
    risk_least_outcomes: int = _number(20, 5, 10000, "windows of each outcome below which none is fitted")
    risk_high_share: float = _number(0.05, 0.01, 0.5, "share of pairs whose risk is called high")
    risk_raised_share: float = _number(0.2, 0.01, 0.9, "share of pairs whose risk is called raised or high")

    alert_gone_days: int = _number(7, 1, 60, "days a reason must be gone before its alert is over")
    alert_quiet_days: int = _number(3, 0, 60, "days after a leave in which no alert is raised")

    attention_budget: int = _number(10, 1, 1000, "pairs a program manager can look at in a week")
    start_season_days: int = _number(
        30, 1, 366, "days from the acceptance for which a pair that never met is as easily started as ever"
    )
    start_half_life_days: int = _number(60, 1, 732, "days after which half of that chance is left")
    holdout_share: float = _number(
        0, 0, 0.5, "share of silences whose alert is held back at random to learn what alerts do; 0 for none"
    )
    holdout_days: int = _number(14, 1, 60, "days for which such an alert is held back")
    holdout_seed: int = _number(1, 0, 1_000_000, "seed by which it is decided whose")
    snooze_days: int = _number(3, 1, 90, "days for which an alert sleeps unless another date is chosen")
    dismissed_days: int = _number(28, 1, 366, "days for which a dismissed alert stays away")
    message_days: int = _number(7, 1, 60, "days within which the program writes to no participant twice")
    quiet_from_hour: int = _number(
        20, 0, 23, "hour from which nobody is written to, a participant by their own clock"
    )
    quiet_until_hour: int = _number(7, 0, 23, "hour at which that ends")
    small_group: int = _number(
        5, 3, 100, "people below which a group is not shown; of two, each would know the other's answer"
    )
    effect_pairs: int = _number(20, 2, 1000, "pairs below which a survey's effect size is not told")
    feed_late_days: int = _number(14, 1, 366, "days without any event after which a source is late")
    event_late_days: int = _number(7, 1, 366, "days after it happened from which an event is recorded late")
    pending_days: int = _number(7, 1, 366, "days after which a pair that nobody announced is unknown")
    label_final_days: int = _number(90, 1, 732, "days after which a presumed label is final")

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, name: str) -> str:
        """Accept only a zone that zoneinfo can load."""
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name

    @model_validator(mode="after")
    def _weights_sum_to_100(self) -> Self:
        """A score in points only means something when all points together are 100."""
        total = sum(getattr(self, name) for name in WEIGHTS)
        if abs(total - 100) > 1e-9:
            raise ValueError(f"{', '.join(WEIGHTS)} must sum to 100, not {total:g}")
        return self

    @model_validator(mode="after")
    def _shares_of_reliability_sum_to_1(self) -> Self:
        """A part that is whole must score all of its points, and no more."""
        total = sum(getattr(self, name) for name in RELIABILITY_SHARES)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"{', '.join(RELIABILITY_SHARES)} must sum to 1, not {total:g}")
        return self

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        """A later, graver stage can never begin before the milder one, and no day has no hours."""
        for low, high in ORDERED:
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} ({getattr(self, low):g}) must not exceed {high} ({getattr(self, high):g})"
                )
        for start, end in DAYTIMES:
            if getattr(self, start) >= getattr(self, end):
                raise ValueError(
                    f"{start} ({getattr(self, start):g}) must be before {end} ({getattr(self, end):g})"
                )
        return self

    def fingerprint(self) -> str:
        """The first 16 hex digits of the SHA-256 of this policy as canonical JSON."""
        canonical = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def as_columns(self) -> dict[str, str | int | float]:
        """Every setting by name, in declared order: the policy columns of `ref.run`."""
        return self.model_dump()


WEIGHTS = tuple(name for name in Policy.model_fields if name.startswith("weight_"))

RELIABILITY_SHARES = ("attendance_share", "agenda_share", "thanks_share", "steady_share")

ORDERED = (
    ("cadence_min_days", "cadence_default_days"),
    ("cadence_default_days", "cadence_max_days"),
    ("waiting_days", "suspected_days"),
    ("suspected_days", "presumed_days"),
    ("suspected_ratio", "presumed_ratio"),
    ("stalled_ratio", "faded_ratio"),
    ("watch_score", "on_track_score"),
    ("watch_ratio", "needs_ratio"),
    ("risk_horizon_min_days", "risk_horizon_max_days"),
    ("risk_least_outcomes", "risk_least_windows"),
    ("risk_high_share", "risk_raised_share"),
    ("small_group", "effect_pairs"),
)

DAYTIMES = (("work_starts_hour", "work_ends_hour"), ("day_starts_hour", "day_ends_hour"))


def load_policy(path: Path | None) -> Policy:
    """Read a program's policy.

    `path` names its `program.toml`; None means that the program has none and lives by the defaults.
    Raises SettingsError, naming the file, each wrong key, what is wrong with it and what is allowed,
    when the file cannot be read, is not TOML, names an unknown setting or holds a value out of range.
    """
    if path is None:
        return Policy()
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read ({error.strerror}). Create it, or leave it out to use the defaults."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}. Write one `name = value` a line.") from None
    try:
        return Policy.model_validate(settings)
    except ValidationError as error:
        wrong = "; ".join(_in_words(dict(detail)) for detail in error.errors())
        raise SettingsError(f"{path}: {wrong}. Correct the value, or remove it to use the default.") from None


def _in_words(detail: dict[str, Any]) -> str:
    """One validation error as a clause: the key, its value, what is wrong, what is allowed."""
    problem = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return problem
    key = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, Policy.model_fields, n=1)
        return f"{key} is not a setting" + (f" (did you mean {near[0]}?)" if near else "")
    allowed = Policy.model_fields[key].description
    return f"{key} = {detail['input']!r}: {problem} (allowed: {allowed})"
