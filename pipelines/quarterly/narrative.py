"""The program manager's own words of a report, and the drafts they replace."""

from __future__ import annotations

from pipelines.quarterly.fold import open_log
from pipelines.report.contents import drafts
from pipelines.report.model import from_json
from warehouse.editions import editions
from warehouse.operations import open_operations
from warehouse.report_words import EVENT, ReportWords, standing
from warehouse.settings import Settings


def own_words(settings: Settings, quarter: str, program: str) -> dict[str, str]:
    """What the program manager wrote for the report of a quarter, by section, as the log names it."""
    with open_log(settings) as con:
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
