"""Reading the journal past a cursor: what the pump, the API and ``verify`` do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.journal.chain import START, ZERO_HASH, Position, StoredEvent
from edge.journal.sqlite import open_reader

_HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
_HASH = "SELECT hash FROM journal WHERE seq = ?"
_PAGE = "SELECT seq, hash, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"
_ONE = "SELECT seq, hash, body FROM journal WHERE seq = ?"
# As blobs, so that not even a text that is no UTF-8 stops the scan; NULL for another type.
_ALL = (
    "SELECT seq,"
    " CASE typeof(hash) WHEN 'blob' THEN hash END,"
    " CASE typeof(subject) WHEN 'text' THEN CAST(subject AS BLOB) END,"
    " CASE typeof(body) WHEN 'blob' THEN body END"
    " FROM journal ORDER BY seq"
)


class JournalReader:
    """The journal through one connection; use each reader from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> JournalReader:
        """A reader with a read-only connection of its own."""
        return cls(open_reader(path))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def head(self) -> Position:
        """The last event's position; START when the journal is empty."""
        row = self._connection.execute(_HEAD).fetchone()
        return START if row is None else Position(row[0], row[1])

    def hash_at(self, seq: int) -> bytes | None:
        """Hash of the event at ``seq``; ZERO_HASH for 0, None where there is no event."""
        if seq == 0:
            return ZERO_HASH
        row = self._connection.execute(_HASH, (seq,)).fetchone()
        return None if row is None else bytes(row[0])

    def read(self, after: int, limit: int, max_bytes: int) -> list[StoredEvent]:
        """Events after ``after``: at most ``limit``, and at least one whatever its size."""
        page: list[StoredEvent] = []
        size = 0
        for seq, digest, body in self._connection.execute(_PAGE, (after, limit)):
            size += len(body)
            if page and size > max_bytes:
                break
            page.append(StoredEvent(seq, digest, body))
        return page

    def scan(self, after: int) -> Iterator[StoredEvent]:
        """Every event after ``after`` as of now, without holding them all."""
        for seq, digest, body in self._connection.execute(_PAGE, (after, -1)):
            yield StoredEvent(seq, digest, body)

    def at(self, seq: int) -> StoredEvent | None:
        """The event at ``seq``."""
        row = self._connection.execute(_ONE, (seq,)).fetchone()
        return None if row is None else StoredEvent(row[0], row[1], row[2])

    def of_subjects(self, subjects: Sequence[str], after: int, limit: int) -> list[StoredEvent]:
        """Events that are filed under one of ``subjects``, in the order of the journal."""
        marks = ",".join("?" * len(subjects))
        sql = (
            f"SELECT seq, hash, body FROM journal WHERE subject IN ({marks}) AND seq > ?"
            " ORDER BY seq LIMIT ?"
        )
        rows = self._connection.execute(sql, (*subjects, after, limit))
        return [StoredEvent(*row) for row in rows]

    def scan_all(self) -> Iterator[tuple[int, bytes | None, bytes | None, bytes | None]]:
        """Every row as stored: (seq, hash, subject in UTF-8, body); None: not of its type."""
        return iter(self._connection.execute(_ALL))
