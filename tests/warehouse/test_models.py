"""The runner of the SQL models, and all models together on a handful of hand-written events."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.signal_tables import SIGNAL_TABLES
from warehouse import models
from warehouse.altered import Altered
from warehouse.errors import ModelError
from warehouse.events.base import latest, typed_columns
from warehouse.log_tables import ENVELOPE_COLUMNS, create_tables
from warehouse.models import Model, PythonModel
from warehouse.policy import Policy
from warehouse.run import Run, write_run

AS_OF = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

SIDECAR = """
grain = "one row per thing"
meaning = "Things."
used_by = []

[columns]
a = { meaning = "A number" }
"""


# Discovering and ordering


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes one model below tmp_path and returns the folder."""

    def write_model(name: str, sql: str, sidecar: str | None = SIDECAR) -> Path:
        layer, _, table = name.partition(".")
        (tmp_path / layer).mkdir(exist_ok=True)
        (tmp_path / layer / f"{table}.sql").write_text(sql)
        if sidecar is not None:
            (tmp_path / layer / f"{table}.toml").write_text(sidecar)
        return tmp_path

    return write_model


def test_dependencies_are_read_from_the_sql(write: Callable[..., Path]) -> None:
    folder = write(
        "core.b",
        "with x as (select * from core.a) select x.a from x join log.typed_event as e on x.a = e.version",
    )
    assert models.discover(folder)["core.b"].depends_on == ("core.a", "log.typed_event")


SURVEYS = "select event.score as a from staging.event where event.event_type = 'survey.answered'"


@pytest.mark.parametrize(
    ("sql", "conditions"),
    [
        (SURVEYS, ("event_type = 'survey.answered'",)),
        (f"with x as ({SURVEYS}) select a from x where a > 1", ("event_type = 'survey.answered'",)),
        (
            f"{SURVEYS} union all select score as a from staging.event where pair_id = 'p' or score > 1",
            ("event_type = 'survey.answered'", "pair_id = 'p' OR score > 1"),
        ),
        (f"{SURVEYS} union all select score as a from staging.event", ("true",)),
        ("select e.score as a from staging.event as e join core.b on true where e.score > 1", ("true",)),
        ("select b.a from core.b left join staging.event as e on true where e.score > 1", ("true",)),
        ("select a from core.b", ()),
    ],
)
def test_which_events_a_model_reads_follows_from_its_sql(
    write: Callable[..., Path], sql: str, conditions: tuple[str, ...]
) -> None:
    assert models.discover(write("core.a", sql))["core.a"].reads_events == conditions


def test_models_come_after_what_they_read(write: Callable[..., Path]) -> None:
    write("mart.z", "select a from core.b")
    write("core.b", "select a from core.c")
    folder = write("core.c", "select version as a from log.typed_event")
    names = [model.name for model in models.order(models.discover(folder))]
    assert names == ["core.c", "core.b", "mart.z"]


def test_python_models_take_their_place_in_the_order(write: Callable[..., Path]) -> None:
    write("mart.z", "select a from signal.pair")
    folder = write("feature.pair", "select version as a from log.typed_event")
    signal = PythonModel("signal.pair", ("feature.pair",), lambda _con: None)
    ordered = models.order({**models.discover(folder), "signal.pair": signal})
    assert [model.name for model in ordered] == ["feature.pair", "signal.pair", "mart.z"]


def test_an_unknown_table_is_named_with_its_file(write: Callable[..., Path]) -> None:
    folder = write("core.a", "select a from core.missing")
    with pytest.raises(ModelError, match=r"a\.sql: reads core\.missing, which no model makes"):
        models.order(models.discover(folder))


def test_a_circle_is_named(write: Callable[..., Path]) -> None:
    write("core.a", "select a from core.b")
    folder = write("core.b", "select a from core.a")
    with pytest.raises(ModelError, match=r"in a circle: core\.\w -> core\.\w -> core\.\w"):
        models.order(models.discover(folder))


@pytest.mark.parametrize(
    ("sql", "sidecar", "message"),
    [
        ("select 1 as a", None, r"a\.toml: is missing"),
        ("select 1 as a, 2 as b", SIDECAR, r"does not describe b"),
        ("select 1 as b", SIDECAR.replace("a =", 'b = { meaning = "B" }\na ='), r"describes a, which"),
        ("select 1 as a, 2 as b", SIDECAR.replace("a =", 'b = { meaning = "B" }\na ='), r"another order"),
        ("select 1 as a", "grain = ", r"a\.toml: is not valid TOML"),
        ("select 1 as a", SIDECAR.replace("grain", "grains"), r"has no grain"),
        ("select 1 as a", SIDECAR.replace('meaning = "A', 'means = "A'), r"column a has no meaning"),
        ("select 1 as a", 'materialized = "cube"' + SIDECAR, r"'cube'; it is 'table' or 'view'"),
        ("select from where", SIDECAR, r"a\.sql: is not valid SQL"),
        ("select 1 as a; select 2 as a", SIDECAR, r"exactly one select"),
        ("create table x as select 1 as a", SIDECAR, r"exactly one select"),
        ("select a from b", SIDECAR, r"reads b without its layer"),
    ],
)
def test_a_broken_model_is_named_with_its_file(
    write: Callable[..., Path], sql: str, sidecar: str | None, message: str
) -> None:
    folder = write("core.a", sql, sidecar)
    with pytest.raises(ModelError, match=message):
        models.discover(folder)


def test_a_sidecar_without_its_sql_is_refused(write: Callable[..., Path]) -> None:
    folder = write("core.a", "select 1 as a")
    (folder / "core" / "lonely.toml").write_text(SIDECAR)
    with pytest.raises(ModelError, match=r"there is no lonely\.sql"):
        models.discover(folder)


# Building


def test_building_replaces_and_counts_rows(write: Callable[..., Path]) -> None:
    write("core.b", "select a from core.a", 'materialized = "view"' + SIDECAR)
    folder = write("core.a", "select 1 as a union all select 2 as a")
    con, seen = duckdb.connect(), []
    for _ in range(2):
        rows = models.build(con, models.discover(folder), on_model=seen.append)
    assert rows == {"core.a": 2}
    assert seen == ["core.a", "core.b"] * 2
    assert con.execute("select a from core.b order by a").fetchall() == [(1,), (2,)]


def test_rows_of_a_pair_lie_together(write: Callable[..., Path]) -> None:
    sidecar = 'partition = "pair_id"' + SIDECAR + 'pair_id = { meaning = "A pair" }'
    sql = "select a, 'p' || a % 3 as pair_id from (select unnest(range(6)) as a)"
    con = duckdb.connect()
    models.build(con, models.discover(write("core.a", sql, sidecar)))
    pairs = [pair for (pair,) in con.execute("select pair_id from core.a").fetchall()]
    assert pairs == ["p0", "p0", "p1", "p1", "p2", "p2"]


def test_only_the_targets_are_built(write: Callable[..., Path]) -> None:
    write("core.b", "select a from core.a")
    folder = write("core.a", "select 1 as a")
    con = duckdb.connect()
    models.build(con, models.discover(folder), targets=["core.a"])
    assert models.build(con, models.discover(folder), targets=["core.b"]) == {"core.b": 1}
    with pytest.raises(ModelError, match=r"no model core\.c"):
        models.build(con, models.discover(folder), targets=["core.c"])


def test_sql_that_does_not_run_is_named_with_its_file(write: Callable[..., Path]) -> None:
    folder = write("core.a", "select 'x'::integer as a")
    with pytest.raises(ModelError, match=r"a\.sql: Conversion Error"):
        models.build(duckdb.connect(), models.discover(folder))


def test_a_table_that_became_a_view_is_replaced(write: Callable[..., Path]) -> None:
    con = duckdb.connect()
    folder = write("core.a", "select 1 as a")
    models.build(con, models.discover(folder))
    write("core.a", "select 1 as a", 'materialized = "view"' + SIDECAR)
    models.build(con, models.discover(folder))
    write("core.a", "select 1 as a")
    assert models.build(con, models.discover(folder)) == {"core.a": 1}


# The hash of the marts


def _hash_of(values: str, *, threads: int = 1) -> str:
    con = duckdb.connect(config={"threads": threads})
    con.execute("create schema mart")
    con.execute(f"create table mart.t as select * from (values {values}) as t (a, b)")
    return models.mart_hash(con, ["mart.t"])


def test_the_hash_does_not_know_row_order_or_threads() -> None:
    first = _hash_of("(1, 'x'), (2, null), (2, null)")
    assert first == _hash_of("(2, null), (1, 'x'), (2, null)", threads=2)


@pytest.mark.parametrize(
    "other", ["(1, 'x'), (2, '')", "(1, 'x')", "(1, 'x'), (2, null), (2, null)", "(1, 'y'), (2, null)"]
)
def test_the_hash_knows_every_value(other: str) -> None:
    assert _hash_of("(1, 'x'), (2, null)") != _hash_of(other)


def test_the_hash_knows_what_a_view_selects() -> None:
    con = duckdb.connect()
    con.execute("create schema mart")
    con.execute("create table mart.t as select 1 as a, 2 as b")
    found = set()
    for sql in ("select a from mart.t", "select b as a from mart.t", "select a, b from mart.t"):
        con.execute(f"create or replace view mart.v as {sql}")
        found.add(models.mart_hash(con, ["mart.v"]))
    assert len(found) == 3


def test_the_hash_of_nothing_is_the_same_kept_or_not() -> None:
    con = duckdb.connect()
    con.execute("create schema mart")
    con.execute("create table mart.t (pair_id varchar, b integer)")
    _kept_and_fresh(con)


OF_PAIRS = "create or replace table mart.t as select * from (values {}) as t (pair_id, b)"


def _kept_and_fresh(con: duckdb.DuckDBPyConnection) -> str:
    kept, fresh = (models.mart_hash(con, ["mart.t"], keeps=keeps) for keeps in (True, False))
    assert kept == fresh
    return kept


def test_hashes_that_are_kept_give_the_hash_of_what_the_table_holds_now() -> None:
    con = duckdb.connect()
    con.execute("create schema mart")
    found = set()
    for values in (
        "('p', 1), ('p', 2), ('q', 1), (null, 1)",
        "('p', 2), ('p', 3), ('q', 1), (null, 1)",  # other rows of a pair
        "('p', 2), ('p', 3), (null, 1)",  # a pair is gone
        "('p', 2), ('p', 3), (null, 1), (null, 1)",  # another row of nobody
        "('p', 2), ('p', 3), (null, 1), ('r', 1)",  # a pair is new
    ):
        con.execute(OF_PAIRS.format(values))
        found.add(_kept_and_fresh(con))
    assert len(found) == 5


def test_only_pairs_with_other_rows_are_hashed_again() -> None:
    con = duckdb.connect()
    con.execute("create schema mart")
    con.execute(OF_PAIRS.format("('p', 1), ('q', 1)"))
    models.mart_hash(con, ["mart.t"], keeps=True)
    con.execute(f"update {models.HASHES} set low = -1 where pair_id = 'p'")
    con.execute("update mart.t set b = 2 where pair_id = 'q'")
    models.mart_hash(con, ["mart.t"], keeps=True)
    kept = dict(con.execute(f"select pair_id, low from {models.HASHES}").fetchall())
    assert kept["p"] == -1
    assert kept["q"] > 0


def test_where_some_pairs_are_said_to_have_altered_no_other_is_looked_at() -> None:
    con = duckdb.connect()
    con.execute("create schema mart")
    con.execute(OF_PAIRS.format("('p', 1), ('q', 1)"))
    models.mart_hash(con, ["mart.t"], keeps=True)
    con.execute("create temp table touched as select 'q' as pair_id")
    con.execute("update mart.t set b = 2 where pair_id = 'q'")
    altered = Altered(frozenset({"mart.t"}), frozenset({"mart.t"}))
    found = models.mart_hash(con, ["mart.t"], keeps=True, altered=altered)
    assert found == models.mart_hash(con, ["mart.t"])
    con.execute("update mart.t set b = 3")
    marks = f"select pair_id, mark from {models.HASHES} order by pair_id"
    before = con.execute(marks).fetchall()
    models.mart_hash(con, ["mart.t"], keeps=True, altered=altered)
    after = con.execute(marks).fetchall()
    assert before[0] == after[0]
    assert before[1] != after[1]


# All models together

MART_COLUMNS = {
    "mart.pair": """
        pair_id program_id cohort_id form direction modality mentee_id mentor_id n_people mentee_time_zone
        mentor_time_zone accepted_at started_at agreed_cadence_days planned_end_on stage state band waiting_on
        n_unanswered waiting_days last_contact_at last_mentee_touch_at last_mentor_touch_at next_session_at
        silence_days tau_days sigma silence_ratio surprise expected_days health coverage risk_30d n_contacts
        n_sessions_held n_no_shows ended_at end_reason is_success ghosted_on reason next_step evidence_grade
    """,
    "mart.watchlist": """
        rank priority pair_id cohort_id band state waiting_on silence_days silence_ratio expected_days health
        coverage risk_30d reason next_step stage direction last_contact_at next_session_at mentee_id mentor_id
    """,
    "mart.pair_reason": "pair_id ordinal code reason value expected since_on",
    "mart.health_part": "pair_id component score evidence weight points points_possible contribution",
    "mart.pair_event": """
        pair_id occurred_at recorded_at event_type lane side summary evidence source position
    """,
    "mart.cohort": """
        cohort_id program_id n_pairs n_active n_on_track n_watch n_needs_check_in n_too_early n_paused
        n_closing n_ended n_ended_success n_never_started median_silence_ratio n_sessions_held
        first_accepted_on last_accepted_on
    """,
    "mart.week": "cohort_id week_on n_sessions_held n_contacts n_pairs_in_contact n_pairs_alive",
    "mart.ledger": """
        file_id name source mapping landed_at status lines_in accepted duplicate quarantined n_events notes
    """,
    "mart.quarantine": "source code n_rows first_seen_at last_seen_at n_open sample_field hint",
    "mart.parked": "pair_id source program_id code n_events first_recorded_at",
    "mart.source": """
        source n_events first_occurred_at last_occurred_at last_recorded_at expected_every_days
        days_since_last freshness n_pairs_unjudged
    """,
}
"""What screens may rely on."""

FEATURE_COLUMNS = """
    pair_id program_id cohort_id form direction modality mentee_id mentor_id
    outreach_sent_at is_outreach_bounced proposed_at declined_at accepted_at is_acceptance_inferred started_at
    cadence_days planned_end_on is_paused is_light_mode closing_since ended_at end_reason end_initiator
    is_end_acknowledged is_goodbye_held is_auto_closed is_end_disputed network_at reopened_at age_days
    n_contacts first_contact_at last_contact_at silence_days gap_1 gap_2 gap_3 gap_4 gap_5 gap_6
    n_sessions_held next_session_at n_windows n_windows_met is_drifting
    mentor_owes_n mentor_owes_n_days mentor_owes_since mentor_owes_days mentor_silence_days
    last_mentor_touch_at is_mentor_on_leave mentor_asked mentor_answered mentor_reply_days
    mentor_no_show_streak mentor_no_show_days mentor_checkin_unanswered_days
    mentee_owes_n mentee_owes_n_days mentee_owes_since mentee_owes_days mentee_silence_days
    last_mentee_touch_at is_mentee_on_leave mentee_asked mentee_answered mentee_reply_days
    mentee_no_show_streak mentee_no_show_days mentee_checkin_unanswered_days is_delivery_failed
    n_no_shows n_late_cancels push_streak n_agendas n_agendas_on_time n_thanks n_thanks_on_time
    mentor_rating mentor_last_rating mentor_rated_days mentor_n_ratings mentor_fit
    mentee_rating mentee_last_rating mentee_rated_days mentee_n_ratings mentee_fit
    has_safety_flag is_natural_end_asked
    n_goals n_goals_done progress expected_progress n_advice_due n_advice_reported n_growth
    last_gap_days last_gap_owed_n last_gap_party confirmed_label confirmed_party label_at
    has_contact_feed is_feed_late
"""
"""What the signals may rely on."""

Event = dict[str, Any]


def event(event_type: str, at: str, pair_id: str | None = "p", **fields: Any) -> Event:
    """One typed event; who acts is `mentee` or `mentor` by default a person of that name."""
    role = fields.get("actor_role")
    return {
        "source": "test",
        "event_type": event_type,
        "occurred_at": at,
        "recorded_at": at,
        "pair_id": pair_id,
        "actor_id": f"{pair_id}-{role}" if role in ("mentee", "mentor") else None,
        "evidence": "observed",
        "visibility": "coordinator",
        **fields,
    }


def accepted(pair_id: str, at: str, cadence_days: int) -> list[Event]:
    people = {"mentee_id": f"{pair_id}-mentee", "mentor_id": f"{pair_id}-mentor"}
    return [
        event("match.accepted", at, pair_id, actor_role="pm", cohort_id="c1", **people),
        event("relationship.cadence_agreed", at, pair_id, actor_role="mentee", cadence_days=cadence_days),
    ]


EVENTS: list[Event] = [
    *accepted("weekly", "2026-01-01", 7),
    event("session.held", "2026-02-12", "weekly", actor_role="mentee", session_id="s1"),
    event("exchange.message_sent", "2026-02-22", "weekly", actor_role="mentee"),
    event("exchange.message_sent", "2026-02-26", "weekly", actor_role="mentee"),
    *accepted("slow", "2026-01-01", 60),
    event("session.held", "2026-01-15", "slow", actor_role="mentee", session_id="s1"),
    *accepted("leave", "2026-01-01", 7),
    event("session.held", "2026-02-12", "leave", actor_role="mentee", session_id="s1"),
    event(
        "participant.availability_declared",
        "2026-02-20",
        None,
        person_id="leave-mentor",
        starts_on="2026-02-13",
        ends_on="2026-03-10",
        kind="leave",
    ),
    event(
        "exchange.message_sent", "2026-03-01", "onesided", program_id="chat", actor_role="mentee", to_id="z"
    ),
    event("exchange.message_sent", "2026-02-10", "dyad", program_id="chat", actor_role="mentee", to_id="y"),
    event("exchange.message_sent", "2026-02-12", "dyad", program_id="chat", actor_role="mentor", to_id="x"),
    event("session.held", "2026-02-20", "stranger", actor_role="mentee", session_id="s1"),
    *accepted("wrong", "2026-01-01", 7),
    event(
        "session.held", "2026-02-12", "wrong", actor_role="mentee", session_id="s1", source_event_id="oops"
    ),
    event("ops.event_retracted", "2026-02-20", "wrong", retracted_source="test", retracted_id="oops"),
]


@pytest.fixture(scope="module")
def all_models() -> dict[str, models.AnyModel]:
    return {**models.discover(), **SIGNALS}


@pytest.fixture(scope="module")
def build_log(
    all_models: dict[str, models.AnyModel],
) -> Iterator[Callable[..., duckdb.DuckDBPyConnection]]:
    """Loads events into a fresh log and builds every model on it."""
    opened: list[duckdb.DuckDBPyConnection] = []

    def build(
        events: list[Event], *, known_at: dt.datetime = AS_OF, threads: int = 2
    ) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(config={"threads": threads})
        opened.append(con)
        _load(con, events)
        write_run(con, Run(AS_OF, known_at, Policy()))
        models.build(con, all_models)
        return con

    yield build
    for con in opened:
        con.close()


@pytest.fixture(scope="module")
def built(build_log: Callable[..., duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """All models on EVENTS, as of AS_OF."""
    return build_log(EVENTS)


@pytest.fixture(scope="module")
def built_earlier(build_log: Callable[..., duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """The same instant with what was known on 19 February."""
    return build_log(EVENTS, known_at=dt.datetime(2026, 2, 19, tzinfo=dt.UTC))


def _load(con: duckdb.DuckDBPyConnection, events: list[Event]) -> None:
    con.execute("set TimeZone = 'UTC'")
    con.execute("attach ':memory:' as log")
    con.execute("use log")
    create_tables(con)
    con.execute("use memory")
    columns = ENVELOPE_COLUMNS | typed_columns()
    con.execute(_ddl("log.typed_event", columns))
    for position, one in enumerate(events, 1):
        # As in the real log: the id follows from the event itself, the position from its arrival.
        name = f"{one['event_type']} {one['pair_id']} {one['actor_id']} {one['occurred_at']}"
        row = {"position": position, "source_event_id": name, **one}
        marks = ", ".join(f"?::{columns[field]}" for field in row)
        con.execute(
            f"insert into log.typed_event (event_id, {', '.join(row)}) values (md5(?)::uuid, {marks})",
            [name, *row.values()],
        )


def _ddl(table: str, columns: dict[str, str]) -> str:
    return f"create table {table} (" + ", ".join(f'"{name}" {kind}' for name, kind in columns.items()) + ")"


def _judge(con: duckdb.DuckDBPyConnection) -> None:
    """Stand-in for the signals: whoever is silent for two cadences needs a look."""
    con.execute("create schema if not exists signal")
    for table, columns in SIGNAL_TABLES.items():
        con.execute(_ddl(table, columns))
    con.execute(
        """
        insert into signal.pair by name
        select
            pair_id,
            'active' as stage,
            case when silence_days > 14 then 'stalled' else 'in_rhythm' end as state,
            case when silence_days > 14 then 'needs_check_in' else 'on_track' end as band,
            case when mentor_owes_n > 0 then 'mentor' end as waiting_on,
            7.0::double as tau_days, 0.5::double as sigma, silence_days / 7.0 as silence_ratio,
            0.5::double as surprise, 'reason' as reason, 'step' as next_step, 1.0::double as priority
        from feature.pair
        """
    )


SIGNALS = {
    "signal.pair": PythonModel("signal.pair", ("feature.pair", "ref.run"), _judge),
    **{
        name: PythonModel(name, ("signal.pair",), lambda _con: None)
        for name in SIGNAL_TABLES
        if name != "signal.pair"
    },
}


def one_row(con: duckdb.DuckDBPyConnection, columns: str, pair_id: str) -> tuple[Any, ...]:
    (row,) = con.execute(f"select {columns} from feature.pair where pair_id = ?", [pair_id]).fetchall()
    return row


def test_the_marts_have_the_columns_that_screens_rely_on(built: Any) -> None:
    for table, columns in {**MART_COLUMNS, "feature.pair": FEATURE_COLUMNS}.items():
        described = {row[0] for row in built.execute(f"describe {table}").fetchall()}
        assert set(columns.split()) <= described, table


def test_an_empty_log_builds_empty_marts(build_log: Callable[..., Any]) -> None:
    con = build_log([])
    assert [con.execute(f"select count(*) from {table}").fetchone() for table in MART_COLUMNS] == [(0,)] * 11


def test_a_weekly_pair_waits_for_its_mentor(built: Any) -> None:
    owed = one_row(
        built, "mentor_owes_n, mentor_owes_n_days, mentor_owes_days, mentee_owes_n, silence_days", "weekly"
    )
    assert owed == (2, 2, 7, 0, 17)
    (listed,) = built.execute(
        "select waiting_on, n_unanswered, waiting_days from mart.pair where pair_id = 'weekly'"
    ).fetchall()
    assert listed == ("mentor", 2, 7)


def test_a_sixty_day_pair_is_silent_by_its_own_calendar(built: Any) -> None:
    assert one_row(built, "silence_days, cadence_days, n_contacts", "slow") == (45, 60, 1)


def test_leave_stops_the_clock_once_it_is_known(built: Any, built_earlier: Any) -> None:
    columns = "silence_days, mentor_silence_days, is_mentor_on_leave"
    assert one_row(built, columns, "leave") == (0, 0, True)
    assert one_row(built_earlier, columns, "leave") == (17, 17, False)


def test_messages_of_one_side_are_an_outreach_and_no_relationship(built: Any) -> None:
    row = one_row(built, "outreach_sent_at, accepted_at, age_days, n_contacts, mentor_id", "onesided")
    assert row == (dt.datetime(2026, 3, 1), None, None, 0, "z")


def test_a_dyad_without_a_match_begins_with_its_first_answer(built: Any) -> None:
    row = one_row(built, "accepted_at, is_acceptance_inferred, n_contacts, mentee_owes_n", "dyad")
    assert row == (dt.datetime(2026, 2, 12), True, 1, 1)


def test_a_pair_nobody_announced_waits_where_others_are_announced(built: Any) -> None:
    assert built.execute("select pair_id, code, n_events from mart.parked").fetchall() == [
        ("stranger", "ref.unknown", 1)
    ]
    assert built.execute("select 1 from feature.pair where pair_id = 'stranger'").fetchall() == []


def test_a_retracted_session_counts_until_the_retraction_is_known(built: Any, built_earlier: Any) -> None:
    assert one_row(built, "n_sessions_held, silence_days", "wrong") == (0, 59)
    assert one_row(built_earlier, "n_sessions_held, silence_days", "wrong") == (1, 17)


@pytest.fixture(scope="module")
def built_of_others(build_log: Callable[..., duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Two programs of other kinds: a study log without mentors, and a team of several people."""
    study = [
        event(
            "session.held",
            f"2026-02-{day:02d}",
            "alone",
            program_id="study",
            actor_role="mentee",
            session_id=f"d{day}",
            mode="async",
        )
        for day in (1, 2, 5, 9)
    ]
    joined = [
        event(
            "match.accepted",
            "2026-01-01",
            "team",
            program_id="teams",
            actor_role=role,
            actor_id=person,
            **{f"{role}_id": person},
        )
        for role, person in (("mentee", "a"), ("mentee", "b"), ("mentor", "c"), ("mentor", "d"))
    ]
    return build_log([*study, *joined])


def test_a_study_log_without_mentors_has_pairs_of_one(built_of_others: Any) -> None:
    row = one_row(built_of_others, "n_contacts, gap_1, gap_2, gap_3, mentor_id, silence_days", "alone")
    assert row == (4, 4, 3, 1, None, 20)


def test_a_program_with_several_people_and_no_contact_feed(built_of_others: Any) -> None:
    columns = "accepted_at, mentee_id, mentor_id, n_contacts, has_contact_feed"
    row = one_row(built_of_others, columns, "team")
    assert row == (dt.datetime(2026, 1, 1), "a", "c", 0, False)
    people = built_of_others.execute("select n_people from mart.pair where pair_id = 'team'")
    assert people.fetchall() == [(4,)]


def test_the_order_of_arrival_and_the_threads_do_not_matter(
    built: duckdb.DuckDBPyConnection, build_log: Callable[..., Any]
) -> None:
    tables = [table for table in MART_COLUMNS if table not in ("mart.ledger", "mart.quarantine")]
    hashes = {models.mart_hash(built, [*tables, "feature.pair"])}
    for seed in range(2):
        shuffled = random.Random(seed).sample(EVENTS, len(EVENTS))
        con = build_log(shuffled, threads=1 + seed)
        hashes.add(models.mart_hash(con, [*tables, "feature.pair"]))
    assert len(hashes) == 1


# What the sidecars say


def test_used_by_names_exactly_the_models_that_read_a_table() -> None:
    found = models.discover()
    readers: dict[str, set[str]] = {name: set() for name in found}
    for model in found.values():
        for table in set(model.depends_on) & set(found):
            readers[table].add(model.name)
    for model in found.values():
        named = {user for user in model.used_by if user in found}
        assert named == readers[model.name], f"{model.name}: used_by"


def test_no_reader_of_a_table_is_called_as_a_column_of_it() -> None:
    """A merge of sidecars once took the value of `partition` for one more reader."""
    for model in models.discover().values():
        assert set(model.used_by).isdisjoint(column.name for column in model.columns), model.name


def test_every_table_is_used_by_somebody() -> None:
    assert [model.name for model in models.discover().values() if not model.used_by] == []


def test_the_sidecar_and_the_first_line_say_the_same_grain() -> None:
    for model in models.discover().values():
        assert model.sql.splitlines()[0] == f"-- {model.grain}", model.name


def test_every_event_type_has_its_words() -> None:
    con = duckdb.connect()
    models.build_one(con, models.discover()["ref.event_word"])
    worded = {name for (name,) in con.execute("select event_type from ref.event_word").fetchall()}
    shown = {
        kind.name
        for kind in latest()
        if kind.family not in ("participant", "program") and kind.visibility != "self"
    }
    assert shown - worded - {"ops.event_retracted", "ops.event_corrected"} == set()
    assert worded - {kind.name for kind in latest()} == set()


def test_models_are_immutable(write: Callable[..., Path]) -> None:
    model: Model = models.discover(write("core.a", "select 1 as a"))["core.a"]
    with pytest.raises(AttributeError):
        model.name = "core.b"  # type: ignore[misc]
