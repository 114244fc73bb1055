"""What surveys say in a report: change with its loss, beside people outside, in words that claim no cause.

Numbers worked by hand: before 1, 2, 3, 4, 5 and after 2, 3, 4, 5, 6 is a change of 1 with an SD before of
1.581; c(4) = 0.798, so g = 0.505 (docs/report.md). With r = 1 its variance is g^2 / 10.
"""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.report import words
from pipelines.report.guard import Guard, Published
from pipelines.report.model import Block, Paragraph, Table
from pipelines.report.outcomes import COMPARED, NO_OUTCOME, change_blocks, reliability_blocks
from pipelines.report.pdf import LINE, widths

Row = dict[str, Any]
BEFORE, AFTER = (1, 2, 3, 4, 5), (2, 3, 4, 5, 6)


def answers(who: str, before: Any, after: Any, *, is_outside: bool = False) -> list[Row]:
    """Two waves of one scale; a score of None after was never given."""
    return [
        {
            "instrument": "trust", "subscale": "total", "side": None if is_outside else "mentee",
            "wave": wave,
            "respondent_id": f"{who}{i}", "pair_id": None if is_outside else f"p{i}", "score": float(score),
            "mentor_id": None if is_outside else f"m{i}", "is_outside": is_outside,
        }
        for wave, scores in (("pre", before), ("post", after))
        for i, score in enumerate(scores)
        if score is not None
    ]  # fmt: skip


def tables(blocks: tuple[Block, ...]) -> dict[str, Table]:
    return {block.table_id: block for block in blocks if isinstance(block, Table)}


def plain(row: tuple[str, ...]) -> list[str]:
    return [cell.replace("\u00a0", " ") for cell in row]


def test_a_change_is_told_with_pairs_loss_interval_and_effect() -> None:
    given = answers("e", BEFORE, AFTER)
    (row,) = tables(change_blocks(given, Guard(5, [], "2026Q3"), fewest=5))["changes"].rows
    assert plain(row) == [
        "trust, total", "Mentees", "5 of 5, 0 lost", "3.00", "4.00", "1.00 (1.00 to 1.00)",
        "0.50 (0.19 to 0.82)", "–",
    ]  # fmt: skip


def test_below_the_policys_pairs_there_is_no_effect_size() -> None:
    (row,) = tables(change_blocks(answers("e", BEFORE, AFTER), Guard(5, [], "2026Q3"), 20))["changes"].rows
    assert row[6] == "too few pairs"


def test_people_outside_stand_beside_with_the_difference_and_the_self_selection() -> None:
    given = answers("e", BEFORE, (2, 3, 4, 5, 7)) + answers("o", BEFORE, (1, 2, 3, 5, 5), is_outside=True)
    blocks = change_blocks(given, Guard(5, [], "2026Q3"), fewest=5)
    (row,) = tables(blocks)["comparison"].rows
    # (1,1,1,1,2) less (0,0,0,1,0): 1.2 - 0.2 with SE sqrt(0.04 + 0.04) and t(8) = 2.306.
    assert plain(row)[2:6] == [
        "5 and 5 outside",
        "1.20 (0.64 to 1.76)",
        "0.20 (−0.36 to 0.76)",
        "1.00 (0.35 to 1.65)",
    ]
    assert Paragraph(COMPARED) in blocks
    assert "5 of 5" in tables(blocks)["changes"].rows[0][2]


@pytest.mark.parametrize("table_id", ["changes", "comparison"])
def test_on_paper_no_cell_runs_into_the_next_column(table_id: str) -> None:
    stayed, left = (1, 5, 2, 4, 3, 5), (2, 4, 1, 5, 3, 4)
    given = answers("e", stayed + left, (4, 1, 5, 2, 4, 3) + (None,) * 6)
    given += answers("o", stayed, (5, 4, 3, 2, 1, 2), is_outside=True)
    named = [row | {"instrument": "benefits-mentor", "subscale": "perspective"} for row in given]
    table = tables(change_blocks(named, Guard(5, [], "2026Q3"), fewest=5))[table_id]
    cells = list(zip(table.heads, *table.rows, strict=True))
    shares = widths(table)
    left_over = LINE - sum(
        max(map(len, column)) for column, share in zip(cells, shares, strict=True) if share == 0
    )
    for column, share in zip(cells, shares, strict=True):
        longest = max(len(word) for cell in column for word in cell.split(" "))
        # A line is counted in letters of a text; signs of numbers, brackets and points are narrower.
        assert share == 0 or longest - 1 < left_over * share / sum(shares), column[0]


def test_too_few_outside_are_not_compared_with() -> None:
    given = answers("e", BEFORE, AFTER) + answers("o", BEFORE[:4], AFTER[:4], is_outside=True)
    assert "comparison" not in tables(change_blocks(given, Guard(5, [], "2026Q3"), fewest=5))


def test_few_lost_would_be_told_of_so_nothing_is_told() -> None:
    given = answers("e", (*BEFORE, 3, 3), (*AFTER, None, None))
    assert change_blocks(given, Guard(5, [], "2026Q3"), fewest=5) == (Paragraph(NO_OUTCOME, "gap"),)


@pytest.mark.parametrize(("n_more", "is_told"), [(0, True), (2, False), (5, True)])
def test_a_change_that_differs_from_an_earlier_report_by_few_people_is_not_told(
    n_more: int, is_told: bool
) -> None:
    first = Guard(5, [], "2026Q2")
    change_blocks(answers("e", BEFORE, AFTER), first, fewest=5)
    published = Published("2026Q2", {cell.key: cell for cell in first.cells})
    more = (3,) * n_more
    given = answers("e", BEFORE + more, AFTER + more)
    assert ("changes" in tables(change_blocks(given, Guard(5, [published], "2026Q3"), 5))) is is_told
    assert words.name(first.cells[0].measure) == "Answered twice: trust, total, mentee"


def test_answers_of_people_outside_are_no_part_of_a_scales_reliability() -> None:
    inside, outside = (
        [
            {
                "instrument": "trust", "subscale": "total", "side": None, "wave": "1", "item": item,
                "respondent_id": f"{who}{i}", "pair_id": None, "mentor_id": None, "answered_on": "2026-01-01",
                "score": float(score), "is_outside": who == "o",
            }
            for item, scores in (("a", BEFORE), ("b", AFTER), ("c", (1, 2, 3, 4, 6)))
            for i, score in enumerate(scores)
        ]
        for who in ("e", "o")
    )  # fmt: skip
    (row,) = tables(reliability_blocks(inside + outside, 5))["reliability"].rows
    assert row[2] == "5"
