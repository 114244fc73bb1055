"""Asset checks: the expectations of each table, as one check beside the asset that makes it.

Each check is blocking, so nothing downstream starts before it. A broken blocking rule fails the run
there, and the last good publication stays up; a broken warning is shown and the run goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import dagster as dg

from expectations.runner import CheckResult, checked_tables, run_checks, write_results
from pipelines.assets.names import key_of
from pipelines.resources import Warehouse


def table_checks() -> list[dg.AssetChecksDefinition]:
    """One check for each table that has expectations."""
    return [_check_of(table) for table in checked_tables()]


def _check_of(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(table),
        name="expectations",
        blocking=True,
        description=f"What must be true of {table}; results are kept in mart.check_result.",
    )
    def expectations(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.models() as con:
            results = run_checks(con, [table])
            write_results(con, results)
        return in_dagster(results)

    return expectations


def in_dagster(results: Sequence[CheckResult]) -> dg.AssetCheckResult:
    """Results as Dagster shows them: counts and names of rules, never values."""
    broken = [result for result in results if not result.is_ok]
    is_error = any(result.is_blocking for result in broken)
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description="; ".join(result.rule for result in broken) or None,
        metadata={
            "rules": len(results),
            "broken": len(broken),
            "results": dg.MetadataValue.json([asdict(result) for result in results]),
        },
    )
