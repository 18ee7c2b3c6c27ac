"""A device's condition: what the reasons mean, and the figures for its page.

``absent``: nothing is there, and it comes back by itself. ``faulted``: a person must do something,
and ``device.{reason}`` is the message that says what.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from devices.connection import Assembly
from edge.clock import Clock
from edge.facts import BarcodeRead, Fact, HealthState

STATES: dict[str, HealthState] = {
    "no_device": "absent",  # the path or the file does not exist
    "unplugged": "absent",  # it was there, and is gone
    "closed": "absent",  # the far end of a connection ended it
    "refused": "absent",
    "timeout": "absent",
    "unreachable": "absent",
    "ended": "absent",  # a capture was played to its end
    "unknown_host": "faulted",
    "not_a_port": "faulted",
    "permission": "faulted",
    "busy": "faulted",  # another program holds the port
    "cannot_open": "faulted",
    "bad_capture": "faulted",
    "driver_fault": "faulted",  # our mistake: the driver raised what it must not
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSnapshot:
    """One device at one moment. Times are wall time in microseconds, None for never.

    ``undelivered``: facts that the sink did not take because it was closed; ``stalled``: requests
    that the device did not take; ``diagnosis``: counters of the driver.
    """

    device: str
    kind: str
    url: str
    state: HealthState
    reason: str | None
    since_us: int
    last_byte_us: int | None
    last_read_us: int | None
    reads: int
    faults: int
    openings: int
    discarded_bytes: int
    undelivered: int
    stalled: int
    diagnosis: Mapping[str, int]

    @property
    def reconnects(self) -> int:
        """How often the line was opened after the first time."""
        return max(0, self.openings - 1)


def state_of(reason: str) -> HealthState:
    """The state that ``reason`` puts a device in; an unknown one needs a person."""
    return STATES.get(reason, "faulted")


def remedy_of(reason: str) -> str:
    """The key of the message that tells a person what to do."""
    return f"device.{reason}"


class HealthLedger:
    """Keeps the figures of one device; any thread may read, the device's own thread writes."""

    def __init__(self, device: str, url: str, assembly: Assembly, clock: Clock) -> None:
        self._device = device
        self._url = url
        self._assembly = assembly
        self._clock = clock
        self._lock = threading.Lock()
        self.state: HealthState = "connecting"
        self._reason: str | None = None
        self._since_us = clock.now_us()
        self._last_byte_us: int | None = None
        self._last_read_us: int | None = None
        self._reads = self._faults = self._openings = 0
        self._discarded = self._undelivered = self._stalled = 0

    def turn(self, state: HealthState, reason: str | None) -> bool:
        """Note the condition; whether the state is another one than before."""
        with self._lock:
            changed = state != self.state
            self.state, self._reason = state, reason
            if changed:
                self._since_us = self._clock.now_us()
        return changed

    def opened(self) -> None:
        """The line was opened."""
        with self._lock:
            self._openings += 1

    def heard(self, at_us: int) -> None:
        """Bytes came."""
        with self._lock:
            self._last_byte_us = at_us

    def delivered(self, fact: Fact) -> None:
        """The sink took ``fact``."""
        if not isinstance(fact, BarcodeRead):
            return
        with self._lock:
            self._reads += 1
            self._last_read_us = fact.origin.at_us
            if fact.fault is not None:
                self._faults += 1

    def undelivered(self, facts: int) -> None:
        """The sink was closed before it took these."""
        with self._lock:
            self._undelivered += facts

    def discarded(self, count: int) -> None:
        """So many bytes of a cut frame were thrown away."""
        with self._lock:
            self._discarded += count

    def stalled(self) -> None:
        """The device did not take the bytes of a request."""
        with self._lock:
            self._stalled += 1

    def snapshot(self) -> HealthSnapshot:
        """All figures of one moment."""
        with self._lock:
            return HealthSnapshot(
                device=self._device,
                kind=self._assembly.kind,
                url=self._url,
                state=self.state,
                reason=self._reason,
                since_us=self._since_us,
                last_byte_us=self._last_byte_us,
                last_read_us=self._last_read_us,
                reads=self._reads,
                faults=self._faults,
                openings=self._openings,
                discarded_bytes=self._discarded,
                undelivered=self._undelivered,
                stalled=self._stalled,
                diagnosis=dict(self._assembly.diagnosis()),
            )
