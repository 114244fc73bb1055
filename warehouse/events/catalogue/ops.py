"""Ops: what program managers and Kinkeeper itself did."""

from __future__ import annotations

import datetime as dt

from warehouse.events.base import Annotated, Id, Literal, Party, Word, event, note

AlertState = Annotated[Word, note("the state the alert was about, as in docs/words.md")]
NudgeKind = Annotated[Word, note("check_in, or a kind with it in its name, asks whether all is well")]
Arm = Annotated[Literal["treated", "holdout"], note("arm of a randomised hold-out")]


@event("ops.support_contact_made")
class OpsSupportContactMade:
    """A program manager contacted a side."""

    party: Party | None = None
    channel: Word | None = None
    is_reached: bool | None = None


@event("ops.nudge_sent")
class OpsNudgeSent:
    """A reminder or check-in of the program went out."""

    party: Party
    nudge_kind: NudgeKind
    arm: Arm | None = None


@event("ops.nudge_suppressed")
class OpsNudgeSuppressed:
    """A reminder was held back, by a rule or by the hold-out."""

    party: Party
    nudge_kind: NudgeKind
    reason: Word | None = None


@event("ops.alert_raised")
class OpsAlertRaised:
    """A pair began to ask for a look for a reason: raised by a build, or by who acted on it first."""

    alert_id: Id
    alert_state: AlertState
    party: Party | None = None
    signal: Annotated[Word, note("what raised it: state or risk")] | None = None
    onset_on: Annotated[dt.date, note("day on which the reason began")] | None = None
    model: Annotated[str, note("SHA-256 of the model that risk was judged by")] | None = None
    arm: Arm | None = None


@event("ops.alert_closed")
class OpsAlertClosed:
    """An alert is over: its reason has gone, the pair is over, or corrected evidence took it back."""

    alert_id: Id
    reason: Annotated[Word, note("gone, over or withdrawn")]


@event("ops.alert_acknowledged")
class OpsAlertAcknowledged:
    """A program manager took an alert on."""

    alert_id: Id


@event("ops.alert_snoozed")
class OpsAlertSnoozed:
    """An alert sleeps until a date."""

    alert_id: Id
    until_on: dt.date
    reason: Word | None = None


@event("ops.alert_dismissed")
class OpsAlertDismissed:
    """An alert was judged wrong or not useful; this feeds the backtest."""

    alert_id: Id
    reason: Word


@event("ops.action_taken")
class OpsActionTaken:
    """A program manager did something about a pair."""

    action: Word
    alert_id: Id | None = None


@event("ops.case_note_added", visibility="self")
class OpsCaseNoteAdded:
    """A private note exists; its text is in the vault."""

    note_id: Id


@event("ops.report_worded")
class OpsReportWorded:
    """A section of a report was put into own words, which lie sealed in the operational store."""

    quarter: Annotated[Word, note("quarter of the report, as 2026Q3")]
    section: Word
    text_id: Id
    sealed_sha256: (
        Annotated[str, note("of the sealed words; left out where the draft stands again")] | None
    ) = None
    program: Annotated[Word, note("the program, or all; left out where it is every one")] | None = None


@event("ops.label_confirmed")
class OpsLabelConfirmed:
    """A program manager confirmed or corrected what the pair's state is; it overrides the rule."""

    label: Word
    party: Party | None = None


@event("ops.event_retracted")
class OpsEventRetracted:
    """An earlier event was wrong and no longer counts from now on; it stays in the log."""

    retracted_source: Annotated[str, note("source of the event taken back")]
    retracted_id: Annotated[str, note("id of the event taken back, in that source")]
    reason: Word | None = None


@event("ops.event_corrected")
class OpsEventCorrected:
    """An earlier event is replaced by another one; both stay in the log."""

    retracted_source: str
    retracted_id: str
    replacement_id: Annotated[str, note("id of the event that stands instead, in the same source")]
    reason: Word | None = None
