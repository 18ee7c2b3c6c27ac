"""Rows and pictures with ordinary values."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edge.domain.events import PersonRef
from edge.domain.rows import Item, Order, OrderLine

NOW_US = 1_790_000_000_000_000

VIEW = {
    "boot": "00ff",
    "version": 3,
    "code": "0.1.0",
    "at": "2026-09-21T14:13:20.000000Z",
    "station": "pack-1",
    "state": "signed_out",
    "user": None,
    "language": "zh-CN",
    "order": None,
    "lines": [],
    "carton": None,
    "verdict": None,
    "scans": 0,
    "latency": {"p50_us": None, "p99_us": None, "count": 0},
    "disk": "ok",
    "history": [],
}

WALL = {
    "boot": "00ff",
    "version": 1,
    "stations": [{"id": "pack-1"}, {"id": "pack-2"}, {"id": "pack-3"}],
    "devices": [{"id": "scanner-1", "state": "ready"}],
    "exceptions": [],
    "orders": {"open": 2},
}


def order_row(number: str, **changes: object) -> Order:
    """An order with ordinary values."""
    row = Order(
        number=number,
        channel="shop",
        external_id=f"X-{number}",
        person=None,
        person_version=0,
        person_digest=None,
        status="released",
        resume_status="released",
        reason=None,
        placed_at=NOW_US,
        changed_at=NOW_US,
        lines=1,
        fulfilments=1,
    )
    return msgspec.structs.replace(row, **changes)


def line_row(order: str, line: int = 1) -> OrderLine:
    """Three units of tea, one of them packed."""
    return OrderLine(
        order=order,
        line=line,
        sku="TEA-1",
        ordered=Decimal(3),
        packed=Decimal(1),
        short=Decimal(0),
        price_minor=1250,
        currency="CNY",
    )


def item_row(sku: str = "TEA-1") -> Item:
    """An item without tracking."""
    return Item(
        sku=sku,
        gtin="09521234000013",
        name_zh="龙井",
        name_en="Longjing",
        unit_zh="罐",
        unit_en="tin",
        tracking="none",
        location="A-01",
    )


def reference(person: str) -> PersonRef:
    return PersonRef(person=person, version=1, digest="d" * 64)
