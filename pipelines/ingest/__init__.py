"""Ingest: from dropped files to events in the log."""

from __future__ import annotations

from pipelines.ingest.drops import FileResult, ingest_into_home

__all__ = ["FileResult", "ingest_into_home"]
