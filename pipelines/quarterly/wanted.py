"""What a report is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.report.quarters import Quarter
from warehouse.editions import ALL_PROGRAMS, Audience, Edition

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is asked for."""

    quarter: Quarter
    audience: Audience = "sponsor"
    programs: tuple[str, ...] = ()
    """Several roll up into one report; empty where the home has one program only, or all are wanted."""
    is_all_programs: bool = False
    is_new_edition: bool = False
    is_rebuild: bool = False

    @classmethod
    def of(cls, edition: Edition) -> Wanted:
        """What an edition was asked for."""
        origin = edition.manifest.origin
        is_all = origin.program_id == ALL_PROGRAMS and origin.programs != ()
        return cls(
            Quarter.parse(origin.quarter),
            origin.audience,
            () if is_all else origin.told_of,
            is_all_programs=is_all,
        )

    def is_met_by(self, edition: Edition) -> bool:
        """Whether an edition is one of what is asked for."""
        origin = edition.manifest.origin
        if self.is_all_programs:
            is_of_them = origin.programs != () and origin.program_id == ALL_PROGRAMS
        elif self.programs:
            is_of_them = origin.told_of == in_order(self.programs) and origin.program_id != ALL_PROGRAMS
        else:
            is_of_them = not origin.programs
        return is_of_them and (origin.quarter, origin.audience) == (str(self.quarter), self.audience)


def in_order(programs: Sequence[str]) -> tuple[str, ...]:
    """Programs as editions name them, each once."""
    return tuple(sorted(set(programs)))
