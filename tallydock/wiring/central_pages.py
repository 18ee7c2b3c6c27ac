"""What central's pages ask for (``api.pages.ports``), given by central's reads and desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from api.central.ports import CentralQueries, CentralReads, Desk, Site
from api.pages.ports import (
    DeadLetter,
    History,
    OrderFound,
    OrderPicture,
    OrderRequest,
    OrderSearch,
    OrdersFound,
    OrphanEvent,
    SiteStanding,
    Standing,
    StockFound,
    StockPage,
    StockSearch,
)
from api.paging import decode_cursor, encode_cursor, split_page
from api.ports import Idempotency
from edge.domain.commands import CancelOrder, Command, HoldOrder, ReleaseOrder
from edge.errors import InvalidInput, NotFound
from edge.journal.chain import Position

NO_HISTORY = History(events=(), before={}, more=False)
"""The history of an order is its site's to show."""

ORPHANS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class CentralBook:
    """Orders and stock of all sites."""

    reads: CentralReads

    def orders(self, search: OrderSearch) -> OrdersFound:
        """By placing time, site and number."""
        after = decode_cursor(search.cursor, int, str, str)
        key = (int(after[0]), str(after[1]), str(after[2])) if after is not None else None
        with self.reads() as queries:
            found = queries.orders(
                site=None, status=search.status, text=search.text, after=key,
                limit=search.limit + 1,
            )  # fmt: skip
        rows, more = split_page(found, search.limit)
        cursor = None
        if more:
            last = rows[-1]
            cursor = encode_cursor((last.order.placed_at, last.site, last.order.number))
        return OrdersFound(
            rows=[OrderFound(site=row.site, order=row.order) for row in rows], next_cursor=cursor
        )

    def order(self, number: str, *, site: str | None, after: int, limit: int) -> OrderPicture:
        """An order as far as its site's events have come."""
        with self.reads() as queries:
            return self._order(queries, number, site or "")

    def _order(self, queries: CentralQueries, number: str, site: str) -> OrderPicture:
        of_site = queries.of_site(site)
        order = of_site.order(number)
        if order is None:
            raise NotFound("number", number, "no such order at this site")
        lines = of_site.order_lines(number)
        fulfilments = of_site.fulfilments(number)
        return OrderPicture(
            site=site,
            order=order,
            lines=lines,
            fulfilments=fulfilments,
            cartons={row.number: of_site.cartons(row.number) for row in fulfilments},
            items=of_site.items({line.sku for line in lines}),
            customer=queries.person_name(order.person) if order.person is not None else None,
            history=NO_HISTORY,
        )

    def stock(self, search: StockSearch) -> StockPage:
        """By site, location, item, lot and serial."""
        after = decode_cursor(search.cursor, str, str, str, str, str)
        key = None
        if after is not None:
            site, location, sku, lot, serial = (str(part) for part in after)
            key = site, location, sku, lot, serial
        with self.reads() as queries:
            found = queries.stock(
                site=None, sku=search.sku, location=search.location, after=key,
                limit=search.limit + 1,
            )  # fmt: skip
            rows, more = split_page(found, search.limit)
            shown = [
                StockFound(
                    site=row.site,
                    stock=row.stock,
                    item=queries.of_site(row.site).items([row.stock.sku]).get(row.stock.sku),
                )
                for row in rows
            ]
        cursor = None
        if more:
            last = rows[-1]
            stock = last.stock
            cursor = encode_cursor((last.site, stock.location, stock.sku, stock.lot, stock.serial))
        return StockPage(rows=shown, next_cursor=cursor)


@dataclass(frozen=True, slots=True)
class CentralFleet:
    """All sites, and what did not fit."""

    reads: CentralReads

    def sites(self) -> Sequence[SiteStanding]:
        """How each site stands."""
        with self.reads() as queries:
            orphans = queries.orphans(None, ORPHANS_MAX)
            return [
                _standing(site, sum(name == site.site for name, _ in orphans))
                for site in queries.sites()
            ]

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Newest first."""
        with self.reads() as queries:
            return [
                DeadLetter(
                    at_us=letter.at,
                    site=letter.site,
                    direction=letter.direction,
                    topic=letter.topic,
                    reason=letter.reason,
                    payload=letter.payload,
                )
                for letter in queries.letters(limit)
            ]

    def orphans(self, site: str, limit: int) -> Sequence[OrphanEvent]:
        """Newest first."""
        with self.reads() as queries:
            return [
                OrphanEvent(at_us=orphan.orphaned_at, epoch=orphan.epoch, event=orphan.event)
                for _, orphan in queries.orphans(site, limit)
            ]


def _standing(site: Site, orphans: int) -> SiteStanding:
    return SiteStanding(
        id=site.site,
        standing=_worst(site),
        through=Position(site.through, site.hash),
        head=site.head,
        projected=site.projected,
        heard_at_us=site.heard_at,
        app=site.app,
        epoch=site.epoch,
        orphans=orphans,
        refusals=site.refusals,
        skew_us=site.skew_us,
        commands=site.commands,
        acked=site.commands_acked,
    )


def _worst(site: Site) -> Standing:
    if site.fenced:
        return "fenced"
    if not site.online:
        return "unheard"
    if site.condition == "rebuilding":
        return "rebuilding"
    return "behind" if site.head > site.through or site.condition != "level" else "level"


@dataclass(frozen=True, slots=True)
class CentralDesk:
    """A supervisor's requests as commands to the site."""

    desk: Desk

    async def request(self, request: OrderRequest) -> None:
        """The same form counts once."""
        if request.site is None:
            raise InvalidInput("site", "", "name the site of the order")
        wanted = f"{request.site} {request.action} {request.number} {request.reason}"
        once = Idempotency(request.key, sha256(wanted.encode()).digest())
        await self.desk.give(request.site, _command(request), actor=request.actor, idempotency=once)


def _command(request: OrderRequest) -> Command:
    match request.action:
        case "hold":
            return HoldOrder(number=request.number, reason=request.reason)
        case "release":
            return ReleaseOrder(number=request.number)
        case "cancel":
            return CancelOrder(number=request.number, reason=request.reason)
