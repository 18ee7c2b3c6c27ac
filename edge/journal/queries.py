"""All reads that people and programs ask for, in one place.

Each ``Queries`` is one short transaction on a read-only connection of its own: what it answers
is one moment of the store. Lists are paged by key, never by offset.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from edge.domain.events import PersonRef
from edge.domain.rows import (
    Carton,
    Fulfilment,
    FulfilmentLine,
    Item,
    Lot,
    Order,
    OrderLine,
    OrderStatus,
    Row,
    Stock,
    User,
)
from edge.journal import beside, persons
from edge.journal.chain import Position, StoredEvent
from edge.journal.reader import JournalReader
from edge.journal.sql import Value, codec, table_of
from edge.journal.sqlite import SqliteExecutor, open_reader

R = TypeVar("R", bound=Row)
Credential = tuple[str, str, str, str, bool]
Token = tuple[bytes, str, str, str, int | None]
BrowserSession = tuple[bytes, str, int, int]
DeadLetter = tuple[int, int, str, str, str, bytes]


@contextmanager
def snapshot(path: Path, site: str) -> Iterator[Queries]:
    """Reads of one moment; closed at the end of the block."""
    connection = open_reader(path)
    try:
        connection.execute("BEGIN")
        yield Queries(connection, site)
    finally:
        connection.close()


class Snapshots:
    """``snapshot`` over connections that are kept: opening one costs more than most reads.

    For any number of threads; each block has a connection of its own.
    """

    def __init__(self, path: Path, site: str) -> None:
        self._path, self._site = path, site
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def __call__(self) -> Iterator[Queries]:
        """Reads of one moment."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = open_reader(self._path)
        try:
            connection.execute("BEGIN")
            yield Queries(connection, self._site)
            connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Close what is idle now, and the others when their blocks end."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


class Queries:
    """Reads of one site through one connection."""

    def __init__(self, connection: sqlite3.Connection, site: str) -> None:
        self._executor = SqliteExecutor(connection)
        self._journal = JournalReader(connection)
        self._site = site

    def _select(self, kind: type[R], tail: str, parameters: Sequence[Value]) -> list[R]:
        form = codec(kind)
        columns = ", ".join(f't."{name}"' for name in form.fields)
        sql = f'SELECT {columns} FROM "{table_of(kind).name}" AS t WHERE t.site = ? {tail}'
        rows = self._executor.all(sql, (self._site, *parameters))
        return [cast("R", form.load(values)) for values in rows]

    # --- orders ----------------------------------------------------------------------------

    def orders(
        self,
        *,
        status: OrderStatus | None = None,
        text: str | None = None,
        after: tuple[int, str] | None = None,
        limit: int = 100,
    ) -> list[Order]:
        """Newest first by (placed_at, number); ``text`` is part of number or external id."""
        where, parameters = "", list[Value]()
        if status is not None:
            where += " AND t.status = ?"
            parameters.append(status)
        if text:
            where += " AND (instr(lower(t.number), ?) OR instr(lower(t.external_id), ?))"
            parameters += [text.lower(), text.lower()]
        if after is not None:
            where += " AND (t.placed_at, t.number) < (?, ?)"
            parameters += after
        where += " ORDER BY t.placed_at DESC, t.number DESC LIMIT ?"
        return self._select(Order, where, [*parameters, limit])

    def order(self, number: str) -> Order | None:
        """One order."""
        return next(iter(self._select(Order, "AND t.number = ?", (number,))), None)

    def order_lines(self, number: str) -> list[OrderLine]:
        """The lines of an order."""
        return self._select(OrderLine, 'AND t."order" = ? ORDER BY t.line', (number,))

    def order_counts(self) -> dict[str, int]:
        """How many orders there are in each status."""
        sql = "SELECT status, count(*) FROM orders WHERE site = ? GROUP BY status"
        rows = self._executor.all(sql, (self._site,))
        return {str(status): int(count or 0) for status, count in rows}

    def fulfilments(self, order: str) -> list[Fulfilment]:
        """The fulfilments of an order."""
        names = f"{order}-"
        tail = "AND t.number >= ? AND t.number < ? ORDER BY t.number"
        return self._select(Fulfilment, tail, (names, names + "\x7f"))

    def fulfilment_lines(self, fulfilment: str) -> list[FulfilmentLine]:
        """The lines of a fulfilment."""
        return self._select(FulfilmentLine, "AND t.fulfilment = ? ORDER BY t.line", (fulfilment,))

    def cartons(self, fulfilment: str) -> list[Carton]:
        """The cartons of a fulfilment, void ones too."""
        tail = "AND t.fulfilment = ? ORDER BY t.number, t.sscc"
        return self._select(Carton, tail, (fulfilment,))

    def work(self, station: str, limit: int) -> list[Fulfilment]:
        """What is open at this station, then what is released and open nowhere, oldest first."""
        tail = (
            "AND t.status IN ('released', 'packing') AND (t.station = ? OR t.station IS NULL)"
            " ORDER BY t.station IS NULL, t.released_at, t.number LIMIT ?"
        )
        return self._select(Fulfilment, tail, (station, limit))

    def history(self, order: str, *, after: int, limit: int) -> list[StoredEvent]:
        """Events of the order and its fulfilments, oldest first."""
        names = [f"fulfilment/{row.number}" for row in self.fulfilments(order)]
        return self._journal.of_subjects([f"order/{order}", *names], after, limit)

    # --- goods and people ------------------------------------------------------------------

    def items(self, skus: Iterable[str]) -> Mapping[str, Item]:
        """The items by SKU; unknown ones are left out."""
        found: dict[str, Item] = {}
        for sku in dict.fromkeys(skus):
            for item in self._select(Item, "AND t.sku = ?", (sku,)):
                found[sku] = item
        return found

    def expiries(self, lots: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """ISO dates by (SKU, lot); lots without a known one are left out."""
        found: dict[tuple[str, str], str] = {}
        for key in dict.fromkeys(lots):
            for lot in self._select(Lot, "AND t.sku = ? AND t.lot = ?", key) if key[1] else ():
                if lot.expiry is not None:
                    found[key] = lot.expiry
        return found

    def stock(
        self,
        *,
        sku: str | None = None,
        location: str | None = None,
        after: tuple[str, str, str, str] | None = None,
        limit: int = 100,
    ) -> list[Stock]:
        """By key (location, sku, lot, serial)."""
        where, parameters = "", list[Value]()
        if sku is not None:
            where += " AND t.sku = ?"
            parameters.append(sku)
        if location is not None:
            where += " AND t.location = ?"
            parameters.append(location)
        if after is not None:
            where += " AND (t.location, t.sku, t.lot, t.serial) > (?, ?, ?, ?)"
            parameters += after
        where += " ORDER BY t.location, t.sku, t.lot, t.serial LIMIT ?"
        return self._select(Stock, where, [*parameters, limit])

    def stock_at(self, location: str, sku: str, lot: str, serial: str) -> list[Stock]:
        """The balance of one key, if there is one."""
        tail = "AND t.location = ? AND t.sku = ? AND t.lot = ? AND t.serial = ?"
        return self._select(Stock, tail, (location, sku, lot, serial))

    def packagings(self, sku: str) -> list[tuple[str, str]]:
        """(GTIN-14, units) of what an item is scanned as."""
        sql = "SELECT gtin, quantity FROM packaging WHERE site = ? AND sku = ? ORDER BY gtin"
        return [(str(row[0]), str(row[1])) for row in self._executor.all(sql, (self._site, sku))]

    def users(self) -> list[User]:
        """All users, by id."""
        return self._select(User, "ORDER BY t.id", ())

    def person(self, person: str) -> PersonRef | None:
        """The reference to a person's present version; None when unknown or erased."""
        row = persons.get(self._executor, person)
        return persons.ref(row) if row is not None else None

    def is_erased(self, person: str) -> bool:
        """Whether a tombstone is all that is left of the person."""
        row = persons.get(self._executor, person)
        return row is not None and row.erased_at is not None

    def person_name(self, person: str) -> str | None:
        """The person's name; None when unknown or erased."""
        row = persons.get(self._executor, person)
        known = persons.read(row) if row is not None else None
        return known.name if known is not None else None

    # --- journal ---------------------------------------------------------------------------

    def head(self) -> Position:
        """The last event's position."""
        return self._journal.head()

    def events(self, *, after: int, limit: int, bytes_max: int) -> list[StoredEvent]:
        """Journal rows behind ``after``; at least one if there is one, whatever its size."""
        return self._journal.read(after, limit, bytes_max)

    def event(self, seq: int) -> StoredEvent | None:
        """One event."""
        return self._journal.at(seq)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Newest first: (id, at, direction, topic, reason, payload)."""
        sql = (
            "SELECT id, at, direction, topic, reason, payload FROM dead_letter"
            " ORDER BY id DESC LIMIT ?"
        )
        return [cast("DeadLetter", row) for row in self._executor.all(sql, (limit,))]

    def kept_answer(self, key: str) -> tuple[bytes, bytes] | None:
        """(request digest, answer) kept under an idempotency key."""
        return beside.kept_answer(self._executor, key)

    # --- logins ----------------------------------------------------------------------------

    def credentials(self, column: str = "", value: str = "") -> list[Credential]:
        """(login, user, hash, role, disabled) by login; all, or those with ``column = value``."""
        where = f'WHERE "{column}" = ?' if column in ("login", "user") else ""
        sql = (
            'SELECT login, "user", password_hash, role, disabled FROM credential'
            f" {where} ORDER BY login"
        )
        rows = self._executor.all(sql, (value,) if where else ())
        return [(str(r[0]), str(r[1]), str(r[2]), str(r[3]), bool(r[4])) for r in rows]

    def tokens(self, sha256: bytes | None = None) -> list[Token]:
        """(sha256, name, user, scopes, expires_at) by name; all, or the one."""
        where = "WHERE sha256 = ?" if sha256 is not None else ""
        sql = (
            f'SELECT sha256, name, "user", scopes, expires_at FROM api_token {where} ORDER BY name'
        )
        rows = self._executor.all(sql, (sha256,) if sha256 is not None else ())
        return [cast("Token", row) for row in rows]

    def browser_session(self, sha256: bytes) -> BrowserSession | None:
        """(sha256, login, created_at, expires_at)."""
        sql = "SELECT sha256, login, created_at, expires_at FROM login_session WHERE sha256 = ?"
        row = self._executor.one(sql, (sha256,))
        return None if row is None else cast("BrowserSession", row)
