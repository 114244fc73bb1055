"""A build may die while it does what was asked for: the next one does the rest, and nothing twice."""

from __future__ import annotations

import pytest

from pipelines.ingest.requested import carry_out_requests
from tests.faults.children import REQUESTS, carry_out_and_die, exit_code
from tests.faults.conftest import Home, native
from warehouse.database import writer_lock
from warehouse.operations import open_operations
from warehouse.requests import Requests, Target
from warehouse.verify import verify

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", REQUESTS)
def test_what_was_asked_for_is_done_once_wherever_a_build_dies(home: Home, point: str, nth: int) -> None:
    home.drop("platform/a.ndjson", native(1) + native(2, time="yesterday") + native(3, time="tomorrow"))
    home.ingest()
    (mended, waived) = home.rows("select quarantine_id, file_id from quarantine order by line")
    engine = open_operations(home.settings.operations_url)
    try:
        requests = Requests(engine)
        requests.correct(*mended, native(2))
        requests.waive(Target("line", waived[0]), "a test")

        assert exit_code(carry_out_and_die, home.folder, point, nth) == -9
        with writer_lock(home.folder):
            carry_out_requests(home.settings)

        assert requests.open() == []
        outcomes = {request.action: request.outcome for request in requests.closed(9)}
    finally:
        engine.dispose()
    assert outcomes == {"correct": "1 line left quarantine", "waive": "1 line waived"}
    assert home.rows("select source_event_id from event order by position") == [("e1",), ("e2",)]
    assert home.rows("select accepted, quarantined from ledger where lines_in > 0") == [(2, 1)]
    assert verify(home.settings) == []
