"""The quarterly report of a home: folded as of the quarter's end, frozen as an edition, written to files.

An edition is what was told: its instants, the policy, how far the log reached, the model of the report and
its files, in `<home>/reports/<quarter>/<program>-<audience>-<edition>/`. Asked for again, the files come
out of the frozen model, byte for byte; `rebuild` folds the log again and says whether it still tells the
same. After late data a new edition lists what it tells otherwise.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import msgspec

from pipelines.build import learn_new_fields, open_build
from pipelines.history import bring_kept
from pipelines.ingest.drain import drain, words
from pipelines.report import facts as facts_of
from pipelines.report.contents import Asked, build_report, drafts
from pipelines.report.facts import Facts, Moment
from pipelines.report.guard import Guard, Published
from pipelines.report.model import Report, from_json, snapshot_hash, to_json
from pipelines.report.quarters import Quarter
from pipelines.report.restated import Restatement, restatements
from pipelines.report.rollup import build_rollup, told_of_program
from pipelines.signal_models import all_models
from warehouse import database, models, publish
from warehouse.clock import Clock, system_clock
from warehouse.editions import (
    ALL_PROGRAMS,
    MANIFEST,
    MODEL,
    Audience,
    Edition,
    File,
    Manifest,
    Origin,
    editions,
)
from warehouse.errors import HomeBusy, KinkeeperError
from warehouse.models import AnyModel
from warehouse.operations import open_operations
from warehouse.policy import Policy
from warehouse.report_desk import ONLY_PROGRAM, ReportDesk, ReportRequest
from warehouse.report_words import EVENT, ReportWords, standing
from warehouse.run import Run, write_run
from warehouse.settings import Settings

OnStep = Callable[[str], None]
FORMATS = ("html", "pdf", "pptx", "xlsx")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is asked for."""

    quarter: Quarter
    audience: Audience = "sponsor"
    programs: tuple[str, ...] = ()
    """Several roll up into one report; empty where the home has one program only, or all are wanted."""
    is_all_programs: bool = False
    is_new_edition: bool = False
    is_rebuild: bool = False


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
        found = [each for each in editions(settings.reports) if _is_wanted(each, wanted)]
        _refuse_ambiguous({each.manifest.origin.program_id for each in found})
        if found and not wanted.is_new_edition:
            is_same = _rebuilds(settings, found[-1], on_step) if wanted.is_rebuild else None
            return Made(found[-1], _written(found[-1], out), is_same)
        edition = _freeze(settings, wanted, found, now, on_step)
        return Made(edition, _written(edition, out))


def _is_wanted(edition: Edition, wanted: Wanted) -> bool:
    origin = edition.manifest.origin
    if wanted.is_all_programs:
        is_of_them = origin.programs != () and origin.program_id == ALL_PROGRAMS
    elif wanted.programs:
        is_of_them = origin.told_of == _in_order(wanted.programs) and origin.program_id != ALL_PROGRAMS
    else:
        is_of_them = not origin.programs
    return is_of_them and (origin.quarter, origin.audience) == (str(wanted.quarter), wanted.audience)


def _in_order(programs: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(programs)))


def _freeze(
    settings: Settings, wanted: Wanted, before: Sequence[Edition], now: dt.datetime, on_step: OnStep
) -> Edition:
    """Fold, tell, write the files, and put the whole edition in its place in one step."""
    number = before[-1].manifest.edition + 1 if before else 1
    drain(settings, lambda: now, [words])
    origin, narrative, report = _told(settings, settings.policy, wanted, now, before, None, number, on_step)
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
            (made / f"{_stem(report)}.{kind}").write_bytes(data)
            files.append(File(f"{_stem(report)}.{kind}", hashlib.sha256(data).hexdigest()))
        manifest = Manifest(
            number, origin, settings.policy.as_columns(), snapshot_hash(model), tuple(files), dict(narrative)
        )
        (made / MODEL).write_bytes(model)
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        os.replace(made, folder)
    return Edition(folder, manifest)


def own_words(settings: Settings, quarter: str, program: str) -> dict[str, str]:
    """What the program manager wrote for the report of a quarter, by section, as the log names it."""
    with _log(settings) as con:
        rows = con.execute(
            "select program, section, text_id, sealed_sha256 from log.typed_event "
            "where event_type = ? and quarter = ? order by position",
            [EVENT, quarter],
        ).fetchall()
    named = standing(rows, program)
    engine = open_operations(settings.operations_url)
    try:
        texts = ReportWords(engine).texts(dict(named.values()))
    finally:
        engine.dispose()
    return {section: texts[text_id] for section, (text_id, _) in named.items() if text_id in texts}


def latest_drafts(settings: Settings, quarter: str, program: str) -> dict[str, str]:
    """What the latest edition of a quarter says in each section; empty before there is one."""
    found = [
        each
        for each in editions(settings.reports)
        if each.manifest.origin.quarter == quarter and program in {"", each.manifest.origin.program_id}
    ]
    return drafts(from_json(max(found, key=lambda each: each.published).model())) if found else {}


def make_requested(
    settings: Settings, *, clock: Clock = system_clock, on_step: OnStep = lambda _step: None
) -> list[Made]:
    """Make every report that was asked for on the reports screen, and note there what came of it."""
    engine = open_operations(settings.operations_url)
    try:
        desk = ReportDesk(engine, clock)
        return [made for asked in desk.open() if (made := _requested(settings, desk, asked, clock, on_step))]
    finally:
        engine.dispose()


def _requested(
    settings: Settings, desk: ReportDesk, asked: ReportRequest, clock: Clock, on_step: OnStep
) -> Made | None:
    phases = [""]
    try:
        is_all = asked.program == ALL_PROGRAMS
        programs = () if is_all or asked.program == ONLY_PROGRAM else (asked.program,)
        wanted = Wanted(
            Quarter.parse(asked.quarter),
            asked.audience,
            programs,
            is_all,
            is_new_edition=asked.is_new_edition,
        )

        def noted(step: str) -> None:
            on_step(step)
            phase = _phase(step)
            if phase != phases[-1]:
                phases.append(phase)
                desk.note_step(asked.request_id, phase)

        made = make_report(settings, wanted, clock=clock, on_step=noted)
    except HomeBusy:  # it waits on
        raise
    except KinkeeperError as error:
        desk.finish(asked.request_id, f"not made: {error}")
        return None
    desk.finish(asked.request_id, f"edition {made.edition.manifest.edition} is there")
    return made


def _phase(step: str) -> str:
    """What a step is part of, in few words: a desk that is asked by screens need not know every table."""
    return step if step.startswith("writing") else "folding the ends of the quarters"


def _told(  # noqa: PLR0913, PLR0917  (all of it fixes an edition)
    settings: Settings,
    policy: Policy,
    wanted: Wanted,
    known_at: dt.datetime,
    before: Sequence[Edition],
    narrative: Mapping[str, str] | None,
    number: int,
    on_step: OnStep,
) -> tuple[Origin, Mapping[str, str], Report]:
    """Everything a report tells as of the quarter's end, knowing what was known at an instant.

    With the narrative of a frozen edition, or (None) the words that stand now.
    """
    quarter = wanted.quarter
    run = Run(quarter.ends_at(policy.time_zone), known_at, policy)
    facts, position, head = _facts(settings, run, wanted, on_step)
    is_one = len(facts) == 1
    origin = Origin(
        str(quarter),
        ALL_PROGRAMS if wanted.is_all_programs else "+".join(facts),
        wanted.audience,
        _iso(run.as_of),
        _iso(known_at),
        policy.fingerprint(),
        position,
        head,
        _fingerprint(facts),
        version("kinkeeper"),
        () if is_one else tuple(facts),
    )
    words = own_words(settings, str(quarter), origin.program_id) if narrative is None else narrative
    return origin, words, _report(settings, facts, policy, origin, before, words, number)


def _fingerprint(facts: Mapping[str, Facts]) -> str:
    """Of all that was read, of one program or of several."""
    marks = [facts_of.fingerprint(each) for each in facts.values()]
    return marks[0] if len(marks) == 1 else hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _report(  # noqa: PLR0913, PLR0917
    settings: Settings,
    facts: Mapping[str, Facts],
    policy: Policy,
    origin: Origin,
    before: Sequence[Edition],
    narrative: Mapping[str, str],
    number: int,
) -> Report:
    """The report of facts; told twice where an edition stands before it, to list what changed."""
    ledgers = {program: _ledger(settings, program, origin, number) for program in facts}
    asked = Asked(origin.program_id, origin.audience, number, policy, origin, narrative)
    report = _worded(facts, asked, ledgers)
    if number == 1:
        return report
    last = next(edition for edition in before if edition.manifest.edition == number - 1)
    return _worded(facts, replace(asked, restatements=_changes(settings, last, report, origin)), ledgers)


def _worded(facts: Mapping[str, Facts], asked: Asked, ledgers: Mapping[str, Sequence[Published]]) -> Report:
    """The report of one program, or of several rolled up into one."""
    guards = {
        program: Guard(asked.policy.small_group, ledger, asked.origin.quarter)
        for program, ledger in ledgers.items()
    }
    if len(facts) > 1:
        return build_rollup(facts, asked, guards)
    (program,) = facts
    return build_report(facts[program], asked, guards[program])


def _changes(settings: Settings, last: Edition, report: Report, origin: Origin) -> tuple[Restatement, ...]:
    """What a new edition tells otherwise, and how many events were learnt in between."""
    was = last.manifest.origin
    with _log(settings) as con:
        learnt = con.execute(
            """
            select event_type, count(*) from log.typed_event
            where position > $since and position <= $until and occurred_at <= $as_of::timestamp
            group by event_type order by count(*) desc, event_type
            """,
            {
                "since": was.log_position,
                "until": origin.log_position,
                "as_of": origin.as_of.removesuffix("Z"),
            },
        ).fetchall()
    why = _why(learnt, was, origin)
    return restatements(from_json(last.model()).cells, report.cells, why)


def _why(learnt: Sequence[tuple[str, int]], was: Origin, now: Origin) -> str:
    reasons = []
    if learnt:
        kinds = ", ".join(f"{n:,} {event_type}" for event_type, n in learnt[:5])
        more = f" and {len(learnt) - 5} other kinds" if len(learnt) > 5 else ""
        total = sum(n for _, n in learnt)
        reasons.append(
            f"{total:,} events that happened by the end of the quarter were learnt after "
            f"{was.known_at[:10]}: {kinds}{more}."
        )
    if was.policy_fingerprint != now.policy_fingerprint:
        reasons.append("The policy was changed, so the same events are judged otherwise.")
    if was.version != now.version:
        reasons.append(f"Kinkeeper is {now.version}; the edition before was made by {was.version}.")
    return " ".join(reasons) or "Nothing was learnt in between."


def _rebuilds(settings: Settings, edition: Edition, on_step: OnStep) -> bool:
    """Whether folding the log again, as of the frozen instants and policy, tells the same byte for byte."""
    origin = edition.manifest.origin
    wanted = Wanted(
        Quarter.parse(origin.quarter),
        origin.audience,
        () if origin.program_id == ALL_PROGRAMS and origin.programs else origin.told_of,
        is_all_programs=origin.program_id == ALL_PROGRAMS and origin.programs != (),
    )
    policy = Policy.model_validate(edition.manifest.policy)
    before = [
        each for each in editions(settings.reports) if each.place < edition.place and _is_wanted(each, wanted)
    ]
    known_at = dt.datetime.fromisoformat(origin.known_at)
    found, _, report = _told(
        settings,
        policy,
        wanted,
        known_at,
        before,
        edition.manifest.narrative,
        edition.manifest.edition,
        on_step,
    )
    return found == origin and snapshot_hash(to_json(report)) == edition.manifest.report_sha256


def _ledger(settings: Settings, program: str, origin: Origin, number: int) -> list[Published]:
    """Every report that told of a program before an edition, the oldest first: what to make differences with.

    What was told to insiders is held against what sponsors are told, and the other way round; what was told
    of a program beside others against what its own report tells.
    """
    found = [
        edition
        for edition in editions(settings.reports)
        if program in edition.manifest.origin.told_of and edition.published < (origin.known_at, number)
    ]
    found.sort(key=lambda edition: edition.published)
    return [
        Published(
            edition.manifest.origin.quarter,
            {
                cell.key: cell
                for cell in told_of_program(
                    from_json(edition.model()).cells, program if edition.manifest.origin.programs else None
                )
            },
        )
        for edition in found
    ]


def standing_report(settings: Settings, quarter: Quarter) -> Made:
    """The sponsors' report that a schedule makes: of the only program, or of all programs in one."""
    with publish.open_current(settings.published) as con:
        n_programs = len(facts_of.programs(con))
    return make_report(settings, Wanted(quarter, is_all_programs=n_programs > 1))


def _facts(
    settings: Settings, run: Run, wanted: Wanted, on_step: OnStep
) -> tuple[dict[str, Facts], int, str]:
    """All that is told, by program, folded as of three ends of quarters; position and chain head of the log.

    The two earlier ends are folded beside this one: most of a fold is the days before it, one after another.
    """
    quarter = wanted.quarter
    models.discover()  # read once, before two threads ask for it
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside:

        def earlier(asked: Quarter) -> Moment | None:
            return _earlier(settings, Path(name) / f"{asked}.duckdb", run, asked, on_step)

        promised = [beside.submit(earlier, asked) for asked in (quarter.before, quarter.year_before)]
        with _folded(settings, Path(name) / "now.duckdb", run, facts_of.OF_A_REPORT, on_step, quarter) as con:
            chosen, now = _programs(facts_of.programs(con), wanted), facts_of.read_moment(con, quarter)
            facts = {program: facts_of.read_facts(con, now.of(program)) for program in chosen}
            position, head = _log_head(con, run.known_at)
        before, year_ago = (each.result() for each in promised)
    return (
        {
            program: replace(
                found, before=before and before.of(program), year_ago=year_ago and year_ago.of(program)
            )
            for program, found in facts.items()
        },
        position,
        head,
    )


def _earlier(settings: Settings, path: Path, run: Run, quarter: Quarter, on_step: OnStep) -> Moment | None:
    """The state at the end of an earlier quarter, with today's knowledge; None before there was anything."""
    as_of = quarter.ends_at(run.policy.time_zone)
    with _log(settings) as con:
        (n,) = con.execute(
            "select count(*) from log.typed_event where occurred_at <= ? and recorded_at <= ?",
            [_naive(as_of), _naive(run.known_at)],
        ).fetchall()[0]
    if not n:
        return None
    earlier = replace(run, as_of=as_of)
    with _folded(settings, path, earlier, facts_of.OF_A_MOMENT, on_step, quarter) as con:
        return facts_of.read_moment(con, quarter)


def _needed(found: Mapping[str, AnyModel], tables: Sequence[str]) -> set[str]:
    """These tables and all that they are made of."""
    needed, wanted = set[str](), list(tables)
    while wanted:
        name = wanted.pop()
        if name in found and name not in needed:
            needed.add(name)
            wanted.extend(found[name].depends_on)
    return needed


@contextmanager
def _folded(
    settings: Settings, path: Path, run: Run, tables: Sequence[str], on_step: OnStep, quarter: Quarter
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A temporary build as of an instant, of no more than these tables need; the publication stays."""
    with open_build(settings, path) as con:
        bring_kept(con, settings.models_file)
        write_run(con, run)
        found = all_models(run.policy)
        models.build(
            con,
            found,
            targets=_needed(found, tables),
            on_model=lambda name: on_step(f"end of {quarter}: {name}"),
        )
        yield con


@contextmanager
def _log(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        yield con


def _log_head(con: duckdb.DuckDBPyConnection, known_at: dt.datetime) -> tuple[int, str]:
    """How far the log reached at an instant, and the head of its hash chain there."""
    row = con.execute(
        """
        select last_position, chain_head from log.ledger
        where landed_at <= ? order by last_position desc, landed_at desc limit 1
        """,
        [_naive(known_at)],
    ).fetchone()
    return (0, "") if row is None else (int(row[0]), str(row[1]))


def _programs(found: Sequence[str], wanted: Wanted) -> tuple[str, ...]:
    """The programs to tell of, in order; raises KinkeeperError where they cannot be told."""
    if not found:
        raise KinkeeperError(
            "no relationship had been accepted by the end of that quarter: choose a later one"
        )
    if wanted.is_all_programs:
        if len(found) == 1:
            raise KinkeeperError(f"{found[0]} is the only program: leave --all-programs out")
        return tuple(found)
    unknown = set(wanted.programs) - set(found)
    if unknown or not wanted.programs:
        _refuse_ambiguous(found, is_known=not unknown)
    return _in_order(wanted.programs) or (found[0],)


def _refuse_ambiguous(found: Collection[str], *, is_known: bool = True) -> None:
    """Raise KinkeeperError where there are several programs to choose from, or none was meant."""
    if len(found) > 1 or not is_known:
        raise KinkeeperError(
            f"name one of the programs with --program: {', '.join(sorted(found))}. Each has a report of its "
            "own; --program given twice, or --all-programs, rolls them up into one"
        )


def write(report: Report, kind: str) -> bytes:
    """The report in one format: html, pdf, pptx or xlsx."""
    from pipelines.report import pdf, sheets, slides, web

    writers = {"html": web.html, "pdf": pdf.pdf, "pptx": slides.pptx, "xlsx": sheets.xlsx}
    return writers[kind](report)


def _written(edition: Edition, out: Path | None) -> tuple[Path, ...]:
    """The files of an edition, in a folder of the asker's or in its own; written anew where they are gone."""
    folder = out or edition.folder
    folder.mkdir(parents=True, exist_ok=True)
    report = from_json(edition.model())
    for file in edition.manifest.files:
        target = folder / file.name
        if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != file.sha256:
            target.write_bytes(_bytes(edition, report, file))
    return tuple(folder / file.name for file in edition.manifest.files)


def _bytes(edition: Edition, report: Report, file: File) -> bytes:
    """A file of an edition as it was frozen: its own copy, else written out of the model again."""
    kept = edition.folder / file.name
    data = kept.read_bytes() if kept.is_file() else b""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        data = write(report, file.name.rpartition(".")[2])
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise KinkeeperError(
            f"{file.name} cannot be made as it was: it was frozen by Kinkeeper "
            f"{edition.manifest.origin.version}. Restore a backup, or ask for a new edition with "
            "`kinkeeper report --edition new`"
        )
    return data


def _stem(report: Report) -> str:
    return f"{report.program_id}-{report.quarter}-{report.audience}-edition-{report.edition}"


def _iso(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _naive(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
