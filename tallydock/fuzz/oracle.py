"""What a plain scan must be told, by a few lines that share nothing with the station table.

Only scans whose meaning needs no interpretation: units of items that are not tracked, and UNDO.
``None`` means that this oracle has no opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from edge.domain.events import ScanJudged
from tallydock.fuzz.goods import PLAIN, code

UNDO = code("UNDO")
SURE = ("idle", "packing", "complete", "reason", "intercepted")


@dataclass(frozen=True, slots=True)
class Sight:
    """A station before a scan; parts are (sku, wanted, room) in the order of the lines."""

    user: str | None
    state: str
    fulfilment: str | None
    stopped: str | None
    parts: Sequence[tuple[str, Decimal, Decimal]]
    undoable: bool


def expected(sight: Sight, event: ScanJudged) -> tuple[str, ...] | None:
    """The verdicts that would be right."""
    plain = PLAIN.get(event.data)
    if event.kind in ("repeat", "unreadable") or (plain is None and event.data != UNDO):
        return None
    if sight.user is None:
        return ("not_signed_in",)
    if sight.stopped is not None:
        return ("order_cancelled",) if sight.stopped == "cancelled" else ("order_on_hold",)
    if sight.state not in SURE:
        return None
    if plain is None:
        return _undoing(sight)
    return _packing(sight, *plain) if sight.fulfilment is not None else ("no_open_order",)


def _undoing(sight: Sight) -> tuple[str, ...] | None:
    """Something is waiting in state ``reason``: UNDO drops that first."""
    if sight.state not in ("packing", "complete"):
        return None
    return ("voided",) if sight.undoable else ("not_now",)


def _packing(sight: Sight, sku: str, units: Decimal) -> tuple[str, ...]:
    lines = [room for name, wanted, room in sight.parts if name == sku and wanted > 0]
    if not lines:
        return ("mismatch_class",)
    fitting = [room for room in lines if room >= units]
    if not fitting:
        return ("mismatch_quantity",)
    if sum(room for _, _, room in sight.parts) == units:
        return ("order_complete",)
    return ("line_complete",) if fitting[0] == units else ("accepted",)
