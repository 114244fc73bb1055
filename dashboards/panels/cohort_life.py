"""How cohorts live: still active by age, health by age, and where pairs have gone since the quarter began."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.behind import Behind
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.filters import FilterState, format_filters
from dashboards.speech import lowered, number, say
from dashboards.theme import TONE
from warehouse.words import BAND

NEW = "Accepted since"
DAYS_A_STEP = 30


def triangle_card(months: Sequence[Row], smallest: int | None = None) -> Component | None:
    """One row for each month of acceptance: the share still active at each age that all its pairs reached.

    Cells of at least `smallest` pairs lead to them; none does where the reader sees no single pairs.
    """
    months = [row for row in months if row["n_months"]]
    if not months:
        return None
    last = max(row["n_months"] for row in months)
    heads = ("Began in", "Pairs", *(formats.days(DAYS_A_STEP * n) for n in range(1, last + 1)))
    rows = [
        _month(list(steps), last, smallest)
        for _month_name, steps in groupby(months, key=lambda row: row["month"])
    ]
    return components.card(
        components.table(heads, rows, "Still active by month of acceptance", tuple(range(1, last + 2))),
        title="Still active, by the month a pair began",
        about="by-month",
        note="Of the pairs accepted in a month, the share that had not ended after so many days; told where "
        "all of them have reached that age. Ends of every kind count, natural ones too.",
    )


def _month(steps: Sequence[Row], last: int, smallest: int | None) -> tuple[Any, ...]:
    first, by_age = steps[0], {row["n_months"]: row for row in steps}
    cells = [_cell(by_age[n], smallest) if n in by_age else "" for n in range(1, last + 1)]
    began = Behind("began", first["month"])
    n_pairs = formats.count(first["n_pairs"])
    return (first["month"], leading(n_pairs, first, began, first["n_pairs"], smallest), *cells)


def _cell(row: Row, smallest: int | None) -> Component:
    share = html.Span(formats.part(row["rate"]), className="shade", style={"--share": f"{row['rate']:.2f}"})
    behind = Behind("began", row["month"], DAYS_A_STEP * row["n_months"])
    return leading(share, row, behind, row["n_active"], smallest)


def leading(content: Any, group: Row, behind: Behind, n_pairs: int, smallest: int | None) -> Any:
    """A number of a program or cohort, leading to its pairs where there are enough of them to be a group."""
    if smallest is None or n_pairs < smallest:
        return content
    cohort = group.get("cohort_id")
    wanted = FilterState(
        programs=(group["program_id"],), cohorts=(cohort,) if cohort else (), view="all", behind=behind
    )
    return dcc.Link(content, href="/" + format_filters(wanted))


def age_card(ages: Sequence[Row]) -> Component:
    """The median health of current pairs, and how many are in need, by age."""
    is_one = len({row["program_id"] for row in ages}) <= 1
    heads = ("Age", "Pairs", "Median health", "Need check-in")
    rows = [
        (
            _age(row) if is_one else f"{row['program_id']}, {_age(row)}",
            formats.count(row["n_pairs"]),
            number(row["median_health"], ".0f"),
            f"{formats.count(row['n_in_need'])} ({formats.share(row['n_in_need'], row['n_pairs'])})",
        )
        for row in ages
    ]
    listed = components.table(heads, rows, "Health by age", (1, 2, 3))
    return components.card(
        listed if rows else components.state("Too few pairs to tell"),
        title="Health by age",
        about="health-by-age",
        note="Current pairs with enough evidence for a score, by days since the acceptance.",
    )


def _age(row: Row) -> str:
    """A step of ninety days: 90 to 179 d."""
    first = 90 * row["n_quarters"]
    return say("{first} to {last} d", first=first, last=first + 89)


def flow_card(flows: Sequence[Row]) -> Component:
    """One row for each band at the start: where its pairs are now."""
    order = ["new", *BAND]
    rows = []
    for band in order:
        gone = sorted(
            (row for row in flows if row["band_from"] == band), key=lambda row: order.index(row["band_to"])
        )
        if gone:
            rows.append(_flow(band, gone))
    since = (
        say("Since {from_on}", from_on=formats.day(flows[0]["from_on"]))
        if flows
        else "Since the quarter began"
    )
    listed = components.table(("Then", "Pairs", "", "Now"), rows, "Bands then and now", (1,))
    return components.card(
        listed if rows else components.state("No day of history yet"),
        title="Where pairs have gone",
        about="band-flow",
        note=say(
            "{since}: the start of the quarter, or of the daily history where that is later.", since=since
        ),
    )


def _flow(band: str, gone: Sequence[Row]) -> tuple[Any, ...]:
    parts = [Part(BAND[row["band_to"]], TONE[row["band_to"]].solid, row["n_pairs"]) for row in gone]
    words = ", ".join(
        say("{n:,} {band}", n=row["n_pairs"], band=lowered(BAND[row["band_to"]])) for row in gone
    )
    total = sum(row["n_pairs"] for row in gone)
    return (
        NEW if band == "new" else BAND[band],
        formats.count(total),
        components.proportion(parts),
        components.wrapped(words),
    )
