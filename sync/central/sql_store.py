"""The central store in SQL: SQLite for one machine, PostgreSQL for growth.

One connection, owned by the thread that opened the store. SQLite runs with WAL and
``synchronous=FULL`` (what was acknowledged is on disk) and overwrites what is deleted, since
erasing a person must leave nothing to find.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from edge.errors import StoreDamaged, StoreUnavailable
from sync.central.ports import Projector
from sync.central.sql_commands import SqlCommands
from sync.central.sql_log import SqlLog
from sync.central.sql_persons import SqlLetters, SqlPersons
from sync.central.tables import CentralModel

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
)


class SqlTransaction:
    """The four groups of tables over one connection."""

    def __init__(self, connection: Connection, projector: Projector) -> None:
        self.log = SqlLog(connection, projector)
        self.commands = SqlCommands(connection)
        self.persons = SqlPersons(connection)
        self.letters = SqlLetters(connection)


class SqlStore:
    """A ``CentralStore`` over ``engine``; creates central's tables if they are missing.

    The projector's own tables are whoever's who brings it.
    """

    def __init__(self, engine: Engine, projector: Projector) -> None:
        with _named():
            CentralModel.metadata.create_all(engine)
            self.connection = engine.connect()
        self._projector = projector
        self._tables = SqlTransaction(self.connection, projector)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """One transaction; StoreUnavailable when the store cannot write now, StoreDamaged."""
        done = False
        try:
            with _named(), self.connection.begin():
                yield self._tables
            done = True
        finally:
            if not done:
                self._projector.forget()

    def close(self) -> None:
        self.connection.close()


@contextmanager
def _named() -> Iterator[None]:
    """What the database complains of, in our words; SQLite has no finer name for damage."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(str(error.orig)) from error
    except DatabaseError as error:
        if type(error.orig) is sqlite3.DatabaseError:
            raise StoreDamaged("central", None, f"the file is damaged: {error.orig}") from error
        raise


def sqlite_engine(path: Path | None) -> Engine:
    """An engine on a file, or on a database in memory; one connection, used by one thread."""
    address = "sqlite://" if path is None else f"sqlite:///{path}"
    options = {"check_same_thread": False}
    engine = create_engine(address, connect_args=options, poolclass=StaticPool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Take the driver's own idea of transactions out of the way."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
