"""When to run: as soon as files wait in the inbox, and once a day, since silence grows by itself."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import dagster as dg

from pipelines.assets.ingest import complete_files
from pipelines.assets.report import REPORT
from pipelines.notify import send_notices
from pipelines.resources import Home
from warehouse.clock import system_clock
from warehouse.operations import open_operations
from warehouse.report_desk import ReportDesk
from warehouse.settings import notice_addresses

DAILY_AT = "0 5 * * *"
"""Before the working day, in the program's time zone."""

MONDAY_AT = "0 8 * * 1"
"""When a week is planned, in the program's time zone."""
REPORT_AT = "0 6 1-7 1,4,7,10 *"
"""On the first days of a quarter; the schedule itself picks the first working day."""
N_WORKING_DAYS = 5

WEEKLY_AT = "0 4 * * 1"
"""Before Monday's refresh, which uses what was learnt."""

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(REPORT, "risk_model"),
    description="Ingest what waits in the inbox, fold the log, judge, check and publish.",
)
make_reports = dg.define_asset_job(
    "make_reports",
    selection=dg.AssetSelection.assets(REPORT),
    description="Make the reports that were asked for, and that of the last quarter.",
)
learn = dg.define_asset_job(
    "learn",
    selection=dg.AssetSelection.assets("risk_model"),
    description="Learn the risk of falling silent from the windows that have closed since.",
)


_UNFINISHED = dg.RunsFilter(
    job_name=refresh.name,
    statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED],
)


@dg.sensor(
    job=refresh,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="One refresh for each new set of files in the inbox.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, home: Home) -> dg.RunRequest | dg.SkipReason:
    """Ask for a refresh where files wait; the same set of files is never asked for twice."""
    if context.instance.get_runs_count(_UNFINISHED):
        return dg.SkipReason("a refresh is under way: what it leaves in the inbox is looked at after it")
    waiting = list(complete_files(home.settings().inbox, system_clock()))
    if not waiting:
        return dg.SkipReason("no complete file waits in the inbox")
    return dg.RunRequest(run_key=fingerprint(waiting))


def weekly_learning(time_zone: str) -> dg.ScheduleDefinition:
    """Learning once a week, by the clock of an IANA time zone; off until somebody switches it on."""
    return dg.ScheduleDefinition(
        name="weekly_learning", job=learn, cron_schedule=WEEKLY_AT, execution_timezone=time_zone
    )


def daily_refresh(time_zone: str) -> dg.ScheduleDefinition:
    """The daily refresh, by the clock of an IANA time zone."""
    return dg.ScheduleDefinition(
        name="daily_refresh",
        job=refresh,
        cron_schedule=DAILY_AT,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


@dg.op(description="Send this week's list to whom KINKEEPER_NOTIFY_* sets up; nothing where nobody is.")
def send_list(home: Home) -> None:
    """A recipient that could not be reached fails the run, after the others got theirs."""
    log = dg.get_dagster_logger()
    if not notice_addresses():
        log.info("nobody is set up to be written to")
        return
    results = send_notices(home.settings())
    for sent in results:
        log.info(f"{sent.recipient}: {sent.outcome}")
    if bad := [sent.recipient for sent in results if sent.is_bad]:
        raise dg.Failure(f"not known to have reached {', '.join(bad)}")


@dg.job(description="The Monday list.")
def monday_list() -> None:
    """One step."""
    send_list()


def weekly_list(time_zone: str) -> dg.ScheduleDefinition:
    """Monday morning, by the clock of an IANA time zone."""
    return dg.ScheduleDefinition(
        name="weekly_list",
        job=monday_list,
        cron_schedule=MONDAY_AT,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def is_first_working_day(day: dt.date) -> bool:
    """Whether a day is the first from Monday to Friday of its month."""
    first = day.replace(day=1)
    while first.weekday() >= N_WORKING_DAYS:
        first += dt.timedelta(days=1)
    return day == first


def quarterly_report(time_zone: str) -> dg.ScheduleDefinition:
    """The report of the last quarter, on the first working day of the next."""

    def answer(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date()
        if is_first_working_day(day):
            return dg.RunRequest(run_key=f"report-{day}")
        return dg.SkipReason(f"{day} is not the first working day of the quarter")

    return dg.ScheduleDefinition(
        name="quarterly_report",
        job=make_reports,
        cron_schedule=REPORT_AT,
        execution_timezone=time_zone,
        execution_fn=answer,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


@dg.sensor(
    job=make_reports,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="One run for each set of reports asked for on the screen.",
)
def report_sensor(home: Home) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run where somebody asked for a report."""
    engine = open_operations(home.settings().operations_url)
    try:
        asked = [request.request_id for request in ReportDesk(engine).open()]
    finally:
        engine.dispose()
    if not asked:
        return dg.SkipReason("no report was asked for")
    return dg.RunRequest(run_key="-".join(sorted(asked)))


def fingerprint(files: list[Path]) -> str:
    """Names, sizes and times of change of a set of files, as one run key."""
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        digest.update(f"{path}\n{status.st_size}\n{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]
