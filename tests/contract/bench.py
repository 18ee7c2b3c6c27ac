"""The other end of a driver under test: takes its facts, and waits for conditions with a limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from devices.registry import Registry
from devices.sink import FactQueue
from devices.supervisor import Supervisor
from edge.clock import SystemClock
from edge.facts import BarcodeRead, DeviceHealth, Fact
from edge.ids import seeded

LIMIT_S = 20.0
LOOK_S = 0.005


def wait_until(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Poll ``condition``; fail when it does not come true in time."""
    clock = SystemClock()
    end_ns = clock.monotonic_ns() + int(limit_s * 1e9)
    pause = threading.Event()
    while not condition():
        assert clock.monotonic_ns() < end_ns, f"waited in vain: {what}"
        pause.wait(LOOK_S)


class Bench:
    """One supervised device and everything that it stated, in order."""

    def __init__(self, url: str, *, device: str = "bench-1", facts_max: int = 16) -> None:
        self.queue = FactQueue(facts_max)
        self.facts: list[Fact] = []
        self.supervisor = Supervisor(
            device, url, Registry().assemble(url), self.queue, SystemClock(), seeded(device)
        )
        self._slow = threading.Event()

    def start(self) -> Bench:
        self.supervisor.start()
        return self

    def take_until(self, condition: Callable[[], bool], what: str) -> None:
        """Take facts until ``condition`` holds."""

        def taken_and_true() -> bool:
            self.take_waiting()
            return condition()

        wait_until(taken_and_true, what)

    def take_waiting(self) -> None:
        while (fact := self.queue.take(0)) is not None:
            self.facts.append(fact)

    def take_slowly(self, reads: int) -> None:
        """Take so many reads, one by one, dawdling now and then so that the queue runs full."""
        while len(self.reads()) < reads:
            fact = self.queue.take(LIMIT_S)
            assert fact is not None, f"{len(self.reads())} of {reads} reads came"
            self.facts.append(fact)
            if len(self.facts) % 100 == 0:
                self._slow.wait(0.001)

    def reads(self) -> list[BarcodeRead]:
        return [fact for fact in self.facts if isinstance(fact, BarcodeRead)]

    def health(self) -> list[DeviceHealth]:
        return [fact for fact in self.facts if isinstance(fact, DeviceHealth)]

    def states(self) -> list[tuple[str, str | None]]:
        return [(fact.state, fact.reason) for fact in self.health()]

    def texts(self) -> Sequence[str]:
        return [read.data for read in self.reads()]

    def await_state(self, state: str) -> None:
        self.take_until(
            lambda: bool(self.health()) and self.health()[-1].state == state, f"state {state}"
        )

    def await_reads(self, count: int) -> None:
        self.take_until(lambda: len(self.reads()) >= count, f"{count} reads")

    def close(self) -> None:
        self.queue.close()
        assert self.supervisor.stop(LIMIT_S), "the device's thread did not end"
