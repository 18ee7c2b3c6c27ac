"""Recording what the heart asks of SQLite, and asking the same of a bare connection.

The loop is deterministic: two stores that begin alike and get the same inputs execute the same
statements. So one store records a slice, a second one is timed on it, and a bare sqlite3
connection to a third is timed on the recorded statements, with the same commit points.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

Parameters = Sequence[str | int | bytes | None]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with one set of parameters, or with ``many`` of them."""

    sql: str
    parameters: tuple[Parameters, ...]
    many: bool

    @property
    def is_event(self) -> bool:
        """It appends to the journal."""
        return self.sql.startswith("INSERT INTO journal")

    @property
    def commits(self) -> bool:
        """It makes what came before durable."""
        return self.sql == "COMMIT"

    @property
    def checkpoints(self) -> bool:
        """It moves the WAL into the file."""
        return self.sql.startswith("PRAGMA wal_checkpoint")


class RecordingConnection(sqlite3.Connection):
    """Executes as usual and remembers what it executed."""

    recorded: list[Statement] | None = None

    def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
        values = cast("Parameters", parameters)
        self._remember(Statement(sql, (values,), many=False))
        return super().execute(sql, values)

    def executemany(self, sql: str, parameters: Iterable[object], /) -> sqlite3.Cursor:
        rows = tuple(cast("Iterable[Parameters]", parameters))
        self._remember(Statement(sql, rows, many=True))
        return super().executemany(sql, rows)

    def take(self) -> list[Statement]:
        """What was executed since the last call."""
        recorded, self.recorded = self.recorded or [], []
        return recorded

    def _remember(self, statement: Statement) -> None:
        if self.recorded is None:
            self.recorded = []
        self.recorded.append(statement)


def replay(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    """Execute all of it; answers are fetched and dropped."""
    for statement in statements:
        if statement.many:
            connection.executemany(statement.sql, statement.parameters)
        else:
            connection.execute(statement.sql, statement.parameters[0]).fetchall()
