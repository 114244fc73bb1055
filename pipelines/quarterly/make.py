"""The quarterly report of a home: folded as of the quarter's end, frozen as an edition, written to files."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from pipelines.build import learn_new_fields
from pipelines.ingest.drain import drain, words
from pipelines.quarterly.files import FORMATS, stem, write, written
from pipelines.quarterly.fold import refuse_ambiguous
from pipelines.quarterly.tell import Draft, tell
from pipelines.quarterly.wanted import OnStep, Wanted
from pipelines.report import facts as facts_of
from pipelines.report.model import snapshot_hash, to_json
from pipelines.report.quarters import Quarter
from warehouse import database, publish
from warehouse.clock import Clock, system_clock
from warehouse.editions import MANIFEST, MODEL, Edition, File, Manifest, editions
from warehouse.errors import KinkeeperError
from warehouse.policy import Policy
from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Made:
    """An edition, where its files lie, and whether a rebuild still tells the same (None: not asked)."""

    edition: Edition
    paths: tuple[Path, ...]
    is_same: bool | None = None


def make_report(
    settings: Settings,
    wanted: Wanted,
    out: Path | None = None,
    *,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _step: None,
) -> Made:
    """The report of a quarter: frozen now if it was not, else as it was frozen.

    Raises KinkeeperError for a quarter that is not over, and where the home has several programs and none is
    named.
    """
    now = clock().replace(microsecond=0)
    if wanted.quarter.ends_at(settings.policy.time_zone) >= now:
        today = now.astimezone(ZoneInfo(settings.policy.time_zone)).date()
        raise KinkeeperError(
            f"{wanted.quarter} is not over: it ends on {wanted.quarter.last_day}. "
            f"Ask for {Quarter.of(today).before}"
        )
    with database.writer_lock(settings.home):
        learn_new_fields(settings)
        found = [each for each in editions(settings.reports) if wanted.is_met_by(each)]
        refuse_ambiguous({each.manifest.origin.program_id for each in found})
        if found and not wanted.is_new_edition:
            is_same = _rebuilds(settings, found[-1], on_step) if wanted.is_rebuild else None
            return Made(found[-1], written(found[-1], out), is_same)
        edition = _freeze(settings, wanted, found, now, on_step)
        return Made(edition, written(edition, out))


def standing_report(settings: Settings, quarter: Quarter) -> Made:
    """The sponsors' report that a schedule makes: of the only program, or of all programs in one."""
    with publish.open_current(settings.published) as con:
        n_programs = len(facts_of.programs(con))
    return make_report(settings, Wanted(quarter, is_all_programs=n_programs > 1))


def _freeze(
    settings: Settings, wanted: Wanted, before: Sequence[Edition], now: dt.datetime, on_step: OnStep
) -> Edition:
    """Fold, tell, write the files, and put the whole edition in its place in one step."""
    number = before[-1].manifest.edition + 1 if before else 1
    drain(settings, lambda: now, [words])
    draft = Draft(wanted, settings.policy, now, number, before)
    origin, narrative, report = tell(settings, draft, on_step)
    model = to_json(report)
    folder = settings.reports / origin.quarter / f"{origin.program_id}-{origin.audience}-{number}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as name:
        made = Path(name) / "edition"
        made.mkdir()
        files = []
        for kind in FORMATS:
            on_step(f"writing {kind}")
            data = write(report, kind)
            (made / f"{stem(report)}.{kind}").write_bytes(data)
            files.append(File(f"{stem(report)}.{kind}", hashlib.sha256(data).hexdigest()))
        manifest = Manifest(
            number, origin, settings.policy.as_columns(), snapshot_hash(model), tuple(files), dict(narrative)
        )
        (made / MODEL).write_bytes(model)
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        os.replace(made, folder)
    return Edition(folder, manifest)


def _rebuilds(settings: Settings, edition: Edition, on_step: OnStep) -> bool:
    """Whether folding the log again, as of the frozen instants and policy, tells the same byte for byte."""
    manifest, wanted = edition.manifest, Wanted.of(edition)
    found = filter(wanted.is_met_by, editions(settings.reports))
    draft = Draft(
        wanted,
        Policy.model_validate(manifest.policy),
        dt.datetime.fromisoformat(manifest.origin.known_at),
        manifest.edition,
        [each for each in found if each.place < edition.place],
        manifest,
    )
    origin, _, report = tell(settings, draft, on_step)
    return origin == manifest.origin and snapshot_hash(to_json(report)) == manifest.report_sha256
