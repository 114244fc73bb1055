"""Whatever happens to an export on its way, it becomes events or refusals, and every row is counted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.presets import preset
from tests.pipelines.ingest import exports

FIXTURES = Path(__file__).parent / "fixtures"

SEED = 20_261_126
EXPORTS = {
    "qualtrics": FIXTURES / "qualtrics/labels.csv",
    "google-forms": FIXTURES / "google-forms/download.csv",
    "typeform": FIXTURES / "typeform/responses.csv",
    "surveymonkey": FIXTURES / "surveymonkey/matrix.csv",
    "platform-matches": FIXTURES / "platform/matches.csv",
    "mbox": FIXTURES / "mbox/thread.mbox",
    "slack": exports.slack(),
    "roster": exports.workbook(("People", exports.PEOPLE)),
}
SUFFIX = {"mbox": ".mbox", "slack": ".zip", "roster": ".xlsx"}


def damaged(content: bytes) -> Iterator[bytes]:
    """Cut off, with bytes changed, with parts doubled and left out."""
    chance = random.Random(SEED)
    for _ in range(6):
        cut = chance.randrange(1, len(content))
        start, end = sorted(chance.sample(range(len(content)), 2))
        changed = bytearray(content)
        for place in chance.sample(range(len(content)), 3):
            changed[place] = chance.randrange(256)
        yield from (
            content[:cut],
            bytes(changed),
            content[:start] + content[end:],
            content[:end] + content[start:],
        )


@pytest.mark.parametrize("name", EXPORTS)
def test_a_damaged_export_is_events_or_refusals(desk: Any, name: str) -> None:
    source = EXPORTS[name]
    content = source if isinstance(source, bytes) else source.read_bytes()
    for number, bad in enumerate(damaged(content)):
        result = desk.drop(f"bad{number}{SUFFIX.get(name, '.csv')}", bad, preset(name))
        assert result.lines_in == result.accepted + result.duplicate + result.quarantined
        if result.status == "refused":
            code = result.notes[-1].partition(":")[0]
            assert "." in code, result.notes
