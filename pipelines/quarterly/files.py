"""The files of an edition: written once, and out of its frozen model again where they are gone."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipelines.report.model import Report, from_json
from warehouse.editions import Edition, File
from warehouse.errors import KinkeeperError

FORMATS = ("html", "pdf", "pptx", "xlsx")


def write(report: Report, kind: str) -> bytes:
    """The report in one format: html, pdf, pptx or xlsx."""
    from pipelines.report import pdf, sheets, slides, web

    writers = {"html": web.html, "pdf": pdf.pdf, "pptx": slides.pptx, "xlsx": sheets.xlsx}
    return writers[kind](report)


def written(edition: Edition, out: Path | None) -> tuple[Path, ...]:
    """The files of an edition, in a folder of the asker's or in its own; written anew where they are gone."""
    folder = out or edition.folder
    folder.mkdir(parents=True, exist_ok=True)
    report = from_json(edition.model())
    for file in edition.manifest.files:
        target = folder / file.name
        if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != file.sha256:
            target.write_bytes(_bytes(edition, report, file))
    return tuple(folder / file.name for file in edition.manifest.files)


def _bytes(edition: Edition, report: Report, file: File) -> bytes:
    """A file of an edition as it was frozen: its own copy, else written out of the model again."""
    kept = edition.folder / file.name
    data = kept.read_bytes() if kept.is_file() else b""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        data = write(report, file.name.rpartition(".")[2])
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise KinkeeperError(
            f"{file.name} cannot be made as it was: it was frozen by Kinkeeper "
            f"{edition.manifest.origin.version}. Restore a backup, or ask for a new edition with "
            "`kinkeeper report --edition new`"
        )
    return data


def stem(report: Report) -> str:
    """What the files of an edition are called, without their ending."""
    return f"{report.program_id}-{report.quarter}-{report.audience}-edition-{report.edition}"
