"""The facts as they may be told: measures past the guard, pairs in groups that are large enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.report import words
from pipelines.report.facts import PRACTICE, Facts, Row
from pipelines.report.guard import Guard
from pipelines.report.model import spoken
from pipelines.signals import disclosure
from warehouse.clock import naive_utc


@dataclass(frozen=True, slots=True)
class Told:
    """The facts as they may be told: measures past the guard, pairs in groups that are large enough."""

    facts: Facts
    guard: Guard
    measures: Mapping[str, Row]
    """Of the whole program."""
    cohorts: Mapping[str, Mapping[str, Row]]
    running: Sequence[Row]
    """Pairs that ran at any time of the quarter."""
    ended: Sequence[Row]
    """Pairs that ended in the quarter."""
    started: Sequence[Row]

    @property
    def quarter(self) -> str:
        return spoken(str(self.facts.quarter))

    @property
    def quarter_before(self) -> str:
        return spoken(str(self.facts.quarter.before))

    @property
    def is_small(self) -> bool:
        """Whether so few pairs ran that nothing may be told of them."""
        return not is_enough(self.running, self.guard.k)

    def before(self, code: str) -> float | None:
        """The value of a measure at the end of the quarter before."""
        row = self.measures.get(code)
        if row is not None and row["value_before"] is not None:
            return float(row["value_before"])
        return _value(self.facts.before.kpi(code) if self.facts.before else None)

    def year_before(self, code: str) -> float | None:
        """The value of a measure at the end of the same quarter of the year before."""
        return _value(self.facts.year_ago.kpi(code) if self.facts.year_ago else None)


def tell(facts: Facts, guard: Guard) -> Told:
    """Take every measure past the guard."""
    measures: dict[str, Row] = {}
    cohorts: dict[str, dict[str, Row]] = {}
    for code in dict.fromkeys(row["kpi"] for row in facts.now.kpis):
        if code.startswith(PRACTICE) and code not in words.PRACTICES:
            continue
        for told in guard.tell([row for row in facts.now.kpis if row["kpi"] == code]):
            if told["cohort_id"] is None:
                measures[code] = told
            else:
                cohorts.setdefault(told["cohort_id"], {})[code] = told
    zone = facts.now.run["time_zone"]
    since, until = (naive_utc(quarter.ends_at(zone)) for quarter in (facts.quarter.before, facts.quarter))
    running = [
        pair
        for pair in facts.now.pairs
        if pair["accepted_at"] <= until and (pair["ended_at"] is None or pair["ended_at"] > since)
    ]
    ended = [pair for pair in running if pair["ended_at"] is not None and pair["ended_at"] <= until]
    started = [pair for pair in running if pair["accepted_at"] > since]
    return Told(facts, guard, measures, cohorts, running, ended, started)


def is_enough(pairs: Sequence[Row], k: int) -> bool:
    """Whether pairs are enough to be told of: k people, k pairs, and not of one or two mentors."""
    people = {pair[side] for pair in pairs for side in ("mentee_id", "mentor_id")} - {None}
    known = {pair["mentor_id"] for pair in pairs} - {None}
    return disclosure.is_enough(disclosure.Size(len(people), len(pairs), len(known)), k)


def _value(row: Row | None) -> float | None:
    return None if row is None else float(row["value"])
