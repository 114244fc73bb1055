"""The overview for whoever sees groups and no pairs: measures of programs that no subtraction gives away.

Plain counts of all pairs would: less what is told of a program or of its cohorts, they would be those of the
few who are in a cohort too small to be told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.panels.lifecycle import amount
from dashboards.speech import say
from warehouse.words import KPI

Programs = Mapping[str, Mapping[str, Row]]
"""The measures of each program by their names."""

SHOWN = ("on_track", "needs_check_in", "activation", "sustained", "natural_end")
OF_CURRENT = "on_track"
"""The measure that is of all current pairs that could be judged."""


def programs_card(programs: Programs, smallest: int) -> Component:
    """One row a program: its measures, each with its interval."""
    title = "The program in numbers" if len(programs) == 1 else "The programs in numbers"
    if not programs:
        return components.card(components.state("Too few pairs to tell"), title=title)
    heads = ("Program", "Current pairs", *(KPI[name] for name in SHOWN))
    rows = [
        (
            program,
            formats.count(told[OF_CURRENT]["n"]) if OF_CURRENT in told else formats.NONE,
            *(_amount(told.get(name)) for name in SHOWN),
        )
        for program, told in programs.items()
    ]
    return components.card(
        components.table(heads, rows, title, tuple(range(1, len(heads)))),
        title=title,
        about="group-numbers",
        note=say(
            "Shares with 95% intervals. A dash stands where fewer than {smallest} pairs or 3 mentors "
            "are behind a number, all or none did so, or subtraction would tell. Current pairs are those "
            "that could be judged.",
            smallest=smallest,
        ),
    )


def told_insight(programs: Programs) -> str:
    """The first program in a sentence."""
    told: Mapping[str, Row] = next(iter(programs.values()), {})
    if OF_CURRENT not in told:
        return "Too few pairs to tell how they stand."
    on_track = told[OF_CURRENT]
    words = say(
        "{share} of {pairs} are on track.",
        share=formats.part(on_track["value"]),
        pairs=formats.plural(on_track["n"], "current pair"),
    )
    if "natural_end" not in told:
        return words
    natural = say("Of all ends, {share} are natural.", share=formats.part(told["natural_end"]["value"]))
    return f"{words} {natural}"


def weeks_note(weeks: Sequence[Row]) -> str:
    """Whose weeks are told."""
    return "Cohorts that are large enough, taken together." if weeks else ""


def _amount(row: Row | None) -> str:
    return formats.NONE if row is None else amount(row["value"], row["unit"], row["low"], row["high"])
