"""Giving freed room back, so that nothing that was erased is left in a store's files.

SQLite keeps what was deleted on free pages of the file and in the write-ahead log until it is
overwritten. A compaction builds the file anew from what is alive and cuts the log to nothing. It
needs as much free room on the disk as the store takes, and nobody else at the store.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.errors import StoreUnavailable
from edge.journal.sqlite import StoreLock, open_writer
from edge.service.audit import damage_named


@dataclass(frozen=True, slots=True)
class Compacted:
    """Sizes are of the store with its log, in bytes."""

    store: str
    bytes_before: int
    bytes_after: int


def compact(path: Path, name: str) -> Compacted:
    """Compact the store at ``path``; all of it or nothing.

    Raises StoreLocked while a service runs on it, StoreUnavailable when the disk has no room or
    somebody reads, StoreDamaged when the file is damaged.
    """
    lock = StoreLock(path)
    try:
        before = _size(path)
        with damage_named(name), closing(open_writer(path)) as connection:
            try:
                _cut_log(connection, path)
                connection.execute("VACUUM")
                _cut_log(connection, path)
            except sqlite3.OperationalError as error:
                raise StoreUnavailable(f"{path}: {error}: nothing was changed") from error
        return Compacted(name, before, _size(path))
    finally:
        lock.release()


def _cut_log(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the log into the file and cut it to nothing."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreUnavailable(f"{path}: somebody reads this store: end that, then try again")


def _size(path: Path) -> int:
    parts = (path, path.with_name(f"{path.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
