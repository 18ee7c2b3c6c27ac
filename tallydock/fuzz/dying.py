"""Dying at a chosen moment, and disks that refuse: a SQLite connection that counts its statements.

A process may die before any statement, right after a commit, and between two answers to those
who wait. What is in its files at that moment is what the next life finds.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tallydock.fuzz.dice import Dice

if TYPE_CHECKING:
    from sqlite3 import _Parameters

Mood = Literal["fine", "begin", "write", "commit"]

_WRITES = ("INSERT", "UPDATE", "DELETE")


class Crash(BaseException):
    """The process dies here. Not an Exception: no supervisor inside it may survive this."""


class Fuse:
    """Burns at each step that could be the last one; ``die`` takes the picture of the disk."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._die: Callable[[], None] = lambda: None

    def light(self, steps: int, die: Callable[[], None]) -> None:
        """Die after ``steps`` more steps."""
        self._left, self._die = steps, die

    def snuff(self) -> None:
        """Do not die after all."""
        self._left = None

    def burn(self) -> None:
        """One step; raises Crash when it was the last."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            self._die()
            raise Crash


class Disk:
    """Whether the disk writes now, and at which kind of statement it refuses."""

    def __init__(self) -> None:
        self.mood: Mood = "fine"

    def refuses(self, sql: str) -> bool:
        """Whether this statement fails."""
        if self.mood == "fine":
            return False
        if self.mood == "begin":
            return sql.startswith("BEGIN")
        return sql == "COMMIT" or (self.mood == "write" and sql.startswith(_WRITES))


class MortalConnection(sqlite3.Connection):
    """A connection of a process that may die; ``commits`` counts what became durable."""

    fuse = Fuse()
    disk = Disk()
    commits = 0

    def execute(self, sql: str, parameters: _Parameters = (), /) -> sqlite3.Cursor:
        self._suffer(sql)
        cursor = super().execute(sql, parameters)
        if sql == "COMMIT":
            self.commits += 1
            self.fuse.burn()
        return cursor

    def executemany(self, sql: str, parameters: Iterable[_Parameters], /) -> sqlite3.Cursor:
        self._suffer(sql)
        return super().executemany(sql, parameters)

    def _suffer(self, sql: str) -> None:
        """A full disk makes SQLite itself give the transaction up, or leaves that to the caller."""
        self.fuse.burn()
        if self.disk.refuses(sql):
            if self.disk.mood == "write" and self.in_transaction:
                super().execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")


class Lives:
    """One folder a life of a process; a death copies what stood in the files at that moment."""

    def __init__(self, folder: Path, name: str, dice: Dice) -> None:
        self._folder, self._name, self._dice = folder, name, dice
        self._count = 0
        self._past: list[Path] = []
        self.path = self._place("life")

    def end(self) -> None:
        """The next life finds the present files, perhaps with a torn end of the log."""
        self._begin(self.path)
        if self._dice.happens(0.3):
            with _log_of(self.path).open("ab") as log:
                log.write(self._dice.noise(self._dice.between(1, 5000)))

    def backup(self) -> Path:
        """A copy of the present files."""
        copy = self._place("backup")
        _copy(self.path, copy)
        return copy

    def restore(self, backup: Path) -> None:
        """The next life finds the files of a backup."""
        self._begin(backup)

    def start_empty(self) -> None:
        """The next life finds nothing."""
        self._past.append(self.path.parent)
        self.path = self._place("life")

    def bury(self) -> None:
        """Remove what earlier lives left; they must be over."""
        for place in self._past:
            shutil.rmtree(place)
        self._past.clear()

    def _begin(self, source: Path) -> None:
        self._past.append(self.path.parent)
        self.path = self._place("life")
        _copy(source, self.path)

    def _place(self, kind: str) -> Path:
        self._count += 1
        place = self._folder / f"{self._name}-{kind}-{self._count}"
        place.mkdir()
        return place / f"{self._name}.db"


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy(source: Path, target: Path) -> None:
    """The store and its log; what else lies beside them is made anew by whoever opens it."""
    for found, place in ((source, target), (_log_of(source), _log_of(target))):
        if found.exists():
            shutil.copyfile(found, place)
