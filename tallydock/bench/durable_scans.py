"""Line 1, ``durable-scans``: scans of prepared orders, decided and on disk, 1, 10 or 100 a commit.

Raw limits: the very statements of the loop replayed by bare sqlite3 with the same commit points;
and one journal row a scan alone with the same commit points, so that statements do not pile up.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from edge.ids import seeded
from edge.journal.sqlite import open_writer
from edge.journal.store import EdgeStore
from edge.service.inputs import Scan
from edge.service.loop import EdgeLoop
from tallydock.bench import workload
from tallydock.bench.measure import Comparison, Goal, rate, take_turns
from tallydock.bench.replaying import RecordingConnection, Statement, replay

LINE, NAME = 1, "durable-scans"
_JOURNAL = "INSERT INTO journal (seq, hash, subject, body) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Batch:
    """So many scans a commit; ``scans`` a slice, long and short runs; goals of both ratios."""

    size: int
    slice_long: int
    slice_short: int
    same_statements: float
    one_row: float


BATCHES = (
    Batch(1, 500, 300, 0.65, 0.50),
    Batch(10, 1000, 600, 0.45, 0.25),
    Batch(100, 2000, 1000, 0.30, 0.12),
)
SCANS = 20_000
SHORT_ROUNDS = 6


class Contest:
    """Three stores that begin alike: one records, one is timed, one is asked the bare SQL."""

    def __init__(self, folder: Path, template: Path, batch: Batch, clock: Clock) -> None:
        self._batch, self._clock = batch, clock
        self._recorder = _loop(_copy(template, folder / "recorded"), RecordingConnection)
        self._timed = _loop(_copy(template, folder / "timed"))
        self._bare = open_writer(_copy(template, folder / "bare"))
        self._alone = open_writer(_copy(template, folder / "alone"))
        self._alone.execute("DELETE FROM journal")
        self._statements: list[Statement] = []
        self._rows: list[Statement] = []

    def prepare(self, scans: list[Scan]) -> None:
        """Find out what the slice executes; untimed, and before each round."""
        connection = self._recorder.heart.store.connection
        assert isinstance(connection, RecordingConnection)
        connection.take()
        self._steps(self._recorder, scans)
        self._statements = connection.take()
        self._rows = list(_one_row_a_scan(self._statements, self._batch.size))

    def ours(self, scans: list[Scan]) -> float:
        """Scans a second through the loop."""
        return rate(self._clock, len(scans), lambda: self._steps(self._timed, scans))

    def same_statements(self, scans: int) -> float:
        """Scans a second as bare statements."""
        return rate(self._clock, scans, lambda: replay(self._bare, self._statements))

    def one_row(self, scans: int) -> float:
        """Journal rows a second, one a scan."""
        return rate(self._clock, scans, lambda: replay(self._alone, self._rows))

    def close(self) -> None:
        """Close all stores; the recorder's and the timed one's journal must be the same."""
        stores = (self._recorder.heart.store, self._timed.heart.store)
        heads = {store.head for store in stores}
        for store in stores:
            store.close()
        self._bare.close()
        self._alone.close()
        if len(heads) != 1:
            raise AssertionError("the same scans gave two journals")

    def _steps(self, loop: EdgeLoop, scans: list[Scan]) -> None:
        for start in range(0, len(scans), self._batch.size):
            loop.step(scans[start : start + self._batch.size], workload.START_US)
            loop.heart.store.checkpoint()


def run(folder: Path, clock: Clock, *, short: bool) -> list[Comparison]:
    """Both ratios at each batch size."""
    template = workload.prepared(folder)
    scans = workload.inputs(SCANS)
    found = []
    for batch in BATCHES:
        place = folder / f"batch-{batch.size}"
        with closing(Contest(place, template, batch, clock)) as contest:
            found += _compare(contest, batch, scans, short=short)
        shutil.rmtree(place)
    return found


def _compare(contest: Contest, batch: Batch, scans: list[Scan], *, short: bool) -> list[Comparison]:
    size = batch.slice_short if short else batch.slice_long
    rounds = SHORT_ROUNDS if short else len(scans) // size - 1

    def slice_of(number: int) -> list[Scan]:
        return scans[number * size : (number + 1) * size]

    prepared = _once_a_round(lambda number: contest.prepare(slice_of(number)))

    def ours(number: int) -> float:
        prepared(number)
        return contest.ours(slice_of(number))

    def same_statements(number: int) -> float:
        prepared(number)
        return contest.same_statements(size)

    def one_row(number: int) -> float:
        prepared(number)
        return contest.one_row(size)

    mine, same, row = take_turns(rounds, (ours, same_statements, one_row))
    return [
        Comparison(
            line=LINE, name=f"{NAME} {batch.size} a commit", unit="scans/s", ours=mine, raw=raw,
            goal=Goal("at least", limit), raw_name=raw_name,
        )
        for raw, limit, raw_name in (
            (same, batch.same_statements, "same statements, bare"),
            (row, batch.one_row, "one journal row, bare"),
        )
    ]  # fmt: skip


def _once_a_round(work: Callable[[int], None]) -> Callable[[int], None]:
    done: set[int] = set()

    def once(number: int) -> None:
        if number not in done:
            done.add(number)
            work(number)

    return once


def _copy(template: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    return Path(shutil.copy(template, folder))


def _loop(path: Path, factory: type[RecordingConnection] | None = None) -> EdgeLoop:
    store = (
        EdgeStore(path, workload.SITE)
        if factory is None
        else EdgeStore(path, workload.SITE, factory)
    )
    return EdgeLoop(store, workload.SETTINGS, seeded("contest"))


def _one_row_a_scan(statements: list[Statement], batch: int) -> Iterator[Statement]:
    """Each transaction with one journal row a scan and nothing else; checkpoints as they were."""
    events: list[Statement] = []
    for statement in statements:
        if statement.is_event:
            events.append(statement)
        elif statement.commits:
            rows = [row for event in events for row in event.parameters][:batch]
            yield Statement("BEGIN IMMEDIATE", ((),), many=False)
            yield Statement(_JOURNAL, tuple(rows), many=True)
            yield Statement("COMMIT", ((),), many=False)
            events = []
        elif statement.checkpoints:
            yield statement
