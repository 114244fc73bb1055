"""Time and scheduling: who is short of time, who bears the off-hours, who carries too many pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.access import caller
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.panels.practices import Numbers, kind_cards, practice_page, told
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS, PAIRS

BY_KIND = ("reply_by_distance", "sessions_by_mode")
LISTED = 15
"""How many pairs and mentors are listed."""

PAIR_HEADS = ("Pair", "Clocks", "Hours that suit both", "Moved since last session", "Off-hours")
MENTOR_HEADS = ("Mentor", "Clock", "Pairs", "Can carry", "", "Last 28 days", "Off-hours")


@screen(GROUPS)
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The numbers about time of one group; for who may see pairs, those short of time and the mentors too."""

    def lists(group: Row) -> Sequence[Component | None]:
        cards = panel("By kind", lambda: kind_cards(scene, "time", group, BY_KIND))
        if not caller().may(PAIRS):
            return [cards]
        short = panel("Pairs short of time", lambda: pairs_card(scene))
        return [short, panel("Load of mentors", lambda: mentors_card(scene)), cards]

    about = ("Time and scheduling", "time", "/scheduling")
    return practice_page(scene, about, (program, cohort), insight, lists)


def insight(numbers: Numbers) -> str:
    """How many pairs hardly share an hour, and on whose clock the off-hours fall."""
    short = told(numbers, "overlap_short")
    mentee, mentor = (told(numbers, f"off_minutes_{side}") for side in ("mentee", "mentor"))
    if short is None:
        return "Too few pairs whose time zones are known to tell."
    words = say(
        "{short} of current pairs have too few hours a week that suit both", short=formats.part(short)
    )
    if mentee is None or mentor is None:
        return f"{words}."
    borne = say("{mentee} of session minutes are off-hours for mentees", mentee=formats.part(mentee))
    return say(
        "{words}; {borne}, {mentor} for mentors.", words=words, borne=borne, mentor=formats.part(mentor)
    )


def pairs_card(scene: Scene) -> Component:
    """Current pairs with few hours in common, or whose sessions keep being moved."""
    rows = data.practices.short_of_time(scene.publication, LISTED)
    title = "Pairs short of time"
    if not rows:
        return components.card(components.state("No current pair is short of time", mark="✓"), title=title)
    scene = scene.naming(rows)
    n_more = rows[0]["n_listed"] - len(rows)
    more = (
        html.P(
            say("And {more_pairs}.", more_pairs=formats.plural(n_more, "more pair")), className="note under"
        )
        if n_more
        else None
    )
    cells = [_pair(scene, row) for row in rows]
    return components.card(
        components.table(PAIR_HEADS, cells, title, (2, 3)),
        more,
        about="overlap",
        title=title,
        note=say(
            "All cohorts: fewer than {overlap_hours:g} hours a week that suit both, or moved more "
            "than once since the last session. Offer ten minutes, or an update in writing.",
            overlap_hours=scene.run["overlap_hours"],
        ),
    )


def _pair(scene: Scene, row: Row) -> tuple[Any, ...]:
    first, second = scene.people(row)
    return (
        dcc.Link(f"{first}, {second}", href=f"/pairs/{row['pair_id']}"),
        clocks(row),
        ""
        if row["overlap_hours"] is None
        else say("{overlap_hours:g} h a week", overlap_hours=row["overlap_hours"]),
        formats.count(row["push_streak"] or 0),
        off_hours(row),
    )


def clocks(row: Row) -> str:
    """The two clocks of a pair, or the one they share."""
    mentee, mentor = (formats.place(row[f"{side}_time_zone"]) for side in ("mentee", "mentor"))
    return mentee if mentee == mentor else say("{mentee} and {mentor}", mentee=mentee, mentor=mentor)


def off_hours(row: Row) -> str:
    """What part of the session minutes is off-hours for each side."""
    minutes = row["session_minutes"]
    if not minutes:
        return formats.NONE
    mentee, mentor = (formats.part(row[f"{side}_off_minutes"] / minutes) for side in ("mentee", "mentor"))
    return say("{mentee} and {mentor}", mentee=mentee, mentor=mentor)


def mentors_card(scene: Scene) -> Component:
    """The mentors by load, the fullest first."""
    rows = data.people.mentors(scene.publication)
    title = "Load of mentors"
    if not rows:
        return components.card(components.state("No mentor carries a pair"), title=title)
    names = scene.naming([{"mentor_id": row["mentor_id"], "mentee_id": None} for row in rows]).names
    n_over = sum(row["is_overloaded"] for row in rows)
    over = say(
        "{mentors_carry} more pairs than they said they can.",
        mentors_carry=formats.plural(n_over, "mentor carries", "mentors carry"),
    )
    cells = [_mentor(row, formats.person("mentor", row["mentor_id"], None, names)) for row in rows[:LISTED]]
    n_more = len(rows) - len(cells)
    more = (
        html.P(
            say("And {more_mentors}.", more_mentors=formats.plural(n_more, "more mentor")),
            className="note under",
        )
        if n_more
        else None
    )
    return components.card(
        components.table(MENTOR_HEADS, cells, title, (2, 3, 5, 6)),
        more,
        about="load",
        title=title,
        note=say("All cohorts. {over}", over=over),
    )


def _mentor(row: Row, name: str) -> tuple[Any, ...]:
    n_pairs, capacity = row["n_pairs"], row["capacity"]
    within = n_pairs if capacity is None else min(n_pairs, capacity)
    parts = [
        Part("Carried", theme.BLUE, within),
        Part("More than can be", theme.VERMILION, n_pairs - within),
        Part("Free", theme.LINE, max(0, (capacity or 0) - n_pairs)),
    ]
    minutes, off = row["session_minutes"], row["off_minutes"]
    return (
        name,
        formats.place(row["time_zone"]),
        formats.count(n_pairs),
        formats.count(capacity),
        components.proportion(parts),
        say("{minutes_28d:,} min", minutes_28d=row["minutes_28d"]),
        formats.part(off / minutes) if minutes else formats.NONE,
    )


dash.register_page(
    __name__, path="/scheduling", title="Time and scheduling · Kinkeeper", layout=layout, order=2
)
