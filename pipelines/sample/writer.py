"""Writes the told program as the files a real one would send: NDJSON by month, CSV and their mappings."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipelines.sample.benefits import GAINS
from pipelines.sample.diary import CALENDAR, ITEMS, PLATFORM, Asked, Book, Fact, Pulse, instant
from pipelines.sample.people import People, Person
from pipelines.sample.program import PROGRAM_ID
from warehouse.events.base import latest

NEWEST = {kind.name: kind.full_name for kind in latest()}
"""What a platform of today calls each event."""

REDELIVERED_EVERY = 300
"""One line in so many arrives twice."""

N_GOOD_AMONG_BAD = 8
"""How many good lines the file with problems holds."""


def write_files(folder: Path, book: Book, people: People) -> list[Path]:
    """All files of the inbox, in the order in which they would be written again."""
    platform = sorted((fact for fact in book.facts if fact.source == PLATFORM), key=_order)
    calendar = sorted((fact for fact in book.facts if fact.source == CALENDAR), key=_order)
    trainings = [fact for fact in platform if fact.event_type == "participant.trained"]
    kept_apart = trainings[-N_GOOD_AMONG_BAD:]
    files = [
        write_events(folder / "platform" / f"events-{month}.ndjson", facts)
        for month, facts in _by_month(book.days.months, [f for f in platform if f not in kept_apart])
    ]
    files.append(write_problems(folder / "platform" / "events-with-problems.ndjson", kept_apart, book))
    files.append(write_events(folder / "calendar" / "events.ndjson", calendar))
    files.append(write_roster(folder / "roster" / "participants.csv", people.roster))
    files.append(_copy_mapping("roster", folder))
    files += write_pulses(folder / "surveys", book.pulses)
    files.append(_copy_mapping("surveys", folder))
    files += write_benefits(folder / "benefits", book.asked)
    files.append(_copy_mapping("benefits", folder))
    return files


def cloud_event(fact: Fact) -> dict[str, Any]:
    """The native format: one CloudEvents object; what does not apply is left out."""
    line = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": NEWEST[fact.event_type],
        "subject": f"relationship/{fact.pair_id}" if fact.pair_id else None,
        "time": instant(fact.at),
        "recordedat": instant(fact.recorded_at),
        "programid": PROGRAM_ID,
        "cohortid": fact.cohort_id,
        "actorid": fact.actor_id,
        "actorrole": fact.actor_role,
        "evidence": fact.evidence,
        "data": fact.payload,
    }
    return {name: value for name, value in line.items() if value is not None}


def write_events(path: Path, facts: Sequence[Fact]) -> Path:
    """One line per fact as recorded, and a few lines once more: redeliveries."""
    lines = [_json(cloud_event(fact)) for fact in facts]
    lines += lines[REDELIVERED_EVERY // 2 :: REDELIVERED_EVERY]
    return _write(path, "".join(f"{line}\n" for line in lines))


def write_problems(path: Path, facts: Sequence[Fact], book: Book) -> Path:
    """Good lines with six bad ones among them, one for each thing that is most often wrong."""
    good = [_json(cloud_event(fact)) for fact in facts]
    bad = bad_lines(book)
    half = len(good) // 2
    lines = good[:half] + bad[:-1] + good[half:]
    return _write(path, "".join(f"{line}\n" for line in lines) + bad[-1])


def bad_lines(book: Book) -> list[str]:
    """Time without zone, unknown type, score off its scale, key given twice, time to come, cut off."""
    at = dt.datetime.combine(book.days.on(20), dt.time(10), dt.UTC)
    held = Fact("bad-1", PLATFORM, "session.held", at, at, {"session_id": "pair-001-bad"}, "pair-001")
    naive = cloud_event(held) | {"time": instant(at).removesuffix("Z")}
    unknown = cloud_event(held) | {"id": "bad-2", "type": "mentorship.session.teleported.v1"}
    off_scale = cloud_event(held) | {
        "id": "bad-3",
        "type": "mentorship.survey.answered.v1",
        "data": {"wave": f"{at:%Y-%m}", "instrument": "pulse", "item": "fit", "score": 9},
    }
    twice = _json(cloud_event(held) | {"id": "bad-4"}).replace('"id":', '"id":"bad-0","id":', 1)
    to_come = cloud_event(held) | {"id": "bad-5", "time": instant(at + dt.timedelta(days=400))}
    cut_off = _json(cloud_event(held) | {"id": "bad-6"})[:-30]
    return [_json(naive), _json(unknown), _json(off_scale), twice, _json(to_come), cut_off]


def write_roster(path: Path, roster: Iterable[Person]) -> Path:
    """The only file with names and addresses in it."""
    columns = (
        "person_id",
        "name",
        "email",
        "role",
        "time_zone",
        "country",
        "subdivision",
        "capacity",
        "registered_at",
        "was_mentee",
        "is_voluntary",
    )
    rows = [
        (
            person.person_id,
            person.name,
            person.email,
            person.role,
            person.time_zone,
            person.country,
            person.subdivision,
            "" if person.capacity is None else person.capacity,
            person.registered_at.isoformat(),
            "true" if person.was_mentee else "",
            {None: "", True: "true", False: "false"}[person.is_voluntary],
        )
        for person in sorted(roster, key=lambda person: (person.registered_at, person.person_id))
    ]
    return _write_csv(path, columns, rows)


def write_pulses(folder: Path, pulses: Sequence[Pulse]) -> list[Path]:
    """One CSV file for each monthly wave."""
    columns = ("response_id", "pair_id", "side", "answered_at", "wave", *ITEMS, "go_on")
    by_wave: dict[str, list[tuple[object, ...]]] = {}
    for pulse in sorted(pulses, key=lambda pulse: (pulse.answered_at, pulse.response_id)):
        about = (pulse.response_id, pulse.pair_id, pulse.side, instant(pulse.answered_at), pulse.wave)
        by_wave.setdefault(pulse.wave, []).append((*about, *pulse.scores, pulse.go_on))
    return [_write_csv(folder / f"pulse-{wave}.csv", columns, rows) for wave, rows in sorted(by_wave.items())]


def write_benefits(folder: Path, asked: Iterable[Asked]) -> list[Path]:
    """The outcome survey: one file a wave, one row for each that went out; unanswered ones stay empty."""
    items = [(side, item) for side, gains in GAINS.items() for item in gains]
    about = ("response_id", "pair_id", "person_id", "side", "wave", "instrument", "sent_at", "answered_at")
    by_wave: dict[str, list[tuple[object, ...]]] = {}
    for each in sorted(asked, key=lambda each: (each.sent_at, each.response_id)):
        given = dict(zip(GAINS[each.side], each.scores, strict=False))
        answered_at = instant(each.answered_at) if each.answered_at else ""
        named = (each.response_id, each.pair_id, each.person_id, each.side, each.wave)
        row = (*named, f"benefits-{each.side}", instant(each.sent_at), answered_at)
        scores = (given.get(item, "") if side == each.side else "" for side, item in items)
        by_wave.setdefault(each.wave, []).append((*row, *scores))
    columns = (*about, *(item for _side, item in items))
    waves = sorted(by_wave.items())
    return [_write_csv(folder / f"benefits-{wave}.csv", columns, rows) for wave, rows in waves]


def _by_month(months: Iterable[str], facts: Sequence[Fact]) -> Iterable[tuple[str, list[Fact]]]:
    """Facts by the month in which they were recorded: what a monthly export would hold."""
    for month in months:
        yield month, [fact for fact in facts if f"{fact.recorded_at:%Y-%m}" == month]


def _order(fact: Fact) -> tuple[dt.datetime, str]:
    return fact.recorded_at, fact.id


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _copy_mapping(name: str, folder: Path) -> Path:
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return _write(folder / name / "mapping.toml", text)


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
