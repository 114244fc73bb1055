"""From folded facts to the report of an edition, held against all that was told before."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import duckdb

from pipelines.quarterly.fold import log_mark, open_log, read_facts
from pipelines.quarterly.narrative import own_words
from pipelines.quarterly.wanted import OnStep, Wanted
from pipelines.report import facts as facts_of
from pipelines.report.contents import Asked, build_report
from pipelines.report.facts import Facts
from pipelines.report.guard import Guard, Published
from pipelines.report.model import Report, from_json
from pipelines.report.restated import Restatement, restatements
from pipelines.report.rollup import build_rollup, told_of_program
from warehouse.editions import ALL_PROGRAMS, Edition, Manifest, Origin, editions
from warehouse.policy import Policy
from warehouse.run import Run
from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Draft:
    """All that fixes an edition before the log is folded for it."""

    wanted: Wanted
    policy: Policy
    known_at: dt.datetime
    number: int
    before: Sequence[Edition]
    """The editions of the same that stand already."""
    frozen: Manifest | None = None
    """Whose words and log it is told with again; None: the words that stand now, and all of the log."""


def tell(settings: Settings, draft: Draft, on_step: OnStep) -> tuple[Origin, Mapping[str, str], Report]:
    """Where an edition comes from, its own words, and everything it tells as of the quarter's end."""
    wanted, policy = draft.wanted, draft.policy
    quarter = wanted.quarter
    run = Run(quarter.ends_at(policy.time_zone), draft.known_at, policy)
    facts = read_facts(settings, run, wanted, on_step)
    with open_log(settings) as con:
        position, head = log_mark(con, draft.frozen)
    is_one = len(facts) == 1
    origin = Origin(
        str(quarter),
        ALL_PROGRAMS if wanted.is_all_programs else "+".join(facts),
        wanted.audience,
        _iso(run.as_of),
        _iso(draft.known_at),
        policy.fingerprint(),
        position,
        head,
        _fingerprint(facts),
        version("kinkeeper"),
        () if is_one else tuple(facts),
    )
    if draft.frozen is None:
        words: Mapping[str, str] = own_words(settings, str(quarter), origin.program_id)
    else:
        words = draft.frozen.narrative
    return origin, words, _report(settings, facts, draft, origin, words)


def _fingerprint(facts: Mapping[str, Facts]) -> str:
    """Of all that was read, of one program or of several."""
    marks = [facts_of.fingerprint(each) for each in facts.values()]
    return marks[0] if len(marks) == 1 else hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _report(
    settings: Settings, facts: Mapping[str, Facts], draft: Draft, origin: Origin, words: Mapping[str, str]
) -> Report:
    """The report of facts; told twice where an edition stands before it, to list what changed."""
    ledgers = {program: _ledger(settings, program, origin, draft.number) for program in facts}
    asked = Asked(origin.program_id, origin.audience, draft.number, draft.policy, origin, words)
    report = _worded(facts, asked, ledgers)
    if draft.number == 1:
        return report
    last = next(edition for edition in draft.before if edition.manifest.edition == draft.number - 1)
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
    with open_log(settings) as con:
        why = _why(learnt(con, was, origin), was, origin)
    return restatements(from_json(last.model()).cells, report.cells, why)


def learnt(con: duckdb.DuckDBPyConnection, was: Origin, now: Origin) -> list[tuple[str, int]]:
    """How many events of each type one edition knows and the one before did not, the most frequent first.

    They came into the log since, or were in it and by their clock not yet recorded.
    """
    return con.execute(
        """
        select event_type, count(*) from log.typed_event
        where
            (position > $since or recorded_at > $known_then::timestamp)
            and position <= $until and recorded_at <= $known_at::timestamp
            and occurred_at <= $as_of::timestamp
        group by event_type order by count(*) desc, event_type
        """,
        {
            "since": was.log_position,
            "until": now.log_position,
            "known_then": was.known_at.removesuffix("Z"),
            "known_at": now.known_at.removesuffix("Z"),
            "as_of": now.as_of.removesuffix("Z"),
        },
    ).fetchall()


def _why(found: Sequence[tuple[str, int]], was: Origin, now: Origin) -> str:
    reasons = []
    if found:
        kinds = ", ".join(f"{n:,} {event_type}" for event_type, n in found[:5])
        more = f" and {len(found) - 5} other kinds" if len(found) > 5 else ""
        total = sum(n for _, n in found)
        reasons.append(
            f"{total:,} events that happened by the end of the quarter were learnt after "
            f"{was.known_at[:10]}: {kinds}{more}."
        )
    if was.policy_fingerprint != now.policy_fingerprint:
        reasons.append("The policy was changed, so the same events are judged otherwise.")
    if was.version != now.version:
        reasons.append(f"Kinkeeper is {now.version}; the edition before was made by {was.version}.")
    return " ".join(reasons) or "Nothing was learnt in between."


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


def _iso(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
