"""Rows behind the pages that are read sitting down: orders with events, stock, central's sites."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from api.central.ports import Letter, OrphanEvent, Site
from edge.domain.events import (
    CartonClosed,
    CartonOpened,
    Event,
    FulfilmentClosed,
    FulfilmentOpened,
    FulfilmentReleased,
    ItemPacked,
    LineAsked,
    LineToPack,
    OrderHeld,
    OrderPlaced,
    OrderReleased,
    ShortRecorded,
)
from edge.domain.rows import Carton, Fulfilment, Item, OrderLine, OrderStatus, Stock
from edge.journal.chain import StoredEvent, link
from tests.browser import scenes
from tests.unit.api.central_fakes import CentralWorld, FakeCentralQueries
from tests.unit.api.fakes import World
from tests.unit.api.samples import order_row

ORDER, FULFILMENT = "SO-2026-001045", "SO-2026-001045-1"
SSCC = "395212340000010457"
STATUSES: tuple[OrderStatus, ...] = ("released", "packing", "packed", "held", "cancelled", "draft")
NAMES = (scenes.FLASK, scenes.NOTEBOOK, scenes.MASKS)


def item(number: int) -> Item:
    """One of three items."""
    name = NAMES[number - 1]
    return Item(
        sku=f"SKU-100{number:02d}",
        gtin=f"0952123400024{number}",
        name_zh=name["zh"],
        name_en=name["en"],
        unit_zh="件",
        unit_en="pcs",
        tracking="none",
        location=f"A-07-{number}",
    )


def events() -> list[Event]:
    """What happened to the order, from placing it to closing it."""
    asked = tuple(
        LineAsked(line=n, sku=f"SKU-100{n:02d}", quantity=Decimal(3 - n % 2)) for n in (1, 2, 3)
    )
    work = tuple(
        LineToPack(
            line=n, order=ORDER, order_line=n, sku=f"SKU-100{n:02d}", quantity=Decimal(3 - n % 2)
        )
        for n in (1, 2, 3)
    )
    placed = OrderPlaced(
        number=ORDER, serial=1045, channel="shop-a", external_id="8812047731", customer=None,
        draft=False, lines=asked,
    )  # fmt: skip
    packed = ItemPacked(
        fulfilment=FULFILMENT, line=1, order=ORDER, order_line=1, sku="SKU-10001",
        quantity=Decimal(1), lot="", serial="", expiry=None, sscc=SSCC, source="shelf/A-07-1",
        undo=0,
    )  # fmt: skip
    short = ShortRecorded(
        fulfilment=FULFILMENT, line=3, order=ORDER, order_line=3, sku="SKU-10003",
        quantity=Decimal(1), reason="MISSING",
    )  # fmt: skip
    return [
        placed,
        FulfilmentReleased(number=FULFILMENT, order=ORDER, lines=work),
        OrderHeld(number=ORDER, reason="address", fulfilments=(FULFILMENT,)),
        OrderReleased(number=ORDER, fulfilments=(FULFILMENT,)),
        FulfilmentOpened(number=FULFILMENT, station="pack-1", user="e-0217"),
        CartonOpened(sscc=SSCC, serial_reference=1045, fulfilment=FULFILMENT, number=1),
        packed,
        packed,
        short,
        CartonClosed(sscc=SSCC, fulfilment=FULFILMENT, units=Decimal(2)),
        FulfilmentClosed(number=FULFILMENT, order=ORDER, station="pack-1", cartons=1),
    ]


def body(seq: int, event: Event, at_us: int) -> bytes:
    """Canonical bytes of an event."""
    return msgspec.json.encode(
        {
            "actor": "user/e-0217", "causation": None, "data": event,
            "id": f"01936a2c-0000-7000-8000-{seq:012d}", "recorded_at": at_us, "seq": seq,
            "site": "hz1", "station": "pack-1" if seq > 4 else None, "subject": f"order/{ORDER}",
            "type": type(event).__name__, "version": 1,
        },
        order="sorted",
    )  # fmt: skip


def fill(world: World, now_us: int) -> None:
    """Sixty orders, one of them with lines, a box and its whole history."""
    queries = world.queries
    queries.item_rows = [item(number) for number in (1, 2, 3)]
    queries.order_rows = [
        order_row(
            f"SO-2026-00{1045 - back:04d}",
            channel="shop-a",
            external_id=f"88120477{31 - back % 30:02d}",
            status=STATUSES[back % len(STATUSES)],
            resume_status="released",
            placed_at=now_us - (back + 30) * 600_000_000,
            changed_at=now_us - back * 500_000_000,
            lines=3,
        )
        for back in range(60)
    ]
    first = queries.order_rows[0]
    queries.order_rows[0] = msgspec.structs.replace(
        first, status="packing", resume_status="packing", person="c-20418"
    )
    queries.line_rows = [
        OrderLine(
            order=ORDER, line=n, sku=f"SKU-100{n:02d}", ordered=Decimal(3 - n % 2),
            packed=Decimal(2 - n % 2), short=Decimal(n == 3), price_minor=None, currency=None,
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    queries.fulfilment_rows = [
        Fulfilment(
            number=FULFILMENT, order=ORDER, status="packing", station="pack-1", packer="e-0217",
            lines=3, cartons=1, carton=SSCC, wanted=Decimal(7), packed=Decimal(4),
            short=Decimal(1), released_at=now_us - 17_000_000_000, closed_at=None,
        )
    ]  # fmt: skip
    queries.carton_rows = [
        Carton(
            sscc=SSCC, fulfilment=FULFILMENT, number=1, status="open", station="pack-1",
            units=Decimal(4), opened_at=now_us - 900_000_000, closed_at=None,
        )
    ]  # fmt: skip
    queries.stock_rows = [
        Stock(
            location=f"shelf/A-{row:02d}-{n}", sku=f"SKU-100{n:02d}", lot="LB2609" * (n == 3),
            serial="", quantity=Decimal(10 * row + n),
        )
        for row in range(1, 31)
        for n in (1, 2, 3)
    ]  # fmt: skip
    for seq, event in enumerate(events(), 1):
        world.record(body(seq, event, now_us - (20 - seq) * 61_000_000))


class FleetQueries(FakeCentralQueries):
    """Four sites, each in another state."""

    now_us = 0

    def sites(self) -> list[Site]:
        """Level, behind, unheard, claimed by two writers."""
        return [
            self._site("hz1", through=48_652, head=48_652),
            self._site("nb1", through=61_880, head=63_084, condition="lagging", ago_s=250),
            self._site("wh1", through=39_402, head=39_402, fenced=True),
            self._site("xa1", through=27_455, head=27_455, online=False, ago_s=11_520),
        ]

    def _site(self, name: str, *, through: int, head: int, ago_s: int = 1, **state: object) -> Site:
        values: dict[str, object] = {
            "online": True, "condition": "level", "fenced": False, "refusals": 0, "app": "0.1.0",
        } | state  # fmt: skip
        return msgspec.convert(
            values
            | {
                "site": name, "heard_at": self.now_us - ago_s * 1_000_000, "epoch": 1,
                "through": through, "hash": bytes.fromhex(scenes.HASH), "head": head,
                "projected": through, "skew_us": 1200, "commands": 12, "commands_acked": 12,
            },
            Site,
            strict=False,
        )  # fmt: skip


def fill_central(central: CentralWorld, world: World, now_us: int) -> None:
    """Central knows the edge's rows, two events that fell off, and a dead letter."""
    queries = FleetQueries(by_site={"hz1": world.queries})
    queries.now_us = now_us
    stored = world.queries.journal[5]
    lost = StoredEvent(6, link(bytes(32), stored.body), stored.body)
    queries.orphan_rows = [("wh1", OrphanEvent(epoch=2, event=lost, orphaned_at=now_us))]
    queries.letter_rows = [
        Letter(
            site="wh1", at=now_us - 90_000_000, direction="up", topic="tallydock/wh1/up",
            reason="foreign_site", payload=b'{"site": "??", "n": 1}',
        )
    ]  # fmt: skip
    central.queries = queries
