"""Overview: how are the cohorts, and how do relationships end? A natural end is a success."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import dash
from dash import html
from dash.development.base_component import Component

from dashboards import components, data, figures, formats, theme
from dashboards.access import caller
from dashboards.components import Part
from dashboards.data.publication import Row, count_where
from dashboards.panels.cohort_life import age_card, flow_card
from dashboards.panels.cohort_table import cohort_table, current, size_table
from dashboards.panels.group_overview import programs_card, told_insight, weeks_note
from dashboards.panels.sight import blind_spot, calm
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say, translated
from dashboards.theme import RUNNING_BANDS, TONE
from warehouse import charts
from warehouse.accounts import GROUPS, PAIRS
from warehouse.looks import ENDING_KINDS
from warehouse.queries import Sight

RECENT_WEEKS = 4
WEEK = dt.timedelta(days=7)
BANDS = "How current pairs stand, by cohort"


@screen(GROUPS)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The program in numbers, its cohorts side by side, contact by week and endings."""
    if not caller().may(PAIRS):
        return of_groups(scene)
    standing = data.bands.standing(scene.publication)
    if not standing:
        nothing = components.state(
            "No pairs yet", html.P("Events were ingested, but none of them is about a pair.")
        )
        return components.page("Overview", components.card(nothing))
    cohorts = [row for row in data.program.cohorts(scene.publication) if row["n_pairs"]]
    weeks = data.program.weeks(scene.publication)
    n_whole = sum(row["week_on"] + WEEK <= scene.run["as_of"].date() for row in weeks)
    smallest = scene.run["small_group"]
    sight = data.bands.sight(scene.publication)
    return components.page(
        "Overview",
        blind_spot(sight),
        panel(
            "The program in numbers",
            lambda: numbers(standing, weeks[:n_whole], data.bands.n_declined(scene.publication)),
        ),
        panel(BANDS, lambda: bands_card(cohorts, smallest, sight)),
        html.Div(
            [
                panel("Contact by week", lambda: weekly_card(weeks, n_whole)),
                panel("How relationships end", lambda: endings_card(data.endings.reasons(scene.publication))),
            ],
            className="columns",
        ),
        panel("Cohorts", lambda: cohorts_card(cohorts, smallest)),
        panel("Where pairs have gone", lambda: flow_card(data.bands.flows(scene.publication))),
        panel("Health by age", lambda: age_card(data.program.health_ages(scene.publication))),
        lead=insight(standing),
    )


def of_groups(scene: Scene) -> Component:
    """The same for whoever sees no pairs: no count here could be about a few, alone or by subtraction."""
    publication, smallest = scene.publication, scene.run["small_group"]
    programs, weeks = data.program.kpis_by_program(publication), data.program.told_weeks(publication)
    n_whole = sum(row["week_on"] + WEEK <= scene.run["as_of"].date() for row in weeks)
    return components.page(
        "Overview",
        panel("The program in numbers", lambda: programs_card(programs, smallest)),
        panel("Contact by week", lambda: weekly_card(weeks, n_whole, note=weeks_note(weeks))),
        panel("Cohorts", lambda: sizes_card(data.program.cohorts(publication), smallest)),
        panel("Health by age", lambda: age_card(data.program.health_ages(publication))),
        lead=told_insight(programs),
    )


def insight(standing: Sequence[Row]) -> str:
    """The program in two sentences: the current pairs, then the ended ones."""
    on_track, needing = count_where(standing, band="on_track"), count_where(standing, band="needs_check_in")
    ended, well = count_where(standing, band="ended"), count_where(standing, band="ended", is_success=True)
    how = say(
        "Of {ended_pairs}, {well:,} came to a natural end.",
        ended_pairs=formats.plural(ended, "ended pair"),
        well=well,
    )
    return say(
        "{on_track:,} of {current_pairs} are on track and {needing:,} need a check-in. {how}",
        on_track=on_track,
        current_pairs=formats.plural(count_where(standing) - ended, "current pair"),
        needing=needing,
        how=how if ended else "No pair has ended yet.",
    )


def numbers(standing: Sequence[Row], weeks: Sequence[Row], n_declined: int) -> Component:
    """The program in numbers; `weeks` are whole ones."""
    unstarted = formats.count(count_where(standing, state="never_started"))
    return components.kpis(
        *how_many(standing, n_declined),
        sessions_held([row["n_sessions_held"] for row in weeks]),
        natural_ends(standing),
        components.kpi(unstarted, "Not started", "accepted, but no contact yet", about="never_started"),
    )


def how_many(standing: Sequence[Row], n_declined: int) -> list[Component]:
    """All pairs there ever were, and those of now."""
    pairs, ended = count_where(standing), count_where(standing, band="ended")
    told = "ever, ended ones included"
    if n_declined:
        declined = formats.plural(n_declined, "declined proposal")
        told = say("ever, ended ones included; {declined_proposals} left out", declined_proposals=declined)
    share = say("{share} of all pairs", share=formats.share(pairs - ended, pairs))
    return [
        components.kpi(formats.count(pairs), "Pairs", told, about="pairs"),
        components.kpi(formats.count(pairs - ended), "Current pairs", share, about="pairs"),
    ]


def sessions_held(held: Sequence[int]) -> Component:
    """How many sessions the last whole weeks had, and those before."""
    recent, before = held[-RECENT_WEEKS:], held[-2 * RECENT_WEEKS : -RECENT_WEEKS]
    told = say("in the last 4 whole weeks, {before:,} in the 4 before", before=sum(before))
    return components.kpi(formats.count(sum(recent)), "Sessions held", told, about="sessions")


def natural_ends(standing: Sequence[Row]) -> Component:
    """The share of ended pairs that came to a natural end."""
    ended, well = count_where(standing, band="ended"), count_where(standing, is_success=True)
    return components.kpi(
        formats.share(well, ended),
        "Natural ends",
        say("{well:,} of {ended_pairs}", well=well, ended_pairs=formats.plural(ended, "ended pair"))
        if ended
        else "no pair has ended yet",
        tone=theme.ENDED_WELL if well else None,
        about="natural-end",
    )


def cohorts_card(cohorts: Sequence[Row], smallest: int) -> Component:
    """The cohorts side by side, for whoever may see each of their pairs."""
    return components.card(
        cohort_table(cohorts, smallest),
        title="Cohorts",
        about="cohorts",
        note=say(
            "Shares of fewer than {smallest} ended pairs are hidden. Silence is the median over the "
            "pairs of silent days against usual days.",
            smallest=smallest,
        ),
    )


def sizes_card(cohorts: Sequence[Row], smallest: int) -> Component:
    """The cohorts for whoever sees groups but no pairs: counts by band would tell about single pairs."""
    told = [row for row in cohorts if row["is_told"] and row["n_pairs"]]
    return components.card(
        size_table(told) if told else components.state("No cohort is large enough to be told of"),
        title="Cohorts",
        note=say(
            "Left out: cohorts of fewer than {smallest} pairs or 3 mentors, and one more where its size "
            "would tell theirs. How pairs stand is told of groups on the screen Lifecycle.",
            smallest=smallest,
        ),
    )


def bands_card(cohorts: Sequence[Row], smallest: int, sight: Sight) -> Component:
    """The bands of each cohort."""
    return components.card(bands_figure(cohorts, smallest, sight), title=BANDS, about="bands")


def bands_figure(cohorts: Sequence[Row], smallest: int, sight: Sight) -> Component:
    """One bar a cohort, and which of the comparable ones has most pairs in need."""
    legend = [Part(TONE[band].word, TONE[band].solid, mark=TONE[band].mark) for band in RUNNING_BANDS]
    large = [row for row in cohorts if current(row) >= smallest]
    words = say(
        "{neediest} Numbers in the bars are pairs.",
        neediest=neediest(large) if sight.n_judged else calm(sight) + ".",
    )
    name = "Current pairs by band and cohort"
    as_table = components.table_of_bars(charts.band_bars(cohorts), "Cohort", name)
    return components.figure(figures.cohorts.band_bars(cohorts), name, words, legend, as_table)


def neediest(cohorts: Sequence[Row]) -> str:
    """Which of the cohorts has the largest share of pairs that need a check-in."""
    if not cohorts:
        return "No cohort has enough current pairs to compare shares."
    most = max(cohorts, key=lambda row: row["n_needs_check_in"] / current(row))
    if most["n_needs_check_in"] == 0:
        return "No pair that could be judged needs a check-in."
    part = formats.share(most["n_needs_check_in"], current(most))
    name, whole = (
        most["cohort_id"] or "The group without a cohort",
        formats.plural(current(most), "current pair"),
    )
    return say(
        "{name} has the largest share that needs a check-in: {part} of {whole}.",
        name=name,
        part=part,
        whole=whole,
    )


def weekly_card(weeks: Sequence[Row], n_whole: int, note: str = "") -> Component:
    """Sessions and contacts by week, of which the first `n_whole` are over."""
    if not n_whole:
        return components.card(components.state("No whole week yet"), title="Contact by week")
    last = weeks[n_whole - 1]
    held = formats.plural(last["n_sessions_held"], "session was", "sessions were")
    words = say(
        "In the week of {week_on}, {n_pairs_in_contact:,} of {then_current_pairs} were in "
        "contact and {held} held.",
        week_on=formats.day(last["week_on"]),
        n_pairs_in_contact=last["n_pairs_in_contact"],
        then_current_pairs=formats.plural(last["n_pairs_alive"], "then current pair"),
        held=held,
    )
    if n_whole < len(weeks):
        words += translated(" The last, paler week is not over.")
    heads = ("Week of", "Sessions held", "Pairs in contact", "Current pairs")
    columns = ("n_sessions_held", "n_pairs_in_contact", "n_pairs_alive")
    rows = [(formats.day(row["week_on"]), *(row[column] for column in columns)) for row in reversed(weeks)]
    legend = [
        Part("Sessions held", theme.SESSION_KEY),
        Part("Pairs in contact", theme.ORANGE, mark="━"),
        Part("Current pairs", theme.GREY, mark="┅"),
    ]
    as_table = components.table(heads, rows, "Contact by week", (1, 2, 3))
    chart = components.figure(
        figures.cohorts.weekly_contact(weeks, n_whole), "Contact by week", words, legend, as_table
    )
    return components.card(chart, title="Contact by week", about="sessions", note=note or None)


def endings_card(endings: Sequence[Row]) -> Component:
    """How relationships ended, natural ends first."""
    if not endings:
        return components.card(
            components.state("No relationship has ended yet"), title="How relationships end"
        )
    ended, well = count_where(endings), count_where(endings, is_success=True)
    early = count_where(endings, is_success=False)
    words = say(
        "{well:,} of {ended:,} ended naturally ({share}), {early:,} early. Ending well is what a "
        "relationship is for.",
        well=well,
        ended=ended,
        share=formats.share(well, ended),
        early=early,
    )
    legend = [Part(word, colour) for word, colour in ENDING_KINDS.values()]
    name = "Ended pairs by reason"
    as_table = components.table_of_bars(charts.ending_bars(endings), "Reason", name)
    chart = components.figure(figures.endings.bars(endings), name, words, legend, as_table)
    return components.card(chart, title="How relationships end", about="end-reasons")


dash.register_page(__name__, path="/overview", title="Overview · Kinkeeper", layout=layout, order=1)
