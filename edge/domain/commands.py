"""What the heart can be asked to do. Imperative; where a command came from makes no difference.

Fields are already well-formed values (the API, the CSV reader and the central link check
shapes); whether the command fits the state of the warehouse is decided in this package.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edge.domain.events import PackagingDefined, PersonRef
from edge.domain.rows import Role, Tracking


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands."""


class PlaceOrder(Command, frozen=True, kw_only=True):
    """Same ``channel`` and ``external_id``: the same order, and nothing happens twice.

    Lines name an item by ``sku`` or by ``gtin`` (14 digits); ``line`` is given by the position.
    """

    channel: str
    external_id: str
    customer: PersonRef | None
    lines: tuple[LineWanted, ...]
    draft: bool = False


class LineWanted(msgspec.Struct, frozen=True, kw_only=True):
    quantity: Decimal
    sku: str | None = None
    gtin: str | None = None
    price_minor: int | None = None
    currency: str | None = None


class ChangeOrder(Command, frozen=True, kw_only=True):
    """Set quantities of lines; line 0 adds a new line, quantity 0 takes one out."""

    number: str
    lines: tuple[LineChange, ...]


class LineChange(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    quantity: Decimal
    sku: str | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    number: str
    reason: str


class HoldOrder(Command, frozen=True, kw_only=True):
    number: str
    reason: str


class ReleaseOrder(Command, frozen=True, kw_only=True):
    number: str


class DefineItem(Command, frozen=True, kw_only=True):
    sku: str
    gtin: str | None
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tracking: Tracking
    location: str
    packagings: tuple[PackagingDefined, ...] = ()


class ReceiveStock(Command, frozen=True, kw_only=True):
    """``reference`` makes a repeated receipt visible; "" for lot and serial means none."""

    location: str
    sku: str
    quantity: Decimal
    lot: str = ""
    serial: str = ""
    expiry: str | None = None
    reference: str | None = None


class AddUser(Command, frozen=True, kw_only=True):
    user: str
    badge: str
    role: Role
    language: str
    person: PersonRef
    active: bool = True


class ErasePerson(Command, frozen=True, kw_only=True):
    person: str


class Batch(Command, frozen=True, kw_only=True):
    """Several commands as one: all of them or none (a file that is imported)."""

    commands: tuple[PlaceOrder | DefineItem | ReceiveStock | AddUser, ...]


class ScanAtStation(Command, frozen=True, kw_only=True):
    """A scan that is bound to a station. ``sequence`` counts within (device, connection)."""

    station: str
    device: str
    connection: str
    sequence: int
    data: str
    symbology: str | None
    retransmit: bool = False
    fault: str | None = None


class SignOutIdle(Command, frozen=True, kw_only=True):
    """A timer's command: nobody scanned at ``station`` for the configured time."""

    station: str
