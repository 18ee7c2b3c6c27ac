"""Line 2, ``scan-to-verdict``: 320 scans a second at random moments, from queue to verdict.

Raw limit: one block made durable at the same pace. Both sides are driven by the same open loop:
a scan that falls due while its side is still busy waits, and its time counts from when it was
due; how late the generator's own timer was is left out, and shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from edge.clock import Clock
from edge.ids import Chance, seeded
from edge.journal.reserve import ReserveFile
from edge.journal.store import EdgeStore
from edge.service.inputs import Scan
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from edge.service.thread import LoopThread
from tallydock.bench import workload
from tallydock.bench.arrivals import poisson
from tallydock.bench.machine import SyncedFile
from tallydock.bench.measure import (
    NS_PER_S,
    TAIL_SAMPLES_MIN,
    Comparison,
    Finding,
    Goal,
    percentile,
    take_turns,
)

LINE, NAME = 2, "scan-to-verdict"
SCANS_A_SECOND = 320
ROUNDS_LONG, ROUNDS_SHORT = 60, 6
SLICE_LONG_S, SLICE_SHORT_S = 1.0, 0.5
P50, P99 = Goal("at most", 2.0), Goal("at most", 3.0)
ANSWER_WITHIN_S = 30.0


@dataclass(slots=True)
class Timings:
    """Nanoseconds: of each scan, and by how much the generator's timer was late."""

    took_ns: list[int] = field(default_factory=list)
    late_ns: list[int] = field(default_factory=list)


class Contest:
    """The loop's thread on a prepared store, and a file whose blocks are overwritten."""

    def __init__(self, folder: Path, clock: Clock, scans: Iterator[Scan], chance: Chance) -> None:
        self._clock, self._scans, self._chance = clock, scans, chance
        self._store = EdgeStore(workload.prepared(folder), workload.SITE)
        loop = EdgeLoop(self._store, workload.SETTINGS, seeded("contest"))
        self._thread = LoopThread(loop, clock, ReserveFile(self._store.path))
        self._thread.start()
        self._file = SyncedFile(folder / "blocks")
        self.ours, self.raw = Timings(), Timings()

    def close(self) -> None:
        """End the thread."""
        self._thread.stop()
        self._store.close()
        self._file.close()

    def scan_all(self, seconds: float) -> float:
        """Median time from scan to verdict over ``seconds``, in microseconds."""
        answers: list[Future[Outcome]] = []
        before = len(self.ours.took_ns)

        def scan(began_ns: int) -> None:
            answer = self._thread.submit(next(self._scans))
            answer.add_done_callback(
                lambda _: self.ours.took_ns.append(self._clock.monotonic_ns() - began_ns)
            )
            answers.append(answer)

        self._drive(seconds, scan, self.ours)
        for answer in answers:
            outcome = answer.result(ANSWER_WITHIN_S)
            assert outcome.judged is not None, outcome.error
        return median(self.ours.took_ns[before:]) / 1000

    def sync_all(self, seconds: float) -> float:
        """Median time of one durable block over ``seconds``, in microseconds."""
        before = len(self.raw.took_ns)

        def sync(began_ns: int) -> None:
            self._file.overwrite()
            self.raw.took_ns.append(self._clock.monotonic_ns() - began_ns)

        self._drive(seconds, sync, self.raw)
        return median(self.raw.took_ns[before:]) / 1000

    def _drive(self, seconds: float, act: Callable[[int], None], timings: Timings) -> None:
        """Call ``act`` at random moments with the time from which it counts."""
        began_ns = self._clock.monotonic_ns()
        for offset_ns in poisson(SCANS_A_SECOND, seconds, self._chance):
            due_ns = began_ns + offset_ns
            wait_ns = due_ns - self._clock.monotonic_ns()
            if wait_ns <= 0:  # the last one kept us: the scan waited
                act(due_ns)
                continue
            time.sleep(wait_ns / NS_PER_S)
            woke_ns = self._clock.monotonic_ns()
            timings.late_ns.append(woke_ns - due_ns)
            act(woke_ns)


def run(folder: Path, clock: Clock, *, short: bool) -> list[Finding]:
    """The ratios of the medians, and of the 99th percentiles over all rounds together."""
    rounds, seconds = (ROUNDS_SHORT, SLICE_SHORT_S) if short else (ROUNDS_LONG, SLICE_LONG_S)
    scans = iter(workload.inputs(round((rounds + 2) * seconds * SCANS_A_SECOND * 1.5)))
    with ExitStack() as stack:
        contest = stack.enter_context(closing(Contest(folder, clock, scans, seeded("arrivals"))))
        mine, raw = take_turns(
            rounds, (lambda _: contest.scan_all(seconds), lambda _: contest.sync_all(seconds))
        )
    late_us = percentile(contest.ours.late_ns, 0.5) / 1000
    tails = [percentile(side.took_ns, 0.99) / 1000 for side in (contest.ours, contest.raw)]
    samples = len(contest.ours.took_ns)
    return [
        Comparison(
            line=LINE, name=f"{NAME} p50", unit="us", ours=mine, raw=raw, goal=P50,
            raw_name="one durable block", note=f"the timer was {late_us:.0f} us late",
        ),
        Comparison(
            line=LINE, name=f"{NAME} p99", unit="us", ours=(tails[0],), raw=(tails[1],), goal=P99,
            raw_name="one durable block", judged=samples >= TAIL_SAMPLES_MIN,
            note=f"of {samples} scans",
        ),
    ]  # fmt: skip
