"""Watchlist: which pairs need me this week, why, and what do I do? The first screen, Monday's list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
)
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.access import scoped
from dashboards.behind import BACK_IN_TOUCH, words_of
from dashboards.data.publication import ROW_LIMIT, Row, count_where
from dashboards.exports import links
from dashboards.filters import (
    CHOICE_WORDS,
    CHOICES,
    VIEWS,
    FilterState,
    format_filters,
    from_values,
    parse_filters,
    rewritten,
)
from dashboards.handling import Handlings, handlings
from dashboards.moment import carry, parse_moment
from dashboards.panels.pair_list import pair_list
from dashboards.panels.sight import blind_spot, calm
from dashboards.screen import Scene, panel, scene, screen
from dashboards.speech import AsIs, lowered, say
from dashboards.viewer import COLUMNS, viewer
from warehouse.accounts import PAIRS
from warehouse.queries import Sight
from warehouse.words import BAND, OWNER, TYPE, VIEW


@screen(PAIRS)
def layout(scene: Scene, /, **address: str | list[str]) -> Component:
    """The list the address asks for, under how all pairs stand."""
    filters = from_values(address)
    decided = handlings(scene)
    rows = wanted(scene, filters, decided)
    scene = scene.naming(rows)
    standing, sight = data.bands.standing(scene.publication), data.bands.sight(scene.publication)
    is_plain = filters == FilterState()
    return components.page(
        title(filters, rows, sight, count_where(standing, band="needs_check_in")),
        panel("In numbers", lambda: numbers(scene, standing, sight, decided)),
        blind_spot(sight),
        counted(rows, count_where(standing)),
        components.card(
            which_pairs(filters, scene),
            controls(filters, data.watchlist.filter_choices(scene.publication), len(decided.quiet)),
            html.Div(
                listed(scene, rows, decided, filters) if rows else nothing(filters, scene, sight),
                id="watch-list",
            ),
            about="watchlist",
        ),
        eyebrow="Watchlist",
        lead=insight(scene, rows) if is_plain and rows else RHYTHM,
    )


def wanted(scene: Scene, filters: FilterState, decided: Handlings) -> list[Row]:
    """The pairs the filters ask for; today's list is as long as somebody can look at."""
    limit = scene.run["attention_budget"] if filters.view == "week" else ROW_LIMIT
    beside = decided.beside(scene.people_called(filters.search))
    return data.watchlist.pairs(scene.publication, filters, limit, beside)


def listed(scene: Scene, rows: Sequence[Row], decided: Handlings, filters: FilterState) -> list[Component]:
    """The pairs with what was decided about them."""
    ids = [row["pair_id"] for row in rows]
    return pair_list(scene, rows, decided.of(ids), links("pairs", filters))


@callback(
    Output("watch-list", "children"),
    Input("act-done", "data"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAIRS)
def follow_actions(_done: Any, address: str) -> Any:
    """The list again, once something was done."""
    current, filters = scene(parse_moment(address)), parse_filters(address or "")
    decided = handlings(current)
    rows = wanted(current, filters, decided)
    if not rows:
        return nothing(filters, current, data.bands.sight(current.publication))
    return carry(listed(current.naming(rows), rows, decided, filters), current.moment)


RHYTHM = "Every pair is measured against its own rhythm: a two-monthly pair is not late after a month."


def title(filters: FilterState, rows: Sequence[Row], sight: Sight, n_needing: int) -> str:
    """The heading: what the list below it holds."""
    n_listed = rows[0]["n_listed"] if rows else 0
    if filters.is_narrowed:
        return say("{pairs} found", pairs=formats.plural(n_listed, "pair"))
    if not rows:
        return calm(sight)
    counts = {
        "all": say(
            "{pairs}, {n_needing:,} of them in need of a check-in",
            pairs=formats.plural(n_listed, "pair"),
            n_needing=n_needing,
        ),
        "watchlist": say(
            "{pairs_need} a look, {n_needing:,} of them a check-in",
            pairs_need=formats.plural(n_listed, "pair needs", "pairs need"),
            n_needing=n_needing,
        ),
        "snoozed": say("{pairs} snoozed or dismissed", pairs=formats.plural(n_listed, "pair")),
        "new": say("{pairs} new on the list this week", pairs=formats.plural(n_listed, "pair")),
    }
    if filters.view in counts:
        return counts[filters.view]
    if n_listed > len(rows):
        return say(
            "{n_listed:,} pairs need a check-in: start with these {n_rows}",
            n_listed=n_listed,
            n_rows=len(rows),
        )
    return say("{pairs_need} you this week", pairs_need=formats.plural(n_listed, "pair needs", "pairs need"))


def insight(scene: Scene, rows: Sequence[Row]) -> str:
    """One sentence about the weekly list: a person several pairs share, else who is waited for."""
    for role, side in (("mentor", 1), ("mentee", 0)):
        known = [scene.people(row)[side] for row in rows if row[f"{role}_id"] is not None]
        who, times = Counter(known).most_common(1)[0] if known else ("", 0)
        if times >= 2:
            return say(
                "{times} of these {n_rows} share {who}: start there.", times=times, n_rows=len(rows), who=who
            )
    owing = Counter(row["waiting_on"] for row in rows)
    if owing["mentor"] or owing["mentee"]:
        return say(
            "The mentor owes an answer in {mentor} of these {n_rows}, the mentee in {mentee}, each "
            "measured against the pair's own rhythm.",
            mentor=owing["mentor"],
            n_rows=len(rows),
            mentee=owing["mentee"],
        )
    return RHYTHM


def counted(rows: Sequence[Row], n_all: int) -> Component:
    """How many pairs of all are listed, for the frame to tell who cannot see the list change."""
    words = say(
        "{n_listed:,} of {pairs}",
        n_listed=rows[0]["n_listed"] if rows else 0,
        pairs=formats.plural(n_all, "pair"),
    )
    return dcc.Store(id="listed", data=words)


clientside_callback(
    ClientsideFunction("kinkeeper", "tellListed"), Output("listed-said", "children"), Input("listed", "data")
)


def which_pairs(filters: FilterState, scene: Scene) -> Component | None:
    """Of which number these are the pairs, and the way back to all of them."""
    if filters.behind is None:
        return None
    words = words_of(filters.behind, scene.run["risk_horizon_min_days"])
    href = "/" + format_filters(replace(filters, behind=None))
    return html.P([html.Strong(words), " ", dcc.Link("Show all pairs", href=href)], className="behind")


def numbers(scene: Scene, standing: Sequence[Row], sight: Sight, decided: Handlings) -> Component:
    """How all pairs stand, how that moved and what came of alerts, each number a link to its list."""
    moves = data.bands.moves(scene.publication)
    ended = count_where(standing, band="ended")
    current = count_where(standing) - ended
    cards = []
    for band in ("needs_check_in", "watch", "on_track", "too_early"):
        n, href = (
            count_where(standing, band=band),
            "/" + format_filters(FilterState(bands=(band,), view="all")),
        )
        note = say(
            "{share} of {current_pairs}",
            share=formats.share(n, current),
            current_pairs=formats.plural(current, "current pair"),
        )
        if band in moves and band != "too_early":
            note = say("{share_of_all}, {moved:+,} in 4 weeks", share_of_all=note, moved=moves[band])
        if band == "too_early" and sight.n_unjudged:
            note = say("{n_unjudged:,} of them cannot be judged", n_unjudged=sight.n_unjudged)
        cards.append(
            components.kpi(
                formats.count(n), BAND[band], note, href=href, tone=theme.TONE[band], about="bands"
            )
        )
    well = count_where(standing, band="ended", is_success=True)
    note = (
        say("of {ended_pairs}", ended_pairs=formats.plural(ended, "ended pair"))
        if ended
        else "no pair has ended yet"
    )
    tone = theme.ENDED_WELL if well else None
    cards.append(
        components.kpi(
            formats.count(well), "Ended well", note, href="/overview", tone=tone, about="natural-end"
        )
    )
    cards += [
        taken_on([handling.is_mine for handling in decided.taken().values()]),
        back_in_touch(data.watchlist.after_alerts(scene.publication), scene.run["risk_horizon_min_days"]),
    ]
    return components.kpis(*cards, is_compact=True)


def taken_on(are_mine: Sequence[bool]) -> Component:
    """How many pairs somebody looks after; how many did four weeks ago is not kept."""
    href = "/" + format_filters(FilterState(owners=("me", "other"), view="all"))
    note = say("{n_mine:,} of them by you", n_mine=sum(are_mine)) if are_mine else "no alert is taken on"
    return components.kpi(formats.count(len(are_mine)), "Taken on", note, href=href, about="taken-on")


def back_in_touch(found: Row, days: int) -> Component:
    """Of how many alerts the pair was in touch again some days later, and how that moved."""
    n, n_before = found["n"], found["n_before"]
    label = say("In touch again in {days} d (n={n:,})", days=days, n=n)
    if not n:
        none = say("no alert is {days} d old yet", days=days)
        return components.kpi(formats.NONE, label, none, about="in-touch-again")
    share, href = found["n_back"] / n, "/" + format_filters(FilterState(view="all", behind=BACK_IN_TOUCH))
    before = found["n_back_before"] / n_before if n_before else None
    note = "" if before is None else say("{points:+.0f} points in 4 weeks", points=100 * (share - before))
    return components.kpi(formats.share(found["n_back"], n), label, note, href=href, about="in-touch-again")


def controls(filters: FilterState, found: dict[str, list[str]], n_quiet: int) -> Component:
    """The filters and the choice of list, set to what the address says; `found` are the codes there are."""
    codes = found | {"type": list(TYPE), "owner": list(OWNER)}
    words = VIEW | ({"snoozed": say("Snoozed ({n_quiet:,})", n_quiet=n_quiet)} if n_quiet else {})
    views = [{"value": view, "label": words[view]} for view in VIEWS]
    search = dmc.TextInput(
        id="filter-search",
        label="Find a pair",
        placeholder="Name or id",
        value=filters.search,
        debounce=True,
        className="filter",
    )
    more = [choice(name, filters, codes[name]) for name in ("owner", "type", "stage", "program")]
    is_more_chosen = bool(filters.owners or filters.kinds or filters.stages or filters.programs)
    return html.Div(
        [
            dmc.SegmentedControl(id="filter-view", data=views, value=filters.view, className="views"),
            *(choice(name, filters, codes[name]) for name in ("cohort", "band", "state")),
            search,
            html.Details(
                [html.Summary("More filters"), html.Div(more, className="filters")],
                open=is_more_chosen,
                className="more-filters",
            ),
            shown_columns(),
        ],
        className="filters",
        role="search",
    )


def choice(name: str, filters: FilterState, codes: Sequence[str]) -> Component:
    """One filter: which of these codes are let through, in the order of their words."""
    label, words = CHOICE_WORDS[name]
    order = list(words)
    known = sorted(codes, key=lambda code: order.index(code) if code in words else -1)
    value = getattr(filters, CHOICES[name])
    return dmc.MultiSelect(
        id=f"filter-{name}",
        label=label,
        data=[{"value": code, "label": words.get(code, AsIs(code))} for code in known],
        value=list(value),
        placeholder="All" if not value else "",
        clearable=True,
        openOnFocus=False,
        className="filter",
    )


COLUMN_WORDS = {"next_step": "Do next", "silence_days": "Silence", "risk": "Risk", "health": "Health"}


def shown_columns() -> Component:
    """What the list shows beside who and why; it is kept, and the screen is drawn anew."""
    boxes = [dmc.Checkbox(value=name, label=COLUMN_WORDS[name]) for name in COLUMNS]
    value = [name for name in COLUMNS if viewer().shows(name)]
    return html.Details(
        [
            html.Summary("Columns"),
            dmc.CheckboxGroup(
                html.Div(boxes, className="column-choice"),
                id="view-columns",
                label="Shown, where there is room",
                value=value,
            ),
            html.Div(id="view-columns-chosen"),
        ],
        className="more-filters wide-only",
    )


clientside_callback(
    ClientsideFunction("kinkeeper", "chooseColumns"),
    Output("view-columns-chosen", "children"),
    Input("view-columns", "value"),
    prevent_initial_call=True,
)


@callback(
    output=Output("address", "search"),
    inputs={
        "view": Input("filter-view", "value"),
        "q": Input("filter-search", "value"),
        "chosen": {key: Input(f"filter-{key}", "value") for key in CHOICES},
    },
    state={"address": State("address", "search")},
    prevent_initial_call=True,
)
@scoped(PAIRS)
def follow_controls(view: str, q: str, chosen: dict[str, list[str]], address: str) -> Any:
    """The controls write the address; the address draws the screen."""
    shown = parse_filters(address or "")
    wanted = replace(from_values({"view": view, "q": q or "", **chosen}), behind=shown.behind)
    return no_update if wanted == shown else rewritten(address or "", wanted)


def nothing(filters: FilterState, scene: Scene, sight: Sight) -> Component:
    """The list without a pair: because of the filters, or because all is well."""
    if filters.is_narrowed:
        href = "/" + format_filters(FilterState(view=filters.view))
        clear = dcc.Link("Clear filters", href=href, className="button")
        return components.state(
            "No pair matches", html.P("No pair of this list passes all the filters."), clear
        )
    if filters.view in ("new", "snoozed"):
        words = {
            "new": ("Nothing new this week", "Every pair of the list was on it a week ago."),
            "snoozed": ("Nothing is snoozed", "What you snooze or dismiss waits here until its day."),
        }
        name, told = words[filters.view]
        return components.state(name, html.P(told), dcc.Link("Show today", href="/", className="button"))
    if filters.view == "all":
        return components.state(
            "No pairs yet", html.P("Events were ingested, but none of them is about a pair.")
        )
    if sight.n_judged == 0 and sight.n_current:
        every = dcc.Link("Show every pair", href="/?view=all", className="button")
        return components.state(
            calm(sight), html.P("Calm is said only of pairs whose contact can be seen."), every
        )
    judged = formats.plural(sight.n_judged, "running pair was", "running pairs were")
    checked = say(
        "{judged} judged. Checked with what was known at {known_at}.",
        judged=judged,
        known_at=formats.instant(scene.run["known_at"]),
    )
    other = "all" if filters.view == "watchlist" else "watchlist"
    more = dcc.Link(
        say("Show {view_words}", view_words=lowered(VIEW[other])),
        href=f"/?view={other}",
        className="button",
    )
    is_calm = sight.n_judged > 0 and sight.n_unjudged == 0
    return components.state(calm(sight), html.P(checked), more, mark="✓" if is_calm else "○")


dash.register_page(__name__, path="/", title="Watchlist · Kinkeeper", layout=layout, order=0)
