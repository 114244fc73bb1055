"""What of answers may be told: enough people are behind it, and subtraction gives no few of them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals import disclosure
from pipelines.signals.disclosure import ALL, NOT_STATED, Size
from pipelines.signals.frames import Flags, Floats

Places = NDArray[np.intp]

NOBODY = -1
"""The number that `pd.factorize` gives to what is missing."""


def promises(answers: pd.DataFrame, k: int) -> Floats:
    """Of each answer, how few people nothing is told of: `k`, or what its wave promised where that is more.

    `k` is the policy's. What was promised with a survey (`small_group`, missing where nobody did) may be
    raised by the policy afterwards, and is never lowered.
    """
    if "small_group" not in answers:
        return np.full(len(answers), float(k))
    said = pd.to_numeric(answers["small_group"]).to_numpy(dtype=np.float64)
    return np.where(said > k, said, float(k))


def promised(answers: pd.DataFrame, k: int) -> int:
    """How few people nothing is told of that these answers say together: the most of what was promised."""
    return int(promises(answers, k).max(initial=k))


def is_enough(answers: pd.DataFrame, k: int) -> bool:
    """Whether enough people, relationships and mentors stand behind answers; of no pair, people alone."""
    return disclosure.is_enough(sizes_of(answers)(np.arange(len(answers))), promised(answers, k))


def sizes_of(answers: pd.DataFrame) -> Callable[[Places], Size]:
    """Who stands behind some answers, by their places; asked many times over, so ids are numbered once."""
    people, pairs, mentors = (
        pd.factorize(answers[name])[0] if name in answers else np.full(len(answers), NOBODY)
        for name in ("respondent_id", "pair_id", "mentor_id")
    )

    def size(places: Places) -> Size:
        n_people = n_different(people[places])
        return Size(n_people, n_different(pairs[places]) or n_people, n_different(mentors[places]))

    return size


def n_different(numbers: Places) -> int:
    """How many different people or pairs there are among numbers of `pd.factorize`."""
    return len(np.unique(numbers[numbers != NOBODY]))


def may_be_told(answers: pd.DataFrame, waves: tuple[pd.Series, pd.Series], k: int) -> bool:
    """Whether enough answered twice, and not so few once only that both waves would tell of them."""
    before, after = (wave.dropna().index for wave in waves)
    paired = answers[answers["respondent_id"].isin(before.intersection(after))]
    once = (len(before.difference(after)), len(after.difference(before)))
    fewest = promised(answers, k)
    return is_enough(paired, fewest) and not any(0 < n < fewest for n in once)


IsTellable = Callable[[Places], bool]
"""Whether some rows, by their places, may be told of as one group."""


def hidden_cells(
    rows: pd.DataFrame, dims: Sequence[str], counts: Flags, k: int, may_tell: IsTellable
) -> dict[tuple[str, ...], bool]:
    """Each cell of a table by its values in `dims`, ALL in totals: whether it must be hidden.

    `counts` says which rows its numbers are of. The total of all counts as told, whatever it is: elsewhere on
    the screens it is.
    """
    named = {name: labels(rows[name]) for name in dims}
    table, rows_of = disclosure.cross_table(pd.DataFrame(named), dims)
    whole = rows_of[int(np.flatnonzero((table == ALL).all(axis=1))[0])]
    sizes = np.array([float(counts[places].sum()) for places in rows_of])

    def is_tellable(places: Places) -> bool:
        return places is whole or may_tell(places)

    _primary, hidden = disclosure.shield(table, rows_of, dims, sizes, promised(rows, k), is_tellable)
    return dict(zip(table.itertuples(index=False, name=None), hidden.tolist(), strict=True))


def labels(column: pd.Series) -> pd.Series:
    """The values of a column as names of cells, which no total is called like."""
    return "=" + column.astype(object).where(column.notna(), NOT_STATED).astype(str)
