"""Central's pages: the fleet, and the orders and stock of all sites."""

from __future__ import annotations

from hashlib import sha256
from zoneinfo import ZoneInfo

from api.application import Pages
from api.central.ports import CentralPorts, CentralQueries, CentralReads, Desk, SiteStockKey
from api.live import live_router
from api.pages import entrance, fleet, orders, stock
from api.pages.assets import Assets, asset_router
from api.pages.commands import command_of
from api.pages.fleet_view import FleetPainter
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
from api.ports import Idempotency
from edge.errors import NotFound

PLACES = (
    Place("/sites", "page.sites"),
    Place("/orders", "page.orders"),
    Place("/stock", "page.stock"),
)


class CentralBook:
    """Orders and stock as far as the sites' events have come."""

    def __init__(self, reads: CentralReads) -> None:
        self._reads = reads

    def orders(self, search: OrderSearch) -> OrdersFound:
        """By placing time, site and number."""
        after = decode_cursor(search.cursor, int, str, str)
        key = (int(after[0]), str(after[1]), str(after[2])) if after is not None else None
        with self._reads() as queries:
            found = queries.orders(
                site=None,
                status=search.status,
                text=search.text,
                after=key,
                limit=search.limit + 1,
            )
        rows, more = split_page(found, search.limit)
        last = rows[-1] if more else None
        return OrdersFound(
            rows=[OrderFound(site=row.site, order=row.order) for row in rows],
            next_cursor=encode_cursor((last.order.placed_at, last.site, last.order.number))
            if last is not None
            else None,
        )

    def order(self, number: str, *, site: str | None, after: int, limit: int) -> OrderPicture:
        """The order of a site and a part of its history, as central holds it; raises NotFound."""
        with self._reads() as reads:
            queries = reads.of_site(site or "")
            order = queries.order(number)
            if order is None:
                raise NotFound("number", number, "no such order at this site")
            lines = queries.order_lines(number)
            fulfilments = queries.fulfilments(number)
            return OrderPicture(
                site=site,
                order=order,
                lines=lines,
                fulfilments=fulfilments,
                cartons={row.number: queries.cartons(row.number) for row in fulfilments},
                items=queries.items({line.sku for line in lines}),
                customer=order.person,
                history=_history(reads, site or "", number, after, limit),
            )

    def stock(self, search: StockSearch) -> StockPage:
        """By site, location, item, lot and serial."""
        after = decode_cursor(search.cursor, str, str, str, str, str)
        key: SiteStockKey | None = None
        if after is not None:
            site, location, sku, lot, serial = map(str, after)
            key = (site, location, sku, lot, serial)
        with self._reads() as queries:
            found = queries.stock(
                site=None,
                sku=search.sku,
                location=search.location,
                after=key,
                limit=search.limit + 1,
            )
            rows, more = split_page(found, search.limit)
            names = {
                site: queries.of_site(site).items(
                    {row.stock.sku for row in rows if row.site == site}
                )
                for site in {row.site for row in rows}
            }
        next_cursor = None
        if more:
            last = rows[-1].stock
            next_cursor = encode_cursor(
                (rows[-1].site, last.location, last.sku, last.lot, last.serial)
            )
        return StockPage(
            rows=[
                StockFound(site=row.site, stock=row.stock, item=names[row.site].get(row.stock.sku))
                for row in rows
            ],
            next_cursor=next_cursor,
        )


def _history(reads: CentralQueries, site: str, number: str, after: int, limit: int) -> History:
    found = reads.history(site, number, after=after, limit=limit + 1)
    events, more = split_page(found, limit)
    before = {event.seq: reads.hash_at(site, event.seq - 1) for event in events}
    known = {seq: digest for seq, digest in before.items() if digest is not None}
    return History(events=events, before=known, more=more)


class CentralDesk:
    """A supervisor's requests as commands to the order's site, which decides."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def request(self, request: OrderRequest) -> None:
        """The same form counts once."""
        if request.site is None:
            raise NotFound("site", "", "name the order's site")
        wanted = f"{request.action} {request.site} {request.number} {request.reason}"
        once = Idempotency(request.key, sha256(wanted.encode()).digest())
        await self._desk.give(
            request.site, command_of(request), actor=request.actor, idempotency=once
        )


def central_pages(ports: CentralPorts, *, name: str, zone: ZoneInfo) -> Pages:
    """All pages of central, for ``api.central_app.central_app``; ``name`` is shown in heads."""
    assets = Assets()
    renderer = Renderer(assets, name=name, zone=zone, places=PLACES)
    live = FleetPainter(ports.reads, ports.clock, ports.chance, name)
    site = SitePages(
        home="/sites",
        renderer=renderer,
        book=CentralBook(ports.reads),
        desk=CentralDesk(ports.desk),
        live=live,
        chance=ports.chance,
        central=ports.reads,
    )
    routers = (entrance.router, fleet.router, orders.router, stock.router)
    return Pages(
        routers=(asset_router(assets), live_router(live, assets.digest), bound(site, routers)),
        error_page=entrance.error_page(renderer),
    )
