"""The state of one site as rows: what the journal adds up to.

Each row kind is a frozen struct; ``KEYS`` names the fields that identify a row. The tables of
``edge.journal.tables`` have the same columns plus ``site``. Quantities are exact decimals,
times UTC microseconds, dates ISO text, "" stands for "no lot" and "no serial" in keys.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Tracking = Literal["none", "lot", "expiry", "serial"]
OrderStatus = Literal[
    "draft", "held", "released", "picking", "packing", "packed", "shipped", "delivered", "cancelled"
]
FulfilmentStatus = Literal["released", "packing", "packed", "held", "cancelled"]
CartonStatus = Literal["open", "closed", "void"]
Role = Literal["packer", "supervisor", "admin", "auditor"]
StationState = Literal[
    "signed_out", "idle", "packing", "complete", "needs", "choosing", "reason", "intercepted"
]


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all row kinds; they hold values and never each other, so no cycle is looked for."""


class Item(Row, frozen=True, kw_only=True):
    """A trade item by SKU. ``location`` is its home shelf; ``gtin`` the 14 digits of one unit."""

    sku: str
    gtin: str | None
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tracking: Tracking
    location: str


class Packaging(Row, frozen=True, kw_only=True):
    """What a GTIN-14 stands for: ``quantity`` units of ``sku`` (1 for the unit itself)."""

    gtin: str
    sku: str
    quantity: Decimal


class Lot(Row, frozen=True, kw_only=True):
    """A lot of an item and the expiry that was read with it, if any."""

    sku: str
    lot: str
    expiry: str | None


class Order(Row, frozen=True, kw_only=True):
    """What was asked for. ``person_*`` refer to the customer in the erasable person store."""

    number: str
    channel: str
    external_id: str
    person: str | None
    person_version: int
    person_digest: str | None
    status: OrderStatus
    resume_status: OrderStatus
    reason: str | None
    placed_at: int
    changed_at: int
    lines: int
    fulfilments: int


class ExternalOrder(Row, frozen=True, kw_only=True):
    """Which order a channel's own number became; makes placing an order idempotent."""

    channel: str
    external_id: str
    number: str


class OrderLine(Row, frozen=True, kw_only=True):
    """One line of an order; packed and short are sums over all its fulfilments."""

    order: str
    line: int
    sku: str
    ordered: Decimal
    packed: Decimal
    short: Decimal
    price_minor: int | None
    currency: str | None


class Fulfilment(Row, frozen=True, kw_only=True):
    """What the floor works on (发货单). ``station`` is where it is open, and nowhere else."""

    number: str
    order: str
    status: FulfilmentStatus
    station: str | None
    packer: str | None
    lines: int
    cartons: int
    carton: str | None
    wanted: Decimal
    packed: Decimal
    short: Decimal
    released_at: int
    closed_at: int | None


class FulfilmentLine(Row, frozen=True, kw_only=True):
    """A line to pack; ``done`` once packed + short = wanted."""

    fulfilment: str
    line: int
    order: str
    order_line: int
    sku: str
    wanted: Decimal
    packed: Decimal
    short: Decimal
    done: bool


class Carton(Row, frozen=True, kw_only=True):
    """A logistic unit under its SSCC-18; its contents are the stock at ``carton/{sscc}``."""

    sscc: str
    fulfilment: str
    number: int
    status: CartonStatus
    station: str
    units: Decimal
    opened_at: int
    closed_at: int | None


class Stock(Row, frozen=True, kw_only=True):
    """Quantity of an item, lot and serial at a location; the sum over all locations is zero."""

    location: str
    sku: str
    lot: str
    serial: str
    quantity: Decimal


class Serial(Row, frozen=True, kw_only=True):
    """Where a serial was packed: a serial is in one place."""

    sku: str
    serial: str
    sscc: str
    fulfilment: str
    station: str
    packed_at: int


class User(Row, frozen=True, kw_only=True):
    """Somebody who works here; the name lives in the person store."""

    id: str
    badge: str
    role: Role
    language: str
    active: bool
    person: str
    person_version: int
    person_digest: str


class Badge(Row, frozen=True, kw_only=True):
    """Whose badge a badge number is."""

    badge: str
    user: str


class Session(Row, frozen=True, kw_only=True):
    """What a station is in the middle of.

    ``undo`` is the journal seq of the ItemPacked that UNDO takes back (0: none); ``judged`` the
    seq of the last verdict. ``pending_*`` hold the item whose lot, serial or expiry is missing,
    ``choices`` the readings of an ambiguous code (one scan text each), ``offered`` the
    fulfilment that TAKEOVER would take, ``line`` the line in hand (0: none).
    """

    station: str
    state: StationState
    user: str | None
    language: str
    fulfilment: str | None
    line: int
    undo: int
    judged: int
    pending: str | None
    choices: tuple[str, ...]
    offered: str | None
    since: int


class NumberBlock(Row, frozen=True, kw_only=True):
    """The block of numbers being drawn from: ``next`` > ``last`` means that it is used up."""

    kind: str
    epoch: int
    first: int
    last: int
    next: int


class DevicePosition(Row, frozen=True, kw_only=True):
    """The last fact of a device that was judged: what is not above it came before."""

    device: str
    connection: str
    sequence: int
    data: str
    at: int


class Timer(Row, frozen=True, kw_only=True):
    """A future input: ``kind`` for ``subject`` falls due at ``due_at``."""

    kind: str
    subject: str
    due_at: int


KEYS: dict[type[Row], tuple[str, ...]] = {
    Item: ("sku",),
    Packaging: ("gtin",),
    Lot: ("sku", "lot"),
    Order: ("number",),
    ExternalOrder: ("channel", "external_id"),
    OrderLine: ("order", "line"),
    Fulfilment: ("number",),
    FulfilmentLine: ("fulfilment", "line"),
    Carton: ("sscc",),
    Stock: ("location", "sku", "lot", "serial"),
    Serial: ("sku", "serial"),
    User: ("id",),
    Badge: ("badge",),
    Session: ("station",),
    NumberBlock: ("kind",),
    DevicePosition: ("device",),
    Timer: ("kind", "subject"),
}
