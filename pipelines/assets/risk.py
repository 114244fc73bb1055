"""The model of risk, learnt from the windows that have closed; kept only where it is no worse."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.names import LOG
from pipelines.fit import fit_home
from pipelines.resources import Home


@dg.asset(key="risk_model", deps=[LOG], group_name="risk", kinds={"python"})
def risk_model(home: Home) -> dg.MaterializeResult:
    """Coefficients and card of the risk of falling silent; fails where too few windows have closed."""
    made = fit_home(home.settings())
    return dg.MaterializeResult(
        metadata={
            "is_promoted": made.is_promoted,
            "reason": made.reason,
            "card": dg.MetadataValue.json(dict(made.file.card)),
        }
    )
