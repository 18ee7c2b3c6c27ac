"""The heart's own fold as central's projector: the same rules over the same events (H8)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.engine import Connection

from edge.journal.chain import StoredEvent
from edge.journal.registry import UnknownEvent
from edge.journal.sql import Value, Values, table_of
from edge.journal.tables_state import TABLE_OF
from edge.service.fold import Fold


class ConnectionExecutor:
    """``edge.journal.sql.Executor`` over a SQLAlchemy connection, in its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, sql: str, rows: Sequence[Values]) -> None:
        self._connection.exec_driver_sql(sql, list(rows))

    def all(self, sql: str, parameters: Values = ()) -> list[Values]:
        found: list[Values] = []
        for row in self._connection.exec_driver_sql(sql, parameters):
            values: tuple[Value, ...] = tuple(row)
            found.append(values)
        return found


class FoldProjector:
    """A ``Projector`` that keeps one fold a site, and creates the projections' tables."""

    def __init__(self) -> None:
        self._folds: dict[str, Fold] = {}

    @staticmethod
    def create_tables(connection: Connection) -> None:
        """Create the projections' tables where they are missing; the caller commits."""
        for kind in TABLE_OF:
            table_of(kind).create(connection, checkfirst=True)

    def apply(self, connection: Connection, site: str, events: Sequence[StoredEvent]) -> int:
        fold = self._folds.get(site)
        if fold is None:
            fold = self._folds[site] = Fold(ConnectionExecutor(connection), site)
        try:
            fold.apply(events)
        except UnknownEvent as unknown:
            known = unknown.seq - events[0].seq
            fold.apply(events[:known])
            return unknown.seq - 1
        return events[-1].seq

    def rebuild(self, connection: Connection, site: str, upto: int) -> int:
        """From the beginning: no checkpoints are kept yet."""
        assert upto >= 0
        self._folds.pop(site, None)
        for kind in TABLE_OF:
            table = table_of(kind)
            connection.execute(delete(table).where(table.c.site == site))
        return 0

    def forget(self) -> None:
        self._folds.clear()
