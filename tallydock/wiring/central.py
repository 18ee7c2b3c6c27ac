"""The composition root of central: store, worker, API and pages as one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from api.application import ApiSettings
from api.central.ports import CentralPorts
from api.central_app import central_app
from api.metrics import Family, Sample
from api.pages.central import central_pages
from edge.clock import Clock
from edge.ids import Chance
from edge.journal import access, tables
from edge.journal.sqlite import StoreLock
from sync.central.erasures import ErasureBook
from sync.central.fold_projector import ConnectionExecutor, FoldProjector
from sync.central.service import CentralService
from sync.central.sql_store import SqlStore, sqlite_engine
from sync.ports import Notice
from tallydock.config import CentralConfig
from tallydock.stores import CENTRAL, central_path
from tallydock.wiring.accounts import Change, StoreAccounts
from tallydock.wiring.brokers import broker_of, follower_of
from tallydock.wiring.central_ports import CentralStoreReads, WorkerDesk

NOTICES_MAX = 200
BESIDE = (tables.CredentialRow, tables.ApiTokenRow, tables.LoginSessionRow, tables.IdempotencyRow)
"""Tables of an edge's store that central's store has as well."""


def open_central(path: Path) -> SqlStore:
    """Central's store with all its tables; the caller holds the lock."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    engine = sqlite_engine(path)
    store = SqlStore(engine, FoldProjector())
    with store.transaction():
        FoldProjector.create_tables(store.connection)
        for model in BESIDE:
            table = model.metadata.tables[str(model.__tablename__)]
            table.create(store.connection, checkfirst=True)
    return store


class CentralHouse:
    """Everything of central."""

    def __init__(self, config: CentralConfig, data: Path, clock: Clock, chance: Chance) -> None:
        path = central_path(data)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = StoreLock(path)
        self.store = open_central(path)
        self.notices: list[Notice] = []
        self.service = CentralService(
            self.store,
            broker_of(config.broker),
            clock,
            chance,
            self._notify,
            ErasureBook(path.with_suffix(".erased")),
            follower_of(config.broker),
        )
        self._sites = tuple(config.sites)
        self.zone = ZoneInfo(config.time_zone)
        self.accounts = StoreAccounts(path, CENTRAL, self._write)
        reads = CentralStoreReads(path, self.service)
        self.ports = CentralPorts(
            desk=WorkerDesk(self.service, self.store, reads, clock),
            accounts=self.accounts,
            reads=reads,
            health=CentralHealth(self),
            clock=clock,
            chance=chance,
        )

    def start(self) -> None:
        """Make the configured sites known and connect."""
        self.service.start()
        for site in self._sites:
            self.service.add_site(site).result()

    def stop(self) -> None:
        """End the worker and close the store."""
        self.service.stop()
        self.accounts.close()
        self.store.close()
        self._lock.release()

    def app(self, settings: ApiSettings) -> FastAPI:
        """The application; its life is the house's life."""

        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncIterator[None]:
            await asyncio.to_thread(self.start)
            yield
            await asyncio.to_thread(self.stop)

        pages = central_pages(self.ports, name="Tallydock", zone=self.zone)
        return central_app(self.ports, settings, pages=pages, lifespan=life)

    async def _write(self, changes: tuple[Change, ...]) -> None:
        executor = ConnectionExecutor(self.store.connection)

        def run() -> None:
            for statement, parameters in changes:
                access.write(executor, statement, parameters)

        await asyncio.wrap_future(self.service.read(lambda _: run()))

    def _notify(self, notice: Notice) -> None:
        self.notices.append(notice)
        del self.notices[:-NOTICES_MAX]


class CentralHealth:
    """What stands behind /readyz and /metrics."""

    def __init__(self, house: CentralHouse) -> None:
        self._house = house

    def faults(self) -> Sequence[str]:
        """Central has nothing of which it could be without and still serve."""
        return ()

    def families(self) -> Sequence[Family]:
        """The measured values of this moment."""
        views = self._house.service.sites().result()
        letters = self._house.service.dead_letter_counts().result()
        return (
            Family(
                "tallydock_site_lag", "gauge", "Events that central does not hold yet",
                tuple(Sample(view.lag, {"site": view.site}) for view in views),
            ),
            Family(
                "tallydock_dead_letters_total", "counter",
                "Messages that could not be used, since the start",
                tuple(Sample(n, {"reason": why}) for why, n in sorted(letters.items())),
            ),
            Family(
                "tallydock_site_online", "gauge", "1 while the site is connected",
                tuple(Sample(int(view.online), {"site": view.site}) for view in views),
            ),
        )  # fmt: skip
