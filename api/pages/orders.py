"""The list of orders, and one order with its whole history and what may be done to it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth.guard import FloorReader, OrderWriter
from api.auth.roles import Operation
from api.pages import history, progress
from api.pages.ports import OrderAction, OrderRequest, OrderSearch
from api.pages.render import language_of
from api.pages.site import Site
from api.paging import CursorText
from edge.domain.rows import OrderStatus
from edge.ids import hex_bits

EVENTS_MAX = 500

router = APIRouter(prefix="/orders")

Number = Annotated[str, Path(min_length=1, max_length=64)]
AtSite = Annotated[str | None, Query(alias="site", max_length=32)]


@router.get("")
async def orders(
    request: Request,
    site: Site,
    caller: FloorReader,
    status: OrderStatus | str = "",
    q: Annotated[str, Query(max_length=64)] = "",
    cursor: CursorText = None,
) -> Response:
    """Newest first; search, filter and page are in the address."""
    search = OrderSearch(status=_status(status), text=q.strip() or None, cursor=cursor)
    found = await run_in_threadpool(site.book.orders, search)
    return site.renderer.page(
        request,
        "orders.html",
        identity=caller,
        found=found,
        search=search,
        statuses=progress.STATUSES,
    )


def _status(text: str) -> OrderStatus | None:
    """An empty or unknown choice means all."""
    return next((status for status in progress.STATUSES if status == text), None)


@router.get("/{number}")
async def order(
    request: Request,
    site: Site,
    caller: FloorReader,
    number: Number,
    at_site: AtSite = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One order: steps, lines, boxes, and every event with its place in the chain."""
    picture = await run_in_threadpool(
        lambda: site.book.order(number, site=at_site, after=after, limit=EVENTS_MAX)
    )
    events = history.rows(picture.history, picture.items, language_of(request))
    return site.renderer.page(
        request,
        "order.html",
        identity=caller,
        picture=picture,
        order=picture.order,
        steps=progress.steps(picture),
        events=events,
        proved=all(event.proved for event in events),
        actions=progress.actions(picture.order) if caller.may(Operation.WRITE_ORDERS) else (),
        form_key=hex_bits(128, site.chance),
    )


@router.post("/{number}/{action}")
async def act(
    site: Site,
    caller: OrderWriter,
    number: Number,
    action: OrderAction,
    form_key: Annotated[str, Form(min_length=16, max_length=64)],
    reason: Annotated[str, Form(max_length=64)] = "",
    at_site: AtSite = None,
) -> Response:
    """Hold, release or cancel, then show the order again."""
    await site.desk.request(
        OrderRequest(
            action=action,
            number=number,
            site=at_site,
            reason=reason.strip() or "page",
            actor=caller.actor,
            key=f"{caller.user_id}:form-{form_key}",
        )
    )
    back = f"/orders/{quote(number, safe='')}"
    if at_site is not None:
        back += f"?site={quote(at_site, safe='')}"
    return RedirectResponse(back, status_code=303)
