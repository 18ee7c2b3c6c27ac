"""The ledger's balances."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth.guard import FloorReader
from api.pages.ports import StockSearch
from api.pages.site import Site
from api.paging import CursorText

router = APIRouter()

Filter = Annotated[str, Query(max_length=96)]


@router.get("/stock")
async def stock(
    request: Request,
    site: Site,
    caller: FloorReader,
    sku: Filter = "",
    location: Filter = "",
    cursor: CursorText = None,
) -> Response:
    """Balances by location; the filters stay in the address, so that a view can be shared."""
    search = StockSearch(sku=sku.strip() or None, location=location.strip() or None, cursor=cursor)
    page = await run_in_threadpool(site.book.stock, search)
    return site.renderer.page(request, "stock.html", identity=caller, page=page, search=search)
