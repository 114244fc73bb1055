"""How the numbers of each panel are computed: the rule, of what, and how good the evidence can be."""

from __future__ import annotations

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboards import components
from dashboards.meanings import Meaning, anchor, meanings


@dataclass(frozen=True)
class Rule:
    """What a panel shows, how it is computed, of what (n), and what evidence it rests on."""

    name: str
    how: str
    of: str
    evidence: str


AS_EVENTS = "That of the events: observed by a system, attested by both or by one, inferred or assumed."
LOGGED = "Observed: counted by Kinkeeper itself."
DECLARED = "A declared rule over events; each event carries its own grade."

RULES = {
    "pairs": Rule(
        "Pairs",
        "Every relationship that was accepted by the as-of. Current ones have not ended by then. Declined "
        "proposals are counted apart.",
        "All pairs the reader may see.",
        AS_EVENTS,
    ),
    "watchlist": Rule(
        "Watchlist",
        "Pairs that need a check-in or are to be watched, ranked by how grave the reason is and what can "
        "still be done; snoozed and dismissed ones rest.",
        "Current pairs that could be judged.",
        DECLARED,
    ),
    "taken-on": Rule(
        "Taken on",
        "Pairs whose present alert somebody has taken on. It ends when the alert is over, another reason "
        "leads or the same begins anew; how many there were four weeks ago is not kept.",
        "All pairs the reader may see.",
        LOGGED,
    ),
    "in-touch-again": Rule(
        "In touch again after an alert",
        "The share of alerts that a mutual contact followed within so many days: the shortest horizon of the "
        "policy. The change is against the same weeks four weeks earlier. An association, no proof: managers "
        "choose whom to help.",
        "Alerts about silence whose days were over within the last twelve weeks; those held back at random "
        "and those taken back are left out.",
        AS_EVENTS,
    ),
    "verdict": Rule(
        "Why a pair is listed",
        "Each reason is a rule with a number and what was expected; the gravest leads. Silence is in active "
        "days, the usual is the pair's own rhythm.",
        "The events of the pair up to the as-of, as far as they were recorded by the known-at.",
        DECLARED,
    ),
    "timeline": Rule(
        "Timeline and counts of a pair",
        "Events by the day they happened. A contact is mutual; a session counts as held when its evidence "
        "says so; a no-show is a side that did not come.",
        "All events of the pair.",
        AS_EVENTS,
    ),
    "pattern": Rule(
        "Contact pattern",
        "Dates of mutual contact by the pair's own clock, without leave, pauses and breaks; a week begins on "
        "Monday. The median gap and the ninth decile may lie between two gaps. Unanswered in a row: acts of "
        "one side that the other has not answered.",
        "All contacts of the pair; several on one date count once.",
        AS_EVENTS,
    ),
    "bands-over-time": Rule(
        "Health and bands over time",
        "The score and the band of each day, worked out from what is known today. The range of a score is "
        "what its evidence leaves open by chance. A star marks a day on which the program made a support "
        "contact, sent a reminder or took another action.",
        "The days since the acceptance that the history holds.",
        DECLARED,
    ),
    "practices": Rule(
        "Practices of a pair",
        "Counts and shares of what was recorded: hours that suit both, preparation, thanks, goals, feedback. "
        "What nobody records is left out.",
        "The events of the pair; a share names its whole.",
        AS_EVENTS,
    ),
    "cohorts": Rule(
        "Cohorts",
        "Pairs by band; natural ends of all ended; the median over pairs of silence in usual gaps.",
        "All pairs of the cohort. Shares of too few ended pairs are hidden.",
        DECLARED,
    ),
    "sessions": Rule(
        "Sessions and contact by week",
        "Sessions held in the week, pairs with a contact in it, and pairs that were current at its end.",
        "All pairs, weeks from Monday. A week that is not over is paler.",
        AS_EVENTS,
    ),
    "end-reasons": Rule(
        "How relationships end",
        "Ended pairs by the reason given, natural ones first. A reason in dispute is not said.",
        "All ended pairs.",
        "Attested by who closed the pair; what a time-out closed is assumed.",
    ),
    "band-flow": Rule(
        "Where pairs have gone",
        "The band of each pair at the start of the quarter against its band now.",
        "Pairs with a daily history since then, and those accepted since.",
        DECLARED,
    ),
    "health-by-age": Rule(
        "Health by age",
        "The median health of current pairs of one age, and how many of them need a check-in.",
        "Current pairs with enough evidence for a score.",
        DECLARED,
    ),
    "by-month": Rule(
        "Still active, by month",
        "The share of the pairs accepted in a month that had not ended after so many days.",
        "Pairs accepted in the month, once all of them have reached that age.",
        AS_EVENTS,
    ),
    "curves": Rule(
        "Curves of endings",
        "Competing risks: the share ended of each cause by age (Aalen-Johansen), with 95% intervals. Pairs "
        "still active count as long as they were observed.",
        "Accepted pairs of the group; below each day stands how many were still observed.",
        AS_EVENTS,
    ),
    "same-age": Rule(
        "Cohorts at the same age",
        "The share by the oldest age that both reached, and a log-rank test at 5%.",
        "The pairs of the cohort against all others of its program.",
        AS_EVENTS,
    ),
    "funnel": Rule(
        "From step to step",
        "Of pairs that reached the step above, the share that reached this one, with Wilson's 95% interval; "
        "the median time of those that took the two in this order.",
        "Pairs of the group; steps that the program does not record are left out.",
        AS_EVENTS,
    ),
    "group-numbers": Rule(
        "Numbers of a group",
        "Each is listed below by name. Shares have Wilson's interval, medians one by order statistics, means "
        "the normal one.",
        "Named beside the number. Too few, all or none, and what could be subtracted are not shown.",
        "The weakest grade among its events stands in the last column.",
    ),
    "kinds": Rule(
        "Numbers by kind",
        "The share of each kind that reached it, with Wilson's 95% interval.",
        "The last column; kinds of too few pairs are not shown.",
        AS_EVENTS,
    ),
    "survey-response": Rule(
        "Who answers",
        "Of the surveys that went out, the share that has been answered, with Wilson's 95% interval.",
        "Sides of pairs the wave went out to; one that names no pair went to all pairs then running.",
        AS_EVENTS,
    ),
    "survey-spread": Rule(
        "How answers are spread",
        "The share of the answers to an item on each step of its scale, reversed items turned round.",
        "Answers of one wave and side. Waves of too few, of one answer only, and what could be subtracted "
        "are not shown.",
        AS_EVENTS,
    ),
    "survey-scale": Rule(
        "How a scale stands",
        "The mean of the means of its items, with Student's 95% interval of respondents' means; the "
        "quarter before is the last wave that was over by then.",
        "Answers of one wave and side; by cohort and form the newest wave.",
        "The weakest grade among its answers stands in the last column.",
    ),
    "survey-change": Rule(
        "Before and after",
        "The mean change of those who answered both waves, with Student's 95% interval; g is the change over "
        "the spread before, with the small-sample factor (Becker 1988). Beside it stand people outside.",
        "Who answered before and after. Where a few answered one wave only, nothing is shown: both waves "
        "would tell of them.",
        "The weakest grade among its answers. A change is no effect: nobody was assigned by chance.",
    ),
    "survey-impact": Rule(
        "What else tells of impact",
        "Numbers of the screen Growth for the whole program, with their 95% intervals.",
        "Named beside the number.",
        AS_EVENTS,
    ),
    "overlap": Rule(
        "Pairs short of time",
        "Hours of a week in which both are free, across their zones; how often the next session was moved "
        "since the last; the share of session minutes that is off-hours on a side's clock.",
        "Current pairs whose zones are known.",
        "Observed from calendars, or declared by the people.",
    ),
    "load": Rule(
        "Load of mentors",
        "Current pairs of a mentor against what they said they can carry; minutes of sessions in 28 days.",
        "Mentors with a current pair.",
        "Capacity is declared by the mentor, minutes are observed.",
    ),
    "generations": Rule(
        "Generations of mentors",
        "Who was mentored here before mentoring is one generation later than their own mentor.",
        "All mentors.",
        AS_EVENTS,
    ),
    "gaps": Rule(
        "Gaps between groups of people",
        "The largest difference of a measure between two groups, with an interval; chance is corrected over "
        "all comparisons together (Benjamini and Hochberg).",
        "Groups of enough pairs, people and mentors.",
        "That of the measure that is compared.",
    ),
    "reliability": Rule(
        "Reliability",
        "Pair-weeks in tenths of what was said: the mean risk said against the share that fell silent. The "
        "calibration slope is 1 where both agree.",
        "Pair-weeks of the last backtest.",
        "Observed: outcomes that have closed.",
    ),
    "precision": Rule(
        "Precision",
        "Of the first 5, 10 and 20% of each week, the share that fell silent; the base rate is all pairs'. "
        "Found: of all pair-weeks that fell silent, the share among as many as managers can look at a week.",
        "Pair-weeks of the last backtest; intervals by drawing pairs anew.",
        "Observed: outcomes that have closed.",
    ),
    "lead": Rule(
        "Lead",
        "Days from the first alert of a silence to its day 30.",
        "Silences of the backtest that reached day 30.",
        "Observed: outcomes that have closed.",
    ),
    "alerts": Rule(
        "Alerts a week",
        "The first 5% of the pairs at risk each week, of those not alerted in this silence yet.",
        "Weeks of the last backtest.",
        "Observed: outcomes that have closed.",
    ),
    "alert-record": Rule(
        "Alerts and what became of them",
        "Every alert that a build as of now raised. Right by managers: confirmed, and not dismissed as "
        "wrong or fine. Right by what followed: no mutual contact within the days that are looked at.",
        "Alerts of the log; a share names its whole and its 95% interval.",
        LOGGED,
    ),
    "methods": Rule(
        "Methods compared",
        "Every method ranks the same weeks; average precision judges the order, Brier and slope the "
        "probability.",
        "Pair-weeks of the last backtest; intervals by drawing pairs anew.",
        "Observed: outcomes that have closed.",
    ),
    "risk-groups": Rule(
        "Record by group of people",
        "Of each group: pair-weeks alerted, alerts that were right, the mean risk said and the share that "
        "fell silent. The groups are those of the equity screen, told by its rules.",
        "Pair-weeks of the last backtest; intervals of ratios over pairs.",
        "Observed: outcomes that have closed.",
    ),
    "model": Rule(
        "The model in use",
        "A logistic model of the length of the silence and the pair's rhythm, fitted on windows that closed.",
        "Closed pair-weeks, named on the card.",
        "Observed: outcomes that have closed.",
    ),
    "reminders": Rule(
        "Effect of reminders",
        "Share that came back among the reminded less that among those held back at random, with Newcombe's "
        "interval.",
        "Reminders of people for whom chance decided.",
        "Observed; without a hold-out it is no effect.",
    ),
    "ledger": Rule(
        "Lines received",
        "Each line of each file is accepted, a duplicate, or in quarantine; the database refuses a ledger "
        "that does not add up.",
        "All lines of all files.",
        LOGGED,
    ),
    "quarantine": Rule(
        "Quarantine",
        "Lines that no event could be made of, by source and reason, until they are tried again or waived.",
        "All lines received.",
        LOGGED,
    ),
    "announced": Rule(
        "Pairs nobody announced",
        "Where a program announces its pairs by matches or first messages, events of other pairs wait in the "
        "log: awaited at first, unknown once the days of the policy are over.",
        "All events known at the run that were not taken back.",
        LOGGED,
    ),
    "events": Rule(
        "Events in the log",
        "Facts that were accepted. None is ever changed; corrections are facts of their own.",
        "All sources.",
        LOGGED,
    ),
    "freshness": Rule(
        "Freshness",
        "Days since the newest event of a source against how often it comes; late above once, stale above "
        "three times.",
        "The events of the source.",
        LOGGED,
    ),
    "expectations": Rule(
        "Expectations",
        "Rules that must hold for each table of the build; failed rows of checked ones.",
        "The rows of the table.",
        LOGGED,
    ),
    "drift": Rule(
        "Since the last publication",
        "Counts and means of this publication against those of the one before.",
        "Both publications.",
        LOGGED,
    ),
}
"""Place on the screen of definitions -> what stands there, in the order of the screens."""


def rules_card() -> Component:
    """Every panel's rule."""
    listed = [
        html.Div(
            [
                html.Dt(rule.name),
                html.Dd(
                    [
                        rule.how,
                        html.Span([html.Strong("Of: "), rule.of], className="rule-line"),
                        html.Span([html.Strong("Evidence: "), rule.evidence], className="rule-line"),
                    ]
                ),
            ],
            id=place,
        )
        for place, rule in RULES.items()
    ]
    return components.card(html.Dl(listed, className="terms"), title="What the panels show")


def numbers_card() -> Component:
    """Every number by its name, section by section."""
    sections = [
        html.Details([html.Summary(section), html.Dl([_number(each) for each in found], className="terms")])
        for section, found in meanings().items()
    ]
    return components.card(
        *sections, title="Every number by its name", note="A link on a number opens its line here."
    )


def _number(meaning: Meaning) -> Component:
    lines = (("Counted: ", meaning.counted), ("Of: ", meaning.of), ("Left out: ", meaning.left_out))
    told = [html.Span([html.Strong(name), text], className="rule-line") for name, text in lines if text]
    return html.Div([html.Dt(meaning.name), html.Dd([meaning.words, *told])], id=anchor(meaning.code))
