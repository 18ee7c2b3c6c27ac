"""What a device can tell us. Facts are nouns; none of them decides anything.

Every fact carries (device, connection, sequence): ``connection`` is new at each open of the
line, ``sequence`` counts from 1 within it, so a fact that arrives twice is known by identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HealthState = Literal["absent", "connecting", "ready", "degraded", "faulted", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where and when a fact arose.

    ``at_us``: arrival, UTC microseconds; ``monotonic_ns``: the same moment on the clock that
    never runs backwards (only comparable within one process).
    """

    device: str
    connection: str
    sequence: int
    at_us: int
    monotonic_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarcodeRead:
    """One frame of a scanner.

    ``raw`` is the frame without its terminator, ``data`` its text with the AIM identifier as
    sent, ``symbology`` that identifier (``]C1``) when there is one. ``retransmit``: the device
    says that it sent the same frame before. ``fault`` names what makes the frame unusable
    (``encoding``, ``too_long``, ``checksum``, ``overrun``, or ``cut``: another frame began before
    this one had ended); such a read gets ``unreadable``.
    """

    origin: Origin
    raw: bytes
    data: str
    symbology: str | None = None
    retransmit: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """A change of a device's condition; ``reason`` is a token, ``remedy`` a message key or None."""

    origin: Origin
    state: HealthState
    reason: str | None = None
    remedy: str | None = None


Fact = BarcodeRead | DeviceHealth
