"""The annex: what the numbers mean, what they rest on, what is missing, and where they come from."""

from __future__ import annotations

import json

from pipelines.report import say, words
from pipelines.report.measures import measures_table
from pipelines.report.model import Block, Paragraph, Section, Table
from pipelines.report.restated import Restatement
from pipelines.report.told import Told
from warehouse.editions import Origin
from warehouse.policy import Policy
from warehouse.words import EVIDENCE

INTERVALS = (
    "Shares carry Wilson's 95% interval, means their standard error, medians the limits by order of the "
    "values, rates of rare acts Byar's. n is what a number is of. Numbers are of all that counted up to "
    "the last day of the quarter, unless they say otherwise; those of the quarter before are of all up to "
    "its last day, with what is known today."
)
GRADES = (
    "Observed by a system, attested by both sides, attested by one, inferred, or assumed. A session whose "
    "date passed and that nobody attests is assumed, and counts in no headline."
)
SUPPRESSED = (
    "A number needs {k} people, {k} relationships and three mentors behind it; themes of comments need ten. "
    "Shares of 0% and 100% are not told, since they tell of everybody. Where a hidden number could be worked "
    "out from others, more are hidden. A number that differs from an earlier report by fewer than {k} "
    "pairs is told as it was."
)


def sections(
    told: Told, policy: Policy, origin: Origin, changes: tuple[Restatement, ...]
) -> tuple[Section, ...]:
    """All sections of the annex."""
    return (
        definitions(told),
        _annex("evidence", "Evidence grades", Paragraph(GRADES), *_grades(told)),
        missing(told),
        suppressions(told),
        restated(changes),
        thresholds(policy),
        source(origin),
    )


def definitions(told: Told) -> Section:
    """What each measure told means, and how its interval is made."""
    rows = tuple(
        (words.name(code), words.MEANING.get(code, "See the method page of the program's dashboards."))
        for code in told.measures
    )
    table = Table("definitions", "Measures", ("Measure", "What it means"), rows)
    return _annex("definitions", "Definitions", Paragraph(INTERVALS), table)


def missing(told: Told) -> Section:
    """What is not recorded, what came late, what waits in quarantine."""
    found = [(code, told.measures[code]) for code in words.DATA.measures if code in told.measures]
    blocks: list[Block] = [measures_table(told, words.DATA, found)] if found else []
    unseen = [
        theme.none for theme in words.THEMES if not any(code in told.measures for code in theme.measures)
    ]
    blocks += [Paragraph(text, "gap") for text in unseen]
    rows = tuple(
        (row["source"], row["freshness"], f"{row['n_events']:,}", say.day(row["last_occurred_at"].date()))
        for row in told.facts.sources
    )
    if rows:
        heads = ("Source", "At the end of the quarter", "Events", "Last event")
        blocks.append(Table("sources", "Sources", heads, rows, (2,)))
    return _annex("missing", "Missing data", *(blocks or [Paragraph(words.ALL_RECORDED)]))


def suppressions(told: Told) -> Section:
    """What is hidden; why one number is hidden is not said, since that would tell it."""
    blocks: list[Block] = [Paragraph(SUPPRESSED.format(k=told.guard.k))]
    names = sorted({(group or "whole program", words.name(code)) for group, code in told.guard.withheld})
    n_kept = len(told.guard.kept)
    blocks.append(
        Paragraph(f"{say.plural(len(names), 'number')} not told, {n_kept:,} told as in an earlier report.")
    )
    if names:
        blocks.append(Table("suppressed", "Not told", ("Group", "Measure"), tuple(names)))
    return _annex("suppressions", "Suppressions", *blocks)


def restated(changes: tuple[Restatement, ...]) -> Section:
    """What this edition tells otherwise than the one before."""
    if not changes:
        text = "Nothing: this is the first edition, or no number changed."
        return _annex("restatements", "Restatements", Paragraph(text))
    rows = tuple(
        (
            change.group or "whole program",
            words.name(change.measure),
            f"{change.before or 'not told'} (n = {change.n_before:,})",
            f"{change.after or 'not told'} (n = {change.n_after:,})",
        )
        for change in changes
    )
    heads = ("Group", "Number", "Was", "Is")
    return _annex(
        "restatements",
        "Restatements",
        Paragraph(changes[0].why),
        Table("restatements", "Numbers told otherwise than in the edition before", heads, rows),
    )


def thresholds(policy: Policy) -> Section:
    """Every setting in force, with what it means."""
    rows = tuple(
        (name, json.dumps(value, ensure_ascii=False), Policy.model_fields[name].description or "")
        for name, value in policy.as_columns().items()
    )
    return _annex(
        "thresholds",
        "Thresholds in force",
        Table("thresholds", "Policy", ("Setting", "Value", "Meaning"), rows),
    )


def source(origin: Origin) -> Section:
    """Where every number comes from, so that the report can be made again byte for byte."""
    rows = (
        ("As of", origin.as_of),
        ("Known at", origin.known_at),
        ("Policy", origin.policy_fingerprint),
        ("Log", f"{origin.log_position:,} positions, head {origin.log_hash}"),
        ("Tables", origin.mart_hash),
        ("Kinkeeper", origin.version),
        ("Snapshot", origin.snapshot_hash),
    )
    note = "The same log, policy and version give the same bytes: kinkeeper report --rebuild compares them."
    return _annex(
        "source", "Where this comes from", Table("source", "Origin", ("What", "Value"), rows, note=note)
    )


def _grades(told: Told) -> tuple[Block, ...]:
    total = sum(told.facts.grades.values())
    rows = tuple(
        (EVIDENCE[grade], f"{n:,}", say.percent(n / total)) for grade, n in sorted(told.facts.grades.items())
    )
    return (Table("grades", "Events by grade", ("Grade", "Events", "Share"), rows, (1, 2)),) if rows else ()


def _annex(key: str, title: str, *blocks: Block) -> Section:
    return Section(key, title, blocks, is_annex=True)
