"""Central's inbox over its real store, fed from memory; and the same events as bare inserts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.ids import seeded
from edge.journal.chain import EVENT_BYTES_MAX, ZERO_HASH, StoredEvent, open_envelope
from edge.journal.reader import JournalReader
from edge.journal.sql import Values
from edge.journal.sqlite import open_writer
from sync.central.inbox import Inbox
from sync.envelope import EVENTS_MAX, Hello, encode
from sync.ports import moment
from sync.topics import topic
from tallydock.bench.measure import rate
from tallydock.bench.publishing import EPOCH, NOWHERE, SESSION, batches
from tallydock.bench.workload import SITE
from tallydock.wiring.central import open_central

_INSERT = "INSERT INTO central_log (site, seq, hash, subject, body) VALUES (?, ?, ?, ?, ?)"


class Applying:
    """One journal taken in twice: by the inbox, and by bare inserts into a table like its own."""

    def __init__(self, folder: Path, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._store = open_central(folder / "central.db")
        self._inbox = Inbox(self._store, seeded("inbox"))
        self._inbox.add_site(SITE)
        open_central(folder / "bare.db").close()
        self._bare = open_writer(folder / "bare.db")
        self._greet()

    def close(self) -> None:
        """Close both stores."""
        self._store.close()
        self._bare.close()

    def apply(self, number: int, events: int) -> float:
        """Events a second of the slice ``number`` through the inbox."""
        messages = list(batches(self._path, number * events, (number + 1) * events))
        return rate(self._clock, events, lambda: self._receive(messages))

    def insert(self, number: int, events: int) -> float:
        """Events a second of the slice ``number`` as bare rows, one commit a message."""
        with closing(JournalReader.open(self._path)) as journal:
            stored = journal.read(number * events, events, events * EVENT_BYTES_MAX)
        rows = [_row(event) for event in stored]
        return rate(self._clock, events, lambda: self._insert(rows))

    def _greet(self) -> None:
        hello = Hello(
            site=SITE, session=SESSION, epoch=EPOCH, sent_at=1, head=0,
            points=[(0, ZERO_HASH.hex())], position=NOWHERE, app="bench",
        )  # fmt: skip
        self._receive([encode(hello)])

    def _receive(self, messages: list[bytes]) -> None:
        name = topic(SITE, "events")
        for payload in messages:
            self._inbox.receive(name, payload, moment(self._clock))
        assert self._inbox.dead_letters.total() == 0, self._inbox.dead_letters.counts

    def _insert(self, rows: list[Values]) -> None:
        for start in range(0, len(rows), EVENTS_MAX):
            self._bare.execute("BEGIN IMMEDIATE")
            self._bare.executemany(_INSERT, rows[start : start + EVENTS_MAX])
            self._bare.execute("COMMIT")


def _row(event: StoredEvent) -> Values:
    return SITE, event.seq, event.hash, open_envelope(event.body).subject, event.body
