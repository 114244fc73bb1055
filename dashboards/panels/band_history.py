"""The health and the bands of one pair over the last weeks, as they were shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from dashboards import components, data, figures, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.figures.health import Range
from dashboards.screen import Scene
from dashboards.speech import AsIs, say, translated

TITLE = "Health and bands over time"
SPELLS_TOLD = 6
DONE = "Done by the program"
BY_CHANCE = "Range by chance"
DAY_HEADS = ("Day", "Health", BY_CHANCE, "Band", DONE)


def band_history(scene: Scene, row: Row) -> Component:
    """The score day by day over the bands it was shown in, the latest of these in words."""
    days = data.pair.days(scene.publication, row["pair_id"])
    if not days:
        return components.card(
            components.state("No days yet", html.P("Bands are shown from the acceptance on.")), title=TITLE
        )
    spells = [list(same) for _, same in groupby(days, key=lambda day: day["band"])]
    has_scores = any(scene.health(day) is not None for day in days)
    strip = components.proportion([part(spell) for spell in spells])
    return components.card(
        score_line(scene, row, days, spells) if has_scores else strip,
        html.Ul([told(spell) for spell in spells[-SPELLS_TOLD:]], className="spells"),
        title=TITLE,
        about="bands-over-time",
        note=say(
            "{first} to {last}, with what is known today.",
            first=formats.day(days[0]["day"]),
            last=formats.day(days[-1]["day"]),
        ),
    )


def score_line(scene: Scene, row: Row, days: Sequence[Row], spells: Sequence[Sequence[Row]]) -> Component:
    """The score as a line, its bands as a strip below, and what that says in words."""
    done, off = interventions(scene, row["pair_id"], days), known_range(scene, row, days)
    chart = figures.health.of_days(
        [(day["day"], scene.health(day)) for day in days],
        [(spell[0]["day"], spell[-1]["day"], part(spell).colour) for spell in spells],
        scene.run["on_track_score"],
        scene.run["watch_score"],
        done,
        off,
    )
    words = moved(row, scene.health(row)) or translated("There is no score today.")
    legend = [
        Part("Health", theme.BLUE, mark="━"),
        *([Part(BY_CHANCE, theme.BLUE, mark="▒")] if off else []),
        *([Part(DONE, theme.INK, mark="★")] if done else []),
    ]
    return components.figure(
        chart,
        TITLE,
        f"{words} {told_done(done)}".strip(),
        legend if len(legend) > 1 else [],
        day_table(scene, days, done, off),
    )


def known_range(scene: Scene, row: Row, days: Sequence[Row]) -> Range | None:
    """How far today's score could be off by chance, on the days that show it: today, or while it is frozen.

    Of other days no build works it out.
    """
    if row["health_low"] is None or scene.health(row) is None:
        return None
    first, last = days[0]["day"], days[-1]["day"]
    since = max(first, row["health_frozen_on"] or last)
    return since, last, row["health_low"], row["health_high"]


def interventions(scene: Scene, pair_id: str, days: Sequence[Row]) -> dict[dt.date, str]:
    """What the program did for the pair on these days, in words by day."""
    rows = data.pair.interventions(scene.publication, pair_id, days[0]["day"])
    within = [row for row in rows if row["day"] <= days[-1]["day"]]
    return {
        day: AsIs("; ".join(row["summary"] for row in same))
        for day, same in groupby(within, key=lambda row: row["day"])
    }


def told_done(done: Mapping[dt.date, str]) -> str:
    """On how many of the days the program did something, and what it was the last time."""
    if not done:
        return ""
    last = max(done)
    return say(
        "The program stepped in on {days}, marked by a star; the last time on {day}: {what}.",
        days=formats.plural(len(done), "day"),
        day=formats.day(last),
        what=done[last],
    )


def day_table(scene: Scene, days: Sequence[Row], done: Mapping[dt.date, str], off: Range | None) -> Component:
    """The same, day by day, newest first."""
    rows = [
        (
            formats.day(day["day"]),
            score_words(scene.health(day)),
            range_words(day["day"], off),
            part([day]).word,
            done.get(day["day"], formats.NONE),
        )
        for day in reversed(days)
    ]
    return components.table(DAY_HEADS, rows, TITLE, (1,))


def score_words(score: float | None) -> str:
    """A score in a table."""
    return formats.NONE if score is None else formats.count(round(score))


def range_words(day: dt.date, off: Range | None) -> str:
    """How far the score of a day could be off, where that is known."""
    if off is None or day < off[0]:
        return formats.NONE
    return say("{low:.0f} to {high:.0f}", low=off[2], high=off[3])


def part(spell: Sequence[Row]) -> Part:
    """Days in a row in one band: its part of the strip."""
    look = theme.tone(spell[-1]["band"], spell[-1]["state"])
    return Part(look.word, look.solid, len(spell), look.mark)


def told(spell: Sequence[Row]) -> Component:
    """A spell in words: its mark, its band, and from when to when."""
    shown, first, last = part(spell), spell[0]["day"], spell[-1]["day"]
    until = "" if first == last else say(" to {day}", day=formats.day(last))
    mark = html.Span(shown.mark, style={"color": theme.css(shown.colour)}, **{"aria-hidden": "true"})
    return html.Li([mark, " ", shown.word, html.Span(f" {formats.day(first)}{until}", className="note")])


def moved(row: Row, health: float | None) -> str:
    """Since when the score stands still, how far it could be off, and how it moved in four weeks."""
    if health is None:
        return ""
    stands = ""
    if row["health_frozen_on"] is not None:
        stands = say(
            "The score is that of {health_frozen_on} and stands still meanwhile.",
            health_frozen_on=formats.day(row["health_frozen_on"]),
        )
    words = []
    if row["health_low"] is not None:
        words.append(
            say(
                "The score could be {health_low:.0f} to {health_high:.0f} by chance",
                health_low=row["health_low"],
                health_high=row["health_high"],
            )
        )
    if row["health_change_28d"] is not None:
        words.append(
            say(
                "it changed by {health_change_28d:+.0f} points in 4 weeks",
                health_change_28d=row["health_change_28d"],
            )
        )
    sentence = "; ".join(words)
    return f"{stands} {sentence[:1].upper()}{sentence[1:]}.".strip() if sentence else stands
