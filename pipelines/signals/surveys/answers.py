"""The answers to surveys: whose they are, which scale they are of, and in which wave they were given."""

from __future__ import annotations

import pandas as pd

BEFORE, AFTER = "pre", "post"
"""The waves between which an outcome changes."""
SCALE = ["instrument", "subscale", "side"]
GRADES = ("observed", "attested2", "attested1", "inferred", "assumed")


def answers_of(answers: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Answers with the program they belong to, its cohort, form and mentor, and whether they are outside.

    An answer about a pair is of that pair's program, one about no pair of every program its person is in.
    People in no relationship of any program are outside: they may be compared with, in each program.
    """
    members = pairs[pairs["is_member"]]
    about_pair = answers.merge(
        members[["pair_id", "program_id", "cohort_id", "form", "mentor_id"]], on="pair_id", how="inner"
    )
    people = _people_of(members)
    loose = answers[answers["pair_id"].isna() & answers["person_id"].notna()]
    about_none = loose.merge(people, on="person_id", how="inner")
    strangers = loose[~loose["person_id"].isin(_people_of(pairs)["person_id"])].merge(
        people[["program_id"]].drop_duplicates(), how="cross"
    )
    parts = [about_pair.assign(is_outside=False), about_none.assign(is_outside=False)]
    found = pd.concat([*parts, strangers.assign(is_outside=True)], ignore_index=True)
    found["side"] = found["side"].fillna("")
    order = ["program_id", "instrument", "subscale", "side", "wave", "respondent_id", "pair_id"]
    return found.sort_values([*order, *(["item"] if "item" in found else [])], ignore_index=True)


def of_everybody(answers: pd.DataFrame) -> pd.DataFrame:
    """A row for every scale of an instrument and everybody who answered any of it: who left one out shows."""
    keys = ["program_id", "instrument", "side", "wave", "respondent_id", "pair_id"]
    scales = answers[["instrument", "subscale", "scale_min", "scale_max"]].drop_duplicates(
        ["instrument", "subscale"]
    )
    whole = answers.drop(columns=["subscale", "score", "evidence", "scale_min", "scale_max"])
    whole = whole.drop_duplicates(keys).merge(scales, on="instrument")
    given = answers[[*keys, "subscale", "score", "evidence"]]
    return whole.merge(given, how="left", on=[*keys, "subscale"])


def inside(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers of those who take part."""
    return answers if answers.empty else answers[~answers["is_outside"].astype(bool)]


def outside(answers: pd.DataFrame, instrument: str, subscale: str, side: str) -> pd.DataFrame:
    """The answers to a scale of people in no relationship; those of an unknown side are beside either."""
    is_of_scale = (answers["instrument"] == instrument) & (answers["subscale"] == subscale)
    is_beside = answers["side"].fillna(side).isin(["", side])
    return answers[answers["is_outside"].astype(bool) & is_of_scale & is_beside]


def by_scale(answers: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """The answers of each instrument, subscale and side; an unknown side is empty."""
    if answers.empty:
        return []
    grouped = answers.assign(side=answers["side"].fillna("")).groupby(SCALE, sort=True)
    return [((str(key[0]), str(key[1]), str(key[2])), rows) for key, rows in grouped]


def waves_of(answers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Each respondent's score before and after."""
    before, after = (
        answers[answers["wave"] == wave].groupby("respondent_id")["score"].mean() for wave in (BEFORE, AFTER)
    )
    return before, after


def ends_of(rows: pd.DataFrame) -> dict[str, int]:
    """The ends of a scale."""
    return {"scale_min": int(rows["scale_min"].min()), "scale_max": int(rows["scale_max"].max())}


def worst_of(rows: pd.DataFrame) -> str | None:
    """The weakest grade of some answers."""
    grades = set(rows["evidence"].dropna())
    return next((grade for grade in reversed(GRADES) if grade in grades), None)


def _people_of(members: pd.DataFrame) -> pd.DataFrame:
    """Who is in which program."""
    sides = [members[["program_id", side]].set_axis(["program_id", "person_id"], axis=1)
             for side in ("mentee_id", "mentor_id")]  # fmt: skip
    return pd.concat(sides).dropna().drop_duplicates().sort_values(["program_id", "person_id"])
