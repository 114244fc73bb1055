"""The only reader of published data: a module for each subject, a function for each question of a screen.

Nothing here judges a pair: the tables carry the signals, these queries select, filter and count.
"""

from __future__ import annotations

from dashboards.data import (
    bands,
    endings,
    equity,
    funnel,
    learnt,
    pair,
    people,
    practices,
    program,
    publication,
    quality,
    reader,
    signals,
    surveys,
    watchlist,
)

__all__ = [
    "bands",
    "endings",
    "equity",
    "funnel",
    "learnt",
    "pair",
    "people",
    "practices",
    "program",
    "publication",
    "quality",
    "reader",
    "signals",
    "surveys",
    "watchlist",
]
