"""Opening SQLite the way the store needs it.

WAL with ``synchronous=FULL``: a commit is on disk when it returns. Debian 12's SQLite 3.40 has a
fault in resetting the WAL that needs two connections which write or checkpoint; therefore one
connection does both, automatic checkpoints are off, readers open ``mode=ro``, and a lock file
keeps a second process out.

A WAL that was checkpointed is written over from its beginning, and keeps its size unless a limit
cuts it down to WAL_BYTES_MAX then. Only so does a larger file mean that it is time again.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from edge.errors import StoreLocked
from edge.journal.sql import Value, Values

WAL_BYTES_MAX = 16 * 1024 * 1024
STATEMENTS_KEPT = 512


class SqliteExecutor:
    """``Executor`` over one sqlite3 connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, rows: Sequence[Values]) -> None:
        if len(rows) == 1:
            self._connection.execute(sql, rows[0])
        else:
            self._connection.executemany(sql, rows)

    def all(self, sql: str, parameters: Values = ()) -> list[Values]:
        return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Values = ()) -> Values | None:
        """The first row of a query, or None."""
        row: tuple[Value, ...] | None = self._connection.execute(sql, parameters).fetchone()
        return row


class StoreLock:
    """An exclusive lock beside a store; a second holder is refused at once."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.with_suffix(".lock").open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise StoreLocked(
                f"{path} is in use by another process; stop it, or name another --data"
            ) from error

    def release(self) -> None:
        """Give the store free."""
        self._file.close()


def open_writer(
    path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """The one connection that writes; transactions are begun and ended by the unit of work.

    A ``factory`` of another kind may watch or disturb what is executed.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, factory=factory,
        cached_statements=STATEMENTS_KEPT,
    )  # fmt: skip
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES_MAX}")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection for one thread or one request."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only=ON")
    return connection
