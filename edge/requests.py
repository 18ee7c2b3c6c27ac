"""What we can ask of a device. A request that a device cannot serve is dropped by its driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Signal = Literal["accepted", "complete", "wrong", "over", "needs", "hold", "unknown", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beep:
    """Sound the outcome of a scan at the device."""

    device: str
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Show the outcome of a scan on the device's lamp."""

    device: str
    signal: Signal


Request = Beep | Light
