"""What moved since the last publication: shares, levels, missing values and counts, each in words.

Every finding is a warning: a program may well have changed, and a person should know whether it did or
whether a source broke. Findings depend on the publication before, so they are kept beside the marts and
never in them, and the hash of the marts does not see them.

Shares are compared by the population stability index, the sum of (p - q) ln(p / q) over the categories:
B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
Validation 14(4), 2020. Below 0.1 a population counts as stable (N. Siddiqi, Credit Risk Scorecards, 2006).
A small program passes 0.1 by chance: without any change the index follows (1/n + 1/m) times a chi-squared
with one degree of freedom less than there are categories, so its 99 % point is a limit as well.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from expectations import results
from expectations.results import DRIFT, CheckResult
from warehouse import database, publish, words
from warehouse.errors import NothingPublished
from warehouse.messages import Message, joined, message, on_day, render

STABLE_PSI = 0.1
"""Below this index a population counts as stable (Siddiqi 2006)."""
CHANCE = 0.99
"""What chance alone stays below, this often, is no change."""
HALF = 0.5
"""Added to every count, so that a category that is new or gone has a finite index (Jeffreys)."""
MAX_HEALTH_POINTS = 10
"""How far the mean health may move, of 100."""
MAX_MISSING_RATE = 0.1
"""How far the share of pairs without a value may move."""
MAX_COUNT_RATE = 0.2
"""How far a count may move, against what it was."""
MIN_COUNT = 20
"""Counts that move by fewer than this say nothing."""
OVERLAP_WEEKS = 12
"""How many whole weeks that both builds know are compared, the newest ones."""

NOT_JUDGED = ("data_late", "no_contact_feed")
"""States of pairs that nobody can judge."""

FIRST_BUILD = message("Nothing to compare with: this is the first build.")
BEFORE = "before"
"""The last publication, attached under this name."""


Week = tuple[dt.date, int, int]
"""The Monday of a week, and its events then and now."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How the pairs of `mart.pair` are shared out over the categories of an expression."""

    rule: Message
    sql: str
    column: str
    told: Callable[[Any], Message]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was compared: of `n_checked` pairs or events so many moved."""

    table: str
    rule: Message
    n_checked: int
    n_moved: int
    detail: Message


def _by(words: Mapping[str, str]) -> Callable[[Any], Message]:
    """A code by its word; one without a word as it is."""
    return lambda code: message(words[code]) if code in words else joined([str(code)])


def _tens(low: int | None) -> Message:
    if low is None:
        return message("not known")
    return message("{low:02d} to {high:02d}", low=low, high=low + 10)


SHARES = (
    Shares(message("bands shared out as in the last build"), "band", "band", _by(words.BAND)),
    Shares(message("states shared out as in the last build"), "state", "state", _by(words.STATE)),
    Shares(message("stages shared out as in the last build"), "stage", "stage", _by(words.STAGE)),
    Shares(
        message("health by tens shared out as in the last build"),
        "least(floor(health / 10)::integer, 9) * 10",
        "health",
        _tens,
    ),
)

LOOK = {
    "mart.pair": "Look whether a source stopped or the policy changed, then at the pairs that moved.",
    "mart.pair_event": "Look at the source of these events: see what it delivered, and what was quarantined.",
}
"""What to do about what moved."""


def compared_tables() -> tuple[str, ...]:
    """The tables that are compared with the last publication."""
    return tuple(LOOK)


def compare(
    con: duckdb.DuckDBPyConnection, published: Path, tables: Collection[str] | None = None
) -> list[CheckResult]:
    """Compare the given tables of a build, or all, with the publication that is current in a folder.

    `n_failed` is how many pairs or events moved. The words are in `detail`, also where nothing moved. What
    the last publication did not have yet is not compared, and a replay of an earlier day not at all.
    """
    chosen = [table for table in LOOK if tables is None or table in tables]
    with _attached(con, published) as is_there:
        why_not = _not_compared(con) if is_there else FIRST_BUILD
        if why_not:
            rule = message("as in the last build")
            return [results.told(table, rule, why_not, 0, 0, is_blocking=False) for table in chosen]
        since, found = _since(con), list[Finding]()
        if "mart.pair" in chosen and _both_have(con, "mart.pair"):
            found += _pairs(con)
        if "mart.pair_event" in chosen and _both_have(con, "mart.pair_event"):
            found.append(_events(con))
        return [_result(one, since) for one in found]


def write_drift(con: duckdb.DuckDBPyConnection, found: Sequence[CheckResult]) -> None:
    """Keep findings in `ref.drift`, in place of earlier ones about the same tables."""
    results.write_results(con, found, compared_tables(), DRIFT)


def stability_index(before: Sequence[int], now: Sequence[int]) -> float:
    """Population stability index of two lists of counts, category by category."""
    p, q = _smooth(before), _smooth(now)
    return sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))


def stability_limit(n_before: int, n_now: int, n_categories: int) -> float:
    """The index up to which nothing is said: a stable population, or chance in a small one."""
    from scipy.stats import chi2

    chance = (1 / n_before + 1 / n_now) * float(chi2.ppf(CHANCE, max(1, n_categories - 1)))
    return max(STABLE_PSI, chance)


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, published: Path) -> Iterator[bool]:
    """Attach the current publication, read-only, for as long as it is compared with."""
    try:
        file = published / publish.current(published).file
    except NothingPublished:
        yield False
        return
    if not file.exists():
        yield False
        return
    con.execute(f"attach {database.quoted(file)} as {BEFORE} (read_only)")
    try:
        yield True
    finally:
        con.execute(f"detach {BEFORE}")


def _not_compared(con: duckdb.DuckDBPyConnection) -> Message | None:
    """Why nothing is compared: the last build knows more than this one."""
    as_of, is_replay = con.execute(
        f"select b.as_of, n.as_of < b.as_of from ref.run as n cross join {BEFORE}.ref.run as b"
    ).fetchall()[0]
    if not is_replay:
        return None
    day = on_day(as_of, has_year=True)
    return message("Not compared: the last build is of a later day, {day}.", day=day)


def _since(con: duckdb.DuckDBPyConnection) -> Message:
    """Since when things moved, for the words of a finding."""
    as_of, is_same_policy = con.execute(
        f"""
        select b.as_of, n.policy_fingerprint = b.policy_fingerprint
        from ref.run as n cross join {BEFORE}.ref.run as b
        """
    ).fetchall()[0]
    day = on_day(as_of, has_year=True)
    return message("Since {day}:" if is_same_policy else "Since {day}, under another policy:", day=day)


def _pairs(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    n_before, n_now = (_number(con, f"select count(*) from {side}") for side in _sides("mart.pair"))
    change = abs(n_now - n_before)
    yield Finding(
        "mart.pair",
        message("as many pairs as in the last build"),
        n_now,
        change if _moved(n_before, n_now) else 0,
        message("{before:,} -> {now:,} pairs.", before=n_before, now=n_now),
    )
    if not n_before or not n_now:
        return
    common = _common_columns(con)
    yield from (_shares(con, item, n_before, n_now) for item in SHARES if item.column in common)
    if "health" in common:
        yield _mean_health(con)
    yield _missing(con, sorted(common), n_before, n_now)


def _shares(con: duckdb.DuckDBPyConnection, item: Shares, n_before: int, n_now: int) -> Finding:
    """One distribution: its index, and the categories that moved most."""
    rows = con.execute(
        f"""
        select coalesce(b.category, n.category), coalesce(b.n, 0), coalesce(n.n, 0)
        from (select {item.sql} as category, count(*) as n from {BEFORE}.mart.pair group by all) as b
        full join (select {item.sql} as category, count(*) as n from mart.pair group by all) as n
            on b.category is not distinct from n.category
        order by 1 nulls last
        """
    ).fetchall()
    before, now = [row[1] for row in rows], [row[2] for row in rows]
    index, limit = stability_index(before, now), stability_limit(n_before, n_now, len(rows))
    shares = [(item.told(category), b / n_before, n / n_now) for category, b, n in rows]
    # The largest change first; of two that are equal, what grew.
    moved = sorted(
        shares, key=lambda share: (-round(abs(share[2] - share[1]), 9), share[1], render(share[0]))
    )
    said = [_change(name, b, n) for name, b, n in moved[:3] if b != n]
    n_moved = round(sum(abs(n - b) for _name, b, n in shares) / 2 * n_now)
    is_ok = index <= limit
    detail = message(
        "{moved}. Stability index {index:.2f}, limit {limit:.2f}.",
        moved=joined(said) if said else message("No share moved"),
        index=index,
        limit=limit,
    )
    return Finding("mart.pair", item.rule, n_now, 0 if is_ok else max(1, n_moved), detail)


def _mean_health(con: duckdb.DuckDBPyConnection) -> Finding:
    (n_before, mean_before), (n_now, mean_now) = (
        # Points in hundredths, as whole numbers: a sum of floats depends on its order.
        # A pair whose feed is late is not judged: its score would move with the feed, not with the pair.
        con.execute(
            f"select count(health), avg(round(health * 100)::bigint) / 100 from {side} "
            f"where state not in {NOT_JUDGED}"
        ).fetchall()[0]
        for side in _sides("mart.pair")
    )
    rule = message("mean health as in the last build")
    if not n_before or not n_now:
        return Finding("mart.pair", rule, n_now, 0, message("Too few pairs have a score."))
    is_moved = abs(mean_now - mean_before) > MAX_HEALTH_POINTS
    detail = message(
        "Mean health {before:.0f} -> {now:.0f} of 100.", before=float(mean_before), now=float(mean_now)
    )
    return Finding("mart.pair", rule, n_now, n_now if is_moved else 0, detail)


def _missing(con: duckdb.DuckDBPyConnection, columns: Sequence[str], n_before: int, n_now: int) -> Finding:
    """The columns whose share of empty values moved, and how many pairs that is at most."""
    counts = ", ".join(f'count(*) - count("{column}")' for column in columns)
    before, now = (con.execute(f"select {counts} from {side}").fetchall()[0] for side in _sides("mart.pair"))
    rates = [(name, b / n_before, n / n_now) for name, b, n in zip(columns, before, now, strict=True)]
    moved = [item for item in rates if abs(item[2] - item[1]) > MAX_MISSING_RATE]
    moved.sort(key=lambda item: (-abs(item[2] - item[1]), item[0]))
    n_moved = max((round(abs(n - b) * n_now) for _name, b, n in moved), default=0)
    detail = message("{n} columns compared.", n=len(columns))
    if moved:
        changes = joined(_change(name, b, n) for name, b, n in moved[:5])
        detail = message("Without a value: {changes}.", changes=changes)
    rule = message("columns as filled as in the last build")
    return Finding("mart.pair", rule, n_now, max(bool(moved), n_moved), detail)


def _change(name: Message | str, before: float, now: float) -> Message:
    """A share then and now."""
    shares = {"before": 100 * before, "now": 100 * now}
    return message("{name} {before:.0f} % -> {now:.0f} %", name=name, **shares)


def _events(con: duckdb.DuckDBPyConnection) -> Finding:
    """Events of each type in the weeks both builds know: what was known then is still known."""
    ((ends,),) = con.execute(
        "select date_trunc('week', least(n.as_of, b.as_of)) "
        f"from ref.run as n cross join {BEFORE}.ref.run as b"
    ).fetchall()
    before, now = (_by_week(con, side, ends) for side in _sides("mart.pair_event"))
    rows = [(*key, before.get(key, 0), now.get(key, 0)) for key in sorted(before.keys() | now.keys())]
    by_type: dict[str, list[Week]] = {}
    for kind, week, n_before, n_now in rows:
        by_type.setdefault(kind, []).append((week, n_before, n_now))
    moved = {kind: weeks for kind, weeks in by_type.items() if _weeks_moved(weeks)}
    n_compared = sum(n_now for *_names, n_now in rows)
    n_moved = sum(abs(n - b) for weeks in moved.values() for _week, b, n in weeks)
    detail = message(
        "{n} types of event in up to {n_weeks} weeks compared.", n=len(by_type), n_weeks=OVERLAP_WEEKS
    )
    if moved:
        told = joined((_weeks_told(kind, weeks) for kind, weeks in list(moved.items())[:5]), "; ")
        detail = message("{changes}.", changes=told)
    rule = message("past weeks hold the events of the last build")
    return Finding("mart.pair_event", rule, n_compared, n_moved, detail)


def _by_week(con: duckdb.DuckDBPyConnection, side: str, ends: dt.datetime) -> dict[tuple[str, dt.date], int]:
    """Type of event, week -> its events of one side, in the weeks up to an end.

    The ends are values: what lies beyond them is left out before any other column is read.
    """
    rows = con.execute(
        f"""
        select event_type, date_trunc('week', occurred_at)::date as week_on, count(*)
        from {side}
        where occurred_at >= $starts and occurred_at < $ends
        group by event_type, week_on
        """,
        {"starts": ends - dt.timedelta(weeks=OVERLAP_WEEKS), "ends": ends},
    ).fetchall()
    return {(kind, week): n for kind, week, n in rows}


def _totals(weeks: Sequence[Week]) -> tuple[int, int]:
    return sum(b for _week, b, _n in weeks), sum(n for _week, _b, n in weeks)


def _weeks_moved(weeks: Sequence[Week]) -> bool:
    """Whether any week of a type of event, or all together, holds another number than it did."""
    return any(_moved(b, n) for b, n in (_totals(weeks), *((b, n) for _week, b, n in weeks)))


def _weeks_told(kind: str, weeks: Sequence[Week]) -> Message:
    week, then, now = max(weeks, key=lambda item: abs(item[2] - item[1]))
    n_before, n_now = _totals(weeks)
    return message(
        "{kind} {n_before:,} -> {n_now:,} events, most in the week of {week}: {then:,} -> {now:,}",
        kind=kind,
        n_before=n_before,
        n_now=n_now,
        week=on_day(week, has_year=True),
        then=then,
        now=now,
    )


def _moved(before: int, now: int) -> bool:
    change = abs(now - before)
    return change >= MIN_COUNT and change > MAX_COUNT_RATE * before


def _both_have(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, _, name = table.partition(".")
    sql = "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?"
    databases = f" and database_name in (current_database(), '{BEFORE}')"
    return con.execute(sql + databases, [schema, name]).fetchall() == [(2,)]


def _common_columns(con: duckdb.DuckDBPyConnection) -> set[str]:
    then, now = (
        {row[0] for row in con.execute(f"describe {side}").fetchall()} for side in _sides("mart.pair")
    )
    return then & now


def _sides(table: str) -> tuple[str, str]:
    """A table of the last publication, and of this build."""
    return f"{BEFORE}.{table}", table


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])


def _smooth(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + HALF * len(counts)
    return [(count + HALF) / total for count in counts]


def _result(one: Finding, since: Message) -> CheckResult:
    """A finding with since when and, where something moved, what to do."""
    parts = [since, one.detail, *([message(LOOK[one.table])] if one.n_moved else [])]
    return results.told(
        one.table, one.rule, joined(parts, " "), one.n_checked, one.n_moved, is_blocking=False
    )
