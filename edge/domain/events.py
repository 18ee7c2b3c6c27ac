"""The typed registry of events: what the journal may hold, and nothing else.

Names are past tense; payloads are frozen structs whose JSON is canonical (no floats, ASCII
keys). No payload holds a sentence, a secret or personal data: a person is a ``PersonRef``.
A change of a payload's shape is a new version with an upcaster, never an edit of this one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

import msgspec

from edge.domain.rows import Role, Tracking


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all payloads; ``VERSION`` is the version that is written today."""

    VERSION: ClassVar[int] = 1


class PersonRef(msgspec.Struct, frozen=True, kw_only=True):
    """A person by reference: ``digest`` is SHA-256 over salt and canonical data, in hex."""

    person: str
    version: int
    digest: str


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """Integer minor units with an ISO 4217 currency."""

    amount_minor: int
    currency: str


class LineAsked(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    sku: str
    quantity: Decimal
    unit_price: Price | None = None


class LineToPack(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    order: str
    order_line: int
    sku: str
    quantity: Decimal


class PackagingDefined(msgspec.Struct, frozen=True, kw_only=True):
    gtin: str
    quantity: Decimal


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message by key with its parameters as text; rendered where it is shown."""

    key: str
    params: dict[str, str] = {}


# --- catalogue, people, stock -------------------------------------------------------------


class ItemAdded(Event, frozen=True, kw_only=True):
    """An item was defined, or defined anew: the whole definition, not a difference."""

    sku: str
    gtin: str | None
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tracking: Tracking
    location: str
    packagings: tuple[PackagingDefined, ...] = ()


class UserAdded(Event, frozen=True, kw_only=True):
    user: str
    badge: str
    role: Role
    language: str
    active: bool
    person: PersonRef


class StockReceived(Event, frozen=True, kw_only=True):
    """Goods came from a supplier to a location (CBV step receiving)."""

    location: str
    source: str
    sku: str
    quantity: Decimal
    lot: str = ""
    serial: str = ""
    expiry: str | None = None
    reference: str | None = None


class PersonErased(Event, frozen=True, kw_only=True):
    person: str


# --- orders and fulfilments ---------------------------------------------------------------


class OrderPlaced(Event, frozen=True, kw_only=True):
    """``serial`` is the number drawn from the block; further lines follow in OrderLinesAdded."""

    number: str
    serial: int
    channel: str
    external_id: str
    customer: PersonRef | None
    draft: bool
    lines: tuple[LineAsked, ...]


class OrderLinesAdded(Event, frozen=True, kw_only=True):
    number: str
    lines: tuple[LineAsked, ...]


class OrderChanged(Event, frozen=True, kw_only=True):
    """Quantities of lines were set anew; 0 takes a line out."""

    number: str
    lines: tuple[LineAsked, ...]


class OrderCancelled(Event, frozen=True, kw_only=True):
    number: str
    reason: str
    fulfilments: tuple[str, ...]


class OrderHeld(Event, frozen=True, kw_only=True):
    number: str
    reason: str
    fulfilments: tuple[str, ...]


class OrderReleased(Event, frozen=True, kw_only=True):
    number: str
    fulfilments: tuple[str, ...]


class FulfilmentReleased(Event, frozen=True, kw_only=True):
    number: str
    order: str
    lines: tuple[LineToPack, ...]


class FulfilmentLinesAdded(Event, frozen=True, kw_only=True):
    number: str
    lines: tuple[LineToPack, ...]


class FulfilmentChanged(Event, frozen=True, kw_only=True):
    """Wanted quantities of lines were set anew; unknown line numbers are new lines."""

    number: str
    lines: tuple[LineToPack, ...]


class FulfilmentOpened(Event, frozen=True, kw_only=True):
    number: str
    station: str
    user: str


class FulfilmentSuspended(Event, frozen=True, kw_only=True):
    """Put aside unfinished; any station may open it again."""

    number: str
    station: str


class FulfilmentTakenOver(Event, frozen=True, kw_only=True):
    number: str
    from_station: str
    station: str
    user: str


class FulfilmentClosed(Event, frozen=True, kw_only=True):
    number: str
    order: str
    station: str
    cartons: int


# --- packing ------------------------------------------------------------------------------


class CartonOpened(Event, frozen=True, kw_only=True):
    sscc: str
    serial_reference: int
    fulfilment: str
    number: int


class CartonClosed(Event, frozen=True, kw_only=True):
    sscc: str
    fulfilment: str
    units: Decimal


class CartonVoided(Event, frozen=True, kw_only=True):
    """An empty carton was given up; its SSCC is never used again."""

    sscc: str
    fulfilment: str


class ItemPacked(Event, frozen=True, kw_only=True):
    """``undo`` is the seq that UNDO would take back before this one (0: none)."""

    fulfilment: str
    line: int
    order: str
    order_line: int
    sku: str
    quantity: Decimal
    lot: str
    serial: str
    expiry: str | None
    sscc: str
    source: str
    undo: int


class ItemVoided(Event, frozen=True, kw_only=True):
    """The ItemPacked at ``packed_seq`` was taken back; the fields are its own."""

    packed_seq: int
    fulfilment: str
    line: int
    order: str
    order_line: int
    sku: str
    quantity: Decimal
    lot: str
    serial: str
    sscc: str
    source: str
    undo: int


class ShortRecorded(Event, frozen=True, kw_only=True):
    fulfilment: str
    line: int
    order: str
    order_line: int
    sku: str
    quantity: Decimal
    reason: str


# --- station ------------------------------------------------------------------------------


class SignedIn(Event, frozen=True, kw_only=True):
    user: str
    station: str
    language: str


class SignedOut(Event, frozen=True, kw_only=True):
    user: str
    station: str
    reason: Literal["scan", "other_user", "idle"]


class SessionAfter(msgspec.Struct, frozen=True, kw_only=True):
    """What the verdict leaves the station in the middle of (fields of rows.Session)."""

    state: str
    line: int = 0
    pending: str | None = None
    choices: tuple[str, ...] = ()
    offered: str | None = None


class ScanJudged(Event, frozen=True, kw_only=True):
    """The one verdict of one scan. ``kind`` is the row of the station table that applied.

    ``data`` is the text as it came, ``step`` the step of resolution that decided; ``count`` is
    (packed, wanted) of the order after the scan.
    """

    device: str
    connection: str
    sequence: int
    data: str
    symbology: str | None
    kind: str
    step: str | None
    verdict: str
    reason: str | None
    why: Message
    next: Message
    sku: str | None
    fulfilment: str | None
    count: tuple[Decimal, Decimal] | None
    after: SessionAfter


class HelpCalled(Event, frozen=True, kw_only=True):
    station: str
    user: str | None


class TimerSet(Event, frozen=True, kw_only=True):
    """A future input: ``kind`` for ``subject`` falls due at ``due_at``; None takes it back."""

    kind: str
    subject: str
    due_at: int | None


# --- housekeeping -------------------------------------------------------------------------


class NumberBlockOpened(Event, frozen=True, kw_only=True):
    """Numbers ``first``..``last`` of ``kind`` (sscc, order) may now be used by this epoch."""

    kind: str
    epoch: int
    first: int
    last: int


class CommandAccepted(Event, frozen=True, kw_only=True):
    """Central's command was taken; its effects follow and name it as their causation."""

    command: str
    number: int
    command_type: str


class CommandRefused(Event, frozen=True, kw_only=True):
    command: str
    number: int
    command_type: str
    why: str
    field: str | None = None


class EpochOpened(Event, frozen=True, kw_only=True):
    """This journal goes on from ``base`` as a new history; ``lost`` events of another fell off."""

    counter: int
    nonce: str
    base: int
    lost: int


class InputQuarantined(Event, frozen=True, kw_only=True):
    """An input that could not be processed was set aside; ``digest`` names its stored text."""

    input_type: str
    error: str
    digest: str


class OutageRecorded(Event, frozen=True, kw_only=True):
    """The store refused to write for a while; ``refused`` inputs got no verdict."""

    began_at: int
    ended_at: int
    refused: int


EVENT_TYPES: tuple[type[Event], ...] = (
    ItemAdded, UserAdded, StockReceived, PersonErased,
    OrderPlaced, OrderLinesAdded, OrderChanged, OrderCancelled, OrderHeld, OrderReleased,
    FulfilmentReleased, FulfilmentLinesAdded, FulfilmentChanged, FulfilmentOpened,
    FulfilmentSuspended, FulfilmentTakenOver, FulfilmentClosed,
    CartonOpened, CartonClosed, CartonVoided, ItemPacked, ItemVoided, ShortRecorded,
    SignedIn, SignedOut, ScanJudged, HelpCalled, TimerSet,
    NumberBlockOpened, CommandAccepted, CommandRefused, EpochOpened, InputQuarantined,
    OutageRecorded,
)  # fmt: skip

REGISTRY: dict[tuple[str, int], type[Event]] = {
    (event_type.__name__, event_type.VERSION): event_type for event_type in EVENT_TYPES
}
