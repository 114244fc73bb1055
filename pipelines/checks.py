"""Asset checks: the expectations of each table, as one check beside the asset that makes it.

Great Expectations validates the last delivery before anything is folded, and each table once it is built;
`kinkeeper build` reads the same rules as SQL. Each of these checks is blocking, so nothing downstream
starts before it. A broken blocking rule fails the run there, and the last good publication stays up; a
broken warning is shown and the run goes on. What moved since the last publication is only ever a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

import dagster as dg

from expectations.drift import compare, compared_tables, write_drift
from expectations.runner import CheckResult, checked_tables, validate_tables, write_results
from expectations.set_rules import tables_beside
from pipelines.assets.names import key_of
from pipelines.resources import Home, Warehouse


def all_checks() -> list[dg.AssetChecksDefinition]:
    """Every check of every asset."""
    return [*table_checks(), *map(_drift_of, compared_tables())]


def table_checks() -> list[dg.AssetChecksDefinition]:
    """One check for each asset whose tables have expectations: the log is one asset of two such tables."""
    return [_check_of(key, list(tables)) for key, tables in groupby(checked_tables(), key_of)]


def _check_of(key: dg.AssetKey, tables: Sequence[str]) -> dg.AssetChecksDefinition:
    others = {key_of(other) for table in tables for other in tables_beside(table)} - {key}

    @dg.asset_check(
        asset=key,
        name="expectations",
        additional_deps=sorted(others),  # rules between tables wait for both
        blocking=True,
        description=f"What must be true of {' and '.join(tables)}; results are kept in mart.check_result.",
    )
    def expectations(warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.models() as con:
            results = validate_tables(con, tables)
            write_results(con, results)
        return in_dagster(results)

    return expectations


def _drift_of(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(table),
        name="drift",
        blocking=True,  # so that it is kept before the publication is made; it never fails a run
        description=f"What moved in {table} since the last publication; findings are kept in ref.drift.",
    )
    def drift(home: Home, warehouse: Warehouse) -> dg.AssetCheckResult:
        with warehouse.models() as con:
            findings = compare(con, home.settings().published, [table])
            write_drift(con, findings)
        return in_dagster(findings)

    return drift


def in_dagster(results: Sequence[CheckResult]) -> dg.AssetCheckResult:
    """Results as Dagster shows them: counts and names of rules, never values."""
    broken = [result for result in results if not result.is_ok]
    is_error = any(result.is_blocking for result in broken)
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description="\n".join(result.message for result in broken) or None,
        metadata={
            "rules": len(results),
            "broken": len(broken),
            "results": dg.MetadataValue.json([asdict(result) for result in results]),
        },
    )
