"""The edge's store and its unit of work: the only place that commits.

A unit of work collects events and changed rows, writes them in one transaction and makes them
durable with one sync. Until ``commit`` returns nothing has happened; after it, nothing of it can
be lost. Everything else that must be atomic with the events (cursors, answers, persons) is
written through the same unit by ``edge.journal.beside``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from edge.domain.events import Event, ItemPacked
from edge.domain.kernel import Meta
from edge.domain.rows import Row
from edge.domain.state import Answer, Demand, LiesAt, NotPrefetched, PackedAt, Question, State
from edge.errors import StoreDamaged, StoreError, StoreUnavailable
from edge.journal import migrations, registry
from edge.journal.chain import Position, StoredEvent, link, open_envelope
from edge.journal.reader import JournalReader
from edge.journal.sql import RowStore, Values
from edge.journal.sqlite import WAL_BYTES_MAX, SqliteExecutor, StoreLock, open_writer

_INSERT = "INSERT INTO journal (seq, hash, subject, body) VALUES (?, ?, ?, ?)"
_DEMAND = (
    "SELECT min(l.fulfilment) FROM fulfilment_line AS l JOIN fulfilment AS f"
    " ON f.site = l.site AND f.number = l.fulfilment"
    " WHERE l.site = ? AND l.sku = ? AND l.done = 0 AND f.status IN ('released', 'packing')"
)

_LIES_AT = (
    "SELECT location FROM stock WHERE site = ? AND sku = ? AND serial = ?"
    " AND substr(quantity, 1, 1) <> '-'"
)

T = TypeVar("T")


class EdgeStore:
    """One site's store, open for writing. At most one exists for a file (StoreLocked).

    ``factory``: see ``sqlite.open_writer``.
    """

    def __init__(
        self, path: Path, site: str, factory: type[sqlite3.Connection] = sqlite3.Connection
    ) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self.path, self.site = path, site
        self._wal = path.with_name(f"{path.name}-wal")
        self._lock = StoreLock(path)
        try:
            self.connection = _opened(path, site, factory)
        except BaseException:
            self._lock.release()
            raise
        self.executor = SqliteExecutor(self.connection)
        self.rows = RowStore(self.executor, site)
        self.journal = JournalReader(self.connection)
        self.state = State()
        try:
            self.head, self._last_at_us = _end_of(self.journal, site)
        except BaseException:
            self.close()
            raise
        self._committed = (self.head, self._last_at_us)
        self._pending: list[Values] = []

    def close(self) -> None:
        """Close the connection and give the store free."""
        self.connection.close()
        self._lock.release()

    # --- the unit of work ------------------------------------------------------------------

    def begin(self) -> None:
        """Start a unit; raises StoreUnavailable."""
        self._run("BEGIN IMMEDIATE")

    def record(
        self, event: Event, *, at_us: int, id_: str,
        actor: str | None, station: str | None, causation: str | None,
    ) -> tuple[Meta, bytes]:  # fmt: skip
        """Append an event to the unit; its place and its hash.

        ``recorded_at`` is never below that of the event before, even with a clock set back.
        """
        seq, at_us = self.head.seq + 1, max(at_us, self._last_at_us)
        subject, body = registry.encode(
            event, site=self.site, seq=seq, at_us=at_us, id_=id_,
            actor=actor, station=station, causation=causation,
        )  # fmt: skip
        digest = link(self.head.hash, body)
        self._pending.append((seq, digest, subject, body))
        self.head, self._last_at_us = Position(seq, digest), at_us
        return Meta(seq, at_us, actor, station, id_), digest

    def append_as_is(self, stored: StoredEvent, recorded: registry.Recorded) -> None:
        """Append an event that this site wrote before; StoreDamaged if it does not follow."""
        follows = stored.seq == self.head.seq + 1 and recorded.meta.seq == stored.seq
        if not follows or link(self.head.hash, stored.body) != stored.hash:
            raise StoreDamaged(self.site, stored.seq, "this event does not continue the journal")
        self._pending.append((stored.seq, stored.hash, recorded.subject, stored.body))
        self.head, self._last_at_us = Position(stored.seq, stored.hash), recorded.meta.at_us

    def flush(self) -> None:
        """Bring events and changed rows into the transaction."""
        if self._pending:
            self.executor.run(_INSERT, self._pending)
            self._pending.clear()
        changed = self.state.drain()
        if changed:
            self.rows.write(changed)

    def commit(self) -> None:
        """Make the unit durable; raises StoreUnavailable, after which nothing of it happened."""
        try:
            self.flush()
        except sqlite3.Error as error:
            raise unavailable(error) from error
        self._run("COMMIT")
        self.state.commit()
        self._committed = (self.head, self._last_at_us)

    def rollback(self) -> None:
        """Undo the unit, in memory and on disk."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self.state.rollback()
        self._pending.clear()
        self.head, self._last_at_us = self._committed

    def _run(self, sql: str) -> None:
        try:
            self.connection.execute(sql)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    # --- reading for decisions -------------------------------------------------------------

    def prefetch(self, missing: NotPrefetched) -> None:
        """Load what a decision found missing. Questions see the unit's own changes."""
        for kind, key in missing.keys:
            self.state.load((kind, key), self.rows.load(kind, key))
        if missing.questions:
            self.flush()
        for question in missing.questions:
            self.state.answer(question, self._answer(question))

    def settled(self, function: Callable[[], T]) -> T:
        """The value of a pure function of the state, after loading whatever it asks for."""
        mark = self.state.mark()
        while True:
            try:
                return function()
            except NotPrefetched as missing:
                self.state.rewind(mark)
                self.prefetch(missing)

    def _answer(self, question: Question) -> Answer:
        match question:
            case Demand(sku):
                row = self.executor.one(_DEMAND, (self.site, sku))
                return None if row is None or row[0] is None else str(row[0])
            case LiesAt(sku, serial):
                row = self.executor.one(_LIES_AT, (self.site, sku, serial))
                return None if row is None else str(row[0])
            case PackedAt(seq):
                stored = self.journal.at(seq)
                event = registry.decode(stored).event if stored is not None else None
                return event if isinstance(event, ItemPacked) else None

    def load_all(self, kind: type[Row]) -> list[Row]:
        """All rows of a kind, as stored."""
        return self.rows.load_all(kind)

    # --- housekeeping ----------------------------------------------------------------------

    def event(self, seq: int) -> StoredEvent | None:
        """The committed or pending event at ``seq``."""
        for pending_seq, digest, _, body in self._pending:
            if pending_seq == seq and isinstance(digest, bytes) and isinstance(body, bytes):
                return StoredEvent(seq, digest, body)
        return self.journal.at(seq)

    def checkpoint(self, *, force: bool = False) -> None:
        """Move the WAL into the file when it is large, or when nothing else is to be done.

        A disk that has no room for that now is asked again later; nothing is lost meanwhile.
        """
        size = _bytes_in(self._wal)
        if size > WAL_BYTES_MAX or (force and size):
            with suppress(sqlite3.OperationalError):
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _bytes_in(path: Path) -> int:
    """Size of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _opened(path: Path, site: str, factory: type[sqlite3.Connection]) -> sqlite3.Connection:
    """The connection to a store of today's schema; StoreDamaged, StoreUnavailable."""
    with _named(site):
        connection = open_writer(path, factory)
    try:
        with _named(site):
            migrations.migrate(connection, site)
    except BaseException:
        connection.close()
        raise
    return connection


def _end_of(journal: JournalReader, site: str) -> tuple[Position, int]:
    """Where the journal ends and when that was recorded; StoreDamaged when the end is none.

    Only the last row is looked at: a journal must not be continued behind a damaged one.
    """
    with _named(site):
        head = journal.head()
        last, before = journal.at(head.seq), journal.hash_at(head.seq - 1)
    if last is None:
        return head, 0
    if before is None:
        raise StoreDamaged(site, head.seq - 1, "this row is missing")
    try:
        if link(before, last.body) == last.hash:
            return head, open_envelope(last.body).recorded_at
    except (TypeError, ValueError) as error:
        raise StoreDamaged(site, head.seq, f"the content is no event: {error}") from error
    raise StoreDamaged(site, head.seq, "hash and content do not match")


@contextmanager
def _named(site: str) -> Iterator[None]:
    """A file that is no database is damage; a disk that does not answer may answer later."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise unavailable(error) from error
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(site, None, f"the file is damaged: {error}") from error


def unavailable(error: sqlite3.Error) -> StoreError:
    """What a failure of SQLite means to the asker: nothing was recorded, ask again later."""
    return StoreUnavailable(f"the store did not write: {error}")
