"""The data dictionary, from the models' sidecars: `python -m warehouse.docs > docs/data-dictionary.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from warehouse.models import Column, Model, discover

INTRODUCTION = """# Data dictionary

Generated from the sidecars in `warehouse/sql`; change those, then run
`python -m warehouse.docs > docs/data-dictionary.md` or `make docs`.

Every table says what one of its rows is (the grain), what it means, what it reads and who reads it. All
instants are UTC without a zone; ids of people are pseudonyms. Words are explained in
[words.md](words.md), formulas in [method.md](method.md), events in [events.md](events.md).

Between `feature.pair` and the marts stand tables that Python writes. `signal.cohort_entry` says what each
pair enters into the means of its cohort, `signal.pair_mean` with which of these its score is made,
`signal.verdict` and `signal.health_part` what the rules make of it on the run's day; `signal.pair`,
`signal.pair_day`, `signal.pair_reason`, and of scores that stand still `signal.frozen_part`, what is shown of
it, given the days before. Their columns are those of the same names in `mart.pair`, `mart.listed`,
`mart.pair_day`, `mart.pair_reason` and `mart.health_component`.
"""

LAYERS = {
    "mart": "Published: what screens and exports read",
    "feature": "Features: what the signals judge by",
    "core": "Core: what happened, in the program's own nouns",
    "staging": "Staging: the only door to the log",
    "ref": "Reference: fixed lists",
}
"""The layers in the order a reader meets them: published tables first."""

RUN = (
    Column("build_id", "Which build"),
    Column("as_of", "What had happened by then counts", "UTC"),
    Column("known_at", "What was recorded by then counts", "UTC"),
    Column("policy_fingerprint", "Hash of the policy in force"),
    Column("program_label", "What every screen must say about the program; NULL when nothing"),
    Column("n_events_in_log", "Events that count at the run"),
    Column("risk_model", "SHA-256 of the model that risk is judged by"),
)
"""The columns of `ref.run`, which no model makes, beside one for each setting of the policy."""

INSTRUMENT_ITEM = (
    Column("instrument", "Which instrument"),
    Column("version", "Version of its key"),
    Column("subscale", "Which subscale; total is all scored items"),
    Column("item", "Which item counts in it"),
    Column("is_reversed", "Whether a high answer scores low"),
    Column("scale_min", "Lowest step of the scale", "points"),
    Column("scale_max", "Highest step of the scale", "points"),
    Column("n_items_of", "Items the subscale has"),
    Column("min_items", "Answered items from which the subscale has a score"),
)
"""The columns of `ref.instrument_item`, which is written beside the run."""

INSTRUMENT_WORD = (
    Column("instrument", "Which instrument"),
    Column("kind", "What is called so: instrument, subscale, item or step"),
    Column("code", "Which one of that kind"),
    Column("ordinal", "Its place among them"),
    Column("words", "What it is called; an item without wording is called by its id"),
)
"""The columns of `ref.instrument_word`, which is written beside the run."""

CHECK_RESULT = (
    Column("table_name", "Table the rule is about"),
    Column("rule", "What must be true, in words"),
    Column("is_blocking", "Whether the rule stops publication when it is broken"),
    Column("is_ok", "Whether it holds"),
    Column("n_checked", "Rows looked at"),
    Column("n_failed", "Rows that break the rule"),
    Column("detail", "What to do, or why it could not be checked; empty where the rule holds"),
    Column("rule_message", "The rule as template and values, JSON: `warehouse/messages.py`"),
    Column("detail_message", "The detail as template and values, JSON; empty where there is none"),
)
"""The columns of `mart.check_result` and of `ref.drift`, which are written after the models are built."""


def dictionary_markdown() -> str:
    """The whole page: a chapter a layer, a table a model, the published ones first."""
    models = discover()
    parts = [INTRODUCTION]
    for layer, title in LAYERS.items():
        parts.append(f"## {title}\n")
        if layer == "mart":
            parts.extend([_run(), _drift(), _check_result()])
        if layer == "ref":
            parts.extend([_instrument_item(), _instrument_word()])
        parts.extend(_model(model) for model in models.values() if model.layer == layer)
    return "\n".join(parts)


def _run() -> str:
    about = (
        "Which build this is, and by what it judges.",
        "It has one more column for each setting of the policy: [program.toml](../examples/program.toml).",
    )
    return _section("ref.run", "one row", about, RUN)


def _instrument_item() -> str:
    about = (
        "The key that surveys are scored by, out of the instruments' files: see "
        "[sources/surveys.md](sources/surveys.md).",
    )
    return _section(
        "ref.instrument_item", "one row per instrument, subscale and item", about, INSTRUMENT_ITEM
    )


def _instrument_word() -> str:
    about = ("The words of the instruments' files.",)
    return _section("ref.instrument_word", "one row per thing that has a name", about, INSTRUMENT_WORD)


def _drift() -> str:
    about = (
        "What moved since the publication before this one, in words; only ever a warning.",
        "The columns are those of `mart.check_result`: `n_failed` counts the pairs or events that moved, and "
        "`detail` has words also where nothing did. The hash of the marts does not cover it.",
    )
    return _section("ref.drift", "one row per table and comparison", about, CHECK_RESULT)


def _check_result() -> str:
    about = ("What was checked before publication.",)
    return _section("mart.check_result", "one row per table and rule", about, CHECK_RESULT)


def _model(model: Model) -> str:
    about = [model.meaning, f"Reads: {_names(model.depends_on)}. Read by: {_names(model.used_by)}."]
    if model.materialized == "view":
        about.append("A view: nothing is stored.")
    return _section(model.name, model.grain, about, model.columns)


def _section(name: str, grain: str, about: Iterable[str], columns: Iterable[Column]) -> str:
    lines = [f"### `{name}`\n", f"Grain: {grain}.\n", *(f"{' '.join(text.split())}\n" for text in about)]
    lines += ["| column | meaning | unit |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {_cell(column.meaning)} | {column.unit or ''} |" for column in columns]
    return "\n".join(lines) + "\n"


def _names(names: Iterable[str]) -> str:
    """Names in a sentence: tables as code, screens and commands as they are."""
    return ", ".join(f"`{name}`" if "." in name else name for name in names) or "nothing"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(dictionary_markdown())
