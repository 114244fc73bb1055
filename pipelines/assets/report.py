"""The quarterly report: what was asked for on the screen, and that of the last quarter that is over."""

from __future__ import annotations

import dagster as dg

from pipelines.quarterly.make import standing_report
from pipelines.quarterly.requests import make_requested
from pipelines.report.quarters import Quarter
from pipelines.resources import Home
from warehouse.clock import system_clock, zone

REPORT = dg.AssetKey("report")


@dg.asset(key=REPORT, group_name="publication", kinds={"pdf"})
def report(home: Home) -> dg.MaterializeResult:
    """The reports of the last quarter as HTML, PDF, PPTX and XLSX; frozen once, the same ever after.

    It takes the home's writer lock itself, so it runs in a job of its own.
    """
    settings = home.settings()
    today = system_clock().astimezone(zone(settings.policy.time_zone)).date()
    made = [
        *make_requested(settings),
        standing_report(settings, Quarter.of(today).before),
    ]
    return dg.MaterializeResult(
        metadata={
            str(each.edition.folder.name): dg.MetadataValue.json(
                {file.name: file.sha256 for file in each.edition.manifest.files}
            )
            for each in made
        }
    )
