"""``verify``: is the journal what was written, and are the rows what it adds up to?

Three passes over a store that nobody has to be writing to: the chain (H7), the fold against the
projection tables, the invariants over the fold (H3, H4, H6).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.domain import invariants
from edge.domain.rows import (
    KEYS,
    Carton,
    Fulfilment,
    FulfilmentLine,
    OrderLine,
    Row,
    Serial,
    Session,
    Stock,
)
from edge.domain.state import Key
from edge.errors import StoreDamaged
from edge.journal.chain import START, Position, StoredEvent, link, open_envelope
from edge.journal.reader import JournalReader
from edge.journal.registry import UnknownEvent
from edge.journal.sql import RowStore, table_of
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.service.fold import MemoryFold

R = TypeVar("R", bound=Row)
RowsByKind = dict[type[Row], dict[Key, Row]]


def verify_store(path: Path, site: str) -> Position:
    """The head of a sound store; StoreDamaged names the first fault."""
    connection = open_reader(path)
    try:
        connection.execute("BEGIN")
        head, folded = fold_chain(connection, site)
        compare_rows(connection, site, folded)
        for violation in violations(folded):
            raise StoreDamaged(site, None, violation)
        return head
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(site, None, f"the file is damaged: {error}") from error
    finally:
        connection.close()


def walk_chain(connection: sqlite3.Connection, site: str) -> Iterator[StoredEvent]:
    """Every event, once its place, hash and columns are checked; StoredDamaged at the first fault.

    Missing = the first absent seq; swapped = the lower one; a changed byte = that row.
    """
    before = START
    for seq, digest, subject, body in JournalReader(connection).scan_all():
        expected = before.seq + 1
        if seq != expected:
            raise StoreDamaged(site, expected, "this row is missing")
        if link(before.hash, body) != digest:
            raise StoreDamaged(site, seq, "hash and content do not match")
        _check_columns(site, seq, subject, body)
        before = Position(seq, digest)
        yield StoredEvent(seq, digest, body)


def _check_columns(site: str, seq: int, subject: str, body: bytes) -> None:
    try:
        envelope = open_envelope(body)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise StoreDamaged(site, seq, f"the content is no event: {error}") from error
    if (envelope.site, envelope.seq) != (site, seq):
        raise StoreDamaged(site, seq, f"the content is event {envelope.seq} of {envelope.site}")
    if envelope.subject != subject:
        raise StoreDamaged(site, seq, "the subject column differs from the content")


def fold_chain(connection: sqlite3.Connection, site: str) -> tuple[Position, RowsByKind]:
    """Head and fold of a checked journal."""
    fold, head = MemoryFold(), START
    for stored in walk_chain(connection, site):
        try:
            fold.apply(stored)
        except (msgspec.ValidationError, UnknownEvent, LookupError) as error:
            raise StoreDamaged(site, stored.seq, f"the event does not fold: {error}") from error
        head = Position(stored.seq, stored.hash)
    return head, fold.rows()


def compare_rows(connection: sqlite3.Connection, site: str, folded: RowsByKind) -> None:
    """Each projection row is the fold of the journal, and none is missing or added."""
    store = RowStore(SqliteExecutor(connection), site)
    for kind, keys in KEYS.items():
        name = table_of(kind).name
        expected = dict(folded.get(kind, {}))
        for values in _stored(store, kind, site, name):
            key = tuple(getattr(values, field) for field in keys)
            if expected.pop(key, None) != values:
                raise StoreDamaged(site, None, f"{name} {_shown(key)} is not the journal's fold")
        for key in expected:
            raise StoreDamaged(site, None, f"{name} {_shown(key)} is missing")


def _stored(store: RowStore, kind: type[Row], site: str, name: str) -> list[Row]:
    try:
        return store.load_all(kind)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise StoreDamaged(site, None, f"{name} holds a value that is none: {error}") from error


def _shown(key: Key) -> str:
    return "/".join(str(part) for part in key)


def violations(folded: RowsByKind) -> Iterator[str]:
    """All broken invariants of a fold."""
    stock = _of(folded, Stock)
    lines = _of(folded, FulfilmentLine)
    fulfilments = _of(folded, Fulfilment)
    yield from invariants.goods_conserved(stock)
    yield from invariants.lines_within_order(_of(folded, OrderLine), lines)
    yield from invariants.fulfilments_add_up(fulfilments, lines)
    yield from invariants.open_at_one_station(fulfilments, _of(folded, Session))
    yield from invariants.cartons_hold_their_units(_of(folded, Carton), stock)
    yield from invariants.serials_in_one_place(_of(folded, Serial), stock)


def _of(folded: RowsByKind, kind: type[R]) -> list[R]:
    return [row for row in folded.get(kind, {}).values() if isinstance(row, kind)]
