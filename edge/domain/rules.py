"""Brings every rule into the registries of ``edge.domain.kernel``; import this, not the parts."""

from __future__ import annotations

from edge.domain import (
    contents,
    entry,
    holding,
    judging,
    link,
    numbers,
    opening,
    sessions,
    stock,
)
from edge.domain.kernel import Decision, Meta, decide, evolve, subject_of

__all__ = [
    "Decision",
    "Meta",
    "contents",
    "decide",
    "entry",
    "evolve",
    "holding",
    "judging",
    "link",
    "numbers",
    "opening",
    "sessions",
    "stock",
    "subject_of",
]
