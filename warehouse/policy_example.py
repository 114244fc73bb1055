"""A program's file with every setting, from the policy: `python -m warehouse.policy_example > FILE`."""

from __future__ import annotations

import json
import sys

from warehouse.policy import WEIGHTS, Policy

INTRODUCTION = """# The policy of a program: every setting with its default.
# Generated from warehouse/policy.py by `python -m warehouse.policy_example` or `make docs`.
#
# Write the lines your program wants otherwise into <home>/program.toml; what is left out keeps its default.
# A wrong name or a value out of range is refused with the reason. docs/method.md says how each number is
# used and which days are active days; a usual gap is the pair's own (docs/words.md). Whom other values would
# list today, `kinkeeper diff --policy FILE` tells before they are in force.
"""

UNITS = {
    "seed": "any whole number",
    "hour": "hour of the day",
    "days": "days",
    "hours": "hours",
    "minutes": "minutes",
    "people": "people",
    "questions": "questions",
    "ratio": "usual gaps",
    "rate": "share",
    "coverage": "share",
    "score": "points of 100",
    "points": "points of 100",
    "rating": "points of 5",
    "weight": "gaps",
    "gaps": "gaps",
    "spread": "natural logarithm",
    "acts": "acts",
    "asks": "asks",
    "pushes": "moves",
    "shows": "sessions",
    "sessions": "sessions",
    "contacts": "contacts",
    "shrinkage": "ratings",
    "budget": "pairs",
    "group": "people",
    "pairs": "pairs",
    "cost": "a quarter, in `currency`",
    "windows": "pair-weeks",
    "outcomes": "pair-weeks",
    "share": "share",
}
"""The unit of a setting, by the last word of its name."""


def policy_toml() -> str:
    """Every setting with its meaning, range, default and unit, as a file `load_policy` reads."""
    values = Policy().as_columns()
    settings = [
        f"\n# {_meaning(name)}\n{name} = {json.dumps(value)}{_unit(name, value)}\n"
        for name, value in values.items()
    ]
    return INTRODUCTION + "".join(settings)


def _meaning(name: str) -> str:
    meaning = Policy.model_fields[name].description or ""
    return meaning[:1].upper() + meaning[1:]


def _unit(name: str, value: str | float) -> str:
    """The unit as a comment behind the value; texts and switches have none."""
    if isinstance(value, str | bool):
        return ""
    unit = "points, all weights together 100" if name in WEIGHTS else UNITS[name.rpartition("_")[2]]
    return f"  # {unit}"


if __name__ == "__main__":
    sys.stdout.write(policy_toml())
