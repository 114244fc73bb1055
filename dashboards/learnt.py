"""What two builds of the same instant tell otherwise, and through which events: plain rows, nothing drawn.

Both are publications as of the same instant; the later one knows more. An event that only the later one
holds was recorded late; one that only the earlier one holds was corrected or taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import data
from dashboards.data.publication import Publication, Row
from dashboards.data.reader import Dated

SEEN = ("stage", "state", "band", "waiting_on")
"""What of a pair is compared."""

MARKS = ("pair_id", "occurred_at", "recorded_at", "event_type", "side", "source", "starts_on", "ends_on")


@dataclass(frozen=True)
class Change:
    """A pair that looks otherwise; `before` is None where it was not known, `after` where it is no more."""

    pair_id: str
    before: Row | None
    after: Row | None
    late: Sequence[Row]
    taken_back: Sequence[Row]

    @property
    def row(self) -> Row:
        """The pair as it is known best."""
        found = self.after or self.before
        assert found is not None, "one of the two builds knows the pair"
        return found


def changes(earlier: Publication, later: Publication, only: str | None = None) -> list[Change]:
    """The pairs that look otherwise in the later build, or that one pair."""
    before, after = data.learnt.verdicts(earlier, only), data.learnt.verdicts(later, only)
    moved = [
        pair_id
        for pair_id in sorted({*before, *after})
        if _seen(before.get(pair_id)) != _seen(after.get(pair_id))
    ]
    held, holds = _records(earlier, moved), _records(later, moved)
    late, gone = _beyond(holds, held), _beyond(held, holds)
    return [
        Change(pair_id, before.get(pair_id), after.get(pair_id), _of(pair_id, late), _of(pair_id, gone))
        for pair_id in moved
    ]


def of_the_same_instant(dated: Sequence[Dated], one: Dated) -> list[Dated]:
    """The other builds as of one build's instant, that of the latest knowledge first."""
    return [other for other in dated if other.as_of == one.as_of and other.known_at != one.known_at]


def _records(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """What was recorded of some pairs: their events, and absences of their people."""
    return [*data.learnt.events_of(publication, pair_ids), *data.learnt.absences_of(publication, pair_ids)]


def _beyond(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The rows that are not among the others; the same event twice is two."""
    left = Counter(map(_mark, others))
    beyond = []
    for row in rows:
        if left[_mark(row)]:
            left[_mark(row)] -= 1
        else:
            beyond.append(row)
    return beyond


def _mark(row: Row) -> tuple[object, ...]:
    """What tells an event from another; its words may change with what is known of others."""
    return tuple(row.get(name) for name in MARKS)


def _seen(row: Row | None) -> tuple[object, ...] | None:
    return None if row is None else tuple(row[name] for name in SEEN)


def _of(pair_id: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["pair_id"] == pair_id]
