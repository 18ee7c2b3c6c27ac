"""The central stores under test, each with a way to take and put back a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.engine import Connection

from edge.journal.chain import StoredEvent
from sync.central.memory import MemoryStore
from sync.central.ports import CentralStore
from sync.central.sql_store import SqlStore, sqlite_engine


class StoreUnderTest(Protocol):
    """A store, its backups, and its projections as a list of hashes."""

    @property
    def store(self) -> CentralStore: ...

    def backup(self) -> object: ...

    def restore(self, saved: object) -> None: ...

    def folded(self, site: str) -> list[bytes]: ...

    def close(self) -> None: ...


class InMemory:
    """``MemoryStore``."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def backup(self) -> object:
        return self.store.tables.copy()

    def restore(self, saved: object) -> None:
        tables = saved
        assert isinstance(tables, type(self.store.tables))
        self.store.tables = tables.copy()

    def folded(self, site: str) -> list[bytes]:
        return [event.hash for event in self.store.tables.sites[site].folded]

    def close(self) -> None:
        """Nothing to close."""


class ListProjector:
    """Projections that are a table of the hashes folded so far."""

    def apply(self, connection: Connection, site: str, events: Sequence[StoredEvent]) -> int:
        rows = [(site, event.seq, event.hash) for event in events]
        connection.exec_driver_sql("INSERT INTO folded VALUES (?, ?, ?)", rows)
        return events[-1].seq

    def rebuild(self, connection: Connection, site: str, upto: int) -> int:
        connection.exec_driver_sql(
            "DELETE FROM folded WHERE site = ? AND seq > ?", (site, upto // 2)
        )
        return upto // 2

    def forget(self) -> None:
        """It remembers nothing."""


class InSqlite:
    """``SqlStore`` on SQLite in memory."""

    def __init__(self) -> None:
        self._engine = sqlite_engine(None)
        self.store = SqlStore(self._engine, ListProjector())
        with self.store.connection.begin():
            self.store.connection.exec_driver_sql(
                "CREATE TABLE folded (site TEXT, seq INTEGER, hash BLOB, PRIMARY KEY (site, seq))"
            )

    def backup(self) -> object:
        copy = sqlite3.connect(":memory:")
        self._driver().backup(copy)
        return copy

    def restore(self, saved: object) -> None:
        assert isinstance(saved, sqlite3.Connection)
        saved.backup(self._driver())

    def folded(self, site: str) -> list[bytes]:
        with self.store.connection.begin():
            query = "SELECT hash FROM folded WHERE site = ? ORDER BY seq"
            return [row[0] for row in self.store.connection.exec_driver_sql(query, (site,))]

    def close(self) -> None:
        self.store.close()
        self._engine.dispose()

    def _driver(self) -> sqlite3.Connection:
        driver = self.store.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver
