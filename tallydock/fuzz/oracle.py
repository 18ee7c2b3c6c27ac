"""What a scan must be told, by a few lines that share nothing with the station table.

Only scans whose meaning needs no interpretation: units of items, with or without what they are
tracked by; badges, orders and the simple commands. ``None``: this oracle has no opinion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edge.domain.events import ScanJudged
from tallydock.fuzz.goods import GOODS, PLAIN, Good, code

UNDO, CLOSE, NEXT, CANCEL, SHORT = map(code, ("UNDO", "CLOSE", "NEXT", "CANCEL", "SHORT"))
ALWAYS = {code("HELP"): "help_called", code("SIGNOFF"): "signed_out"}
SURE = ("idle", "packing", "complete", "reason", "intercepted")
WORKING = ("packing", "complete", "intercepted")
NAMED = {
    "closed": "not_now",
    "held": "order_on_hold",
    "cancelled": "order_cancelled",
    "elsewhere": "order_already_open",
    "free": "order_opened",
}
ELEMENTS = re.compile(
    r"(?:]C1)?01(?P<gtin>\d{14})(?:17(?P<until>\d{6}))?(?:10(?P<lot>L\d)|21(?P<serial>S\d+))"
)
TRACKED = {
    text: good
    for good in GOODS
    if good.tracking != "none"
    for text in (good.gtin, good.gtin.lstrip("0").zfill(13), f"]E0{good.gtin[1:]}")
}

Verdicts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """A station before a scan; parts are (sku, wanted, room) in the order of the lines.

    ``named``: the condition of the order that the scan names, one of NAMED. ``boxed``: goods are
    in the open carton. ``serials``: those in cartons. ``lots``: the expiry of those that are known.
    """

    user: str | None
    state: str
    fulfilment: str | None
    stopped: str | None
    parts: Sequence[tuple[str, Decimal, Decimal]]
    undoable: bool
    boxed: bool
    named: str | None
    serials: set[tuple[str, str]]
    lots: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Days:
    """Today, and the first last day that goods may have which are packed now."""

    today: date
    least: date


def expected(sight: Sight, event: ScanJudged, days: Days) -> Verdicts | None:
    """The verdicts that would be right."""
    if event.kind in ("repeat", "unreadable", "badge"):
        return None
    always = ALWAYS.get(event.data)
    if always == "help_called" or (always is not None and sight.user is not None):
        return (always,)
    if sight.user is None:
        return ("not_signed_in",)
    if event.data == CANCEL:
        return ("order_suspended",) if sight.state in WORKING else None
    if sight.stopped is not None:
        return ("order_cancelled",) if sight.stopped == "cancelled" else ("order_on_hold",)
    if sight.state not in SURE:
        return None
    return (
        _commanded(sight, event.data)
        if event.data.startswith("TD-")
        else _item(sight, event.data, days)
    )


def _commanded(sight: Sight, data: str) -> Verdicts | None:
    """A code of our own; something may be waiting in state ``reason``."""
    if sight.named is not None:
        return (NAMED[sight.named],) if sight.fulfilment is None else ("not_now",)
    if sight.state not in WORKING or sight.fulfilment is None:
        return None
    room = any(room for _, _, room in sight.parts)
    could = {
        UNDO: ("voided", sight.undoable),
        CLOSE: ("carton_closed", sight.boxed),
        NEXT: ("order_closed", not room),
        SHORT: ("choose_reason", room),
    }
    if data not in could:
        return None
    verdict, possible = could[data]
    return (verdict,) if possible else ("not_now",)


def _item(sight: Sight, data: str, days: Days) -> Verdicts | None:
    plain = PLAIN.get(data)
    elements = ELEMENTS.fullmatch(data)
    found = elements["gtin"] if elements is not None else data
    good = TRACKED.get(found)
    if plain is None and good is None:
        return None
    if sight.fulfilment is None:
        return ("no_open_order",)
    if plain is not None or good is None:
        return _packing(sight, *plain) if plain is not None else None
    packing = _packing(sight, good.sku, Decimal(1))
    if packing[0].startswith("mismatch"):
        return packing
    return _attributes(sight, good, elements, days) or packing


def _packing(sight: Sight, sku: str, units: Decimal) -> Verdicts:
    lines = [room for name, wanted, room in sight.parts if name == sku and wanted > 0]
    if not lines:
        return ("mismatch_class",)
    fitting = [room for room in lines if room >= units]
    if not fitting:
        return ("mismatch_quantity",)
    if sum(room for _, _, room in sight.parts) == units:
        return ("order_complete",)
    return ("line_complete",) if fitting[0] == units else ("accepted",)


def _attributes(
    sight: Sight, good: Good, elements: re.Match[str] | None, days: Days
) -> Verdicts | None:
    """What is missing or wrong with the lot, the serial or the date; None if nothing is."""
    until, lot, serial = elements.group("until", "lot", "serial") if elements else (None,) * 3
    if good.tracking == "serial":
        if serial is None:
            return ("needs_serial",)
        return ("mismatch_instance",) if (good.sku, serial) in sight.serials else None
    if lot is None:
        return ("needs_lot",)
    expiry = _printed(until) if until is not None else sight.lots.get((good.sku, lot))
    if expiry is None:
        return ("needs_expiry",) if good.tracking == "expiry" else None
    last_day = date.fromisoformat(expiry)
    if last_day < days.today:
        return ("expired",)
    return ("shelf_life_short",) if last_day < days.least else None


def _printed(until: str) -> str:
    """YYMMDD of an element string, ISO."""
    return f"20{until[:2]}-{until[2:4]}-{until[4:]}"
