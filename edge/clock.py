"""The only module that reads a clock; everything else is given the time as an argument.

Wall time is UTC in whole microseconds since 1970 (``_us``); intervals use the monotonic
clock in nanoseconds (``_ns``), which no one can set back.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Source of time that is handed to whatever needs one."""

    def now_us(self) -> int:
        """Wall time, UTC, microseconds since 1970."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never run backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class ManualClock:
    """A clock that moves only when told to; for simulation and tests."""

    def __init__(self, now_us: int = 1_790_000_000_000_000) -> None:
        self._now_us = now_us
        self._monotonic_ns = 0

    def now_us(self) -> int:
        return self._now_us

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance_us(self, step_us: int) -> None:
        """Let ``step_us`` microseconds pass on both clocks."""
        if step_us < 0:
            raise ValueError("time does not run backwards; use set_wall_us to set the clock back")
        self._now_us += step_us
        self._monotonic_ns += step_us * 1000

    def set_wall_us(self, now_us: int) -> None:
        """Set the wall clock, as an operator or NTP may; the monotonic clock is not touched."""
        self._now_us = now_us


def rfc3339(at_us: int) -> str:
    """``2026-11-25T18:04:27.000001Z`` for microseconds since 1970 (RFC 3339, UTC)."""
    moment = EPOCH + timedelta(microseconds=at_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_rfc3339(text: str) -> int:
    """Microseconds since 1970 for an RFC 3339 time; ValueError when it is none or has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return (moment - EPOCH) // timedelta(microseconds=1)
