"""Central: its process, which may die at any statement, and its disk, which may refuse.

Store, projections and inbox are the real ones. Whatever raises ``StoreUnavailable`` costs the
connection to the broker, as it does in ``sync.worker``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from edge.clock import ManualClock
from edge.errors import StoreUnavailable
from edge.ids import Chance
from sync.central.inbox import Inbox
from sync.ports import Moment, Outgoing, Output, moment
from tallydock.fuzz.dice import require
from tallydock.fuzz.dying import Crash, Disk, Fuse, Lives
from tallydock.wiring.central import open_central

FULL = 2

_COMPILED: dict[object, object] = {}
"""Compiled statements, shared by all lives: a new process would compile its own."""


class FarSide:
    """See the module's docstring. ``online``: its connection to the broker stands."""

    def __init__(self, site: str, lives: Lives, clock: ManualClock, chance: Chance) -> None:
        self.lives = lives
        self.fuse, self.disk = Fuse(), Disk()
        self.online = True
        self.wake_at_us: int | None = 0
        self._site, self._clock, self._chance = site, clock, chance
        self.boot()

    # --- life and death ---------------------------------------------------------------------

    def boot(self) -> None:
        """A new process on the files that are there."""
        self._store = open_central(self.lives.path)
        connection = self._store.connection
        require(_pragma(connection, "synchronous") == FULL, "central's store is not durable")
        with connection.begin():
            connection.exec_driver_sql("SELECT 1")
        driver = connection.connection.driver_connection
        require(driver is not None, "there is no connection")
        if driver is not None:
            driver.execute("PRAGMA synchronous=OFF")
        connection.execution_options(compiled_cache=_COMPILED)
        event.listen(connection, "before_cursor_execute", self._before)
        event.listen(connection, "commit", self._committing)
        self.inbox = Inbox(self._store, self._chance)
        self.inbox.add_site(self._site)

    def die(self, *, frozen: bool = False) -> None:
        """The process is gone. ``frozen``: the disk was copied already."""
        if not frozen:
            self.lives.end()
        self.fuse.snuff()
        self.disk.mood = "fine"
        self.close()

    def restore(self, backup: Path) -> None:
        """The process ends, its files are replaced by older ones."""
        self.lives.restore(backup)
        self.die(frozen=True)

    def wipe(self) -> None:
        """The process ends, its files are gone, and there is no backup."""
        self.lives.start_empty()
        self.die(frozen=True)

    def close(self) -> None:
        """End."""
        engine = self._store.connection.engine
        self._store.close()
        engine.dispose()

    # --- work -------------------------------------------------------------------------------

    def does(self, call: Callable[[], Output], fuse: int | None = None) -> list[Outgoing] | None:
        """The messages that a call leads to; None if the process died of it."""
        if fuse is not None:
            self.fuse.light(fuse, self.lives.end)
        try:
            output = call()
            self.fuse.burn()
        except Crash:
            self.die(frozen=True)
            return None
        except StoreUnavailable:
            self.online = False
            return []
        self.fuse.snuff()
        self.wake_at_us = output.wake_at_us
        return list(output.messages)

    def now(self) -> Moment:
        return moment(self._clock)

    def _before(self, _connection: Connection, _cursor: object, sql: str, *_rest: object) -> None:
        self.fuse.burn()
        if self.disk.refuses(sql):
            raise _full(sql)

    def _committing(self, _connection: Connection) -> None:
        self.fuse.burn()
        if self.disk.refuses("COMMIT"):
            raise _full("COMMIT")


def _full(sql: str) -> OperationalError:
    return OperationalError(sql, None, Exception("database or disk is full"))


def _pragma(connection: Connection, name: str) -> object:
    with connection.begin():
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
