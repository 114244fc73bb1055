"""How every number on the screens is computed, with the thresholds in force."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash import html
from dash.development.base_component import Component

from dashboards import components, theme
from dashboards.data.publication import Row
from dashboards.panels.explained import numbers_card, rules_card
from dashboards.screen import Scene, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS
from warehouse.words import COMPONENT, STATE

Term = tuple[str, Component | str, str]
"""A place to link to, what stands there, and what it means."""

RHYTHM = {
    "Contact": "A session both attended, or an act of one side that the other answered, dated at the "
    "answer. A ten-minute check-in and an answered update count in full.",
    "Active days": "Calendar days without the leave of the people concerned, breaks of the program and "
    "agreed pauses. All silences are in active days.",
    "Usual rhythm": "The geometric mean of the pair's last {cadence_gaps} gaps, pulled towards what the "
    "two agreed on (or {cadence_default_days} days) with the weight of {cadence_prior_weight:g} gaps, "
    "kept between {cadence_min_days} and {cadence_max_days} days.",
    "Silence ratio": "Silent days over the usual rhythm. A session confirmed by both keeps it at 1 or less.",
}

STATES = {
    "never_started": "Accepted, and no contact within {not_started_days} days.",
    "waiting": "One side owes an answer for more than {waiting_days} days or {waiting_ratio:g} times the "
    "usual rhythm.",
    "suspected_ghosting": "{suspected_acts} or more acts unanswered on different days, for "
    "{suspected_days} days or more, and silence of {suspected_ratio:g} times the usual. Leave, a failed "
    "delivery and a confirmed session rule it out.",
    "presumed_ghosted": "The same, and a program check-in unanswered for {presumed_checkin_days} days, "
    "or that side silent for {presumed_days} days and {presumed_ratio:g} times the usual, or "
    "{presumed_no_shows} no-shows in a row.",
    "stalled": "Silent for {stalled_ratio:g} times the usual, and nobody owes an answer.",
    "probably_finished": "Silent, but goals are reached, ratings are high and most of the term is over: "
    "a success to close well.",
    "data_late": "The feed is late, so silence cannot be told from missing data. Nobody is flagged for it.",
}

BANDS = {
    "on_track": "Health of {on_track_score:g} or more and a silence ratio below {watch_ratio:g}.",
    "watch": "Health from {watch_score:g} to {on_track_score:g}, or a silence ratio from {watch_ratio:g} "
    "to {needs_ratio:g}.",
    "needs_check_in": "Health below {watch_score:g}, a silence ratio of {needs_ratio:g} or more, "
    "somebody unresponsive, a poor fit, or a call for help.",
    "too_early": "Younger than {too_early_days} days with fewer than {too_early_contacts} contacts, or "
    "less than {too_early_coverage:.0%} of the evidence.",
}

PARTS = {
    "cadence": "Silence against the usual rhythm, and agreed windows with a contact",
    "responsiveness": "Answers to what was asked, and how soon, on the slower side",
    "reliability": "Sessions held, agenda a day before, thanks within a day, few pushes",
    "felt_quality": "What both sides say in pulses; the less content side weighs more",
    "progress": "Short-term goals against their time, and advice reported back",
    "growth": "Introductions, advocacy and stretch tasks; only ever a bonus",
}

HEALTH = (
    "Each part is a score from 0 to 1 with a share of evidence. Health is the mean of the scores, "
    "weighted by weight and evidence, so a part nobody knows about neither helps nor harms. The "
    "differences to the cohort add up exactly to the difference between the pair's health and the "
    "cohort's."
)

COUNTING = {
    "Natural end": "Goals met, term completed, needs evolved, or moved on to a friendship without the "
    "program. It is a success and never counts as drop-off. What a time-out closed is never a success.",
    "Evidence": "Observed by a system, attested by both or by one, inferred, or assumed.",
    "As of, known at": "The screens show what had happened by the first instant, as far as it was "
    "recorded by the second.",
    "People": "Screens show pseudonyms. Messages and notes are never stored in the tables behind them.",
}


@screen(GROUPS)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The definitions, filled with the thresholds of the run on screen."""
    run = scene.run
    states = [(code, STATE[code], words) for code, words in STATES.items()]
    bands = [(band, components.badge(theme.TONE[band]), words) for band, words in BANDS.items()]
    return components.page(
        "How every number is computed",
        components.card(terms(named(RHYTHM), run), title="Rhythm and silence"),
        components.card(terms(states, run), title="Who waits for whom"),
        html.Div(components.card(terms(bands, run), title="Bands"), id="bands"),
        html.Div(
            components.card(
                health_table(run), html.P(HEALTH, className="prose"), title="Relationship health"
            ),
            id="health",
        ),
        components.card(terms(named(COUNTING), run), title="Endings, counts and privacy"),
        rules_card(),
        numbers_card(),
        lead="The thresholds are those of the build on screen: the program's own policy, not constants.",
    )


def named(texts: dict[str, str]) -> list[Term]:
    """Terms with a place each: Natural end stands at natural-end."""
    return [(term.lower().replace(" ", "-"), term, words) for term, words in texts.items()]


def terms(listed: Sequence[Term], run: Row) -> Component:
    """Terms with their meanings, the run's thresholds in their places."""
    told = [html.Div([html.Dt(term), html.Dd(say(words, **run))], id=place) for place, term, words in listed]
    return html.Dl(told, className="terms")


def health_table(run: Row) -> Component:
    """The parts of the health score with their weights."""
    rows = [
        (COMPONENT[part], f"{run[f'weight_{part}']:g}", components.wrapped(PARTS[part])) for part in PARTS
    ]
    return components.table(("Part", "Weight", "Measured by"), rows, "Parts of the health score", (1,))


dash.register_page(__name__, path="/help/metrics", title="Definitions · Kinkeeper", layout=layout, order=3)
