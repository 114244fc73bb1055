"""The contents of a report, from facts to sections; the order is that of docs/report.md.

Every number goes through the guard once, in a fixed order, before anything is worded: what may not be told
is told nowhere. Sentences are drafts written from the numbers; words of the program manager replace them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.report import annex, front, sections
from pipelines.report.facts import Facts
from pipelines.report.guard import Guard
from pipelines.report.model import Block, Paragraph, Report, Section
from pipelines.report.restated import Restatement
from pipelines.report.told import tell
from warehouse.editions import Audience, Origin
from warehouse.policy import Policy


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: of which program, for whom, which edition, with which words."""

    program_id: str
    audience: Audience
    edition: int
    policy: Policy
    origin: Origin
    narrative: Mapping[str, str] = field(default_factory=dict)
    """Section -> the program manager's own words."""
    restatements: tuple[Restatement, ...] = ()


def build_report(facts: Facts, asked: Asked, guard: Guard) -> Report:
    """The whole report; the guard remembers what it tells."""
    told = tell(facts, guard)
    body = [
        sections.reach.section(told),
        sections.health.section(told),
        sections.endings.section(told),
        sections.themes.early_warning(told),
        sections.themes.experience(told),
        sections.themes.learning(told, asked.policy),
        sections.themes.network(told),
        sections.themes.results(),
        sections.equity.section(told),
        sections.themes.mentors(told),
        sections.themes.operation(told),
        sections.outlook.cost(told, asked.policy),
        sections.themes.voices(),
        sections.outlook.did_not_work(told),
        sections.outlook.plan(told),
    ]
    if asked.audience == "internal":
        body.append(sections.outlook.pairs_to_turn_to(facts))
    notes = annex.sections(told, asked.policy, asked.origin, asked.restatements)
    return Report(
        program_id=asked.program_id,
        program_name=asked.policy.program_name,
        quarter=str(facts.quarter),
        edition=asked.edition,
        audience=asked.audience,
        as_of=asked.origin.as_of,
        known_at=asked.origin.known_at,
        label=str(facts.now.run["program_label"] or ""),
        answer=asked.narrative.get("answer", front.answer(told)),
        front=front.blocks(told, body, asked.narrative.get("front")),
        sections=tuple(worded(section, asked.narrative) for section in (*body, *notes)),
        cells=tuple(guard.cells),
    )


def worded(section: Section, narrative: Mapping[str, str]) -> Section:
    """A section whose drafts give way to the program manager's own words, where there are some."""
    words = narrative.get(section.key, "").strip()
    if not words:
        return section
    own: list[Block] = [Paragraph(text, "written") for text in words.split("\n\n")]
    rest = [block for block in section.blocks if not (isinstance(block, Paragraph) and block.kind == "draft")]
    return Section(section.key, section.title, (*own, *rest), section.level, section.is_annex)


def drafts(report: Report) -> dict[str, str]:
    """What a program manager may put in other words: section -> the words there now."""
    found: dict[str, Any] = {"answer": report.answer}
    for section in report.body:
        texts = _words(section.blocks)
        if texts:
            found[section.key] = "\n\n".join(texts)
    return found


def _words(blocks: Sequence[Block]) -> list[str]:
    kinds = {"draft", "written"}
    return [block.text for block in blocks if isinstance(block, Paragraph) and block.kind in kinds]
