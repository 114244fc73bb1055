"""The publication: what screens read, replaced only by a build that passed its checks."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from expectations.runner import read_results
from pipelines.assets.names import key_of
from pipelines.build import refuse_broken
from pipelines.resources import Home, Warehouse
from warehouse.models import hash_tables
from warehouse.publish import mart_tables, publish


def publication_asset(marts: Iterable[str]) -> dg.AssetsDefinition:
    """The asset that publishes the given marts."""

    @dg.asset(key="publication", deps=[key_of(table) for table in marts], group_name="publication")
    def publication(home: Home, warehouse: Warehouse) -> dg.MaterializeResult:
        """A new read-only file of all marts, and the pointer that readers follow to it."""
        with warehouse.models() as con:
            # Asked again here: somebody may materialize the publication alone, past a broken check.
            refuse_broken(read_results(con))
            found = hash_tables(con, mart_tables(con))
            published = publish(con, home.settings().published, found.whole, hashes=found.tables)
        return dg.MaterializeResult(
            metadata={
                "build_id": published.build_id,
                "as_of": published.as_of,
                "known_at": published.known_at,
                "mart_hash": published.mart_hash,
                "tables": dg.MetadataValue.json(published.tables),
            }
        )

    return publication
