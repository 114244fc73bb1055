"""The pairs behind one number of a group: what an address calls them, and what a screen says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dashboards import formats
from dashboards.speech import lowered, say
from warehouse.words import ENDING_CURVE

Kind = Literal["began", "ended", "in_touch"]

_BEGAN = re.compile(r"began\.([0-9]{4}-[0-9]{2})(?:\.([0-9]{1,4}))?")
_ENDED = re.compile(rf"ended\.({'|'.join(ENDING_CURVE)})\.([0-9]{{1,4}})")


@dataclass(frozen=True)
class Behind:
    """Which pairs a number counts.

    Those that began in the month `what`, and were active after `days` where that is said; those that had
    ended as the curve `what` counts them by active day `days`; or those in touch again after an alert.
    """

    kind: Kind
    what: str = ""
    days: int | None = None

    def __str__(self) -> str:
        return ".".join(str(part) for part in (self.kind, self.what, self.days) if part not in ("", None))


BACK_IN_TOUCH = Behind("in_touch")


def parse_behind(text: str) -> Behind | None:
    """What an address names; None where it is nothing known."""
    if text == str(BACK_IN_TOUCH):
        return BACK_IN_TOUCH
    if began := _BEGAN.fullmatch(text):
        return Behind("began", began[1], None if began[2] is None else int(began[2]))
    if ended := _ENDED.fullmatch(text):
        return Behind("ended", ended[1], int(ended[2]))
    return None


def words_of(behind: Behind, days: int) -> str:
    """Which pairs these are, in words."""
    if behind.kind == "in_touch":
        return say("Pairs in touch again within {days} days of an alert", days=days)
    if behind.kind == "ended":
        how = "" if behind.what == "still_active" else f": {lowered(ENDING_CURVE[behind.what])}"
        return say("Pairs that had ended by active day {day}{how}", day=behind.days, how=how)
    if behind.days is None:
        return say("Pairs that began in {month}", month=behind.what)
    return say(
        "Pairs that began in {month} and were active after {days}",
        month=behind.what,
        days=formats.days(behind.days),
    )
