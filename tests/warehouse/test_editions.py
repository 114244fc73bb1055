"""Editions on disk: what is not as it was frozen is found, and named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from warehouse.editions import MANIFEST, MODEL, Edition, File, Manifest, Origin, editions, problems

FILE = "p-2026Q3-sponsor-edition-1.html"
ORIGIN = Origin(
    "2026Q3", "p", "sponsor", "2026-09-30T23:59:59Z", "2026-10-01T09:00:00Z", "f", 9, "head", "hash", "1"
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    folder = tmp_path / "2026Q3" / "p-sponsor-1"
    folder.mkdir(parents=True)
    manifest = Manifest(1, ORIGIN, {}, sha256(b"{}"), (File(FILE, sha256(b"page")),))
    (folder / MODEL).write_bytes(b"{}")
    (folder / FILE).write_bytes(b"page")
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return Edition(folder, manifest)


def test_an_edition_as_it_was_frozen_has_no_problem(edition: Edition, tmp_path: Path) -> None:
    assert editions(tmp_path) == [edition]
    assert problems(tmp_path) == []


def test_a_file_that_is_gone_is_written_again_and_no_problem(edition: Edition, tmp_path: Path) -> None:
    (edition.folder / FILE).unlink()
    assert problems(tmp_path) == []


def test_a_file_that_was_changed_is_named(edition: Edition, tmp_path: Path) -> None:
    (edition.folder / FILE).write_bytes(b"another page")
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{edition.folder / FILE} is not what was frozen: delete it")


@pytest.mark.parametrize("name", [MODEL, MANIFEST])
def test_a_model_or_manifest_that_was_changed_is_named(edition: Edition, tmp_path: Path, name: str) -> None:
    (edition.folder / name).write_bytes(b"[]")
    (problem,) = problems(tmp_path)
    assert problem.startswith(str(edition.folder / name))
    assert "restore a backup" in problem


def test_a_home_without_reports_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path / "reports") == []
