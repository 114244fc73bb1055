"""The SQL models: what each table means, what it is made of, and building them in that order.

A model is `sql/<layer>/<model>.sql`, one plain `select` that runs as it stands, and beside it
`<model>.toml`, which says what one row is and what each column means. What a model depends on is read
out of its SQL. Models written in Python (the signals) take their place in the same order.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse.altered import IN_TOUCHED, Altered, rows_of_touched
from warehouse.errors import ModelError
from warehouse.run import WRITTEN_WITH_RUN

SQL_FOLDER = Path(__file__).parent / "sql"

FACTS = frozenset(
    {"log.typed_event", "log.event", "log.ledger", "log.quarantine", "ref.run", *WRITTEN_WITH_RUN}
)
"""Tables that no model makes: the attached log, and the run's one row with what is written beside it."""

Materialized = Literal["table", "view"]

ReadsClock = Literal["", "day", "instant"]
"""How closely a model reads the clock of the run: not at all, only its date, or to the instant."""

SEEN = "staging.event"
"""The events a run sees; whoever reads them says which, or reads them all."""

BUILT = "kept.last_build"
"""Where a refresh keeps what all models were last built of; empty while that is not known."""

HASHES = "kept.pair_sum"
"""Where the sums of the hashes of each pair's rows are kept from build to build, mart by mart."""

PARTITION = "pair_id"
CLOCK_COLUMNS = frozenset({"as_of", "known_at", "n_events_in_log", "program_label", "risk_model", "build_id"})
"""Columns of `ref.run` that differ between runs of one policy."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a model means, and its unit where it has one."""

    name: str
    meaning: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One SQL model: its select, its sidecar and the tables it reads.

    `partition` is the column whose rows follow from nothing but rows of the same value in those inputs that
    have a partition too, and from whole tables that have none: then such rows can be refreshed alone.
    `reads_events` are conditions on the columns of staging.event: an event the model reads meets one of them.
    """

    name: str
    path: Path
    sql: str
    grain: str
    meaning: str
    used_by: tuple[str, ...]
    materialized: Materialized
    partition: str | None
    reads_clock: ReadsClock
    columns: tuple[Column, ...]
    depends_on: tuple[str, ...]
    reads_events: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class PythonModel:
    """A table that a function makes; `run` writes the table `name`, and `others` beside it.

    `reads_clock` says how closely it does where it reads `ref.run`. In a table that `has_pairs` every row is
    of one `pair_id`. Where the rows of a pair follow from those of that pair in inputs that have pairs, and
    from whole tables, `run_touched` writes the rows of TOUCHED pairs anew and leaves all others as they are.
    """

    name: str
    depends_on: tuple[str, ...]
    run: Callable[[duckdb.DuckDBPyConnection], None]
    others: tuple[str, ...] = ()
    reads_clock: ReadsClock = "instant"
    has_pairs: bool = False
    run_touched: Callable[[duckdb.DuckDBPyConnection], None] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table it writes."""
        return (self.name, *self.others)


AnyModel = Model | PythonModel


def discover(folder: Path = SQL_FOLDER) -> dict[str, Model]:
    """All SQL models below a folder, by table name (`layer.model`), each checked against its sidecar.

    Raises ModelError naming the file whose SQL or sidecar is missing or wrong.
    """
    return dict(_packaged() if folder == SQL_FOLDER else _discovered(folder))


@functools.cache
def _packaged() -> Mapping[str, Model]:
    """The models of this package, read once: parsing them takes a second."""
    return _discovered(SQL_FOLDER)


def _discovered(folder: Path) -> dict[str, Model]:
    paths = sorted(folder.glob("*/*.sql"))
    for sidecar in sorted(folder.glob("*/*.toml")):
        if sidecar.with_suffix(".sql") not in paths:
            raise ModelError(
                f"{sidecar}: there is no {sidecar.stem}.sql beside it; add it or remove this file"
            )
    models = (_read(path) for path in paths)
    return {model.name: model for model in models}


def order(models: Mapping[str, AnyModel]) -> list[AnyModel]:
    """The models, each after everything it reads; models that do not depend on each other by name.

    Raises ModelError for a table that is neither a fact nor a model, and for a cycle.
    """
    for model in models.values():
        for table in model.depends_on:
            if table not in models and table not in FACTS:
                raise ModelError(
                    f"{_where(model)}: reads {table}, which no model makes; "
                    f"add {table.replace('.', '/')}.sql or correct the name"
                )
    graph = {
        name: sorted(table for table in model.depends_on if table in models)
        for name, model in sorted(models.items())
    }
    try:
        names = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ModelError(
            f"models read each other in a circle: {circle}; take one of these steps out"
        ) from None
    return [models[name] for name in names]


def beneath(models: Mapping[str, AnyModel], tables: Iterable[str]) -> dict[str, AnyModel]:
    """The models of tables and all that these are made of; facts are nobody's model and add none."""
    wanted, found = list(tables), dict[str, AnyModel]()
    while wanted:
        name = wanted.pop()
        if name in models and name not in found:
            found[name] = models[name]
            wanted.extend(models[name].depends_on)
    return found


def build(
    con: duckdb.DuckDBPyConnection,
    models: Mapping[str, AnyModel],
    *,
    targets: Iterable[str] | None = None,
    on_model: Callable[[str], None] | None = None,
) -> dict[str, int]:
    """Build models in order and return the number of rows of each table (views are not counted).

    Needs the log attached as `log` and `ref.run`. `targets` builds those models alone and trusts that
    what they read is there. `on_model` hears the name of each model before it is built.
    """
    wanted = set(models) if targets is None else set(targets)
    unknown = sorted(wanted - set(models))
    if unknown:
        raise ModelError(
            f"there is no model {', '.join(unknown)}; models are named layer.model, as in mart.pair"
        )
    rows: dict[str, int] = {}
    _forget_last_build(con)
    for model in order(models):
        if model.name in wanted:
            if on_model is not None:
                on_model(model.name)
            build_one(con, model)
            if not (isinstance(model, Model) and model.materialized == "view"):
                rows[model.name] = count(con, model.name)
    return rows


def build_one(con: duckdb.DuckDBPyConnection, model: AnyModel) -> None:
    """Build one model into its schema, replacing what was there.

    Raises ModelError, with the database's own words, where the SQL does not run.
    """
    layer = model.name.partition(".")[0]
    con.execute(f"create schema if not exists {layer}")
    if isinstance(model, PythonModel):
        model.run(con)
        return
    sql = f"create or replace {model.materialized} {quoted(model.name)} as\n{_in_order(model)}"
    try:
        try:
            con.execute(sql)
        except duckdb.CatalogException:
            _make_way(con, model)
            con.execute(sql)
    except duckdb.Error as error:
        raise ModelError(f"{model.path}: {error}") from None


def _in_order(model: Model) -> str:
    """The select of a model; rows of a pair lie together in its table, where a refresh looks for them."""
    if model.materialized == "view" or not model.partition:
        return model.sql
    return f"from (\n{model.sql}\n) order by {model.partition} asc nulls last"


@dataclass(frozen=True, slots=True)
class Hashes:
    """SHA-256 over the contents of tables, of all together and of each."""

    whole: str
    tables: dict[str, str]


def mart_hash(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[str],
    *,
    keeps: bool = False,
    altered: Altered | None = None,
) -> str:
    """SHA-256 over the contents of tables together; see `hash_tables`."""
    return hash_tables(con, tables, keeps=keeps, altered=altered).whole


def hash_tables(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[str],
    *,
    keeps: bool = False,
    altered: Altered | None = None,
) -> Hashes:
    """What tables and views hold, in hashes: the same rows give the same.

    Neither the number of threads nor the order in which rows were inserted changes it; a column's
    name or type, and any value, does. Each row is written as JSON and hashed; a table is the number and the
    sum of these, a view what it selects. `keeps` remembers the sums of pairs in the database, so that the
    next time only pairs whose rows are others are hashed, and are looked for only where something is
    `altered`, if that is told.
    """
    whole, each, view_of = hashlib.sha256(), {}, views(con)
    for table in sorted(tables):
        columns = con.execute(f"select column_name, column_type from (describe {quoted(table)})").fetchall()
        if table in view_of:
            held: object = view_of[table]
        elif keeps and PARTITION in {name for name, _ in columns}:
            if altered is None or table in altered.tables:
                _keep_hashes(con, table, is_near=altered is not None and table in altered.in_touched)
            kept = f"from {HASHES} where table_name = '{table}'"
            held = con.execute(f"select coalesce(sum(n_rows), 0), sum(low), sum(high) {kept}").fetchone()
        else:
            held = con.execute(f"select {_SUMS} from {quoted(table)} as t").fetchone()
        part = f"{table}\n{columns}\n{held}\n".encode()
        whole.update(part)
        each[table] = hashlib.sha256(part).hexdigest()
    return Hashes(whole.hexdigest(), each)


_DIGEST = "md5_number(to_json(t)::varchar)"

_SUMS = (
    "count(*)::hugeint as n_rows, "
    f"sum(({_DIGEST} & {2**64 - 1})::ubigint)::hugeint as low, "
    f"sum(({_DIGEST} >> 64)::ubigint)::hugeint as high"
)
"""Sums know no order, and those of a pair add up to those of its table."""


def views(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The views of a database by name, and what creates each."""
    found = con.execute(
        "select schema_name || '.' || view_name, sql from duckdb_views() "
        "where database_name = current_database() and not internal"
    ).fetchall()
    return dict(found)


def _keep_hashes(con: duckdb.DuckDBPyConnection, table: str, *, is_near: bool) -> None:
    """Bring the kept hashes of pairs up to date, of touched pairs alone where the others are as they were.

    Else a sum of cheap hashes tells which pairs differ.
    """
    con.execute("create schema if not exists kept")
    con.execute(
        f"create table if not exists {HASHES} "
        "(table_name VARCHAR, pair_id VARCHAR, mark HUGEINT, n_rows HUGEINT, low HUGEINT, high HUGEINT)"
    )
    of_pair, mark = "coalesce(pair_id, '')", "sum(hash(t))::hugeint"
    kept = f"{HASHES} where table_name = '{table}'"
    if is_near:
        con.execute(f"delete from {kept} and {IN_TOUCHED}")
        differing = rows_of_touched(quoted(table))
    else:
        marked = f"select ({of_pair}, {mark}) from {quoted(table)} as t group by {of_pair}"
        con.execute(f"delete from {kept} and (pair_id, mark) not in ({marked})")
        differing = f"(from {quoted(table)} where {of_pair} not in (select pair_id from {kept}))"
    con.execute(
        f"insert into {HASHES} "
        f"select '{table}', {of_pair}, {mark}, {_SUMS} from {differing} as t group by {of_pair}"
    )


def _read(path: Path) -> Model:
    name = f"{path.parent.name}.{path.stem}"
    sql = path.read_text("utf-8").strip()
    select = _parse(path, sql)
    sidecar = _sidecar(path.with_suffix(".toml"))
    model = Model(
        name=name,
        path=path,
        sql=sql,
        grain=sidecar["grain"],
        meaning=sidecar["meaning"],
        used_by=tuple(sidecar["used_by"]),
        materialized=sidecar["materialized"],
        partition=sidecar["partition"],
        reads_clock=_reads_clock(select),
        columns=tuple(
            Column(column, about["meaning"], about.get("unit"))
            for column, about in sidecar["columns"].items()
        ),
        depends_on=tuple(sorted(_tables(path, select))),
        reads_events=tuple(sorted(_event_conditions(select))),
    )
    _compare_columns(model, select.named_selects)
    return model


def _parse(path: Path, sql: str) -> exp.Query:
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except SqlglotError as error:
        raise ModelError(f"{path}: is not valid SQL: {error}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ModelError(f"{path}: a model is exactly one select, without a semicolon after it")
    return statements[0]


def _tables(path: Path, select: exp.Query) -> set[str]:
    """Every `layer.table` a select reads; a bare name is one of its own CTEs."""
    own = {cte.alias for cte in select.find_all(exp.CTE)}
    tables: set[str] = set()
    for table in select.find_all(exp.Table):
        if table.db:
            tables.add(f"{table.db}.{table.name}")
        elif table.name not in own:
            raise ModelError(f"{path}: reads {table.name} without its layer; write layer.{table.name}")
    return tables


def _event_conditions(select: exp.Query) -> set[str]:
    """Which events a select reads: the condition of each select from staging.event alone, else all."""
    conditions: set[str] = set()
    for table in select.find_all(exp.Table):
        if f"{table.db}.{table.name}" != SEEN:
            continue
        reader = table.find_ancestor(exp.Select)
        where = reader.args.get("where") if reader is not None and not reader.args.get("joins") else None
        if where is None:
            return {"true"}
        condition = where.this.copy()
        for column in condition.find_all(exp.Column):
            column.set("table", None)
        conditions.add(condition.sql(dialect="duckdb"))
    return conditions


def _reads_clock(select: exp.Query) -> ReadsClock:
    """Whether a select reads what differs from run to run, and whether more of it than the date."""
    read = [column for column in select.find_all(exp.Column) if column.name in CLOCK_COLUMNS]
    if not read:
        return ""
    is_date = (isinstance(column.parent, exp.Cast) and column.parent.is_type("date") for column in read)
    return "day" if all(is_date) else "instant"


def _sidecar(path: Path) -> dict[str, Any]:
    """The sidecar's content, with every key a model needs."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: is missing; write down the model's grain, meaning and columns") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: is not valid TOML: {error}") from None
    content.setdefault("materialized", "table")
    content.setdefault("used_by", [])
    content.setdefault("partition", None)
    for key in ("grain", "meaning", "columns"):
        if not content.get(key):
            raise ModelError(f"{path}: has no {key}; every model says what it is")
    if content["materialized"] not in ("table", "view"):
        raise ModelError(f"{path}: materialized is {content['materialized']!r}; it is 'table' or 'view'")
    if content["partition"] not in (None, PARTITION):
        raise ModelError(f"{path}: partition is {content['partition']!r}; it is {PARTITION!r} or left out")
    for column, about in content["columns"].items():
        if not isinstance(about, dict) or not about.get("meaning"):
            raise ModelError(f"{path}: column {column} has no meaning")
    return content


def _compare_columns(model: Model, selected: list[str]) -> None:
    """The sidecar describes exactly the columns that the select returns, in the same order."""
    described = [column.name for column in model.columns]
    if described == selected:
        return
    sidecar = model.path.with_suffix(".toml")
    missing = [name for name in selected if name not in described]
    stale = [name for name in described if name not in selected]
    if missing:
        raise ModelError(f"{sidecar}: does not describe {', '.join(missing)}, which the select returns")
    if stale:
        raise ModelError(f"{sidecar}: describes {', '.join(stale)}, which the select does not return")
    raise ModelError(f"{sidecar}: describes the columns in another order than the select returns them")


def _forget_last_build(con: duckdb.DuckDBPyConnection) -> None:
    """Tables built one by one may be of different runs: a refresh cannot go on from there."""
    schema, _, table = BUILT.partition(".")
    found = con.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = current_database() and table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    if found != (0,):
        con.execute(f"delete from {BUILT}")


def _make_way(con: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Drop what an earlier version built as a view where this one builds a table, or the reverse."""
    other = "view" if model.materialized == "table" else "table"
    kind = {"table": "BASE TABLE", "view": "VIEW"}[other]
    layer, _, table = model.name.partition(".")
    found = con.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = current_database() and table_schema = ? and table_name = ? and table_type = ?",
        [layer, table, kind],
    ).fetchone()
    if found != (0,):
        con.execute(f"drop {other} {quoted(model.name)}")


def _where(model: AnyModel) -> str:
    return str(model.path) if isinstance(model, Model) else model.name


def quoted(name: str) -> str:
    """A two-part table name, quoted because a table may be called after a keyword (`core.break`)."""
    return ".".join(f'"{part}"' for part in name.split("."))


def count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table."""
    row = con.execute(f"select count(*) from {quoted(table)}").fetchone()
    return int(row[0]) if row else 0


__all__ = [
    "BUILT",
    "FACTS",
    "SEEN",
    "SQL_FOLDER",
    "AnyModel",
    "Column",
    "Hashes",
    "Model",
    "PythonModel",
    "build",
    "build_one",
    "count",
    "discover",
    "hash_tables",
    "mart_hash",
    "order",
    "quoted",
    "views",
]
