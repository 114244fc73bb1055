"""Dagster's door: every asset, check, job, sensor and schedule of one home folder, and nothing else."""

from __future__ import annotations

import dagster as dg

from pipelines.assets import all_assets
from pipelines.automation import (
    daily_refresh,
    inbox_sensor,
    learn,
    make_reports,
    monday_list,
    quarterly_report,
    refresh,
    report_sensor,
    weekly_learning,
    weekly_list,
)
from pipelines.checks import all_checks
from pipelines.resources import quiet_libraries, resources
from warehouse.settings import Settings, load_settings

quiet_libraries()


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the home folder that KINKEEPER_HOME names, else `var`."""
    return definitions_of(load_settings())


def definitions_of(settings: Settings) -> dg.Definitions:
    """The definitions of a home folder; a run is one process, as the files have one writer."""
    return dg.Definitions(
        assets=all_assets(settings.policy),
        asset_checks=all_checks(),
        jobs=[refresh, monday_list, make_reports, learn],
        sensors=[inbox_sensor, report_sensor],
        schedules=[
            each(settings.policy.time_zone)
            for each in (daily_refresh, weekly_list, weekly_learning, quarterly_report)
        ],
        resources=resources(settings),
        executor=dg.in_process_executor,
    )
