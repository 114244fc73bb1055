"""The page of planted pairs, from their stories: `python -m pipelines.sample.docs > docs/sample.md`."""

from __future__ import annotations

import sys

from pipelines.sample.planted import planted_table

INTRODUCTION = """# The sample program and its planted answers

Generated from `pipelines/sample/planted.py`; change that, then run
`python -m pipelines.sample.docs > docs/sample.md` or `make docs`.

`kinkeeper sample` writes the files of a synthetic mentorship program into the inbox, and `kinkeeper demo`
takes them through the whole path. Every screen says that it is synthetic. The program is fourteen months
old and has about 150 pairs in four cohorts; one of them, the partner office, has no contact feed on purpose.
Some lines arrive twice, some late, and one file holds lines that cannot be events.

Most pairs live an ordinary life that the seed decides. The planted ones below each live a story whose right
answer follows from the definitions ([method.md](method.md)) and depends on neither the seed nor the date.
No story stands near a threshold. "Days ago" are active days before the last day of the sample. The answers
are columns of `mart.pair` ([data-dictionary.md](data-dictionary.md)) with their codes
([words.md](words.md)); "none" is NULL. A test builds the sample and holds every answer against the tables.

One answer is planted among groups: pairs across borders get three in ten of the program's support contacts
that pairs in one country get. The quarterly report and the screen "Equity" find that gap.

Another is what mentoring brings: ordinary pairs are asked before and five months later, beside them people on
a waiting list. On a scale from 1 to 5 mentees gain 0.8 in confidence and 0.3 in network, mentors nothing
in purpose, and those who wait 0.1 (`GAINS` in `pipelines/sample/benefits.py`). The screen "Surveys" shows it.

"""


def sample_markdown() -> str:
    """The whole page: what the sample is, and the table of planted pairs."""
    return INTRODUCTION + planted_table()


if __name__ == "__main__":
    sys.stdout.write(sample_markdown())
