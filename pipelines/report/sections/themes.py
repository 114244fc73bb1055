"""The sections that are about a theme's measures, and little else."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report import outcomes, say, words
from pipelines.report.facts import Row
from pipelines.report.measures import of_measures
from pipelines.report.model import Paragraph, Section
from pipelines.report.told import Told
from warehouse.policy import Policy


def early_warning(told: Told) -> Section:
    """What was warned of, what was done about it, what came of it, and how good the warnings are."""
    return of_measures(told, words.EARLY_WARNING, "alert_acted", (_record(told.facts.backtest),))


def _record(backtest: Sequence[Row]) -> Paragraph:
    """How often alerts are right, and how early they come, by the last backtest."""
    found = {row["metric"]: row for row in backtest if row["method"] == "risk" and row["value"] is not None}
    right = found.get("alert_precision")
    if right is None:
        return Paragraph(words.BACKTEST_NONE, "gap")
    text = (
        f"Tried on the program's own past ({say.day(right['from_on'])} to {say.day(right['to_on'])}), "
        f"{say.percent(right['value'])} of the alerts were right "
        f"(95% interval {say.interval(right['low'], right['high'], 'rate')}, "
        f"n = {say.plural(right['n_pairs'], 'pair')} in {say.plural(right['n_weeks'], 'week')})."
    )
    lead = found.get("median_lead_days")
    if lead is not None:
        text += (
            f" Half of the silences that came true were warned of {say.amount(lead['value'], 'days')} "
            f"or more before (95% interval {say.interval(lead['low'], lead['high'], 'days')})."
        )
    return Paragraph(text, "draft")


def experience(told: Told) -> Section:
    """How both sides felt about it."""
    scales = outcomes.reliability_blocks(told.facts.survey_items, told.guard.k)
    return of_measures(told, words.EXPERIENCE, "fit_good", scales)


def learning(told: Told, policy: Policy) -> Section:
    """What was learnt and done differently."""
    changes = outcomes.change_blocks(told.facts.survey_scores, told.guard, policy.effect_pairs)
    return of_measures(told, words.LEARNING, "advice_reported", changes)


def network(told: Told) -> Section:
    """Introductions and advocacy."""
    return of_measures(told, words.NETWORK, "introductions")


def results() -> Section:
    """What the organisation got out of it, once that can be measured."""
    return Section("results", "Results", (Paragraph(words.RESULTS_NONE, "gap"),), words.L4)


def mentors(told: Told) -> Section:
    """Load, benefit, return."""
    return of_measures(told, words.MENTORS, "mentor_return")


def operation(told: Told) -> Section:
    """How the program ran."""
    return of_measures(told, words.OPERATION, "activation")


def voices() -> Section:
    """Quotes with consent; none are stored, so none are shown."""
    return Section("voices", "Voices", (Paragraph(words.VOICES_NONE, "gap"),))
