"""A seeded, clearly labelled synthetic mentorship program with planted, known answers.

It serves `kinkeeper demo` and the tests: fourteen months of a program whose people are plainly synthetic,
in the files a real program would send. Most pairs do well; the planted ones (`PLANTED`) each live a story
whose right answer follows from the definitions. Nothing here reads the log or computes a signal.

    days.py      the calendar, counted back from the day after the last one
    people.py    who there is and when they are up
    diary.py     where facts are written down
    stories.py   the pieces a life is told with
    planted.py   stories with known answers
    ordinary.py  stories of everybody else
    care.py      what the program's own people do for them
    benefits.py  what it brings people, asked before and after
    program.py   all of it, told in order
    writer.py    the files
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pipelines.sample.days import Days
from pipelines.sample.diary import ITEMS
from pipelines.sample.planted import PLANTED, Planted, planted_table
from pipelines.sample.program import tell
from pipelines.sample.writer import write_files

__all__ = ["PLANTED", "Planted", "SampleSummary", "planted_table", "write_sample"]


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: paths below the folder, and how much there is to find in them.

    `n_events` counts good, distinct events after mapping; `first_on` and `last_on` are UTC dates.
    """

    files: tuple[str, ...]
    n_people: int
    n_pairs: int
    n_events: int
    first_on: dt.date
    last_on: dt.date


def write_sample(folder: Path, *, until: dt.date, seed: int = 7) -> SampleSummary:
    """Write the sample program's inbox below `folder` and say what is in it.

    Everything happened before 00:00 UTC of `until`. The same `until` and `seed` give the same bytes; the
    answers of the planted pairs depend on neither. Existing files of the same name are replaced.
    """
    book, people = tell(Days(until), seed)
    files = write_files(folder, book, people)
    with_capacity = sum(person.capacity is not None for person in people.roster)
    dates = [fact.at.date() for fact in book.facts]
    dates += [person.registered_at.astimezone(dt.UTC).date() for person in people.roster]
    return SampleSummary(
        files=tuple(path.relative_to(folder).as_posix() for path in files),
        n_people=len({person.person_id for person in people.roster}),
        n_pairs=len({fact.pair_id for fact in book.facts if fact.pair_id}),
        n_events=(
            len(book.facts)
            + len(people.roster)
            + with_capacity
            + len(book.pulses) * (len(ITEMS) + 1)
            + sum(bool(each.pair_id) + len(each.scores) for each in book.asked)
        ),
        first_on=min(dates),
        last_on=max(dates),
    )
