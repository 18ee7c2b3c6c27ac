"""The store's schema and how an older one becomes today's.

Each migration goes from one schema number to the next inside one transaction. From the first
release on, each release leaves a store as a test fixture that must still open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlalchemy import Index, MetaData, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from edge.errors import StoreDamaged
from edge.journal import tables, tables_state
from edge.journal.sql import SQLITE

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""Schema number n -> what brings a store from n to n + 1."""

_TABLES = (
    *(getattr(tables, name) for name in dir(tables) if name.endswith("Row")),
    *tables_state.TABLE_OF.values(),
)


def migrate(connection: sqlite3.Connection, site: str) -> None:
    """Create or upgrade the schema; StoreDamaged when the store is another site's or newer."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    try:
        if known is None:
            _create(connection, site)
        else:
            _upgrade(connection, site)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection, site: str) -> None:
    metadata: MetaData = tables.JournalRow.metadata
    for model in _TABLES:
        table: Table = metadata.tables[str(model.__tablename__)]
        connection.execute(str(CreateTable(table).compile(dialect=SQLITE)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(_index(index))
    connection.executemany(
        "INSERT INTO meta (name, value) VALUES (?, ?)",
        [("site", site), ("schema", str(tables.SCHEMA_VERSION))],
    )


def _index(index: Index) -> str:
    return str(CreateIndex(index).compile(dialect=SQLITE))


def _upgrade(connection: sqlite3.Connection, site: str) -> None:
    meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    if meta.get("site") != site:
        raise StoreDamaged(site, None, f"this store belongs to site {meta.get('site')!r}")
    version = int(meta.get("schema", "0"))
    if version > tables.SCHEMA_VERSION:
        raise StoreDamaged(
            site, None, f"schema {version} is newer than this release ({tables.SCHEMA_VERSION})"
        )
    while version < tables.SCHEMA_VERSION:
        MIGRATIONS[version](connection)
        version += 1
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(version),))
