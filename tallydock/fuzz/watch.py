"""Watching a site's journal as it grows: chain, fold, rows on disk, rows in memory, books.

The watch reads with a read-only connection of its own, so it sees what is committed and nothing
else. It outlives the site's processes: what it has seen must be there after any crash.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

from edge.domain import invariants, rules
from edge.domain.rows import (
    KEYS,
    Carton,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    Row,
    Serial,
    Session,
    Stock,
)
from edge.domain.settings import SiteSettings
from edge.domain.state import Key, NotPrefetched, RowKey, State
from edge.journal import registry
from edge.journal.chain import ZERO_HASH, Position, StoredEvent, link
from edge.journal.reader import JournalReader
from edge.journal.registry import Recorded
from edge.journal.sql import RowStore
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.service.audit import verify_store
from tallydock.fuzz.books import Books
from tallydock.fuzz.customs import Customs
from tallydock.fuzz.dice import require

R = TypeVar("R", bound=Row)
EVERYTHING = 1 << 40


def _stock_key(key: Key) -> tuple[str, str, str, str]:
    location, sku, lot, serial = (str(part) for part in key)
    return location, sku, lot, serial


class ShadowFold:
    """The fold of a journal in memory, which tells the rows that changed."""

    def __init__(self) -> None:
        self._state = State()
        self.rows: dict[type[Row], dict[Key, Row]] = {kind: {} for kind in KEYS}

    def apply(self, recorded: Recorded) -> None:
        """Let an event change the rows."""
        mark = self._state.mark()
        while True:
            try:
                rules.evolve(self._state, recorded.event, recorded.meta)
                return
            except NotPrefetched as missing:
                self._state.rewind(mark)
                for row_key in missing.keys:
                    self._state.load(row_key, None)

    def settle(self) -> list[tuple[RowKey, Row | None]]:
        """Bring ``rows`` up to date; those that changed since the last call."""
        changed = [(change.key, change.after) for change in self._state.drain()]
        self._state.settle()
        for (kind, key), row in changed:
            if row is None:
                self.rows[kind].pop(key, None)
            else:
                self.rows[kind][key] = row
        return changed

    def row(self, kind: type[R], *key: str | int) -> R | None:
        """A row, or None."""
        return cast("R | None", self.rows[kind].get(key))

    def all(self, kind: type[R]) -> list[R]:
        """All rows of a kind, in the order of their first writing."""
        return cast("list[R]", list(self.rows[kind].values()))


class Watch:
    """See the module's docstring."""

    def __init__(self, path: Path, settings: SiteSettings) -> None:
        self.site, self._settings = settings.site, settings
        self._start_over()
        self.look_at(path)

    def _start_over(self) -> None:
        self.hashes = [ZERO_HASH]
        self._last_at_us = 0
        self.fold, self.customs = ShadowFold(), Customs(self._settings)
        self.books = Books(self.customs)

    def look_at(self, path: Path) -> None:
        """A new life of the site began: what was seen before must be in its files."""
        self._path = path
        self._connection = open_reader(path)
        self._journal = JournalReader(self._connection)
        self._rows = RowStore(SqliteExecutor(self._connection), self.site)

    def look_away(self) -> None:
        """Close the files."""
        self._connection.close()

    def forget(self) -> None:
        """The files come from a backup: they are read from the beginning."""
        self._start_over()

    @property
    def head(self) -> Position:
        """The last event that was seen."""
        return Position(len(self.hashes) - 1, self.hashes[-1])

    @property
    def connection(self) -> sqlite3.Connection:
        """For other looks at the same files."""
        return self._connection

    # --- after each step --------------------------------------------------------------------

    def catch_up(self, memory: State | None) -> list[Recorded]:
        """Read on, check, compare the rows that changed with disk and memory; the new events."""
        seen = self.head
        require(self._journal.hash_at(seen.seq) == seen.hash, "a committed event vanished")
        fresh = self._journal.read(seen.seq, EVERYTHING, EVERYTHING)
        found = [self._follow(stored) for stored in fresh]
        self.books.close()
        self.customs.close()
        for (kind, key), row in self.fold.settle():
            self._compare(kind, key, row, memory)
        return found

    def _follow(self, stored: StoredEvent) -> Recorded:
        seq = len(self.hashes)
        require(stored.seq == seq, f"seq {seq} is missing")
        require(link(self.hashes[-1], stored.body) == stored.hash, f"seq {seq} breaks the chain")
        recorded = registry.decode(stored)
        require(recorded.meta.seq == seq, f"seq {seq} says that it is {recorded.meta.seq}")
        require(recorded.meta.at_us >= self._last_at_us, f"seq {seq} is older than the one before")
        self._last_at_us = recorded.meta.at_us
        self.hashes.append(stored.hash)
        self.books.note(recorded)
        self.customs.note(recorded)
        self.fold.apply(recorded)
        return recorded

    def _compare(self, kind: type[Row], key: Key, row: Row | None, memory: State | None) -> None:
        name = f"{kind.__name__} {key}"
        require(self._rows.load(kind, key) == row, f"{name} on disk is not the fold")
        if memory is not None and memory.knows((kind, key)):
            require(memory.get(kind, *key) == row, f"{name} in memory is not the fold")
        if row is not None:
            self._compare_books(row)
        elif kind is Stock:
            require(not self.books.stock.get(_stock_key(key)), f"{name} is gone, the goods are not")

    def _compare_books(self, row: Row) -> None:
        books = self.books
        match row:
            case Order():
                same = books.order_status(row.number) == row.status
            case Fulfilment():
                same = books.status(row.number) == row.status
            case OrderLine():
                booked = books.lines[row.order, row.line]
                same = booked == [row.ordered, row.packed, row.short]
            case FulfilmentLine():
                part = books.parts[row.fulfilment, row.line]
                same = (part.wanted, part.packed, part.short) == (row.wanted, row.packed, row.short)
            case Stock():
                key = (row.location, row.sku, row.lot, row.serial)
                same = books.stock.get(key, Decimal(0)) == row.quantity
            case Carton():
                same = books.boxes[row.sscc].units == row.units
            case Session():
                same = books.users.get(row.station) == row.user
                same = same and books.work.get(row.station) == row.fulfilment
                same = same and (row.user is None) == (row.state == "signed_out")
            case _:
                same = True
        require(same, f"the books say otherwise than {row}")

    # --- now and then -----------------------------------------------------------------------

    def check_memory(self, memory: State) -> None:
        """Every row in memory is the fold's."""
        for (kind, key), row in memory.snapshot():
            require(self.fold.row(kind, *key) == row, f"{kind.__name__} {key} in memory is stale")

    def check_rules(self) -> None:
        """The invariants over all rows (H3, H4, H6)."""
        fold = self.fold
        stock, lines = fold.all(Stock), fold.all(FulfilmentLine)
        fulfilments = fold.all(Fulfilment)
        broken = [
            *invariants.goods_conserved(stock),
            *invariants.lines_within_order(fold.all(OrderLine), lines),
            *invariants.fulfilments_add_up(fulfilments, lines),
            *invariants.open_at_one_station(fulfilments, fold.all(Session)),
            *invariants.cartons_hold_their_units(fold.all(Carton), stock),
            *invariants.serials_in_one_place(fold.all(Serial), stock),
        ]
        require(not broken, "; ".join(broken[:3]))

    def check_all(self) -> None:
        """``verify`` of the whole store says what the watch knows (H7)."""
        self.check_rules()
        head = verify_store(self._path, self.site)
        require(head == self.head, f"verify found the head at {head.seq}, not {self.head.seq}")
