"""Folding events into rows outside the loop: replay, verification, central's projections.

The same ``evolve`` as in the loop; only the rows come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from edge.domain import rules
from edge.domain.rows import Row
from edge.domain.state import Key, NotPrefetched, State
from edge.journal import registry
from edge.journal.chain import StoredEvent
from edge.journal.sql import Executor, RowStore


class Fold:
    """Rows of one site in a store that somebody else's transaction writes to."""

    def __init__(self, executor: Executor, site: str) -> None:
        self._rows = RowStore(executor, site)
        self._state = State()

    def apply(self, events: Iterable[StoredEvent]) -> None:
        """Fold ``events`` and write the rows that changed.

        Raises registry.UnknownEvent at an event of a newer release; nothing is written then.
        """
        try:
            for stored in events:
                _evolve(self._state, stored, self._load)
        except BaseException:
            self._state.rollback()
            raise
        self._rows.write(self._state.drain())
        self._state.commit()

    def forget(self) -> None:
        """Drop what is remembered: the transaction was rolled back or rows changed outside."""
        self._state = State()

    def _load(self, kind: type[Row], key: Key) -> Row | None:
        return self._rows.load(kind, key)


class MemoryFold:
    """The fold of a journal from its beginning, all in memory."""

    def __init__(self) -> None:
        self.state = State()

    def apply(self, stored: StoredEvent) -> None:
        """Fold one event."""
        _evolve(self.state, stored, _nothing)
        self.state.settle()

    def rows(self) -> dict[type[Row], dict[Key, Row]]:
        """All rows that exist, by kind and key."""
        found: dict[type[Row], dict[Key, Row]] = {}
        for (kind, key), row in self.state.snapshot():
            if row is not None:
                found.setdefault(kind, {})[key] = row
        return found


class _Loader(Protocol):
    """Signature of what loads a missing row."""

    def __call__(self, kind: type[Row], key: Key) -> Row | None: ...


def _nothing(kind: type[Row], key: Key) -> Row | None:
    return None


def _evolve(state: State, stored: StoredEvent, load: _Loader) -> None:
    recorded = registry.decode(stored)
    mark = state.mark()
    while True:
        try:
            rules.evolve(state, recorded.event, recorded.meta)
            return
        except NotPrefetched as missing:
            state.rewind(mark)
            for kind, key in missing.keys:
                state.load((kind, key), load(kind, key))
