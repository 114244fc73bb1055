"""What was learnt later, in words: how a pair looked, how it looks, and which events changed it."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data.publication import Row
from dashboards.learnt import Change
from dashboards.moment import Moment
from dashboards.panels.past import pair_at
from dashboards.screen import Scene
from dashboards.speech import say
from warehouse.words import party

N_TOLD = 3
"""Events that are told for a pair; the others are counted."""

HEADS = ("Pair", "Shown then", "Seen now", "Because")
OTHERWISE = "Nothing about the two themselves: something about others was learnt, such as a late feed."


def changes_table(scene: Scene, found: Sequence[Change], later: Moment) -> Component:
    """One row a pair that looks otherwise."""
    rows = [
        [
            dcc.Link(" and ".join(scene.people(change.row)), href=pair_at(change.pair_id, later)),
            look(change.before, "Not known yet"),
            look(change.after, "Taken back"),
            because(change),
        ]
        for change in found
    ]
    return components.table(HEADS, rows, "Pairs that look otherwise")


def look(row: Row | None, nothing: str) -> Component:
    """Band and state as a build tells them."""
    if row is None:
        return html.Span(nothing, className="quiet")
    badge = components.badge(theme.tone(row["band"], row["state"], row["is_success"]))
    words = formats.state(row["state"], row["waiting_on"], row["direction"])
    return html.Div([badge, components.wrapped(words)])


def because(change: Change) -> Component:
    """The events that made the difference, in words."""
    direction = change.row["direction"]
    told = [_late(row, direction) for row in change.late[-N_TOLD:]]
    told += [_taken_back(row, direction) for row in change.taken_back[-N_TOLD:]]
    rest = len(change.late) + len(change.taken_back) - len(told)
    if rest:
        told.append(html.Li(say("and {others}", others=formats.plural(rest, "other event"))))
    return components.wrapped(html.Ul(told, className="learnt") if told else html.Span(OTHERWISE))


def _late(row: Row, direction: str | None) -> Component:
    when = say(
        " · {day}, recorded {recorded} by {source}",
        day=formats.day(row["occurred_at"]),
        recorded=formats.day(row["recorded_at"]),
        source=row["source"],
    )
    return html.Li([words_of(row, direction), html.Span(when, className="note")])


def _taken_back(row: Row, direction: str | None) -> Component:
    told = say(" · {day}, corrected or taken back since", day=formats.day(row["occurred_at"]))
    return html.Li([html.Del(words_of(row, direction)), html.Span(told, className="note")])


def words_of(row: Row, direction: str | None) -> str:
    """An event of a pair, or an absence of one of the two, in words."""
    if "summary" in row:
        summary: str = row["summary"]
        return summary
    who = party(row["side"], direction).capitalize()
    match row["event_type"]:
        case "participant.paused":
            return say("{who}: stepped back", who=who)
        case "participant.resumed":
            return say("{who}: is back", who=who)
        case _:
            since, until = formats.day(row["starts_on"]), formats.day(row["ends_on"])
            if row["ends_on"] is None:
                return say("{who}: on leave from {since}", who=who, since=since)
            return say("{who}: on leave from {since} to {until}", who=who, since=since, until=until)
