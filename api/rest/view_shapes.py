"""The live pictures (station view, wall view) as the document describes them.

The bytes come ready-made from the views and are passed on as they are; these models say what
is in them, and a test holds real views against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.rest.shapes import Quantity, Recorded, Text, Time
from edge.domain.rows import StationState

Dress = Literal["ok", "complete", "wrong", "over", "need", "hold", "disk", "unknown", "idle"]
LanguageCode = Literal["zh-CN", "en"]


class Person(BaseModel):
    """Somebody who is signed in at a station."""

    id: str
    name: str


class OrderInHand(BaseModel):
    """The order that is open at a station."""

    number: str
    fulfilment: str
    customer: str | None
    packed: Quantity
    wanted: Quantity
    status: str


class LineInHand(BaseModel):
    """A line of it; ``current``: the one in hand."""

    line: int
    sku: str
    name: Text
    unit: Text
    wanted: Quantity
    packed: Quantity
    short: Quantity
    current: bool
    location: str | None


class CartonInHand(BaseModel):
    """The carton being filled."""

    number: int
    sscc: str | None
    units: Quantity


class Count(BaseModel):
    """Packed and wanted units of the order after the scan."""

    packed: Quantity
    wanted: Quantity


class VerdictShown(BaseModel):
    """The last verdict: word, item, why, and what to do next."""

    token: str
    dress: Dress
    word: Text
    item: Text | None
    code: str
    sku: str | None
    why: Text
    next: Text
    count: Count | None
    recorded: Recorded | None
    elapsed_us: int | None
    at: Time


class Latency(BaseModel):
    """Scan to verdict, in microseconds; null before the first scan."""

    p50_us: int | None
    p99_us: int | None
    count: int


class PastVerdict(BaseModel):
    """One of the last twenty."""

    at: Time
    token: str
    word: Text
    code: str
    seq: int


class StationView(BaseModel):
    """Everything that a station's page shows; ``version`` grows within one ``boot``."""

    boot: str
    version: int
    code: str
    at: Time
    station: str
    state: StationState
    user: Person | None
    language: LanguageCode
    order: OrderInHand | None
    lines: list[LineInHand]
    carton: CartonInHand | None
    verdict: VerdictShown | None
    scans: int
    latency: Latency
    disk: Literal["ok", "failing"]
    history: list[PastVerdict]


class StationShown(BaseModel):
    """A station as a row of the wall."""

    id: str
    user: str | None
    dress: Dress
    word: Text
    order: str | None
    packed: Quantity
    wanted: Quantity
    last_seen_at: Time | None
    scans: int
    p50_us: int | None
    p99_us: int | None


class DeviceShown(BaseModel):
    """A device, its condition and since when."""

    id: str
    kind: str
    url: str
    state: str
    reason: str | None
    since: Time
    last_seen_at: Time | None
    reads: int
    faults: int


class ExceptionShown(BaseModel):
    """Something that a supervisor should look at."""

    seq: int
    at: Time
    kind: str
    title: Text
    detail: str
    subject: str
