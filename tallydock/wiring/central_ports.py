"""What central's API asks for (``api.central.ports``), given by central's worker and its store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from api.central.ports import (
    CentralQueries,
    CommandState,
    Given,
    Letter,
    OfSite,
    OrphanEvent,
    Site,
    SiteStockKey,
    StockOfSite,
)
from api.ports import Idempotency, OrderQueries
from edge.clock import Clock
from edge.domain.commands import Command
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import OrderStatus
from edge.domain.sync_inputs import PersonRow
from edge.errors import InvalidInput, StoreUnavailable
from edge.journal import beside, persons
from edge.journal.chain import ZERO_HASH, StoredEvent, canonical
from edge.journal.queries import Queries
from edge.journal.sqlite import SqliteExecutor, open_reader
from sync.central.fold_projector import ConnectionExecutor
from sync.central.service import CentralService
from sync.central.sql_store import SqlStore

ASK_WITHIN_S = 10.0
T = TypeVar("T")

_ORDERS = (
    "SELECT site, number FROM orders WHERE (? IS NULL OR site = ?) AND (? IS NULL OR status = ?)"
    " AND (? IS NULL OR instr(lower(number), ?) OR instr(lower(external_id), ?))"
    " AND (? IS NULL OR (placed_at, site, number) < (?, ?, ?))"
    " ORDER BY placed_at DESC, site DESC, number DESC LIMIT ?"
)
_STOCK = (
    "SELECT site, location, sku, lot, serial FROM stock WHERE (? IS NULL OR site = ?)"
    " AND (? IS NULL OR sku = ?) AND (? IS NULL OR location = ?)"
    " AND (? IS NULL OR (site, location, sku, lot, serial) > (?, ?, ?, ?, ?))"
    " ORDER BY site, location, sku, lot, serial LIMIT ?"
)
_COMMAND = (
    "SELECT c.type, c.at, a.outcome, a.why, a.seq FROM central_command AS c"
    " LEFT JOIN central_command_answer AS a ON a.site = c.site AND a.command = c.id"
    " WHERE c.site = ? AND c.id = ?"
)
_EVENTS = "SELECT seq, hash, body FROM central_log WHERE site = ? AND seq > ? ORDER BY seq LIMIT ?"
_HISTORY = (
    "SELECT seq, hash, body FROM central_log WHERE site = ? AND subject IN ({}) AND seq > ?"
    " ORDER BY seq LIMIT ?"
)
_HASH = "SELECT hash FROM central_log WHERE site = ? AND seq = ?"
_PERSON = "SELECT id, version, salt, data, erased_at FROM central_person WHERE id = ?"
_UNCONFIRMED = (
    "SELECT l.person, l.site FROM central_person_link AS l"
    " JOIN central_person AS p ON p.id = l.person AND p.erased_at IS NOT NULL"
    " LEFT JOIN central_command_answer AS a ON a.site = l.site AND a.command = l.erasure"
    " WHERE a.command IS NULL ORDER BY l.person, l.site"
)
_ORPHANS = (
    "SELECT site, counter, seq, hash, body, at FROM central_orphan"
    " WHERE (? IS NULL OR site = ?) ORDER BY id DESC LIMIT ?"
)
_LETTERS = (
    "SELECT site, at, direction, topic, reason, payload FROM central_dead_letter"
    " ORDER BY id DESC LIMIT ?"
)


class StoredQueries:
    """Reads of one request on one snapshot of central's store."""

    def __init__(self, connection: sqlite3.Connection, service: CentralService) -> None:
        self._connection, self._executor = connection, SqliteExecutor(connection)
        self._service = service

    def sites(self) -> Sequence[Site]:
        """All, by name; presence comes from the worker."""
        views = self._service.sites().result(ASK_WITHIN_S)
        return [
            Site(
                site=view.site,
                online=view.online,
                heard_at=view.heard_at_us,
                app=view.app,
                epoch=view.epoch.counter,
                through=view.through,
                hash=view.hash,
                head=view.head,
                projected=view.projected,
                condition=view.condition,
                fenced=view.fenced,
                refusals=view.refusals,
                skew_us=view.skew_us,
                commands=view.commands,
                commands_acked=view.commands_acked,
            )
            for view in sorted(views, key=lambda view: view.site)
        ]

    def orders(
        self,
        *,
        site: str | None,
        status: OrderStatus | None,
        text: str | None,
        after: tuple[int, str, str] | None,
        limit: int,
    ) -> Sequence[OfSite]:
        """Newest first by (placed_at, site, number)."""
        part = text.lower() if text else None
        last = after or (None, None, None)
        found = self._executor.all(
            _ORDERS, (site, site, status, status, part, part, part, last[0], *last, limit)
        )
        rows = ((str(name), self._site(str(name)).order(str(number))) for name, number in found)
        return [OfSite(name, order) for name, order in rows if order is not None]

    def of_site(self, site: str) -> OrderQueries:
        """The orders of one site."""
        return self._site(site)

    def _site(self, site: str) -> Queries:
        return Queries(self._connection, site)

    def stock(
        self,
        *,
        site: str | None,
        sku: str | None,
        location: str | None,
        after: SiteStockKey | None,
        limit: int,
    ) -> Sequence[StockOfSite]:
        """By key (site, location, sku, lot, serial)."""
        last = after or (None,) * 5
        found = self._executor.all(
            _STOCK, (site, site, sku, sku, location, location, last[0], *last, limit)
        )
        return [
            StockOfSite(str(row[0]), stock)
            for row in found
            for stock in self._site(str(row[0])).stock_at(
                str(row[1]), str(row[2]), str(row[3]), str(row[4])
            )
        ]

    def events(self, site: str, *, after: int, limit: int, bytes_max: int) -> Sequence[StoredEvent]:
        """Central's copy of a site's journal."""
        page: list[StoredEvent] = []
        size = 0
        for seq, digest, body in self._connection.execute(_EVENTS, (site, after, limit)):
            size += len(body)
            if page and size > bytes_max:
                break
            page.append(StoredEvent(seq, digest, body))
        return page

    def history(self, site: str, order: str, *, after: int, limit: int) -> Sequence[StoredEvent]:
        """Events of the order and its fulfilments, oldest first."""
        names = [row.number for row in self._site(site).fulfilments(order)]
        subjects = [f"order/{order}", *(f"fulfilment/{name}" for name in names)]
        sql = _HISTORY.format(", ".join("?" * len(subjects)))
        rows = self._connection.execute(sql, (site, *subjects, after, limit))
        return [StoredEvent(*row) for row in rows]

    def hash_at(self, site: str, seq: int) -> bytes | None:
        """Hash of an event of central's copy."""
        if seq == 0:
            return ZERO_HASH
        row = self._connection.execute(_HASH, (site, seq)).fetchone()
        return None if row is None else bytes(row[0])

    def command(self, site: str, command: str) -> Given | None:
        """A command and its answer."""
        row = self._executor.one(_COMMAND, (site, command))
        if row is None:
            return None
        kind, at, outcome, why, seq = row
        state = "waiting" if outcome is None else str(outcome)
        return Given(
            id=command,
            site=site,
            type=str(kind),
            given_at=int(at or 0),
            state=cast("CommandState", state),
            why=str(why) if why is not None else None,
            seq=int(seq) if seq is not None else None,
        )

    def person(self, person: str) -> PersonRef | None:
        """The reference to a person's present version."""
        row = self._executor.one(_PERSON, (person,))
        return persons.ref(persons.row_of(row)) if row is not None else None

    def person_name(self, person: str) -> str | None:
        """The person's name; None when unknown or erased."""
        row = self._executor.one(_PERSON, (person,))
        known = persons.read(persons.row_of(row)) if row is not None else None
        return known.name if known is not None else None

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        """(person, site) of erasures that the site has not confirmed yet."""
        return [(str(person), str(site)) for person, site in self._executor.all(_UNCONFIRMED)]

    def orphans(self, site: str | None, limit: int) -> Sequence[tuple[str, OrphanEvent]]:
        """(site, event), the latest first."""
        rows = self._connection.execute(_ORPHANS, (site, site, limit))
        return [
            (name, OrphanEvent(epoch=epoch, event=StoredEvent(seq, digest, body), orphaned_at=at))
            for name, epoch, seq, digest, body, at in rows
        ]

    def letters(self, limit: int) -> Sequence[Letter]:
        """The latest first."""
        return [
            Letter(
                site=site, at=at, direction=direction, topic=topic, reason=reason, payload=payload
            )
            for site, at, direction, topic, reason, payload in self._connection.execute(
                _LETTERS, (limit,)
            )
        ]


@dataclass(frozen=True, slots=True)
class CentralStoreReads:
    """Opens the reads of one request."""

    path: Path
    service: CentralService

    @contextmanager
    def __call__(self) -> Iterator[CentralQueries]:
        connection = open_reader(self.path)
        try:
            connection.execute("BEGIN")
            yield StoredQueries(connection, self.service)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """``sync.central.ports.Once`` over the table of keys; used on the worker's thread."""

    executor: ConnectionExecutor
    key: str
    digest: bytes
    at_us: int

    def earlier(self) -> bytes | None:
        """What the key led to before."""
        kept = beside.kept_answer(self.executor, self.key)
        if kept is not None and kept[0] != self.digest:
            raise InvalidInput(
                "Idempotency-Key", self.key, "use a new key for another request", "key_reused"
            )
        return kept[1] if kept is not None else None

    def keep(self, answer: bytes) -> None:
        """Within the transaction of the effect."""
        beside.keep_answer(self.executor, self.key, self.digest, answer, self.at_us)


@dataclass(frozen=True, slots=True)
class WorkerDesk:
    """Commands and persons go through central's worker."""

    service: CentralService
    store: SqlStore
    reads: CentralStoreReads
    clock: Clock

    async def give(
        self, site: str, command: Command, *, actor: str, idempotency: Idempotency
    ) -> Given:
        """Add a command to the site's log, and keep the request's key with it."""
        kind, data = type(command).__name__, canonical(command)
        giving = self.service.give_command(site, kind, 1, data, self._once(idempotency))
        given = await asyncio.to_thread(self._find, site, await asyncio.wrap_future(giving))
        if given is None:
            raise StoreUnavailable("the command is not in the store")
        return given

    def _find(self, site: str, command: str) -> Given | None:
        with self.reads() as queries:
            return queries.command(site, command)

    async def store_persons(self, persons: Mapping[str, PersonDetails]) -> Mapping[str, PersonRef]:
        """Write the next version of each person."""
        references = {}
        for person, details in persons.items():
            row = await asyncio.wrap_future(self.service.put_person(person, canonical(details)))
            references[person] = _reference(row)
        return references

    async def erase(self, person: str, *, actor: str, idempotency: Idempotency) -> Sequence[str]:
        """Erase here and tell the sites that have to do with the person; these sites."""
        erasing = self.service.erase_person(person, self._once(idempotency))
        return await asyncio.wrap_future(erasing)

    async def add_site(self, site: str, *, actor: str) -> None:
        """Make a site known."""
        await asyncio.wrap_future(self.service.add_site(site))

    async def unfence(self, site: str, *, actor: str) -> None:
        """A person chose between two writers of a site."""
        await asyncio.wrap_future(self.service.unfence(site))

    def _once(self, idempotency: Idempotency) -> KeyedRequest | None:
        key = idempotency.key
        if key is None:
            return None
        executor = ConnectionExecutor(self.store.connection)
        return KeyedRequest(executor, key, idempotency.digest, self.clock.now_us())


def _reference(row: PersonRow) -> PersonRef:
    reference = persons.ref(row)
    if reference is None:
        raise LookupError(f"person {row.id} was just stored, and is erased")
    return reference
