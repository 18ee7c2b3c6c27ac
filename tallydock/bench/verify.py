"""Line 7, ``verify``: every event of a journal is where it belongs and what was written.

Raw limit: the same bytes read in their order, and their SHA-256.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.journal.sqlite import open_reader
from edge.service.audit import walk_chain
from tallydock.bench import journals, workload
from tallydock.bench.measure import ROUNDS_MIN, Comparison, Finding, Goal, rate, take_turns

LINE, NAME = 7, "verify"
EVENTS_LONG, EVENTS_SHORT = 1_000_000, 40_000
SCANS = 3000
GOAL = Goal("at least", 0.60)
_READ = "SELECT seq, hash, body FROM journal ORDER BY seq"


def run(folder: Path, clock: Clock, *, short: bool) -> list[Finding]:
    """The ratio of both rates over the whole journal."""
    events = EVENTS_SHORT if short else EVENTS_LONG
    source = journals.worked(folder, SCANS)
    path = journals.lengthened(source, folder / "long.db", events)

    def timed(walk: Callable[[Path], object]) -> float:
        return rate(clock, events, lambda: walk(path))

    ours, raw = take_turns(ROUNDS_MIN, (lambda _: timed(_walk), lambda _: timed(_hash)))
    return [
        Comparison(
            line=LINE, name=NAME, unit="events/s", ours=ours, raw=raw, goal=GOAL,
            raw_name="read and hash", note=f"{events} events",
        )
    ]  # fmt: skip


def _walk(path: Path) -> None:
    with closing(open_reader(path)) as connection:
        deque(walk_chain(connection, workload.SITE), maxlen=0)


def _hash(path: Path) -> bytes:
    previous = b""
    with closing(open_reader(path)) as connection:
        for _, _, body in connection.execute(_READ):
            previous = hashlib.sha256(previous + body).digest()
    return previous
