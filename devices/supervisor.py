"""Keeps one device alive: opens its line, turns bytes into facts, reopens the line when it is lost.

    connecting --open--> ready --line lost--> absent or faulted --wait, open--> ready ...

One thread a device does all of it, so a driver never needs a lock. "Gone" and "back" are said
once each, as DeviceHealth facts, however often opening is tried in between. The bytes of a frame
that a pulled plug cut are thrown away and counted.

This is the one place that catches every exception: a driver's own mistake must stop neither the
other devices nor this one. It is reported as ``faulted`` with the reason ``driver_fault``.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence

from devices.backoff import POLICIES, BackOff
from devices.connection import Assembly, Connection, Moment, Origins
from devices.health import HealthLedger, HealthSnapshot, remedy_of, state_of
from devices.sink import Sink, SinkClosed
from devices.trace import Trace
from edge.clock import Clock
from edge.errors import DeviceError
from edge.facts import DeviceHealth, Fact, HealthState
from edge.ids import Chance, hex_bits
from edge.requests import Request

REQUESTS_MAX = 8
BUSY_NS = 5_000_000
STEADY_NS = 10_000_000_000
STOP_LIMIT_S = 5.0

logger = logging.getLogger(__name__)


class Supervisor:
    """The owner of one device. ``start``, ``stop``, ``request`` and ``health`` suit any thread."""

    def __init__(
        self,
        device: str,
        url: str,
        assembly: Assembly,
        sink: Sink,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self.device = device
        self.trace = Trace()
        self._assembly = assembly
        self._transport = assembly.transport
        self._sink = sink
        self._clock = clock
        self._chance = chance
        self._backoff = BackOff(POLICIES[assembly.reach], chance)
        self._ledger = HealthLedger(device, url, assembly, clock)
        self._requests: deque[Request] = deque(maxlen=REQUESTS_MAX)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"device-{device}", daemon=True)

    def start(self) -> None:
        """Begin; once in a supervisor's life."""
        self._thread.start()

    def stop(self, limit_s: float = STOP_LIMIT_S) -> bool:
        """Close the line after what was read has been delivered; whether the thread has ended.

        It cannot end while the sink is full and open: close the sink then, and call again.
        """
        self._stopping.set()
        self._transport.wake()
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    @property
    def running(self) -> bool:
        """False once it was stopped, or its line can never bring anything more."""
        return self._thread.is_alive()

    def request(self, request: Request) -> None:
        """Ask the device for a signal, best effort: dropped when the line is not open."""
        self._requests.append(request)
        self._transport.wake()

    def health(self) -> HealthSnapshot:
        """The device's condition now."""
        return self._ledger.snapshot()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and self._one_opening():
                self._stopping.wait(self._backoff.next_s())
        except SinkClosed:
            logger.info("%s: nobody takes its facts any more", self.device)
        if self._stopping.is_set():
            self._ledger.turn("disabled", "stopped")

    def _one_opening(self) -> bool:
        """Open the line, serve it until it is lost, say so; whether to open it again.

        A supervisor: catches every exception (see the module's docstring).
        """
        origins = Origins(self.device, hex_bits(64, self._chance))
        try:
            self._hold_line(origins)
        except DeviceError as error:
            self._turn(state_of(error.reason), error.reason, origins)
            return error.retry
        except SinkClosed:
            raise
        except Exception:
            logger.exception("%s: its driver failed", self.device)
            self._turn("faulted", "driver_fault", origins)
        return True

    def _hold_line(self, origins: Origins) -> None:
        try:
            self._transport.open()
            self._requests.clear()
            connection = self._assembly.connect(origins)
            self._ledger.opened()
            self._turn("ready", None, origins)
            try:
                self._serve(connection)
            finally:
                self._ledger.discarded(connection.lost())
        finally:
            self._transport.close()

    def _serve(self, connection: Connection) -> None:
        """Carry bytes until ``stop``, or until the line is lost (DeviceError)."""
        opened_ns = looked_ns = self._clock.monotonic_ns()
        while not self._stopping.is_set():
            self._send_requests(connection)
            # After having been held up, look first without waiting: bytes that were there
            # already are told from bytes that come now, whose time is known.
            held_up = self._clock.monotonic_ns() - looked_ns > BUSY_NS
            data = self._transport.read(0 if held_up else connection.patience_ms)
            now_ns = self._clock.monotonic_ns()
            moment = Moment(self._clock.now_us(), now_ns, looked_ns if held_up else now_ns)
            looked_ns = now_ns
            if data or now_ns - opened_ns >= STEADY_NS:
                self._backoff.succeeded()
            if data:
                self._ledger.heard(moment.at_us)
                self.trace.add(moment.at_us, "<", data)
                self._deliver(connection.receive(data, moment))
            else:
                self._deliver(connection.tick(moment))

    def _deliver(self, facts: Sequence[Fact]) -> None:
        for done, fact in enumerate(facts):
            try:
                self._sink.put(fact)
            except SinkClosed:
                self._ledger.undelivered(len(facts) - done)
                raise
            self._ledger.delivered(fact)

    def _send_requests(self, connection: Connection) -> None:
        while self._requests:
            data = connection.request(self._requests.popleft())
            if data is None:
                continue
            try:
                self._transport.write(data)
            except DeviceError as error:
                if error.reason != "stalled":
                    raise
                self._ledger.stalled()
            else:
                self.trace.add(self._clock.now_us(), ">", data)

    def _turn(self, state: HealthState, reason: str | None, origins: Origins) -> None:
        """Note the condition, and state it as a fact if it is another one than was last stated."""
        if not self._ledger.turn(state, reason):
            return
        now_ns = self._clock.monotonic_ns()
        origin = origins.next(Moment(self._clock.now_us(), now_ns, now_ns))
        remedy = None if reason is None else remedy_of(reason)
        self._deliver([DeviceHealth(origin=origin, state=state, reason=reason, remedy=remedy)])
