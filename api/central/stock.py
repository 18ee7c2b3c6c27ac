"""Stock of all sites, as far as their events have come."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.guard import FloorReader
from api.central.ports import CentralQueries, StockOfSite
from api.central.shapes import Ports, SiteFilter, read_now
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.rest.stock import Filter, StockShown, stock_key, stock_shown

router = APIRouter(prefix="/stock", tags=["stock"])


class SiteStockShown(StockShown):
    """A balance, and whose it is."""

    site: str


@router.get("")
def list_stock(
    ports: Ports,
    _caller: FloorReader,
    site: SiteFilter = None,
    sku: Filter = None,
    location: Filter = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[SiteStockShown]:
    """Balances by site, location, item, lot and serial."""
    after = decode_cursor(cursor, str, str, str, str, str)
    key = (str(after[0]), *stock_key(after[1:])) if after is not None else None

    def query(queries: CentralQueries) -> Page[SiteStockShown]:
        found = queries.stock(site=site, sku=sku, location=location, after=key, limit=limit + 1)
        rows, more = split_page(found, limit)
        return Page(
            items=[_shown(queries, row) for row in rows],
            next_cursor=encode_cursor(_key_of(rows[-1])) if more else None,
        )

    return read_now(ports, query)


def _key_of(row: StockOfSite) -> tuple[str, str, str, str, str]:
    stock = row.stock
    return (row.site, stock.location, stock.sku, stock.lot, stock.serial)


def _shown(queries: CentralQueries, row: StockOfSite) -> SiteStockShown:
    stock, reads = row.stock, queries.of_site(row.site)
    lot = (stock.sku, stock.lot)
    shown = stock_shown(
        stock, reads.items([stock.sku]).get(stock.sku), reads.expiries([lot]).get(lot)
    )
    return SiteStockShown(**shown.model_dump(), site=row.site)
