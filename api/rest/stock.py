"""Stock: the ledger's balances, every place a location (shelf, carton, supplier, ...)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.auth.guard import FloorReader
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Key,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.ports import Queries, StockKey
from api.rest.shapes import Ports, Quantity, Text, read_now
from edge.domain.rows import Item, Stock

router = APIRouter(prefix="/stock", tags=["stock"])

Filter = Annotated[str | None, Query(min_length=1, max_length=96)]


class StockShown(BaseModel):
    """A balance; a supplier's is negative, so that all locations of an item sum to zero.

    ``expiry`` is the ISO date that was read or booked with the lot, null when none is known.
    """

    location: str
    sku: str
    name: Text | None
    lot: str | None
    expiry: str | None
    serial: str | None
    quantity: Quantity


@router.get("")
def list_stock(
    ports: Ports,
    _caller: FloorReader,
    sku: Filter = None,
    location: Filter = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[StockShown]:
    """Balances by location, item, lot and serial; ``location`` such as ``shelf/A-07-3``."""
    after = decode_cursor(cursor, str, str, str, str)
    key = stock_key(after) if after is not None else None

    def query(queries: Queries) -> Page[StockShown]:
        found = queries.stock(sku=sku, location=location, after=key, limit=limit + 1)
        rows, more = split_page(found, limit)
        items = queries.items({row.sku for row in rows})
        expiries = queries.expiries((row.sku, row.lot) for row in rows)
        return Page(
            items=[
                stock_shown(row, items.get(row.sku), expiries.get((row.sku, row.lot)))
                for row in rows
            ],
            next_cursor=encode_cursor(_key_of(rows[-1])) if more else None,
        )

    return read_now(ports, query)


def _key_of(row: Stock) -> StockKey:
    return (row.location, row.sku, row.lot, row.serial)


def stock_key(parts: Key) -> StockKey:
    """The last four parts of a cursor as a key of stock."""
    location, sku, lot, serial = (str(part) for part in parts)
    return (location, sku, lot, serial)


def stock_shown(row: Stock, item: Item | None, expiry: str | None) -> StockShown:
    """A balance as the API shows it."""
    return StockShown(
        location=row.location,
        sku=row.sku,
        name=Text(zh=item.name_zh, en=item.name_en) if item else None,
        lot=row.lot or None,
        expiry=expiry,
        serial=row.serial or None,
        quantity=str(row.quantity),
    )
