"""Every model stays in the portable subset: what SQLGlot carries to Spark SQL with the same answer.

The subset is an allow-list on the SQLGlot tree. What is not on it is refused until somebody has shown
that both engines agree on it; then it is added here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from warehouse.models import SQL_FOLDER

PATHS = sorted(SQL_FOLDER.glob("*/*.sql"))

STRUCTURE = (
    "Alias And Between Boolean Case Cast Coalesce Column CTE DataType Distinct EQ Filter From GT GTE Group "
    "Having Identifier If In Interval Is Join LT LTE Like Literal NEQ Neg Not Null NullSafeNEQ Nullif Or "
    "Order Ordered Paren PropertyEQ Select Star Struct Table TableAlias Tuple Union Values Var Where Window "
    "WindowSpec With"
)
BITS = "BitwiseAnd BitwiseRightShift"
"""Both engines read the same bits of a BIGINT. Shifted to the left, bits fall off in one of them."""

FUNCTIONS = (
    "Add ArgMax Ceil Count DPipe DateDiff Div Explode Floor GenerateSeries Greatest Hour IntDiv Lag Lead "
    "Least LogicalAnd LogicalOr Max Median Min Minute Mod Mul Pow Round RowNumber Sub Substring Sum "
    "UnixToTime Upper"
)
LISTS = (
    "ArrayAgg ArrayConcat ArrayContains ArrayDistinct ArrayFilter ArrayMax ArrayMin ArrayPosition ArraySize "
    "ArraySort Dot Flatten Lambda SortArray Transform"
)
"""What is aggregated into a list is in no order: a model sorts it, or does no more than look into it."""

ALLOWED = frozenset(f"{STRUCTURE} {FUNCTIONS} {BITS} {LISTS}".split())

CARRIED = {"list_extract": "try_element_at", "epoch_us": "unix_micros"}
"""What Spark calls functions that SQLGlot leaves as they are. Both find NULL beyond the end of a list."""

INTEGERS = frozenset({"INT", "BIGINT", "SMALLINT"})
TYPES = INTEGERS | {"DATE", "DOUBLE", "TEXT"}
UNTYPED = (exp.Sum, exp.Count, exp.Median, exp.RowNumber)
"""Aggregates whose type differs between the engines (HUGEINT and BIGINT, for example)."""

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def complaints(sql: str) -> list[str]:
    """What in a model is outside the portable subset; empty when all is well."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    found = [complaint for node in tree.walk() for complaint in _about(node)]
    return sorted({*found, *_about_order(tree, sql), *_about_stars(tree)})


def _about(node: exp.Expression) -> Iterator[str]:
    kind = type(node).__name__
    is_carried = isinstance(node, exp.Anonymous) and node.name.lower() in CARRIED
    if kind not in ALLOWED and not is_carried:
        yield f"{kind} is not on the allow-list: {node.sql('duckdb')[:60]}"
    for rule in (
        _about_date_diff,
        _about_cast,
        _about_aggregate,
        _about_group,
        _about_arg_max,
        _about_lambda,
    ):
        yield from rule(node)


def _about_date_diff(node: exp.Expression) -> Iterator[str]:
    """DuckDB counts day boundaries and Spark elapsed days: on dates the two are the same."""
    if isinstance(node, exp.DateDiff):
        is_day = node.unit is not None and node.unit.name.upper() == "DAY"
        if not (is_day and _is_date(node.this) and _is_date(node.expression)):
            yield f"date_diff is 'day' between two casts to date: {node.sql('duckdb')[:80]}"
    if isinstance(node, exp.Interval) and node.unit.name.upper() not in ("DAY", "HOUR"):
        yield f"intervals are days or hours: {node.sql('duckdb')}"


def _is_date(node: exp.Expression) -> bool:
    return isinstance(node, exp.Cast) and node.to.is_type("date")


def _about_cast(node: exp.Expression) -> Iterator[str]:
    """A float cast to an integer is rounded by one engine and cut by the other."""
    if not isinstance(node, exp.Cast):
        return
    name = node.to.this.name
    if name not in TYPES:
        yield f"cast to {name} is not on the allow-list"
    inner = node.this.unnest()
    if name in INTEGERS and isinstance(inner, (exp.Div, exp.Pow, exp.Median)):
        yield f"choose floor or round before the cast: {node.sql('duckdb')[:80]}"


def _about_aggregate(node: exp.Expression) -> Iterator[str]:
    """An aggregate that leaves its select says its type."""
    if not isinstance(node, UNTYPED):
        return
    above = node.parent
    while above is not None and not isinstance(above, exp.Select):
        if isinstance(above, (exp.Cast, exp.Having, *COMPARISONS)):
            return
        above = above.parent
    yield f"cast the aggregate: {node.sql('duckdb')[:60]}"


def _about_group(node: exp.Expression) -> Iterator[str]:
    if isinstance(node, exp.Group):
        if node.args.get("all") or any(isinstance(key, exp.Literal) for key in node.expressions):
            yield "group by names its keys"
        if any(node.args.get(name) for name in ("cube", "rollup", "grouping_sets")):
            yield "group by has plain keys"


def _about_arg_max(node: exp.Expression) -> Iterator[str]:
    """A latest value needs an order without ties."""
    if isinstance(node, exp.ArgMax):
        key = node.expression
        if not (isinstance(key, exp.Tuple) or (isinstance(key, exp.Column) and key.name == "order_key")):
            yield f"max_by orders by order_key or by a tuple that has no ties: {node.sql('duckdb')[:60]}"


def _about_lambda(node: exp.Expression) -> Iterator[str]:
    """The place of an element is counted from 1 by one engine and from 0 by the other."""
    if isinstance(node, exp.Lambda) and len(node.expressions) > 1:
        yield f"a lambda takes the element alone: {node.sql('duckdb')[:60]}"


def to_spark(sql: str) -> str:
    """A model as Spark reads it."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    for call in tree.find_all(exp.Anonymous):
        call.set("this", CARRIED[call.name.lower()])
    return tree.sql("spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


RULES = (_about_date_diff, _about_cast, _about_aggregate, _about_group, _about_arg_max, _about_lambda)


def _about_order(tree: exp.Expression, sql: str) -> Iterator[str]:
    """Every order says where NULL goes: the engines disagree on it."""
    code = re.sub(r"--.*", "", sql)
    explicit = len(re.findall(r"\b(?:asc|desc)\s+nulls\s+(?:first|last)\b", code))
    if explicit != len(list(tree.find_all(exp.Ordered))):
        yield "order by says asc or desc, and nulls first or last"
    if re.search(r"order\s+by\s+all\b", code):
        yield "order by names its keys"


def _about_stars(tree: exp.Expression) -> Iterator[str]:
    """A star stands only where a CTE imports one table."""
    for select in tree.find_all(exp.Select):
        has_star = any(isinstance(column, exp.Star) for column in select.expressions)
        is_import = isinstance(select.parent, exp.CTE) and not select.args.get("joins")
        if has_star and not (is_import and isinstance(select.args["from_"].this, exp.Table)):
            yield "select names its columns"


@pytest.mark.parametrize("path", PATHS, ids=[f"{path.parent.name}.{path.stem}" for path in PATHS])
def test_every_model_is_portable(path: Path) -> None:
    sql = path.read_text("utf-8")
    assert complaints(sql) == []
    assert sqlglot.parse_one(to_spark(sql), read="spark")


@pytest.mark.parametrize("path", PATHS, ids=[f"{path.parent.name}.{path.stem}" for path in PATHS])
def test_every_model_begins_by_saying_its_grain(path: Path) -> None:
    assert path.read_text("utf-8").startswith("-- one row per ")


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("select date_diff('hour', a::date, b::date)::integer as n from t.u", "date_diff is 'day'"),
        ("select date_diff('day', a, b)::integer as n from t.u", "date_diff is 'day'"),
        ("select date_diff('day', a::timestamp, b::date)::integer as n from t.u", "date_diff is 'day'"),
        ("select now() as n from t.u", "not on the allow-list"),
        ("select current_date as n from t.u", "not on the allow-list"),
        ("select dayofweek(a) as n from t.u", "not on the allow-list"),
        ("select date_trunc('week', a) as n from t.u", "not on the allow-list"),
        ("select quantile_cont(a, 0.5) as n from t.u", "not on the allow-list"),
        ("select avg(a) as n from t.u", "not on the allow-list"),
        ("select string_agg(a, ',') as n from t.u", "not on the allow-list"),
        ("select $as_of as n from t.u", "not on the allow-list"),
        ("select a, count(*)::integer as n from t.u group by all", "group by names its keys"),
        ("select a, count(*)::integer as n from t.u group by 1", "group by names its keys"),
        ("select sum(a) as n from t.u group by b", "cast the aggregate"),
        ("select count(*) as n from t.u group by b", "cast the aggregate"),
        ("select (a / b)::integer as n from t.u", "choose floor or round"),
        ("select max_by(a, b) as n from t.u group by c", "max_by orders by"),
        ("select lag(a) over (partition by b order by c) as n from t.u", "order by says asc or desc"),
        ("select lag(a) over (partition by b order by c asc) as n from t.u", "order by says asc or desc"),
        ("select * from t.u", "select names its columns"),
        ("with x as (select * from t.u join t.v on u.a = v.a) select a from x", "select names its columns"),
        ("select a::timestamptz as n from t.u", "cast to TIMESTAMPTZ"),
        ("select h[k] as n from t.u", "Bracket is not on the allow-list"),
        ("select len(h) as n from t.u", "Length is not on the allow-list"),
        ("select list_sum(h) as n from t.u", "not on the allow-list"),
        ("select n << 3 as n from t.u", "BitwiseLeftShift is not on the allow-list"),
        ("select list_transform(h, lambda e, i: e + i) as n from t.u", "a lambda takes the element alone"),
    ],
)
def test_the_lint_catches(sql: str, complaint: str) -> None:
    assert any(complaint in found for found in complaints(sql)), complaints(sql)


def test_the_lint_passes_what_is_portable() -> None:
    sql = """
    with event as (select * from staging.event where pair_id is not null)
    select
        pair_id,
        max_by(label, order_key) filter (where label is not null) as label,
        date_diff('day', min(occurred_at)::date, max(occurred_at)::date)::integer as n_days,
        count(*)::integer as n_events
    from event
    group by pair_id
    """
    assert complaints(sql) == []


def test_lists_reach_spark_under_the_names_it_knows() -> None:
    sql = """
    select
        pair_id,
        list_sort(list(epoch_us(touched_at) // 8)) as turns,
        list_extract(list_filter(turns, lambda turn: (turn >> 3 & 7) = 2), 1) as first_ask,
        array_length(list_concat(turns, turns))::integer as n_turns,
        list_max(list_transform(turns, lambda turn: make_timestamp(turn))) as last_at
    from core.touch
    group by pair_id
    """
    assert complaints(sql) == []
    assert to_spark(sql) == (
        "SELECT pair_id, ARRAY_SORT(COLLECT_LIST(UNIX_MICROS(touched_at) DIV 8)) AS turns, "
        "TRY_ELEMENT_AT(FILTER(turns, turn -> (SHIFTRIGHT(turn, 3) & 7) = 2), 1) AS first_ask, "
        "CAST(SIZE(CONCAT(turns, turns)) AS INT) AS n_turns, "
        "ARRAY_MAX(TRANSFORM(turns, turn -> TIMESTAMP_MICROS(turn))) AS last_at "
        "FROM core.touch GROUP BY pair_id"
    )
