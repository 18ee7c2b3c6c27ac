"""Ports of central's API over plain lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.central.ports import (
    CentralPorts,
    CentralQueries,
    Given,
    Letter,
    OfSite,
    OrphanEvent,
    Site,
    SiteStockKey,
    StockOfSite,
)
from api.ports import Idempotency, OrderQueries
from edge.clock import ManualClock
from edge.domain.commands import Command
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import OrderStatus
from edge.errors import NotFound
from edge.ids import seeded
from edge.journal.chain import StoredEvent
from tests.unit.api.fakes import FakeAccounts, FakeHealth, FakeQueries
from tests.unit.api.samples import NOW_US, reference


def site_row(site: str, *, through: int = 5, head: int = 9) -> Site:
    """A site that is on line and a little behind."""
    return Site(
        site=site,
        online=True,
        heard_at=NOW_US,
        app="0.1.0",
        epoch=1,
        through=through,
        hash=bytes(31) + b"\x07",
        head=head,
        projected=through,
        condition="level",
        fenced=False,
        refusals=0,
        skew_us=12,
        commands=3,
        commands_acked=3,
    )


class FakeDesk:
    def __init__(self, sites: set[str]) -> None:
        self._sites = sites
        self.given: list[tuple[str, Command, str, str | None]] = []
        self.persons: dict[str, PersonDetails] = {}
        self.erased: list[tuple[str, str]] = []
        self.unfenced: list[tuple[str, str]] = []
        self.added: list[tuple[str, str]] = []

    async def give(
        self, site: str, command: Command, *, actor: str, idempotency: Idempotency
    ) -> Given:
        self._check(site)
        self.given.append((site, command, actor, idempotency.key))
        return given_row(site, f"c-{len(self.given)}")

    async def store_persons(self, persons: Mapping[str, PersonDetails]) -> Mapping[str, PersonRef]:
        self.persons.update(persons)
        return {person: reference(person) for person in persons}

    async def erase(self, person: str, *, actor: str, idempotency: Idempotency) -> Sequence[str]:
        del idempotency
        self.erased.append((person, actor))
        return ["hz1"]

    async def add_site(self, site: str, *, actor: str) -> None:
        self._sites.add(site)
        self.added.append((site, actor))

    async def unfence(self, site: str, *, actor: str) -> None:
        self._check(site)
        self.unfenced.append((site, actor))

    def _check(self, site: str) -> None:
        if site not in self._sites:
            raise NotFound("site", site, "no such site")


def given_row(site: str, command: str) -> Given:
    return Given(
        id=command,
        site=site,
        type="HoldOrder",
        given_at=NOW_US,
        state="refused",
        why="conflict",
        seq=8,
    )


@dataclass
class FakeCentralQueries:
    """What the sites' edges would answer, by site."""

    by_site: dict[str, FakeQueries] = field(default_factory=dict)
    person_ids: set[str] = field(default_factory=set)
    orphan_rows: list[tuple[str, OrphanEvent]] = field(default_factory=list)
    letter_rows: list[Letter] = field(default_factory=list)

    def sites(self) -> Sequence[Site]:
        return [site_row(site) for site in sorted(self.by_site)]

    def orders(
        self,
        *,
        site: str | None,
        status: OrderStatus | None,
        text: str | None,
        after: tuple[int, str, str] | None,
        limit: int,
    ) -> Sequence[OfSite]:
        found = [
            OfSite(owner, order)
            for owner, queries in self.by_site.items()
            for order in queries.orders(status=status, text=text, after=None, limit=1000)
            if site in (None, owner)
        ]
        found.sort(key=_order_key, reverse=True)
        return [row for row in found if after is None or _order_key(row) < after][:limit]

    def of_site(self, site: str) -> OrderQueries:
        return self.by_site.get(site, FakeQueries())

    def stock(
        self,
        *,
        site: str | None,
        sku: str | None,
        location: str | None,
        after: SiteStockKey | None,
        limit: int,
    ) -> Sequence[StockOfSite]:
        found = [
            StockOfSite(owner, row)
            for owner, queries in sorted(self.by_site.items())
            for row in queries.stock(sku=sku, location=location, after=None, limit=1000)
            if site in (None, owner)
        ]
        return [row for row in found if after is None or _stock_key(row) > after][:limit]

    def events(self, site: str, *, after: int, limit: int, bytes_max: int) -> Sequence[StoredEvent]:
        return self.by_site[site].events(after=after, limit=limit, bytes_max=bytes_max)

    def history(self, site: str, order: str, *, after: int, limit: int) -> Sequence[StoredEvent]:
        return self.by_site[site].history(order, after=after, limit=limit)

    def hash_at(self, site: str, seq: int) -> bytes | None:
        if seq == 0:
            return bytes(32)
        return next((row.hash for row in self.by_site[site].journal if row.seq == seq), None)

    def command(self, site: str, command: str) -> Given | None:
        return given_row(site, command) if command.startswith("c-") else None

    def person(self, person: str) -> PersonRef | None:
        return reference(person) if person in self.person_ids else None

    def person_name(self, person: str) -> str | None:
        return person if person in self.person_ids else None

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        return [("p-1", "hz1")]

    def orphans(self, site: str | None, limit: int) -> Sequence[tuple[str, OrphanEvent]]:
        return [row for row in self.orphan_rows if site in (None, row[0])][:limit]

    def letters(self, limit: int) -> Sequence[Letter]:
        return self.letter_rows[:limit]


def _order_key(row: OfSite) -> tuple[int, str, str]:
    return (row.order.placed_at, row.site, row.order.number)


def _stock_key(row: StockOfSite) -> SiteStockKey:
    stock = row.stock
    return (row.site, stock.location, stock.sku, stock.lot, stock.serial)


@dataclass
class CentralWorld:
    """All fakes of central's application; it knows the sites hz1 and sh2."""

    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    queries: FakeCentralQueries = field(default_factory=FakeCentralQueries)
    health: FakeHealth = field(default_factory=FakeHealth)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW_US))
    desk: FakeDesk = field(init=False)

    def __post_init__(self) -> None:
        self.queries.by_site = {"hz1": FakeQueries(), "sh2": FakeQueries()}
        self.desk = FakeDesk(set(self.queries.by_site))

    @contextmanager
    def reads(self) -> Iterator[CentralQueries]:
        yield self.queries

    def ports(self) -> CentralPorts:
        return CentralPorts(
            desk=self.desk,
            accounts=self.accounts,
            reads=self.reads,
            health=self.health,
            clock=self.clock,
            chance=seeded(1),
        )
