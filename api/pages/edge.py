"""A site's pages over the same ports as its REST interface."""

from __future__ import annotations

from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Protocol
from zoneinfo import ZoneInfo

from api.application import Pages
from api.live import Subscriber, live_router
from api.pages import entrance, floor, orders, station, stock
from api.pages.assets import Assets, asset_router
from api.pages.commands import command_of
from api.pages.ports import (
    History,
    OrderFound,
    OrderPicture,
    OrderRequest,
    OrderSearch,
    OrdersFound,
    StockFound,
    StockPage,
    StockSearch,
)
from api.pages.render import Place, Renderer
from api.pages.site import SitePages, bound
from api.paging import decode_cursor, encode_cursor, split_page
from api.ports import EdgePorts, Idempotency, Queries, Reads, Views
from edge.errors import NotFound
from edge.journal.chain import ZERO_HASH, StoredEvent

PLACES = (
    Place("/wall", "page.wall"),
    Place("/orders", "page.orders"),
    Place("/stock", "page.stock"),
    Place("/devices", "page.devices"),
)


class StationFeed(Protocol):
    """Tells of each new picture of a station (the heart's board)."""

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call ``subscriber`` with (station, picture) on any thread, until ended."""
        ...


class EdgeLive:
    """Live source of a site: ``wall`` and ``station/{id}``."""

    repainted: Collection[str] = frozenset({"wall"})

    def __init__(self, views: Views, feed: StationFeed) -> None:
        self._views, self._feed = views, feed

    async def paint(self, topic: str) -> bytes:
        """The picture of this moment; NotFound for an unknown topic."""
        if topic == "wall":
            return await self._views.wall_view()
        kind, _, name = topic.partition("/")
        if kind != "station":
            raise NotFound("topic", topic, "wall or station/{id}")
        return await self._views.station_view(name)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Stations change by themselves; the wall is repainted."""
        return self._feed.subscribe(
            lambda station, picture: subscriber(f"station/{station}", picture)
        )


class EdgeBook:
    """Orders and stock of a site, each read on a snapshot of its own."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def orders(self, search: OrderSearch) -> OrdersFound:
        """By placing time and number."""
        after = decode_cursor(search.cursor, int, str)
        key = (int(after[0]), str(after[1])) if after is not None else None
        with self._reads() as queries:
            found = queries.orders(
                status=search.status, text=search.text, after=key, limit=search.limit + 1
            )
        rows, more = split_page(found, search.limit)
        return OrdersFound(
            rows=[OrderFound(site=None, order=row) for row in rows],
            next_cursor=encode_cursor((rows[-1].placed_at, rows[-1].number)) if more else None,
        )

    def order(self, number: str, *, site: str | None, after: int, limit: int) -> OrderPicture:
        """The order and a part of its history; raises NotFound."""
        with self._reads() as queries:
            order = queries.order(number)
            if order is None or site is not None:
                raise NotFound("number", number, "no such order")
            lines = queries.order_lines(number)
            fulfilments = queries.fulfilments(number)
            return OrderPicture(
                site=None,
                order=order,
                lines=lines,
                fulfilments=fulfilments,
                cartons={row.number: queries.cartons(row.number) for row in fulfilments},
                items=queries.items({line.sku for line in lines}),
                customer=queries.person_name(order.person) if order.person else None,
                history=_history(queries, number, after, limit),
            )

    def stock(self, search: StockSearch) -> StockPage:
        """By location, item, lot and serial."""
        after = decode_cursor(search.cursor, str, str, str, str)
        key = None
        if after is not None:
            key = (str(after[0]), str(after[1]), str(after[2]), str(after[3]))
        with self._reads() as queries:
            found = queries.stock(
                sku=search.sku, location=search.location, after=key, limit=search.limit + 1
            )
            rows, more = split_page(found, search.limit)
            items = queries.items({row.sku for row in rows})
        last = rows[-1] if more else None
        return StockPage(
            rows=[StockFound(site=None, stock=row, item=items.get(row.sku)) for row in rows],
            next_cursor=encode_cursor((last.location, last.sku, last.lot, last.serial))
            if last is not None
            else None,
        )


def _history(queries: Queries, number: str, after: int, limit: int) -> History:
    found = queries.history(number, after=after, limit=limit + 1)
    events, more = split_page(found, limit)
    by_seq = {event.seq: event.hash for event in events}
    before = {
        event.seq: by_seq.get(event.seq - 1) or _hash_before(queries, event) for event in events
    }
    known = {seq: digest for seq, digest in before.items() if digest is not None}
    return History(events=events, before=known, more=more)


def _hash_before(queries: Queries, event: StoredEvent) -> bytes | None:
    if event.seq == 1:
        return ZERO_HASH
    row = next(iter(queries.events(after=event.seq - 2, limit=1, bytes_max=1)), None)
    return row.hash if row is not None and row.seq == event.seq - 1 else None


class EdgeDesk:
    """A supervisor's requests as commands to the heart."""

    def __init__(self, ports: EdgePorts) -> None:
        self._commands = ports.commands

    async def request(self, request: OrderRequest) -> None:
        """The same form counts once."""
        wanted = f"{request.action} {request.number} {request.reason}"
        once = Idempotency(request.key, sha256(wanted.encode()).digest())
        await self._commands.submit(command_of(request), actor=request.actor, idempotency=once)


def edge_pages(ports: EdgePorts, feed: StationFeed, *, name: str, zone: ZoneInfo) -> Pages:
    """All pages of a site, for ``api.app.edge_app``; ``name`` is what people call the site."""
    assets = Assets()
    renderer = Renderer(assets, name=name, zone=zone, places=PLACES)
    live = EdgeLive(ports.views, feed)
    site = SitePages(
        home="/wall",
        renderer=renderer,
        book=EdgeBook(ports.reads),
        desk=EdgeDesk(ports),
        live=live,
        chance=ports.chance,
    )
    routers = (entrance.router, floor.router, station.router, orders.router, stock.router)
    return Pages(
        routers=(asset_router(assets), live_router(live, assets.digest), bound(site, routers)),
        error_page=entrance.error_page(renderer),
    )
