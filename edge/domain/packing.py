"""Packing: what an item scan does to the order in hand (H4), and how it is taken back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec

from edge.codes import sscc
from edge.codes.readings import Reading
from edge.domain import numbers, stock
from edge.domain.events import (
    CartonOpened,
    Event,
    ItemPacked,
    SessionAfter,
)
from edge.domain.rows import FulfilmentLine, Item, Lot, Packaging, Serial
from edge.domain.scanning import Judgement, Scan
from edge.domain.state import State
from edge.domain.verdicts import Verdict
from edge.quantity import ONE, normal


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the thing in the packer's hand; stored while something is missing."""

    gtin: str
    sku: str
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None
    expiry: str | None = None


def pack_item(scan: Scan) -> Judgement:
    """The rule for an item code while an order is open."""
    reading = scan.reading
    if reading is None or reading.gtin is None:
        raise LookupError("the table sends only item readings here")
    packaging = scan.state.get(Packaging, reading.gtin)
    if packaging is None:
        return Judgement(
            "unknown_code", scan.keep(), reason="unknown", params=(("code", reading.gtin),)
        )
    piece = Piece(
        gtin=reading.gtin,
        sku=packaging.sku,
        quantity=packaging.quantity,
        lot=_lot(scan, packaging.sku, reading),
        serial=reading.serial,
        expiry=reading.expiry,
    )
    return judge_piece(scan, piece)


def supply_attributes(scan: Scan) -> Judgement:
    """The lot, serial or expiry of the item that waits for it; the item may come along again."""
    reading = scan.reading
    if reading is None or scan.session.pending is None:
        raise LookupError("the table sends only attributes for a waiting item here")
    waiting = msgspec.json.decode(scan.session.pending, type=Piece)
    if reading.gtin is not None and reading.gtin != waiting.gtin:
        return pack_item(scan)
    piece = msgspec.structs.replace(
        waiting,
        lot=_lot(scan, waiting.sku, reading) or waiting.lot,
        serial=reading.serial or waiting.serial,
        expiry=reading.expiry or waiting.expiry,
    )
    return judge_piece(scan, piece)


def _lot(scan: Scan, sku: str, reading: Reading) -> str | None:
    """The lot, unless it may have swallowed what stood behind it; one we know settles that."""
    if reading.lot is None or "ambiguous_lot" not in reading.flags:
        return reading.lot
    return reading.lot if scan.state.get(Lot, sku, reading.lot) is not None else None


def judge_piece(scan: Scan, piece: Piece) -> Judgement:
    """Rules in their order: class, quantity, identity, dates; then it is packed."""
    item = scan.state.need(Item, piece.sku)
    params = (
        ("sku", piece.sku),
        ("location", item.location),
        ("quantity", str(piece.quantity)),
        ("unit", piece.sku),
    )
    lines = [line for line in scan.lines() if line.sku == piece.sku and line.wanted > 0]
    if not lines:
        wanting = scan.state.wanted_by(piece.sku)
        found = (*params, ("order", wanting)) if wanting is not None else params
        variant = "wanted_elsewhere" if wanting is not None else ""
        return Judgement("mismatch_class", _refuse(scan), variant, params=found, sku=piece.sku)
    open_lines = [row for row in lines if row.wanted - row.packed - row.short >= piece.quantity]
    if not open_lines or (item.tracking == "serial" and piece.quantity != ONE):
        variant = "" if all(row.done for row in lines) else "pack_size"
        return Judgement("mismatch_quantity", _refuse(scan), variant, params=params, sku=piece.sku)
    refusal = _identity(scan, item, piece, params) or _dates(scan, item, piece, params)
    return refusal or _pack(scan, open_lines[0], item, piece)


def _refuse(scan: Scan) -> SessionAfter:
    """A refused item also ends a wait for attributes or a reason."""
    return scan.rest(scan.fulfilment, scan.session.line)


def _identity(
    scan: Scan, item: Item, piece: Piece, params: tuple[tuple[str, str], ...]
) -> Judgement | None:
    missing: Verdict | None = None
    if item.tracking in ("lot", "expiry") and piece.lot is None:
        missing = "needs_lot"
    elif item.tracking == "serial" and piece.serial is None:
        missing = "needs_serial"
    elif item.tracking == "expiry" and _expiry(scan.state, piece) is None:
        missing = "needs_expiry"
    if missing is not None:
        after = SessionAfter(
            state="needs",
            line=scan.session.line,
            pending=msgspec.json.encode(piece, order="sorted").decode(),
        )
        return Judgement(missing, after, params=params, sku=piece.sku)
    if item.tracking == "serial" and piece.serial is not None:
        packed = scan.state.get(Serial, piece.sku, piece.serial)
        if packed is not None:
            where = (
                *params,
                ("serial", piece.serial),
                ("order", packed.fulfilment),
                ("station", packed.station),
                ("at_us", str(packed.packed_at)),
            )
            return Judgement("mismatch_instance", _refuse(scan), params=where, sku=piece.sku)
    return None


def _expiry(state: State, piece: Piece) -> str | None:
    if piece.expiry is not None or piece.lot is None:
        return piece.expiry
    lot = state.get(Lot, piece.sku, piece.lot)
    return lot.expiry if lot is not None else None


def _dates(
    scan: Scan, item: Item, piece: Piece, params: tuple[tuple[str, str], ...]
) -> Judgement | None:
    """The day that is printed is still good (local calendar day of the site)."""
    if item.tracking == "none":
        return None
    expiry = _expiry(scan.state, piece)
    if expiry is None:
        return None
    last_day = date.fromisoformat(expiry)
    shown = (*params, ("expiry", expiry))
    if last_day < scan.moment.today:
        return Judgement("expired", _refuse(scan), params=shown, sku=piece.sku)
    days = scan.moment.settings.shelf_life_days_min
    if last_day < scan.moment.today + timedelta(days=days):
        return Judgement("shelf_life_short", _refuse(scan), params=shown, sku=piece.sku)
    return None


def _pack(scan: Scan, line: FulfilmentLine, item: Item, piece: Piece) -> Judgement:
    fulfilment = scan.opened
    before, carton = _carton(scan)
    packed = _packed(scan, line, item, piece, carton)
    line_left = normal(line.wanted - line.packed - line.short - piece.quantity)
    total_packed = normal(fulfilment.packed + piece.quantity)
    order_left = fulfilment.wanted - total_packed - fulfilment.short
    verdict: Verdict = "accepted"
    if order_left <= 0:
        verdict = "order_complete"
    elif line_left <= 0:
        verdict = "line_complete"
    after = SessionAfter(state="complete" if order_left <= 0 else "packing", line=line.line)
    return Judgement(
        verdict,
        after,
        params=(
            ("sku", piece.sku),
            ("left", str(line_left)),
            ("unit", piece.sku),
            *_next_line(scan, line, line_left),
        ),
        sku=piece.sku,
        effects=(*before, packed),
        count=(total_packed, fulfilment.wanted),
    )


def _packed(scan: Scan, line: FulfilmentLine, item: Item, piece: Piece, carton: str) -> ItemPacked:
    """Goods leave the item's own shelf; a serial leaves the place where it lies."""
    source = stock.shelf(item.location)
    serial = (piece.serial or "") if item.tracking == "serial" else ""
    if serial:
        source = scan.state.lies_at(piece.sku, serial) or source
    tracked_lot = item.tracking in ("lot", "expiry")
    return ItemPacked(
        fulfilment=line.fulfilment,
        line=line.line,
        order=line.order,
        order_line=line.order_line,
        sku=piece.sku,
        quantity=piece.quantity,
        lot=(piece.lot or "") if tracked_lot else "",
        serial=serial,
        expiry=_expiry(scan.state, piece) if tracked_lot else None,
        sscc=carton,
        source=source,
        undo=scan.session.undo,
    )


def _next_line(scan: Scan, line: FulfilmentLine, left: Decimal) -> tuple[tuple[str, str], ...]:
    """The item to take next when this line is full."""
    if left > 0:
        return ()
    for row in scan.lines():
        if not row.done and row.line != line.line:
            item = scan.state.need(Item, row.sku)
            return (("next_sku", row.sku), ("next_location", item.location))
    return ()


def _carton(scan: Scan) -> tuple[tuple[Event, ...], str]:
    """The open carton, or the events that open one."""
    fulfilment = scan.opened
    if fulfilment.carton is not None:
        return (), fulfilment.carton
    opened, reference = numbers.draw(scan.state, numbers.SSCC, scan.moment)
    settings = scan.moment.settings
    code = sscc.build(settings.company_prefix, settings.sscc_extension, reference)
    carton = CartonOpened(
        sscc=code,
        serial_reference=reference,
        fulfilment=fulfilment.number,
        number=fulfilment.cartons + 1,
    )
    return (*opened, carton), code
