"""What the sample program writes: the same bytes every time, and bad lines only where it means to."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

import warehouse.events.catalogue  # noqa: F401  fills the catalogue
from pipelines.sample import SampleSummary, write_sample
from pipelines.sample.benefits import GAINS
from warehouse.events.base import CATALOGUE, fields

UNTIL = dt.date(2026, 3, 17)
BENEFITS = {item for gains in GAINS.values() for item in gains}
PROBLEMS = "events-with-problems.ndjson"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def summary(inbox: Path) -> SampleSummary:
    return write_sample(inbox, until=UNTIL)


@pytest.fixture(scope="module")
def lines(inbox: Path, summary: SampleSummary) -> list[dict[str, Any]]:
    """Every CloudEvents line of the clean files, redeliveries included."""
    paths = sorted(path for path in inbox.rglob("*.ndjson") if path.name != PROBLEMS)
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def roster(inbox: Path, summary: SampleSummary) -> list[dict[str, str]]:
    return rows(inbox / "roster" / "participants.csv")


@pytest.fixture(scope="module")
def pulses(inbox: Path, summary: SampleSummary) -> list[dict[str, str]]:
    return [row for path in sorted(inbox.glob("surveys/pulse-*.csv")) for row in rows(path)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name_of(line: dict[str, Any]) -> str:
    return line["type"].removeprefix("mentorship.").rpartition(".v")[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def test_the_same_seed_and_date_give_the_same_bytes(
    inbox: Path, summary: SampleSummary, tmp_path: Path
) -> None:
    again = write_sample(tmp_path, until=UNTIL)
    assert again == summary
    assert contents(tmp_path) == contents(inbox)


def test_another_seed_tells_another_program(inbox: Path, summary: SampleSummary, tmp_path: Path) -> None:
    write_sample(tmp_path, until=UNTIL, seed=8)
    changed = [name for name, data in contents(tmp_path).items() if contents(inbox).get(name) != data]
    assert any(name.startswith("platform/") for name in changed)
    assert any(name.startswith("surveys/") for name in changed)


def test_the_summary_counts_what_is_in_the_files(
    inbox: Path,
    summary: SampleSummary,
    lines: list[dict[str, Any]],
    roster: list[dict[str, str]],
    pulses: list[dict[str, str]],
) -> None:
    assert sorted(summary.files) == sorted(contents(inbox))
    assert summary.n_people == len({row["person_id"] for row in roster})
    n_trainings = sum(
        '"type":"mentorship.participant.trained.v1"' in line
        for line in (inbox / "platform" / PROBLEMS).read_text().splitlines()
    )
    n_capacities = sum(row["capacity"] != "" for row in roster)
    n_distinct = len({line["id"] for line in lines})
    benefits = [row for path in sorted(inbox.glob("benefits/*.csv")) for row in rows(path)]
    n_benefits = sum(bool(row["pair_id"]) for row in benefits)
    n_benefits += sum(bool(cell) for row in benefits for name, cell in row.items() if name in BENEFITS)
    n_in_tables = len(roster) + n_capacities + 7 * len(pulses) + n_benefits
    assert summary.n_events == n_distinct + n_trainings + n_in_tables
    assert summary.first_on < summary.last_on < UNTIL


def test_it_is_a_program_of_about_a_hundred_and_fifty_pairs(
    summary: SampleSummary, lines: list[dict[str, Any]]
) -> None:
    pairs = {line["subject"] for line in lines if "subject" in line}
    assert len(pairs) == summary.n_pairs
    assert 140 <= summary.n_pairs <= 160
    assert 10_000 <= summary.n_events <= 19_000


def test_three_cohorts_have_a_contact_feed_and_the_partner_office_has_none(
    lines: list[dict[str, Any]],
) -> None:
    held = Counter(line["cohortid"] for line in lines if name_of(line) == "session.held")
    cohorts = {line["cohortid"] for line in lines if "cohortid" in line}
    assert cohorts - held.keys() == {"partner-office"}
    assert len(held) == 3


def test_there_is_one_platform_file_for_each_of_fourteen_months(inbox: Path, summary: SampleSummary) -> None:
    months = sorted(path.stem.removeprefix("events-") for path in inbox.glob("platform/events-20*.ndjson"))
    assert months[0] == "2025-02"
    assert months[-1] == "2026-03"
    assert len(months) == 14
    for month in months:
        text = (inbox / "platform" / f"events-{month}.ndjson").read_text()
        assert text
        assert {json.loads(line)["recordedat"][:7] for line in text.splitlines()} == {month}


@pytest.mark.parametrize("until", [dt.date(2026, 1, 1), dt.date(2026, 3, 2), dt.date(2024, 12, 31)])
def test_no_event_falls_outside_its_months_whatever_the_date(until: dt.date, tmp_path: Path) -> None:
    summary = write_sample(tmp_path, until=until)
    months = sorted(path.stem.removeprefix("events-") for path in tmp_path.glob("platform/events-20*.ndjson"))
    assert f"{summary.first_on:%Y-%m}" >= months[0]
    assert summary.last_on < until
    n_lines = sum(len(path.read_text().splitlines()) for path in tmp_path.rglob("*.ndjson"))
    assert n_lines > 9_000


def test_people_live_in_many_zones_and_sleep_at_night(
    roster: list[dict[str, str]], lines: list[dict[str, Any]]
) -> None:
    zones = {row["person_id"]: ZoneInfo(row["time_zone"]) for row in roster}
    assert len({row["time_zone"] for row in roster}) >= 8
    hours = [
        dt.datetime.fromisoformat(line["time"]).astimezone(zones[line["actorid"]]).hour
        for line in lines
        if name_of(line) in ("session.held", "exchange.message_sent") and "actorid" in line
    ]
    at_night = sum(hour < 5 for hour in hours)
    assert len(hours) > 1_500
    assert at_night / len(hours) < 0.02


def test_every_payload_is_valid_for_its_event_type(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        kind = CATALOGUE[name_of(line), int(line["type"].rpartition(".v")[2])]
        msgspec.convert(line["data"], kind.payload)
        assert line["data"].keys() <= {field.name for field in fields(kind)}
        assert line["time"] <= line["recordedat"] < f"{UNTIL}T00:00:00Z"


def test_most_of_the_catalogue_is_in_use(lines: list[dict[str, Any]]) -> None:
    known = {name for name, _ in CATALOGUE}
    used = {name_of(line) for line in lines}
    assert used <= known
    assert len(used) >= 60
    assert {name.partition(".")[0] for name in used} == {name.partition(".")[0] for name in known}


def test_all_axes_of_a_relationship_occur(lines: list[dict[str, Any]]) -> None:
    types = [line["data"] for line in lines if name_of(line) == "relationship.type_set"]
    assert {data["form"] for data in types} == {"formal", "informal"}
    assert {data["direction"] for data in types} == {"standard", "peer", "reverse"}
    assert {data["modality"] for data in types} == {"in_person", "virtual", "mixed"}
    agreed = {
        line["data"]["cadence_days"] for line in lines if name_of(line) == "relationship.cadence_agreed"
    }
    assert agreed == {7, 14, 30, 60}


def test_some_facts_are_recorded_late_and_some_lines_arrive_twice(lines: list[dict[str, Any]]) -> None:
    late = [line for line in lines if _days_late(line) >= 2]
    assert 50 < len(late) < 500
    deliveries = Counter(json.dumps(line) for line in lines)
    n_twice = sum(count == 2 for count in deliveries.values())
    assert n_twice >= 20
    assert len({line["id"] for line in lines}) == len(deliveries), "an id is never given to two facts"


def _days_late(line: dict[str, Any]) -> int:
    return (dt.datetime.fromisoformat(line["recordedat"]) - dt.datetime.fromisoformat(line["time"])).days


def test_a_mentor_carries_five_mentees_and_mentees_come_back_as_mentors(
    lines: list[dict[str, Any]], roster: list[dict[str, str]]
) -> None:
    matches = {
        (line["data"]["mentor_id"], line["subject"]) for line in lines if name_of(line) == "match.accepted"
    }
    mentors = Counter(mentor for mentor, _ in matches)
    assert max(mentors.values()) >= 5
    back = {row["person_id"] for row in roster if row["was_mentee"] == "true"}
    assert len(back) == 4
    assert {row["role"] for row in roster if row["person_id"] in back} == {"mentee", "mentor"}
    assert back & mentors.keys()


def test_everybody_is_plainly_synthetic_and_named_in_the_roster_only(
    inbox: Path, summary: SampleSummary, roster: list[dict[str, str]]
) -> None:
    assert all(row["name"].startswith("Synthetic ") for row in roster)
    assert all(row["email"].endswith("@example.invalid") for row in roster)
    private = {row["name"] for row in roster} | {row["email"] for row in roster}
    for name, data in contents(inbox).items():
        if name != "roster/participants.csv":
            text = data.decode()
            assert "@" not in text
            assert not any(word in text for word in private)


def test_the_program_is_labelled_synthetic(lines: list[dict[str, Any]]) -> None:
    labels = [line["data"]["label"] for line in lines if name_of(line) == "program.label_set"]
    assert labels == ["Synthetic sample program"]


@pytest.mark.parametrize("folder", ["roster", "surveys"])
def test_a_mapping_names_only_known_events_fields_and_columns(
    inbox: Path, summary: SampleSummary, folder: str
) -> None:
    mapping = tomllib.loads((inbox / folder / "mapping.toml").read_text())
    columns = set(rows(next(inbox.glob(f"{folder}/*.csv")))[0])
    for event in mapping["event"]:
        name, _, version = event["type"].partition(".v")
        kind = CATALOGUE[name, int(version or 1)]
        known = {field.name: field.is_required for field in fields(kind)}
        assert event["data"].keys() <= known.keys()
        assert {name for name, is_required in known.items() if is_required} <= event["data"].keys()
        origins = [event["time"], event["recorded"], *event["data"].values()]
        assert {origin for origin in origins if isinstance(origin, str)} <= columns


def test_pulse_answers_stay_on_their_scales(pulses: list[dict[str, str]]) -> None:
    items = ("fit", "heard", "useful", "time_workable", "safe", "next_step")
    assert all(1 <= int(row[item]) <= 5 for row in pulses for item in items)
    assert {row["go_on"] for row in pulses} == {"yes", "needs_change", "natural_end", "no"}
    assert {row["side"] for row in pulses} == {"mentee", "mentor"}
    assert len({row["response_id"] for row in pulses}) == len(pulses)
    assert all(row["answered_at"] < f"{UNTIL}T" for row in pulses)


def test_bad_lines_are_in_the_problems_file_only(inbox: Path, lines: list[dict[str, Any]]) -> None:
    text = (inbox / "platform" / PROBLEMS).read_text()
    verdicts = Counter(_problem(line) for line in text.splitlines())
    assert verdicts == {
        None: 8,
        "cut off": 1,
        "key twice": 1,
        "no offset": 1,
        "unknown type": 1,
        "off scale": 1,
        "to come": 1,
    }
    assert not text.endswith("\n")
    assert {_problem(json.dumps(line)) for line in lines} == {None}


def _problem(text: str) -> str | None:
    """What is wrong with a line, looked at without the product's own eyes."""
    pairs: list[list[str]] = []
    try:
        line = json.loads(
            text, object_pairs_hook=lambda found: pairs.append([k for k, _ in found]) or dict(found)
        )
    except json.JSONDecodeError:
        return "cut off"
    if any(len(set(keys)) < len(keys) for keys in pairs):
        return "key twice"
    at = dt.datetime.fromisoformat(line["time"])
    if at.tzinfo is None:
        return "no offset"
    if (name_of(line), 1) not in CATALOGUE:
        return "unknown type"
    if line["data"].get("score", 1) > 5:
        return "off scale"
    return "to come" if at.date() >= UNTIL else None
