"""``verify``: is the journal what was written, and are the rows what it adds up to?

Passes over one snapshot of a store, also while somebody writes to it: the chain (H7), the fold
against the projection tables, the invariants over the fold (H3, H4, H6), the persons against the
references to them, and the file's own structure. Whatever is wrong is ``StoreDamaged``, also
bytes that SQLite itself cannot read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.domain import invariants
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
    User,
)
from edge.domain.state import Key
from edge.errors import StoreDamaged
from edge.journal import persons
from edge.journal.chain import START, Position, StoredEvent, link
from edge.journal.reader import JournalReader
from edge.journal.registry import UnknownEvent
from edge.journal.sql import Executor, codec, table_of
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.service.fold import MemoryFold

R = TypeVar("R", bound=Row)
_ERASED = "SELECT DISTINCT subject FROM journal WHERE subject >= 'person/' AND subject < 'person0'"
RowsByKind = dict[type[Row], dict[Key, Row]]


def verify_store(path: Path, site: str) -> Position:
    """The head of a sound store; StoreDamaged names the first fault."""
    with damage_named(site):
        connection = open_reader(path)
        try:
            connection.execute("BEGIN")
            executor = SqliteExecutor(connection)
            check_owner(executor, site)
            head, folded = fold_chain(connection, site)
            compare_rows(executor, site, folded)
            for violation in violations(folded):
                raise StoreDamaged(site, None, violation)
            check_persons(executor, site, folded)
            check_erased(executor, site)
            check_file(executor, site)
            return head
        finally:
            connection.close()


@contextmanager
def damage_named(site: str) -> Iterator[None]:
    """SQLite's own complaints become StoreDamaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(site, None, f"the file is damaged: {error}") from error


# --- the chain ----------------------------------------------------------------------------


class _Place(msgspec.Struct, frozen=True, gc=False):
    """Where an event says that it belongs."""

    site: str
    seq: int
    subject: str


_place = msgspec.json.Decoder(_Place)

NO_EVENT = (ValueError, RecursionError)
"""What decoding raises when the bytes are no JSON, no UTF-8, or have other keys."""

NO_FOLD = (*NO_EVENT, UnknownEvent, LookupError, ArithmeticError, TypeError)
"""What folding raises when the bytes chain and their content is nonsense."""


class ChainCheck:
    """Follows a chain entry by entry, and holds the last one that was found right."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._seq, self._hash = START.seq, START.hash

    @property
    def head(self) -> Position:
        """Where the last right entry stands."""
        return Position(self._seq, self._hash)

    def follow(self, seq: int, digest: bytes | None, body: bytes | None) -> tuple[StoredEvent, str]:
        """The entry, and the subject that it names; StoreDamaged when it is not the next one."""
        if seq != self._seq + 1:
            raise self.damaged("this row is missing")
        if digest is None or body is None or link(self._hash, body) != digest:
            raise self.damaged("hash and content do not match")
        try:
            place = _place.decode(body)
        except NO_EVENT as error:
            raise self.damaged(f"the content is no event: {error}") from error
        if place.seq != seq or place.site != self._site:
            raise self.damaged(f"the content is event {place.seq} of {place.site}")
        self._seq, self._hash = seq, digest
        return StoredEvent(seq, digest, body), place.subject

    def damaged(self, reason: str) -> StoreDamaged:
        """The error about the entry behind ``head``."""
        return StoreDamaged(self._site, self._seq + 1, reason)


def walk_chain(connection: sqlite3.Connection, site: str) -> Iterator[StoredEvent]:
    """Every event, once its place, hash and columns are checked; StoreDamaged at the first fault.

    Missing = the first absent seq; swapped = the lower one; a changed byte = that row.
    """
    check = ChainCheck(site)
    try:
        for seq, digest, subject, body in JournalReader(connection).scan_all():
            stored, named = check.follow(seq, digest, body)
            if subject is None or subject.decode("utf-8", "replace") != named:
                raise StoreDamaged(site, seq, "the subject column differs from the content")
            yield stored
    except sqlite3.DatabaseError as error:
        raise check.damaged(f"this row cannot be read: {error}") from error


# --- the fold -----------------------------------------------------------------------------


def fold_chain(connection: sqlite3.Connection, site: str) -> tuple[Position, RowsByKind]:
    """Head and fold of a checked journal."""
    return fold_events(site, walk_chain(connection, site))


def fold_events(site: str, events: Iterable[StoredEvent]) -> tuple[Position, RowsByKind]:
    """Position and fold of checked events; StoreDamaged at one that does not fold."""
    fold, head = MemoryFold(), START
    for stored in events:
        try:
            fold.apply(stored)
        except NO_FOLD as error:
            raise StoreDamaged(site, stored.seq, f"the event does not fold: {error}") from error
        head = Position(stored.seq, stored.hash)
    return head, fold.rows()


def compare_rows(executor: Executor, site: str, folded: RowsByKind) -> None:
    """Each projection row is the fold of the journal to the letter; none is missing or added."""
    for kind, keys in KEYS.items():
        form, name = codec(kind), table_of(kind).name
        places = [form.fields.index(field) for field in keys]
        expected: dict[tuple[object, ...], Row] = dict(folded.get(kind, {}).items())
        try:
            stored = executor.all(form.select_all, (site,))
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(site, None, f"{name} cannot be read: {error}") from error
        for values in stored:
            key = tuple(values[place] for place in places)
            row = expected.pop(key, None)
            if row is None or form.dump(site, row)[1:] != tuple(values):
                raise StoreDamaged(site, None, f"{name} {_shown(key)} is not the journal's fold")
        for known in expected:
            raise StoreDamaged(site, None, f"{name} {_shown(known)} is missing")


def _shown(key: tuple[object, ...]) -> str:
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


# --- beside the journal -------------------------------------------------------------------


def check_owner(executor: SqliteExecutor, site: str) -> None:
    """The file is a store, and this site's."""
    row = executor.one("SELECT value FROM meta WHERE name = 'site'")
    if row is None or row[0] != site:
        owner = row[0] if row is not None else None
        raise StoreDamaged(site, None, f"this store belongs to site {owner!r}")


def check_persons(executor: SqliteExecutor, site: str, folded: RowsByKind) -> None:
    """While a person's data exist, they are what the events meant (SYNC section 12)."""
    for person, version, digest in sorted(set(_references(folded))):
        row = persons.get(executor, person)
        if row is None or row.erased_at is not None or row.version != version:
            continue
        if row.digest() != digest:
            raise StoreDamaged(site, None, f"person {person} differs from what the events meant")


def check_erased(executor: SqliteExecutor, site: str) -> None:
    """Nothing is known of a person whose erasure stands in the journal (H11)."""
    for (subject,) in executor.all(_ERASED):
        person = str(subject).removeprefix("person/")
        row = persons.get(executor, person)
        if row is not None and row.erased_at is None:
            raise StoreDamaged(site, None, f"person {person} was erased and is there again")


def _references(folded: RowsByKind) -> Iterator[tuple[str, int, str]]:
    for order in _of(folded, Order):
        if order.person is not None and order.person_digest is not None:
            yield order.person, order.person_version, order.person_digest
    for user in _of(folded, User):
        yield user.person, user.person_version, user.person_digest


def check_file(executor: SqliteExecutor, site: str) -> None:
    """SQLite's own look at pages and indexes."""
    for row in executor.all("PRAGMA integrity_check(1)"):
        finding = str(row[0])
        if finding != "ok":
            raise StoreDamaged(site, None, f"the file is damaged: {finding}")
