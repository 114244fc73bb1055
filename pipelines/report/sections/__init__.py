"""The sections of a report's body: each a function of what may be told."""

from __future__ import annotations

from pipelines.report.sections import endings, equity, health, outlook, reach, themes

__all__ = ["endings", "equity", "health", "outlook", "reach", "themes"]
