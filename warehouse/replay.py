"""The same models as of many instants in one pass: how a history of days is folded.

A model reads the one row of `ref.run` and answers for that instant. Here `ref.run` gets one row for each
instant, numbered, and every select is rewritten so that rows of different instants never meet: the number is
one more column, one more equality in each join, one more key in each grouping and window. So there is one
definition of every feature, in the plain SQL files; tests hold the result against one build per instant.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd
import sqlglot
from sqlglot import exp

from warehouse import database, refresh
from warehouse.errors import ModelError
from warehouse.models import AnyModel, Model, beneath, build, order, quoted
from warehouse.run import Run, write_run

NUMBER = "as_of_no"
ROWS_AT_ONCE = 1_000_000
"""Events times instants folded at once: enough to be fast, few enough to stay in memory (about 0.4 GB)."""
WALKED_FROM = 400_000
"""Events of a log along which one walks from instant to instant. Of a shorter one it costs less to fold each
instant anew: at 219,000 events 0.7 s of a processor a day against 1.3 s."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What to fold again: the models by name, the table wanted, and the run whose knowledge counts.

    With `is_as_known` each instant knows only what was recorded by then, not what the run knows.
    """

    models: Mapping[str, AnyModel]
    target: str
    run: Run
    is_as_known: bool = False


def replay(
    con: duckdb.DuckDBPyConnection, asked: Replay, instants: Sequence[dt.datetime]
) -> Iterator[pd.DataFrame]:
    """The target table as of each instant (UTC, no offset), in chunks: its rows with their `as_of`.

    Needs the log attached as `log`. Works in a database in memory, by a connection of its own: a refresh may
    be under way on this one.
    Equal to building the target once for each instant with the policy of the run and its `known_at`, or with
    that of the instant (`is_as_known`). Of a short log many instants are folded at once; along a long one the
    fold goes on from instant to instant.
    """
    needed = needed_for(asked.models, asked.target)
    con.execute("attach ':memory:' as replayed")
    try:
        with database.another(con) as own:
            own.execute("use replayed")
            n_events = _n_events(own)
            if n_events >= WALKED_FROM and not asked.is_as_known:  # else one would walk knowledge as well
                yield from _walked(own, asked, needed, sorted(instants))
                return
            n_at_once = max(1, ROWS_AT_ONCE // max(1, n_events))
            for start in range(0, len(instants), n_at_once):
                yield _folded(own, asked, needed, instants[start : start + n_at_once])
    finally:
        con.execute("detach replayed")


def _walked(
    con: duckdb.DuckDBPyConnection,
    asked: Replay,
    needed: tuple[Model, ...],
    instants: Sequence[dt.datetime],
) -> Iterator[pd.DataFrame]:
    """The target as of each instant: folded for the first one, brought up to date for those after it."""
    found = {model.name: model for model in needed}
    before = None
    for at in instants:
        write_run(con, replace(asked.run, as_of=at.replace(tzinfo=dt.UTC)))
        if before is None:
            build(con, found)
        else:
            refresh.touch(con, before, at, asked.run.known_at)
            refresh.rebuild(con, found, "day")
        frame = con.execute(f"select * from {asked.target} order by pair_id").df()
        before = at
        yield frame.assign(as_of=np.datetime64(at, "us"))


def _folded(
    con: duckdb.DuckDBPyConnection, asked: Replay, needed: tuple[Model, ...], chunk: Sequence[dt.datetime]
) -> pd.DataFrame:
    _write_runs(con, asked, chunk)
    for model, sql in _rewritten(needed):
        con.execute(f"create schema if not exists {model.layer}")
        con.execute(f"create or replace {model.materialized} {quoted(model.name)} as\n{sql}")
    frame = con.execute(f"select * from {asked.target} order by {NUMBER}, pair_id").df()
    as_of = np.array(chunk, dtype="datetime64[us]")
    return frame.assign(as_of=as_of[frame.pop(NUMBER).to_numpy(dtype=np.intp)])


def needed_for(models: Mapping[str, AnyModel], target: str) -> tuple[Model, ...]:
    """The target and every SQL model it is made of, in the order of building."""
    return tuple(model for model in order(beneath(models, [target])) if isinstance(model, Model))


def _n_events(con: duckdb.DuckDBPyConnection) -> int:
    found = con.execute("select count(*) from log.typed_event").fetchone()
    return found[0] if found else 0


def _write_runs(con: duckdb.DuckDBPyConnection, asked: Replay, instants: Sequence[dt.datetime]) -> None:
    """`ref.run` with one numbered row for each instant."""
    write_run(con, asked.run)
    known_at = "least(run.known_at, each.as_of)" if asked.is_as_known else "run.known_at"
    con.execute(
        "create or replace table ref.run as "
        f"select run.* replace (each.as_of as as_of, {known_at} as known_at), each.{NUMBER} "
        f"from ref.run cross join (select unnest(?::timestamp[]) as as_of, unnest(?::integer[]) as {NUMBER}) "
        "as each",
        [list(instants), list(range(len(instants)))],
    )


@functools.cache
def _rewritten(needed: tuple[Model, ...]) -> tuple[tuple[Model, str], ...]:
    """The models with their SQL for many instants; one that depends on no run stays as it is."""
    numbered, rewritten = {"ref.run"}, []
    for model in needed:
        if numbered.isdisjoint(model.depends_on):
            rewritten.append((model, model.sql))
        else:
            numbered.add(model.name)
            rewritten.append((model, numbered_sql(model.sql, frozenset(numbered))))
    return tuple(rewritten)


def numbered_sql(sql: str, numbered: frozenset[str]) -> str:
    """A select over tables of which the `numbered` ones have rows of many instants.

    Raises ModelError for a select with a subquery: models name what they read in a CTE.
    """
    query = sqlglot.parse_one(sql, read="duckdb")
    for select in query.find_all(exp.Select):
        if select is not query and not isinstance(select.parent, exp.CTE | exp.SetOperation):
            raise ModelError("a model for many instants has no subquery: name what it reads in a CTE")
    names = set(numbered)
    for cte in query.find_all(exp.CTE):
        if _number_query(cte.this, names):
            names.add(cte.alias)
    _number_query(query, names)
    return query.sql(dialect="duckdb")


def _number_query(query: exp.Expr, names: set[str]) -> bool:
    """Number a select, or each select of a union; whether its rows have numbers now."""
    if isinstance(query, exp.SetOperation):
        left, right = (_number_query(side, names) for side in (query.left, query.right))
        if left != right:
            raise ModelError("a union of rows that have a day with rows that have none")
        return left
    if not isinstance(query, exp.Select):
        raise ModelError("a model for many instants is made of selects and unions only")
    number = _join_on_number(query, names)
    if number is None:
        return False
    for window in query.find_all(exp.Window):
        if window.find_ancestor(exp.Select) is query:
            window.append("partition_by", number.copy())
    group = query.args.get("group")
    if group is not None:
        group.append("expressions", number.copy())
    if not query.is_star:
        query.select(exp.alias_(number.copy(), NUMBER), copy=False)
    return True


def _join_on_number(query: exp.Select, names: set[str]) -> exp.Expr | None:
    """Join numbered tables on their number too; the number of a row, None where no table has one."""
    number: exp.Expr | None = None
    for source in (query.args["from_"], *query.args.get("joins", ())):
        table = source.this
        if not isinstance(table, exp.Table) or _name(table) not in names:
            continue
        own = exp.column(NUMBER, table.alias_or_name)
        if number is None:
            number = own
            continue
        if source.kind == "CROSS":
            source.set("kind", "INNER")
        source.on(exp.EQ(this=number.copy(), expression=own.copy()), copy=False)
        if source.side == "FULL":
            number = exp.Coalesce(this=number, expressions=[own])
    return number


def _name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name
