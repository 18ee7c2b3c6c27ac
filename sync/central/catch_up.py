"""Bringing a site's projections back to its log, a piece at a time (SYNC.md section 5).

A replica must not stall on a projection: an event whose type is not understood yet, or that
a projection fails on, is stored and acknowledged like any other, and the projections stop before
it. They go on here, after an upgrade, and here they are made anew after orphans.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

from sync.central.ports import CentralTransaction, SiteCursor

PIECE_EVENTS = 1000


class Step(Enum):
    """What came of one piece."""

    LEVEL = auto()
    MORE = auto()
    STUCK = auto()


def step(tx: CentralTransaction, site: str, cursor: SiteCursor) -> Step:
    """Take back, or fold one piece of the log, in the caller's transaction."""
    if cursor.condition == "rebuilding":
        stands = tx.log.rebuild(site, cursor.projected)
        cursor = replace(cursor, projected=stands, condition="lagging")
    events = tx.log.read(site, cursor.projected, PIECE_EVENTS)
    reached = tx.log.project(site, events) if events else cursor.projected
    level = reached == cursor.through
    moved = replace(cursor, projected=reached, condition="level" if level else "lagging")
    tx.log.save_cursor(site, moved)
    if level:
        return Step.LEVEL
    return Step.MORE if events and reached == events[-1].seq else Step.STUCK
