"""Journals to measure on: worked through by the loop itself, or lengthened from such a one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

from msgspec.structs import replace

from edge.ids import seeded
from edge.journal import migrations
from edge.journal.chain import ZERO_HASH, canonical_event, link, open_envelope
from edge.journal.reader import JournalReader
from edge.journal.sql import Values
from edge.journal.sqlite import open_writer
from edge.journal.store import EdgeStore
from edge.service.loop import EdgeLoop
from tallydock.bench import workload

BATCH, PIECE = 100, 1000
INSERT = "INSERT INTO journal (seq, hash, subject, body) VALUES (?, ?, ?, ?)"


def worked(folder: Path, scans: int) -> Path:
    """A store in which so many scans were judged, each about two events."""
    orders = scans // workload.UNITS + 2 * len(workload.STATIONS)
    path = workload.prepared(folder, orders)
    inputs = workload.inputs(scans, orders)
    with closing(EdgeStore(path, workload.SITE)) as store:
        loop = EdgeLoop(store, workload.SETTINGS, seeded("worked"))
        for start in range(0, len(inputs), BATCH):
            loop.step(inputs[start : start + BATCH], workload.START_US)
            store.checkpoint()
        store.checkpoint(force=True)
    return path


def lengthened(source: Path, target: Path, events: int) -> Path:
    """``events`` in a journal of their own: those of ``source`` over and over, in a sound chain.

    Each is in its place; they do not fold, since nothing happens twice.
    """
    with closing(JournalReader.open(source)) as reader:
        known = [stored.body for stored in reader.scan(0)]
    rows = _chained(islice(cycle(known), events))
    with closing(open_writer(target)) as connection:
        migrations.migrate(connection, workload.SITE)
        while piece := list(islice(rows, PIECE)):
            connection.execute("BEGIN")
            connection.executemany(INSERT, piece)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return target


def _chained(bodies: Iterator[bytes]) -> Iterator[Values]:
    """Rows of the journal: each body under the number of its place."""
    previous = ZERO_HASH
    for seq, known in enumerate(bodies, 1):
        envelope = replace(open_envelope(known), seq=seq)
        body = canonical_event(envelope)
        previous = link(previous, body)
        yield seq, previous, envelope.subject, body
