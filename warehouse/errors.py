"""Every error Kinkeeper raises on purpose.

KinkeeperError
├── SettingsError        a setting, policy or mapping file is wrong
├── FileRefused          a whole file cannot be read: nothing of it enters the log
├── EventRejected        one record is bad data: it goes to quarantine
├── LogConflict          the log on disk is not what its high-water mark says
├── HomeBusy             another process holds the writer lock
├── ModelError           a SQL model is broken or depends on nothing known
├── FrameError           a signal was given a frame without the columns it needs
├── ChecksFailed         a blocking expectation is broken: nothing is published
└── NothingPublished     there is no publication to read yet

Bad rows are data and become quarantine rows; bad code or configuration raises. Each message says
what is wrong, where, and what to do next.
"""

from __future__ import annotations


class KinkeeperError(Exception):
    """Base of all expected failures: the command line prints it without a traceback."""


class SettingsError(KinkeeperError):
    """A setting, the program's policy or a mapping file is missing or wrong."""


class FileRefused(KinkeeperError):
    """A whole file is refused; `code` is the stable reason, `hint` the way out."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(f"{code}: {hint}")
        self.code = code
        self.hint = hint


class EventRejected(KinkeeperError):
    """One record cannot become an event; `code` is stable, `field` names the culprit."""

    def __init__(self, code: str, field: str | None, hint: str) -> None:
        super().__init__(f"{code} in {field}: {hint}" if field else f"{code}: {hint}")
        self.code = code
        self.field = field
        self.hint = hint


class LogConflict(KinkeeperError):
    """The log file and its high-water mark disagree: something was lost or changed."""


class HomeBusy(KinkeeperError):
    """Another process is writing to this home folder."""


class ModelError(KinkeeperError):
    """A SQL model cannot be ordered or built."""


class FrameError(KinkeeperError):
    """A signal function was called with a frame that lacks a column or breaks its invariant."""


class ChecksFailed(KinkeeperError):
    """A blocking expectation is broken, so the last good publication stays up."""


class NothingPublished(KinkeeperError):
    """Nothing has been published yet in this home folder."""
