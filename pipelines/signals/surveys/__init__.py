"""What surveys say about groups: who answers, how scales stand wave by wave and by group, what changed.

Needs rows as `answers_of` gives them: one per program, respondent, pair, wave, instrument and subscale. All
numbers are of one side; the formulas of change are those of `impact`, intervals of shares are Wilson's.

What may be told follows the rules of `disclosure`, and three more:

    its own promise  A wave is judged by the policy's `small_group`, or by what was promised when it went out
                     where that is more: a policy that is lowered afterwards opens nothing that was closed.
                     What is told of several waves together is judged by the highest of their promises.
    one decision     Scales of an instrument are sums of the same answers. So a cell is told of all its items
                     and scales or of none, and a scale's mean is that of the means of its items: it says
                     nothing that they do not say, whoever left one out.
    no small rest    Where a few answered one of two waves and not the other, one scale of a change and not
                     another, or other waves than the one that is told by group, nothing is told: both
                     numbers together would tell of the few. Neither are waves before and after in which a
                     few left an item out, for changes are of scores.

Three tables are protected, each with its totals: the waves of a program, whose sum is told as a measure of
the program; one wave, the newest, by cohort and form; and the cohorts of a change. They have no cells in
common but totals, so no two of them can be set off against each other. That is why the waves before and after
are told by cohort as a change alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.signals.measures import DECIMALS
from pipelines.signals.surveys.answered import RESPONSE_COLUMNS, responses
from pipelines.signals.surveys.answers import answers_of, inside, of_everybody
from pipelines.signals.surveys.changes import CHANGE_COLUMNS, changes
from pipelines.signals.surveys.scales import SCORE_COLUMNS, SHARE_COLUMNS, item_shares, scale_scores
from warehouse.policy import Policy


@dataclass(frozen=True)
class Surveys:
    """Four tables, each with the columns its module names; hidden rows have no numbers."""

    response: pd.DataFrame
    score: pd.DataFrame
    share: pd.DataFrame
    change: pd.DataFrame


def surveys(
    scores: pd.DataFrame,
    items: pd.DataFrame,
    invitations: pd.DataFrame,
    pairs: pd.DataFrame,
    quarter_before: dt.date,
    policy: Policy,
) -> Surveys:
    """Everything that surveys say of programs and their groups.

    `pairs` has one row per pair: program_id, cohort_id, form, pair_id, mentee_id, mentor_id, and `is_member`,
    whether it counts in its program. Rows in any order give the same bytes.
    """
    answers = of_everybody(answers_of(scores, pairs))
    singles = inside(answers_of(items, pairs))
    k = policy.small_group
    return Surveys(
        _framed(responses(invitations, pairs[pairs["is_member"]], k), RESPONSE_COLUMNS),
        _framed(scale_scores(singles, quarter_before, k), SCORE_COLUMNS),
        _framed(item_shares(singles, k), SHARE_COLUMNS),
        _framed(changes(answers, policy), CHANGE_COLUMNS),
    )


def _framed(rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    numbers = [name for name in columns if pd.api.types.is_float_dtype(frame[name])]
    frame[numbers] = frame[numbers].round(DECIMALS)
    return frame
