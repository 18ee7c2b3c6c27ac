"""What a packer sees: the station's screen, the list of orders, and the goods on the shelves.

Shapes of our own, with the few fields that a person at the bench looks at. They are filled from
the REST answers of the same names (docs/openapi.json: StationView, Work, StockShown).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

Tracking = Literal["none", "lot", "serial", "expiry"]


class Recorded(msgspec.Struct, frozen=True):
    seq: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The last verdict; ``recorded.seq`` is another one after every scan."""

    token: str
    code: str = ""
    recorded: Recorded | None = None


class OrderHead(msgspec.Struct, frozen=True, kw_only=True):
    fulfilment: str


class Carton(msgspec.Struct, frozen=True, kw_only=True):
    units: Decimal


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the open order."""

    line: int
    sku: str
    wanted: Decimal
    packed: Decimal
    short: Decimal
    current: bool = False

    @property
    def left(self) -> Decimal:
        """What is still to pack."""
        return self.wanted - self.packed - self.short


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """The station's screen at one moment."""

    state: str
    order: OrderHead | None = None
    lines: tuple[Line, ...] = ()
    carton: Carton | None = None
    verdict: Verdict | None = None

    @property
    def seq(self) -> int:
        """The journal position of the last verdict, 0 for none."""
        recorded = self.verdict.recorded if self.verdict is not None else None
        return recorded.seq if recorded is not None else 0


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    gtin: str | None = None
    tracking: Tracking = "none"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """An order slip: ``scan`` is its barcode, ``station`` where it is open now."""

    fulfilment: str
    scan: str
    status: str
    station: str | None = None
    lines: tuple[TaskLine, ...] = ()


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one lot or serial at one place; ``expiry`` is an ISO date."""

    location: str
    quantity: Decimal
    lot: str | None = None
    serial: str | None = None
    expiry: str | None = None


class BenchView(Protocol):
    """Where the packer looks. DeviceError: nobody answers now, look again later."""

    def screen(self) -> Screen:
        """The station's screen now."""
        ...

    def tasks(self) -> Sequence[Task]:
        """The slips of this station: what is open here first, then what may be opened."""
        ...

    def goods(self, sku: str) -> Sequence[Goods]:
        """Everything of this item, wherever it is."""
        ...
