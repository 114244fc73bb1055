"""The reports that were asked for on the reports screen."""

from __future__ import annotations

from pipelines.quarterly.make import Made, make_report
from pipelines.quarterly.wanted import OnStep, Wanted
from pipelines.report.quarters import Quarter
from warehouse.clock import Clock, system_clock
from warehouse.editions import ALL_PROGRAMS
from warehouse.errors import HomeBusy, KinkeeperError
from warehouse.operations import open_operations
from warehouse.report_desk import ONLY_PROGRAM, ReportDesk, ReportRequest
from warehouse.settings import Settings


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
