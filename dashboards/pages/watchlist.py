"""Watchlist: which pairs need me this week, why, and what do I do? The first screen, Monday's list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.data import Row, count_where
from dashboards.filters import VIEWS, FilterState, format_filters, from_values, parse_filters
from dashboards.panels.pair_list import pair_list
from dashboards.screen import Scene, screen
from warehouse.words import BAND, STATE

VIEW_WORDS = {"week": "This week", "watchlist": "Whole watchlist", "all": "Every pair"}


@screen
def layout(scene: Scene, /, **address: str | list[str]) -> Component:
    """The list the address asks for, under how all pairs stand."""
    filters, budget = from_values(address), scene.run["attention_budget"]
    limit = budget if filters.view == "week" else data.ROW_LIMIT
    rows = data.listed_pairs(scene.publication, filters, limit)
    scene = scene.naming(rows)
    standing = data.standing(scene.publication)
    is_plain = filters == FilterState()
    return components.page(
        title(count_where(standing, band="needs_check_in"), budget if is_plain else None),
        numbers(standing),
        blind_spot(standing),
        components.card(
            controls(filters, data.filter_choices(scene.publication)),
            *(listed(scene, rows) if rows else [nothing(filters, scene)]),
        ),
        eyebrow="Watchlist",
        lead=insight(scene, rows) if is_plain else RHYTHM,
    )


def listed(scene: Scene, rows: Sequence[Row]) -> list[Component]:
    """The pairs with what happened between them lately."""
    ids = [row["pair_id"] for row in rows]
    return pair_list(scene, rows, data.weekly_activity(scene.publication, ids, scene.run["as_of"]))


RHYTHM = "Every pair is measured against its own rhythm: a two-monthly pair is not late after a month."


def title(n_needing: int, budget: int | None) -> str:
    """The heading: how many pairs need somebody, and how many of them are shown first."""
    if n_needing == 0:
        return "Nobody needs you this week"
    if budget is not None and n_needing > budget:
        return f"{n_needing:,} pairs need a check-in: start with these {budget}"
    return f"{formats.plural(n_needing, 'pair needs', 'pairs need')} you this week"


def insight(scene: Scene, rows: Sequence[Row]) -> str:
    """One sentence about the weekly list: a person several pairs share, else who is waited for."""
    for role, side in (("mentor", 1), ("mentee", 0)):
        known = [scene.people(row)[side] for row in rows if row[f"{role}_id"] is not None]
        who, times = Counter(known).most_common(1)[0] if known else ("", 0)
        if times >= 2:
            return f"{times} of these {len(rows)} share {who}: start there."
    owing = Counter(row["waiting_on"] for row in rows)
    if owing["mentor"] or owing["mentee"]:
        return (
            f"The mentor owes an answer in {owing['mentor']} of these {len(rows)}, the mentee in "
            f"{owing['mentee']}, each measured against the pair's own rhythm."
        )
    return RHYTHM


def numbers(standing: Sequence[Row]) -> Component:
    """How all pairs stand, each number a link to its list."""
    ended = count_where(standing, band="ended")
    current = count_where(standing) - ended
    cards = []
    for band in ("needs_check_in", "watch", "on_track", "too_early"):
        n, href = (
            count_where(standing, band=band),
            "/" + format_filters(FilterState(bands=(band,), view="all")),
        )
        note = f"{formats.share(n, current)} of {formats.plural(current, 'current pair')}"
        cards.append(components.kpi(formats.count(n), BAND[band], note, href=href, tone=theme.TONE[band]))
    note = f"of {formats.plural(ended, 'ended pair')}"
    well = formats.count(count_where(standing, band="ended", is_success=True))
    cards.append(components.kpi(well, "Ended well", note, href="/overview", tone=theme.ENDED_WELL))
    return components.kpis(*cards, is_compact=True)


def blind_spot(standing: Sequence[Row]) -> Component | None:
    """A warning that some pairs cannot be judged: missing data must not look like silence."""
    states = ("data_late", "no_contact_feed")
    n = sum(count_where(standing, state=state) for state in states)
    if n == 0:
        return None
    href = "/" + format_filters(FilterState(states=states, view="all"))
    cause = "because their contact data is late or missing"
    return components.banner(
        [
            f"{formats.plural(n, 'pair')} cannot be judged {cause}. ",
            dcc.Link("See which", href=href),
            " or ",
            dcc.Link("look at the sources", href="/data-quality"),
            ".",
        ]
    )


def controls(filters: FilterState, choices: dict[str, list[str]]) -> Component:
    """The filters and the choice of list, set to what the address says."""

    def select(name: str, label: str, words: dict[str, str], value: Sequence[str]) -> Component:
        known = sorted(choices[name], key=lambda code: list(words).index(code) if code in words else -1)
        options = [{"value": code, "label": words.get(code, code)} for code in known]
        return dmc.MultiSelect(
            id=f"filter-{name}",
            label=label,
            data=options,
            value=list(value),
            placeholder="All" if not value else "",
            clearable=True,
            openOnFocus=False,
            className="filter",
        )

    views = [{"value": view, "label": VIEW_WORDS[view]} for view in VIEWS]
    return html.Div(
        [
            dmc.SegmentedControl(id="filter-view", data=views, value=filters.view, className="views"),
            select("cohort", "Cohort", {}, filters.cohorts),
            select("band", "Band", BAND, filters.bands),
            select("state", "State", STATE, filters.states),
            dmc.TextInput(
                id="filter-search",
                label="Find a pair",
                placeholder="Id, then Enter",
                value=filters.search,
                debounce=True,
                className="filter",
            ),
        ],
        className="filters",
        role="search",
    )


@callback(
    Output("address", "search"),
    Input("filter-view", "value"),
    Input("filter-cohort", "value"),
    Input("filter-band", "value"),
    Input("filter-state", "value"),
    Input("filter-search", "value"),
    State("address", "search"),
    prevent_initial_call=True,
)
def follow_controls(
    view: str, cohort: list[str], band: list[str], state: list[str], q: str, address: str
) -> Any:
    """The controls write the address; the address draws the screen."""
    wanted = from_values({"view": view, "cohort": cohort, "band": band, "state": state, "q": q or ""})
    return no_update if wanted == parse_filters(address or "") else format_filters(wanted)


def nothing(filters: FilterState, scene: Scene) -> Component:
    """The list without a pair: because of the filters, or because all is well."""
    if filters.is_narrowed:
        href = "/" + format_filters(FilterState(view=filters.view))
        clear = dcc.Link("Clear filters", href=href, className="button")
        return components.state(
            "No pair matches", html.P("No pair of this list passes all the filters."), clear
        )
    if filters.view == "all":
        return components.state(
            "No pairs yet", html.P("Events were ingested, but none of them is about a pair.")
        )
    checked = f"Checked with what was known at {formats.instant(scene.run['known_at'])}."
    other = "all" if filters.view == "watchlist" else "watchlist"
    more = dcc.Link(f"Show {VIEW_WORDS[other].lower()}", href=f"/?view={other}", className="button")
    return components.state("Nobody needs you this week", html.P(checked), more, mark="✓")


dash.register_page(__name__, path="/", title="Watchlist · Kinkeeper", layout=layout, order=0)
