"""The product's own pump on its worker's thread, slice by slice of a journal."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.clock import Clock
from edge.errors import PeerError
from edge.ids import seeded
from sync.mqtt import Broker
from sync.ports import Output
from sync.pump import Pump, PumpSettings
from sync.worker import Worker
from tallydock.bench.measure import NS_PER_S
from tallydock.bench.windows import Growing
from tallydock.bench.workload import SITE
from tallydock.wiring.link_side import StoredMemory

ONLINE_WITHIN_S, ACKED_WITHIN_S = 30.0, 120.0
LOOK_EVERY_S = 0.002


class Sending:
    """A site's end of the link; what it wants remembered is dropped, since nobody restarts it."""

    def __init__(
        self, broker: Broker, journal: Growing, memory: StoredMemory, clock: Clock
    ) -> None:
        self._journal, self._clock = journal, clock
        self._pump = Pump(
            SITE, journal, memory, memory, seeded("pump"), PumpSettings(hello_jitter_us=0)
        )
        self._worker = Worker(SITE, self._pump, broker, clock, seeded("worker"), _drop)
        self._worker.start()
        self._await(lambda: self._pump.link.state == "online", ONLINE_WITHIN_S)

    def close(self) -> None:
        """Say goodbye."""
        self._worker.stop()

    def slice(self, number: int, events: int) -> float:
        """Events a second until central acknowledged the slice ``number``."""
        head = self._journal.grow((number + 1) * events)
        began_ns = self._clock.monotonic_ns()
        self._worker.post(lambda pump, now: pump.journal_grew(head, now))
        self._await(lambda: self._pump.link.acked.seq >= head.seq, ACKED_WITHIN_S)
        return events * NS_PER_S / (self._clock.monotonic_ns() - began_ns)

    def _await(self, reached: Callable[[], bool], within_s: float) -> None:
        deadline_ns = self._clock.monotonic_ns() + int(within_s * NS_PER_S)
        while not reached():
            if self._clock.monotonic_ns() > deadline_ns:
                raise PeerError(f"central did not answer: the link is {self._pump.link}")
            time.sleep(LOOK_EVERY_S)


def _drop(output: Output) -> None:
    for notice in output.notices:
        raise PeerError(f"{notice.kind}: {notice.about}")
