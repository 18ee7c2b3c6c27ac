"""A central store whose machine may die just before, or just after, a commit.

Within one transaction the moment of death makes no difference, since all of it is undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sync.central.ports import CentralStore, CentralTransaction


class Crash(Exception):
    """The process died here."""


class CrashingStore:
    """``fuse`` tells where the next transaction dies."""

    def __init__(self, store: CentralStore) -> None:
        self._store = store
        self.fuse: Literal["before", "after"] | None = None

    @contextmanager
    def transaction(self) -> Iterator[CentralTransaction]:
        fuse, self.fuse = self.fuse, None
        with self._store.transaction() as tx:
            yield tx
            if fuse == "before":
                raise Crash
        if fuse == "after":
            raise Crash
