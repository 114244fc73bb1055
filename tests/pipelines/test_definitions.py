from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from expectations.drift import FIRST_BUILD, compared_tables
from expectations.runner import CheckResult, checked_tables
from expectations.set_rules import SET_RULES, tables_beside
from pipelines.assets.names import LOG, key_of
from pipelines.assets.report import REPORT
from pipelines.checks import in_dagster
from pipelines.definitions import definitions_of
from pipelines.resources import write_dagster_yaml
from pipelines.signal_models import all_models
from pipelines.signal_tables import SIGNAL_TABLES
from warehouse import database, publish
from warehouse.messages import render
from warehouse.models import Model
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

AS_OF = {"ops": {"ref__run": {"config": {"as_of": "2026-03-01", "known_at": "2026-03-01"}}}}
SECRET = "Synthetic Asha 017"
PUBLICATION = dg.AssetKey("publication")


def event(number: int, kind: str, at: str, actor: str, **data: object) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"evt-{number}",
            "source": "platform",
            "type": f"mentorship.{kind}.v1",
            "subject": "relationship/pair-1",
            "time": at,
            "recordedat": at,
            "cohortid": "2026-spring",
            "actorid": f"person-{actor}",
            "actorrole": actor,
            "data": data,
        }
    )


EVENTS = [
    event(
        1,
        "match.accepted",
        "2026-01-05T09:00:00Z",
        "pm",
        mentee_id="person-mentee",
        mentor_id="person-mentor",
    ),
    event(
        2,
        "participant.registered",
        "2026-01-05T09:05:00Z",
        "mentee",
        person_id="person-mentee",
        role="mentee",
        name=SECRET,
    ),
    event(3, "session.held", "2026-01-12T10:00:00Z", "mentee", session_id="s-1", minutes=45),
    event(4, "session.held", "2026-01-26T10:00:00Z", "mentee", session_id="s-2", minutes=45),
    event(5, "session.held", "2026-02-09T10:00:00Z", "mentee", session_id="s-3", minutes=f"{SECRET} 45"),
]


def drop(settings: Settings, name: str, lines: list[str]) -> None:
    path = settings.inbox / "platform" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    os.utime(path, (1_770_000_000, 1_770_000_000))


def refresh(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = definitions_of(settings).resolve_job_def("refresh")
    return job.execute_in_process(instance=instance, run_config=AS_OF, raise_on_error=False)


def materialized(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict:
    (found,) = result.asset_materializations_for_node("__".join(key.path))
    return {name: value.value for name, value in found.metadata.items()}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "home")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@dataclass(frozen=True)
class Refreshed:
    """A home whose inbox was refreshed by two runs at once, and the folder of their Dagster instance."""

    settings: Settings
    results: tuple[dg.ExecuteInProcessResult, ...]
    folder: Path

    @property
    def result(self) -> dg.ExecuteInProcessResult:
        """The run that took the file in."""
        (first,) = (result for result in self.results if materialized(result, LOG)["files"])
        return first


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refreshed]:
    folder = tmp_path_factory.mktemp("refreshed")
    settings = load_settings(folder / "home")
    drop(settings, "events.ndjson", EVENTS)
    (folder / "dagster").mkdir()
    with dg.instance_for_test(temp_dir=str(folder / "dagster")) as instance, ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda _number: refresh(settings, instance), range(2))
        yield Refreshed(settings, tuple(results), folder / "dagster")


# --- what is declared ---------------------------------------------------------------------------------


def test_the_asset_graph_is_what_the_models_read(settings: Settings) -> None:
    graph = definitions_of(settings).resolve_asset_graph()
    for model in all_models(settings.policy).values():
        parents = {key_of(table) for table in model.depends_on}
        assert graph.get(key_of(model.name)).parent_keys == parents, model.name


def test_the_publication_needs_every_mart(settings: Settings) -> None:
    marts = {name for name in all_models(settings.policy) if name.startswith("mart.")}
    parents = definitions_of(settings).resolve_asset_graph().get(PUBLICATION).parent_keys
    assert parents == {key_of(name) for name in (*marts, "ref.run")}
    assert {"mart.pair", "mart.watchlist"} <= marts


def test_every_asset_says_what_its_table_holds(settings: Settings) -> None:
    graph = definitions_of(settings).resolve_asset_graph()
    models = [model for model in all_models(settings.policy).values() if isinstance(model, Model)]
    assert models
    for model in models:
        assert model.grain in (graph.get(key_of(model.name)).description or "")
    for key in (LOG, key_of("ref.run"), PUBLICATION, *map(key_of, SIGNAL_TABLES)):
        assert graph.get(key).description


def test_each_table_with_expectations_has_one_blocking_check(settings: Settings) -> None:
    graph = definitions_of(settings).resolve_asset_graph()
    keys = [key for key in graph.asset_check_keys if key.name == "expectations"]
    assert sorted(key.asset_key for key in keys) == sorted({key_of(table) for table in checked_tables()})
    assert all(graph.get(key).blocking for key in keys)
    assert all(graph.has(key.asset_key) for key in keys)


def test_a_check_waits_for_every_table_its_rules_read(settings: Settings) -> None:
    graph = definitions_of(settings).resolve_asset_graph()
    for rule in SET_RULES:
        check = graph.get(dg.AssetCheckKey(key_of(rule.table_name), "expectations"))
        read = {key_of(table) for table in tables_beside(rule.table_name)}
        assert read <= {check.key.asset_key, *check.parent_entity_keys}


def test_each_compared_table_has_a_check_that_ends_before_the_publication(settings: Settings) -> None:
    graph = definitions_of(settings).resolve_asset_graph()
    keys = [key for key in graph.asset_check_keys if key.name == "drift"]
    assert sorted(key.asset_key for key in keys) == sorted(map(key_of, compared_tables()))
    assert all(graph.get(key).blocking for key in keys)


def test_the_refresh_makes_all_but_reports_and_is_one_process(settings: Settings) -> None:
    job = definitions_of(settings).resolve_job_def("refresh")
    assert job.executor_def.name == "in_process"
    graph = definitions_of(settings).resolve_asset_graph()
    apart = {REPORT, dg.AssetKey("risk_model")}
    assert job.asset_layer.selected_asset_keys == graph.executable_asset_keys - apart


def test_importing_the_definitions_is_quiet_and_needs_no_great_expectations() -> None:
    code = (
        "import os, sys, pipelines.definitions;"
        "print(os.environ['DAGSTER_DISABLE_TELEMETRY'], 'great_expectations' in sys.modules)"
    )
    unset = {name: value for name, value in os.environ.items() if name != "DAGSTER_DISABLE_TELEMETRY"}
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=unset
    )
    assert shown.stdout.split() == ["yes", "False"]


@pytest.mark.slow
def test_dagster_finds_the_definitions_valid(tmp_path: Path) -> None:
    write_dagster_yaml(tmp_path)
    variables = {"KINKEEPER_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path / "dagster")}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "pipelines.definitions"]
    shown = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **variables}
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Validation successful" in shown.stdout + shown.stderr


def test_the_instance_of_a_home_sends_nothing_and_runs_one_at_a_time(tmp_path: Path) -> None:
    path = write_dagster_yaml(tmp_path)
    with dg.DagsterInstance.from_config(str(path.parent)) as instance:
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
    path.write_text("telemetry:\n  enabled: false\n")
    write_dagster_yaml(tmp_path)
    assert path.read_text() == "telemetry:\n  enabled: false\n"


# --- what a run does ----------------------------------------------------------------------------------


def test_a_refresh_goes_from_the_inbox_to_a_publication(refreshed: Refreshed) -> None:
    settings, result = refreshed.settings, refreshed.result
    assert result.success
    assert not list(settings.inbox.rglob("*.ndjson"))
    log = materialized(result, LOG)
    assert (log["files"], log["accepted"], log["quarantined"], log["dagster/row_count"]) == (1, 4, 1, 4)
    published = publish.current(settings.published)
    assert published.tables["mart.pair"] == 1
    assert materialized(result, PUBLICATION)["build_id"] == published.build_id


def test_two_refreshes_at_once_take_turns_and_the_second_changes_nothing(refreshed: Refreshed) -> None:
    assert all(result.success for result in refreshed.results)
    assert sorted(materialized(result, LOG)["files"] for result in refreshed.results) == [0, 1]
    published = {materialized(result, PUBLICATION)["build_id"] for result in refreshed.results}
    assert published == {publish.current(refreshed.settings.published).build_id}
    assert len(list(refreshed.settings.published.glob("*.duckdb"))) == 1


def test_a_publication_holds_what_was_checked(refreshed: Refreshed) -> None:
    with publish.open_current(refreshed.settings.published) as con:
        rows = con.execute(
            "select table_name, bool_and(is_ok or not is_blocking) from mart.check_result group by all"
        ).fetchall()
    assert dict(rows) == dict.fromkeys(checked_tables(), True)


def test_the_delivery_is_validated_beside_the_log(refreshed: Refreshed) -> None:
    (checked,) = [item for item in refreshed.result.get_asset_check_evaluations() if item.asset_key == LOG]
    found = checked.metadata["results"].value
    assert {item["table_name"] for item in found} == {"log.event", "log.typed_event"}
    (positions,) = [item for item in found if item["rule"] == "one row per position"]
    assert (positions["is_ok"], positions["n_checked"]) == (True, 4)


def test_what_moved_is_published_beside_the_marts(refreshed: Refreshed) -> None:
    drift = {
        item.asset_key: item.passed
        for item in refreshed.result.get_asset_check_evaluations()
        if item.check_name == "drift"
    }
    assert drift == dict.fromkeys(map(key_of, compared_tables()), True)
    with publish.open_current(refreshed.settings.published) as con:
        rows = con.execute("select table_name, detail from ref.drift order by all").fetchall()
    assert rows == [(table, render(FIRST_BUILD)) for table in compared_tables()]


def test_nothing_dagster_keeps_holds_a_name(refreshed: Refreshed) -> None:
    kept = [path.read_bytes() for path in refreshed.folder.rglob("*") if path.is_file()]
    assert any(refreshed.result.run_id.encode() in content for content in kept)
    assert not any(SECRET.encode() in content for content in kept)


def test_the_tables_stay_open_from_step_to_step(refreshed: Refreshed) -> None:
    """What one step has attached, the next one finds: nothing was closed and opened again between them."""
    warehouse = definitions_of(refreshed.settings).resources["warehouse"]
    with warehouse.yield_for_execution(dg.build_init_resource_context()) as held:
        with held.models():
            pass
        with held.get_connection() as con:
            assert ("log",) in con.execute("select database_name from duckdb_databases()").fetchall()


def test_a_broken_blocking_rule_leaves_the_last_good_publication_up(
    refreshed: Refreshed, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    settings = load_settings(shutil.copytree(refreshed.settings.home, tmp_path / "home"))
    good = publish.current(settings.published)

    with database.writer_lock(settings.home), database.open_log(settings.log_file) as con:
        con.execute("update ledger set n_events = n_events + 1")
    broken = refresh(settings, instance)
    assert not broken.success
    (evaluated,) = broken.get_asset_check_evaluations()
    assert not evaluated.passed
    assert evaluated.severity is dg.AssetCheckSeverity.ERROR
    assert evaluated.description.startswith(
        "log.event: the ledger accounts for every event: 1 of 4 rows. Run"
    )
    assert publish.current(settings.published) == good

    alone = dg.materialize(
        definitions_of(settings).assets,
        selection=[PUBLICATION],
        resources=definitions_of(settings).resources,
        instance=instance,
        raise_on_error=False,
    )
    assert not alone.success
    assert publish.current(settings.published) == good
    with database.writer_lock(settings.home, wait_seconds=0):
        pass  # a failed run has let go of the home


@pytest.mark.slow
def test_without_events_the_marts_are_empty_and_published(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    result = refresh(settings, instance)
    assert result.success
    assert publish.current(settings.published).tables["mart.pair"] == 0
    warned = {check.asset_key for check in result.get_asset_check_evaluations() if not check.passed}
    assert key_of("mart.pair") in warned


# --- how a check is shown -----------------------------------------------------------------------------


def test_a_broken_warning_does_not_stop_a_run() -> None:
    shown = in_dagster([CheckResult("mart.pair", "there are rows", False, False, 0, 1)])
    assert not shown.passed
    assert shown.severity is dg.AssetCheckSeverity.WARN


def test_a_broken_blocking_rule_stops_a_run_and_is_named() -> None:
    kept = CheckResult("mart.pair", "band is a known code", True, True, 5, 0)
    broken = CheckResult("mart.pair", "pair_id is filled", True, False, 5, 2, "Look.")
    shown = in_dagster([kept, broken])
    assert shown.severity is dg.AssetCheckSeverity.ERROR
    assert shown.description == broken.message == "mart.pair: pair_id is filled: 2 of 5 rows. Look."
    assert shown.metadata["results"].value[1]["n_failed"] == 2


def test_sound_results_pass() -> None:
    assert in_dagster([CheckResult("mart.pair", "pair_id is filled", True, True, 5, 0)]).passed


def test_the_signals_are_judged_by_the_policy_of_the_home(settings: Settings) -> None:
    assert settings.policy == Policy()
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "program.toml").write_text("attention_budget = 3\n")
    resource = definitions_of(load_settings(settings.home)).resources["home"]
    assert resource.settings().policy.attention_budget == 3
