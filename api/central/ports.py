"""What central's API needs of the parts around it; ``tallydock.wiring`` fills it in.

Central writes commands and persons, nothing else: whether an order can be placed, changed or
stopped is decided at its site, which answers with an event. So a write here ends with the id
of a command, whose answer is asked for later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from api.ports import Accounts, Health, Idempotency, OrderQueries
from edge.clock import Clock
from edge.domain.commands import Command
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Order, OrderStatus, Stock
from edge.ids import Chance
from edge.journal.chain import StoredEvent

Condition = Literal["level", "lagging", "rebuilding"]
CommandState = Literal["waiting", "accepted", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site as central knows it; times are UTC microseconds, seqs the journal's.

    ``through`` and ``hash``: the end of central's copy. ``head``: the end that the site last
    named. ``projected``: how far the rows follow the copy.
    """

    site: str
    online: bool
    heard_at: int | None
    app: str
    epoch: int
    through: int
    hash: bytes
    head: int
    projected: int
    condition: Condition
    fenced: bool
    refusals: int
    skew_us: int | None
    commands: int
    commands_acked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A command to a site; ``why`` is the reason of a refusal, ``seq`` the answer's event."""

    id: str
    site: str
    type: str
    given_at: int
    state: CommandState
    why: str | None
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanEvent:
    """An event that a site's history no longer has, of epoch ``epoch``."""

    epoch: int
    event: StoredEvent
    orphaned_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that could not be used."""

    site: str
    at: int
    direction: str
    topic: str
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class OfSite:
    """An order and whose it is."""

    site: str
    order: Order


@dataclass(frozen=True, slots=True)
class StockOfSite:
    """A balance and whose it is."""

    site: str
    stock: Stock


SiteStockKey = tuple[str, str, str, str, str]


class CentralQueries(Protocol):
    """Reads of one request on one snapshot. All block.

    ``after`` is the key of the last row of the page before; ``limit`` rows at most. A method
    that takes ``site: str`` gives nothing for an unknown one.
    """

    def sites(self) -> Sequence[Site]:
        """All, by name."""
        ...

    def orders(
        self,
        *,
        site: str | None,
        status: OrderStatus | None,
        text: str | None,
        after: tuple[int, str, str] | None,
        limit: int,
    ) -> Sequence[OfSite]:
        """Newest first, key (placed_at, site, number); ``text`` as at the edge."""
        ...

    def of_site(self, site: str) -> OrderQueries:
        """The orders of one site."""
        ...

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
        ...

    def events(self, site: str, *, after: int, limit: int, bytes_max: int) -> Sequence[StoredEvent]:
        """Central's copy of a site's journal, behind ``after``; at least one if there is one."""
        ...

    def history(self, site: str, order: str, *, after: int, limit: int) -> Sequence[StoredEvent]:
        """Events of the order and its fulfilments in central's copy, oldest first."""
        ...

    def hash_at(self, site: str, seq: int) -> bytes | None:
        """Hash of an event of central's copy; zeros for 0, None where it holds none."""
        ...

    def command(self, site: str, command: str) -> Given | None: ...

    def person(self, person: str) -> PersonRef | None:
        """The reference to a person's present version; None when unknown or erased."""
        ...

    def person_name(self, person: str) -> str | None:
        """The person's name; None when unknown or erased."""
        ...

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        """(person, site) of erasures that the site has not confirmed yet."""
        ...

    def orphans(self, site: str | None, limit: int) -> Sequence[tuple[str, OrphanEvent]]:
        """(site, event), the latest first."""
        ...

    def letters(self, limit: int) -> Sequence[Letter]:
        """The latest first."""
        ...


CentralReads = Callable[[], AbstractContextManager[CentralQueries]]


class Desk(Protocol):
    """The way to central's worker. All raise StoreUnavailable.

    An idempotency key that comes with another digest raises InvalidInput with the code
    ``key_reused``; with the same one it gives the earlier answer.
    """

    async def give(
        self, site: str, command: Command, *, actor: str, idempotency: Idempotency
    ) -> Given:
        """Add a command to the site's log; raises NotFound("site")."""
        ...

    async def store_persons(self, persons: Mapping[str, PersonDetails]) -> Mapping[str, PersonRef]:
        """Write the next version of each person; raises Conflict("person") for an erased one."""
        ...

    async def erase(self, person: str, *, actor: str, idempotency: Idempotency) -> Sequence[str]:
        """Erase here and tell the sites that have to do with the person; these sites."""
        ...

    async def add_site(self, site: str, *, actor: str) -> None:
        """Make a site known; nothing happens if it is. InvalidInput("site")."""
        ...

    async def unfence(self, site: str, *, actor: str) -> None:
        """A person chose between two writers of a site; raises NotFound("site")."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralPorts:
    """All that central's application is built from."""

    desk: Desk
    accounts: Accounts
    reads: CentralReads
    health: Health
    clock: Clock
    chance: Chance
