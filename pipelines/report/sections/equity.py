"""How groups of people, cohorts and kinds of relationships differ."""

from __future__ import annotations

from babel import Locale

from pipelines.report import say, words
from pipelines.report.facts import Row
from pipelines.report.measures import measure_cell, measures_table
from pipelines.report.model import Block, Paragraph, Section, Table
from pipelines.report.told import Told
from warehouse.words import BORDERS, DIRECTION, EQUITY_FIELD, FORM, KIND, KPI, MODALITY


def section(told: Told) -> Section:
    """How groups differ, with intervals; no group too small to be told of."""
    blocks: list[Block] = []
    if told.facts.gaps:
        blocks += _gaps(told)
    shown = [code for code in ("sustained", "on_track", "fit_good", "natural_end") if code in told.measures]
    rows = tuple(
        (cohort, *(measure_cell(measures.get(code)) for code in shown))
        for cohort, measures in sorted(told.cohorts.items())
        if any(code in measures for code in shown)
    )
    if len(rows) > 1:
        blocks.append(
            Table(
                "cohorts",
                "Cohorts side by side",
                ("Cohort", *(KPI[code] for code in shown)),
                rows,
                tuple(range(1, len(shown) + 1)),
                "Cohorts differ in age: a young one has had less time for everything. A dash stands where "
                "too few pairs are behind a number.",
            )
        )
    found = [(code, told.measures[code]) for code in words.EQUITY.measures if code in told.measures]
    if found:
        blocks.append(measures_table(told, words.EQUITY, found, "Hours, places and cultures"))
    blocks += _choices(told)
    blocks = blocks or [Paragraph(words.EQUITY.none, "gap")]
    return Section("equity", words.EQUITY.title, tuple(blocks))


def _choices(told: Told) -> tuple[Table, ...]:
    """What comes of relationships of different kinds, where every kind may be told of."""
    lines = []
    for choice in words.CHOICES:
        kinds = sorted(
            (row for row in told.facts.choices if row["choice"] == choice),
            key=lambda row: list(KIND).index(row["kind"]),
        )
        if len(kinds) < 2 or any(row["rate"] in {0, 1} for row in kinds):
            continue
        more = {"kpi": words.choice_code(choice), "unit": "rate", "of_what": "units"}
        given = [row | more | {"cohort_id": row["kind"], "value": row["rate"]} for row in kinds]
        lines += [
            (
                words.name(row["kpi"]) + (" °" if "told_in" in row else ""),
                KIND[row["kind"]],
                say.percent(row["value"]),
                say.interval(row["low"], row["high"], "rate"),
                f"{row['n']:,}",
            )
            for row in told.guard.tell(given)
        ]
    heads = ("Number", "Group", "Value", "95% interval", "n")
    title = "Side by side, across borders and clocks"
    return (Table("choices", title, heads, tuple(lines), (2, 3, 4)),) if lines else ()


def _may_be_told(told: Told, gap: Row) -> bool:
    """Whether a gap may be told anew: its groups pass the guard, and none is told as it was.

    Groups add up to the program, so where the program's own number stays as it was they stay untold: their
    sum less the earlier number would tell of too few.
    """
    if "told_in" in told.measures.get(gap["kpi"], {}):
        return False
    code = words.groups_code(gap["field"], gap["kpi"])
    given = [row | {"kpi": code, "cohort_id": row["group_value"]} for row in gap["groups"]]
    anew = [row for row in told.guard.tell(given) if "told_in" not in row]
    return bool(given) and len(anew) == len(given)


def _gaps(told: Told) -> tuple[Block, ...]:
    """The largest gap of each measure between groups of each field, and what it means."""
    gaps = told.facts.gaps
    certain = [row for row in gaps if row["verdict"] == "gap"]
    judged = [row for row in gaps if row["verdict"] != "too_few"]
    lead = (
        f"{len(certain) or 'None'} of {say.plural(len(judged), 'gap')} between groups "
        f"{'are' if len(certain) > 1 else 'is'} more than chance explains, allowing for how many were "
        "compared."
        if judged
        else words.EQUITY.none
    )
    chosen = certain or sorted(judged, key=lambda row: (row["p_adjusted"], row["field"], row["ordinal"]))[:5]
    shown = [row for row in chosen if _may_be_told(told, row)]
    rows = tuple(
        (
            EQUITY_FIELD.get(row["field"]) or str(row["field"]),
            KPI[row["kpi"]],
            f"{_group(row['lowest_group'])}: {say.amount(row['lowest'], row['unit'])}",
            f"{_group(row['highest_group'])}: {say.amount(row['highest'], row['unit'])}",
            say.gap(row["gap_low"], row["gap_high"], row["unit"]),
            {"gap": "a gap", "chance": "may be chance"}[row["verdict"]],
        )
        for row in shown
    )
    heads = ("Groups by", "Measure", "Lowest", "Highest", "Gap, 95% interval", "Verdict")
    tables = (Table("gaps", "Largest gaps between groups", heads, rows, (4,)),) if rows else ()
    return (Paragraph(lead, "draft"), *tables)


def _group(code: str) -> str:
    named = BORDERS.get(code) or MODALITY.get(code) or DIRECTION.get(code) or FORM.get(code)
    return named or str(Locale("en").territories.get(code, code))
