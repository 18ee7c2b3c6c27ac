"""What the pages need of the parts around them; the edge and central fill it alike.

Rows are those of the heart: central holds the same projections, a site's name beside each.
The methods of ``OrderBook`` block; pages call them from worker threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from edge.domain.rows import (
    Carton,
    Fulfilment,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    Stock,
)
from edge.journal.chain import StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSearch:
    """``text`` is part of a number; ``cursor`` the ``next_cursor`` of the page before."""

    status: OrderStatus | None = None
    text: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFound:
    """An order of a list; ``site`` only at central."""

    site: str | None
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFound:
    """One page of a list of orders, newest first."""

    rows: Sequence[OrderFound]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Events of an order, oldest first.

    ``before`` is the hash of the journal row before each event, by the event's seq; ``more``
    says that there are events behind the last one.
    """

    events: Sequence[StoredEvent]
    before: Mapping[int, bytes]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPicture:
    """One order with all that hangs on it.

    ``customer`` is the name, None when there is none or when the person was erased (at central,
    which shows no names, the person's id); ``cartons`` are by fulfilment, ``items`` by SKU;
    ``history`` is None where only the site itself tells it.
    """

    site: str | None
    order: Order
    lines: Sequence[OrderLine]
    fulfilments: Sequence[Fulfilment]
    cartons: Mapping[str, Sequence[Carton]]
    items: Mapping[str, Item]
    customer: str | None
    history: History | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSearch:
    """``sku`` and ``location`` are looked for exactly."""

    sku: str | None = None
    location: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFound:
    """A balance of the ledger; ``site`` only at central."""

    site: str | None
    stock: Stock
    item: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPage:
    """One page of balances, by location, item, lot and serial."""

    rows: Sequence[StockFound]
    next_cursor: str | None


class OrderBook(Protocol):
    """Reads; each call is one snapshot. Blocks."""

    def orders(self, search: OrderSearch) -> OrdersFound: ...

    def order(self, number: str, *, site: str | None, after: int, limit: int) -> OrderPicture:
        """An order with at most ``limit`` events behind seq ``after``; raises NotFound."""
        ...

    def stock(self, search: StockSearch) -> StockPage: ...


OrderAction = Literal["hold", "release", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a supervisor asks for. ``key`` makes a form that is sent twice count once."""

    action: OrderAction
    number: str
    site: str | None
    reason: str
    actor: str
    key: str


class OrderDesk(Protocol):
    """Writes: a command to the heart, or at central one to the site."""

    async def request(self, request: OrderRequest) -> None:
        """Raises InvalidInput, Conflict, NotFound, StoreUnavailable."""
        ...
