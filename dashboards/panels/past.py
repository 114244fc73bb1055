"""Looking at another day: what stands above it, how one chooses it, and what is said of a day not built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import dash
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.access import caller
from dashboards.components import Part
from dashboards.moment import Moment, at, format_moment
from dashboards.screen import Scene, days_of, setting
from dashboards.speech import say
from warehouse.accounts import BUILD, PAIRS
from warehouse.past_desk import BUILT

N_KEPT = 6
"""How many days that are built are offered in the form."""

ORDER = ("needs_check_in", "watch", "on_track", "too_early", "paused", "closing", "ended")


# --- above the screen ----------------------------------------------------------------------------------


def past_banner(scene: Scene, pathname: str) -> Component:
    """What day this is, and the way back."""
    as_of, known_at = days_of(scene.moment)
    later = dcc.Link("What we learnt later", href=f"/learnt{format_moment(scene.moment)}")
    more = [" · ", later] if caller().may(PAIRS) and pathname != "/learnt" else []
    words = say("You are looking at {day}. Nothing can be done here. ", day=on_day(as_of, known_at))
    return components.banner([words, _back(pathname), *more])


def today_banner(moment: Moment, pathname: str) -> Component:
    """A screen that shows today while the others look at another day."""
    words = say(
        "This screen keeps no past days: it shows today. The others look at {day}. ",
        day=on_day(*days_of(moment)),
    )
    return components.banner([words, _back(pathname)])


def missing_banner(moment: Moment, pathname: str) -> Component:
    """A day that no publication shows."""
    return components.banner([say("No build shows {day}. ", day=on_day(*days_of(moment))), _back(pathname)])


def _back(pathname: str) -> Component:
    return dcc.Link("Back to today", href=pathname or "/")


def has_past(pathname: str) -> bool:
    """Whether the screen at an address can show another day than today."""
    layouts = (page["layout"] for page in dash.page_registry.values() if page["path"] == pathname)
    return all(getattr(layout, "has_past", True) for layout in layouts)


def on_day(as_of: dt.date, known_at: dt.date) -> str:
    """A day as it was known: 3 Mar 2026 as known on 5 Mar 2026."""
    return say("{as_of} as known on {known_at}", as_of=formats.day(as_of), known_at=formats.day(known_at))


# --- choosing a day ------------------------------------------------------------------------------------


def picker(pathname: str, moment: Moment) -> list[Component]:
    """The form: a day, what was known by which day, and the days that need no building."""
    newest = setting().reader.newest()
    as_of, known_at = days_of(moment) if moment else (newest.as_of_on, newest.known_on)
    latest = newest.known_on.isoformat()
    days = html.Div(
        [
            _day("moment-as-of", "Look at", "How it stood at its end.", as_of, latest),
            _day("moment-known-at", "As known on", "What was recorded by its end.", known_at, latest),
        ],
        className="moment-days",
    )
    foot = html.Div(
        [
            dcc.Link("Back to today", href=pathname, className="button") if moment else html.Span(),
            dmc.Button("Look", id="moment-look"),
        ],
        className="act-foot",
    )
    return [days, html.P(id="moment-trouble", className="trouble", role="alert"), *_built(pathname), foot]


def _day(name: str, label: str, told: str, value: dt.date, latest: str) -> Component:
    return dmc.DatePickerInput(
        id=name,
        label=label,
        description=told,
        value=value.isoformat(),
        maxDate=latest,
        valueFormat="D MMM YYYY",
    )


def _built(pathname: str) -> list[Component]:
    """The days that a publication shows already."""
    newest = setting().reader.newest()
    shown = dict.fromkeys((one.as_of_on, one.known_on) for one in setting().reader.kept())
    shown.pop((newest.as_of_on, newest.known_on), None)
    links = [
        html.Li(dcc.Link(on_day(*days), href=at(pathname, Moment(*days)))) for days in list(shown)[:N_KEPT]
    ]
    return [html.H3("Built already"), html.Ul(links, className="moment-built")] if links else []


# --- a day nobody built --------------------------------------------------------------------------------


def not_built(moment: Moment, address: Mapping[str, Any]) -> Component:
    """The screen in the place of one that no publication shows."""
    as_of, known_at = days_of(moment)
    newest = setting().reader.newest()
    if max(as_of, known_at) > newest.known_on:
        words = say(
            "The newest build knows what was recorded by {known_at}.",
            known_at=formats.instant(newest.known_at),
        )
        return components.page(
            "That day has not come", components.card(components.state("Nothing to show", html.P(words)))
        )
    return components.page(
        say(
            "{day} is not built",
            day=formats.day(as_of) if as_of == known_at else on_day(as_of, known_at),
        ),
        components.card(*offer(*instants_of(moment))),
        _history(as_of, str(address.get("pair_id", ""))),
        lead="Kept are the newest builds, and the past days that were asked for last. Any other day can be "
        "built from the log, as it was known.",
    )


def instants_of(moment: Moment) -> tuple[dt.datetime, dt.datetime]:
    """As-of and known-at of a build of these days: their ends, or those of the newest build on its day."""
    newest = setting().reader.newest()
    as_of, known_at = days_of(moment)
    return (
        newest.as_of if as_of == newest.as_of_on else newest.end_of(as_of),
        newest.known_at if known_at == newest.known_on else newest.end_of(known_at),
    )


def offer(as_of: dt.datetime, known_at: dt.datetime) -> list[Component]:
    """The button that has a day built, and how far it is."""
    wanted = {"as_of": as_of.isoformat(), "known_at": known_at.isoformat()}
    return [
        dcc.Store(id="past-wanted", data=wanted),
        dcc.Store(id="past-done"),
        dcc.Interval(id="past-tick", interval=1500),
        html.Div(standing(as_of, known_at), id="past-standing", className="past-standing", role="status"),
    ]


def standing(as_of: dt.datetime, known_at: dt.datetime, trouble: str = "") -> list[Component]:
    """Where the building of a day is: not asked for, waiting, under way, done or failed."""
    desk = setting().past
    asked = desk.latest(as_of, known_at)
    if asked is None or asked.done_at is not None:
        failed = asked.outcome if asked is not None and asked.outcome != BUILT else ""
        return _not_asked(as_of, known_at, trouble or failed or "")
    if not asked.n_steps:
        n_before = sum(one.asked_at < asked.asked_at for one in desk.open())
        others = formats.plural(n_before, "other day")
        words = say("Waiting for {others}.", others=others) if n_before else "It begins in a moment."
        return [html.H2("Asked for"), html.P(words), _by_hand(as_of, known_at)]
    percent = 100 * asked.n_done // asked.n_steps
    bar = dmc.Progress(value=percent, size="lg", **{"aria-label": "How far the build is"})
    return [
        html.H2(say("Building, {percent}%", percent=percent)),
        bar,
        html.P("This page opens the day when it is done."),
    ]


def _not_asked(as_of: dt.datetime, known_at: dt.datetime, trouble: str) -> list[Component]:
    if not caller().may(BUILD):
        who = "Program managers and administrators may have a past day built."
        return [html.H2("It can be built"), html.P(who)]
    said = html.P(f"{trouble[:1].upper()}{trouble[1:]}.", className="trouble", role="alert")
    words = html.P("It takes about as long as the daily build, and changes nothing that others see.")
    button = dmc.Button("Build this view", id="past-build")
    return [html.H2("Build it?"), words, button, *([said] if trouble else [])]


def _by_hand(as_of: dt.datetime, known_at: dt.datetime) -> Component:
    line = f"kinkeeper build --beside --as-of {as_of.isoformat()}Z --known-at {known_at.isoformat()}Z"
    return html.Details(
        [html.Summary("Nothing happens?"), html.P(HELP, className="note"), components.command(line)]
    )


HELP = "kinkeeper serve builds what is asked for here. Where it does not run, this command does the same:"


def _history(day: dt.date, pair_id: str) -> Component | None:
    """What the daily history of the newest build says of the day; nothing where it does not reach back."""
    newest = setting().reader.publication(caller().programs)
    title = say("{day}, with what is known today", day=formats.day(day))
    note = "From the daily history of the newest build."
    if pair_id and caller().may(PAIRS):
        row, found = data.pair.on_day(newest, pair_id, day), data.pair.facts(newest, pair_id)
        if row is None or found is None:
            return None
        words = formats.state(row["state"], row["waiting_on"], found["direction"])
        badge = components.badge(theme.tone(row["band"], row["state"]))
        return components.card(html.P([badge, " ", words]), title=title, note=note)
    counts = {row["band"]: row["n_pairs"] for row in data.bands.on_day(newest, day)}
    if not counts:
        return None
    parts = [Part(theme.TONE[band].word, theme.TONE[band].solid, counts.get(band, 0)) for band in ORDER]
    told = [(part.word, formats.count(part.n)) for part in parts if part.n]
    shown = components.proportion(parts), components.facts(told)
    return components.card(*shown, title=title, note=note, about="bands-over-time")


def pair_at(pair_id: str, moment: Moment) -> str:
    """The address of a pair's file in a moment."""
    return at(f"/pairs/{quote(pair_id, safe='')}", moment)
