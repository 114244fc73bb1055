"""What a report is told from: the tables of builds as of the ends of quarters, read once into plain rows.

Nothing here judges or words anything. A table that a build does not have counts as empty, so that a report
says in one line what is not measured instead of failing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import msgspec

from pipelines.report.quarters import Quarter

Row = dict[str, Any]

OF_A_MOMENT = ("mart.kpi", "mart.pair", "mart.practice")
"""The tables that the state at the end of a quarter is read from, beside `ref.run`."""
OF_A_REPORT = (
    *OF_A_MOMENT,
    "mart.reach",
    "mart.funnel",
    "mart.ending_curve",
    "mart.ending_comparison",
    "mart.choice",
    "mart.equity_gap",
    "mart.equity_value",
    "mart.source",
    "mart.quarantine",
    "mart.pair_event",
    "mart.backtest",
    "feature.survey_score",
    "feature.survey_item",
)
"""All that the end of the report's own quarter is read from."""
MOMENTS = ("now", "before", "year_ago")
PRACTICE = "practice."
"""What stands before the name of a practice, where it is told among the measures."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was so at the end of one quarter, of all programs or of one."""

    quarter: Quarter
    run: Row
    kpis: Sequence[Row]
    """Measures and practices, of programs and of their cohorts (`cohort_id`)."""
    pairs: Sequence[Row]
    """Accepted pairs: ids of pair, people and cohort, band, how it ended, sessions held, instants."""
    program_id: str = ""
    """Empty for all programs."""

    def kpi(self, code: str) -> Row | None:
        """One measure of the whole program."""
        return next((row for row in self.kpis if row["kpi"] == code and row["cohort_id"] is None), None)

    def of(self, program_id: str) -> Moment:
        """The same of one program."""
        kpis, pairs = (
            [row for row in given if row["program_id"] == program_id] for given in (self.kpis, self.pairs)
        )
        return replace(self, kpis=kpis, pairs=pairs, program_id=program_id)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is made from."""

    now: Moment
    before: Moment | None = None
    year_ago: Moment | None = None
    reach: Sequence[Row] = ()
    funnel: Sequence[Row] = ()
    curves: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    comparisons: Sequence[Row] = ()
    gaps: Sequence[Row] = ()
    """Between groups of people, each with `groups`: the rows of mart.equity_value it is between."""
    choices: Sequence[Row] = ()
    backtest: Sequence[Row] = ()
    sources: Sequence[Row] = ()
    quarantine: Sequence[Row] = ()
    checks: Sequence[Row] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    """Events by evidence grade."""
    survey_scores: Sequence[Row] = ()
    survey_items: Sequence[Row] = ()

    @property
    def quarter(self) -> Quarter:
        return self.now.quarter


def programs(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The programs that have pairs, by name."""
    rows = con.execute(
        "select distinct program_id from mart.pair where program_id is not null and accepted_at is not null "
        "order by program_id"
    )
    return [program for (program,) in rows.fetchall()]


def read_moment(con: duckdb.DuckDBPyConnection, quarter: Quarter) -> Moment:
    """The state of all programs in a build as of the end of a quarter."""
    return Moment(
        quarter,
        rows(con, "select * from ref.run")[0],
        [
            *rows(con, "select * from mart.kpi order by program_id, cohort_id nulls first, ordinal"),
            *_practices(con),
        ],
        rows(
            con,
            """
            select
                program_id, pair_id, mentee_id, mentor_id, cohort_id, direction, form, modality, band, state,
                is_success, end_reason, accepted_at, ended_at, stage, n_sessions_held
            from mart.pair
            where program_id is not null and accepted_at is not null and stage <> 'declined'
            order by pair_id
            """,
        ),
    )


def _practices(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """How practices are kept, in the shape of measures; shares of all and of none are not told."""
    found = table(
        con,
        "mart.practice",
        "not is_hidden and n > 0 and value is not null and (unit <> 'rate' or value > 0 and value < 1)",
        "program_id, cohort_id nulls first, ordinal",
    )
    return [row | _before(row) | {"kpi": PRACTICE + row["practice"]} for row in found]


def _before(practice: Row) -> Row:
    """What a practice was by the end of the quarter before, but for shares of all and of none."""
    is_told = practice["unit"] != "rate" or 0 < (practice["value_before"] or 0) < 1
    return {} if is_told else {"value_before": None, "n_before": None}


def read_facts(con: duckdb.DuckDBPyConnection, now: Moment) -> Facts:
    """Everything of a build as of the end of the report's quarter; `now` is of one program."""
    of_program: Row = {"program": now.program_id}
    return Facts(
        now,
        reach=table(con, "mart.reach", "program_id = $program", "ordinal", **of_program),
        funnel=table(
            con, "mart.funnel", "program_id = $program and cohort_id is null", "ordinal", **of_program
        ),
        curves=_curves(con, of_program),
        comparisons=table(
            con, "mart.ending_comparison", "program_id = $program", "cohort_id, outcome", **of_program
        ),
        gaps=_gaps(con, of_program),
        choices=table(
            con,
            "mart.choice",
            "program_id = $program and not is_hidden and n > 0",
            "ordinal, kind",
            **of_program,
        ),
        backtest=table(con, "mart.backtest", "target = 'silence'", "method, metric"),
        sources=rows(con, "select * from mart.source order by source"),
        quarantine=rows(
            con,
            "select source, code, n_rows, n_open from mart.quarantine where first_seen_at <= $at "
            "order by source, code",
            at=now.run["known_at"],
        ),
        grades=_grades(con),
        survey_scores=_of_survey(con, "feature.survey_score", now),
        survey_items=_of_survey(con, "feature.survey_item", now),
    )


def _curves(con: duckdb.DuckDBPyConnection, of_program: Row) -> dict[str, list[Row]]:
    """The curves of endings of a program, by name."""
    found = table(
        con, "mart.ending_curve", "program_id = $program and cohort_id is null", "curve, day", **of_program
    )
    return {name: list(points) for name, points in groupby(found, key=itemgetter("curve"))}


def _grades(con: duckdb.DuckDBPyConnection) -> Counter[str]:
    """How many events there are of each grade of evidence."""
    found = rows(
        con, "select evidence, count(*) as n from mart.pair_event group by evidence order by evidence"
    )
    return Counter({row["evidence"]: row["n"] for row in found})


def _gaps(con: duckdb.DuckDBPyConnection, of_program: Row) -> list[Row]:
    """The gaps between groups, each with the numbers of its groups."""
    values = table(
        con, "mart.equity_value", "program_id = $program", "field, kpi, ordinal, group_value", **of_program
    )
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in values:
        groups.setdefault((row["field"], row["kpi"]), []).append(row)
    found = table(con, "mart.equity_gap", "program_id = $program", "field, ordinal", **of_program)
    return [row | {"groups": groups.get((row["field"], row["kpi"]), [])} for row in found]


def fingerprint(facts: Facts) -> str:
    """SHA-256 of all that is read, but for how much the log holds by now."""
    moments = [moment for moment in (facts.now, facts.before, facts.year_ago) if moment is not None]
    told = [(moment.kpis, moment.pairs) for moment in moments]
    rest = [getattr(facts, each.name) for each in fields(facts) if each.name not in MOMENTS]
    return hashlib.sha256(msgspec.json.encode([told, rest], order="sorted")).hexdigest()


def _of_survey(con: duckdb.DuckDBPyConnection, name: str, now: Moment) -> list[Row]:
    """Scored answers about the pairs of a program, or about none, with the mentor they are about.

    `is_outside` are those of people who are known and in no relationship of any program: they may be compared
    with. People of another program are left out.
    """
    mentor_of = {pair["pair_id"]: pair["mentor_id"] for pair in now.pairs}
    own = {pair[side] for pair in now.pairs for side in ("mentee_id", "mentor_id")} - {None}
    paired = rows(
        con,
        "select mentee_id as person_id from mart.pair where accepted_at is not null "
        "union select mentor_id from mart.pair where accepted_at is not null",
    )
    members = {row["person_id"] for row in paired}
    return [
        row
        | {
            "mentor_id": mentor_of.get(row["pair_id"]),
            "score": float(row["score"]),
            "is_outside": row["person_id"] is not None and row["person_id"] not in members,
        }
        for row in table(con, name, "score is not null", "all")
        if row["pair_id"] in mentor_of
        or (row["pair_id"] is None and (row["person_id"] in own or row["person_id"] not in members))
    ]


def table(
    con: duckdb.DuckDBPyConnection, name: str, where: str, order: str, **parameters: object
) -> list[Row]:
    """The rows of a table, or none where a build has no such table."""
    schema, _, short = name.partition(".")
    found = con.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?", [schema, short]
    ).fetchone()
    return (
        []
        if found is None
        else rows(con, f"select * from {name} where {where} order by {order}", **parameters)
    )


def rows(con: duckdb.DuckDBPyConnection, sql: str, **parameters: object) -> list[Row]:
    """The answer to one query, as dictionaries."""
    found = con.execute(sql, parameters).fetchall()
    names = [column[0] for column in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]
