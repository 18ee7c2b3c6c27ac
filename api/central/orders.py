"""Orders of all sites: what central knows of them, and commands to their sites."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.auth.guard import FloorReader, Identity, OrderWriter
from api.central.ports import CentralPorts, CentralQueries, OfSite
from api.central.shapes import (
    SITE_PATTERN,
    CommandGiven,
    Ports,
    SiteFilter,
    SiteId,
    read,
    read_now,
)
from api.idempotency import IdempotencyKey
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.ports import Idempotency
from api.rest.order_commands import changing, find_customer, placing
from api.rest.order_shapes import (
    OrderDraft,
    OrderEdit,
    OrderShown,
    OrderSummary,
    Why,
    find_order,
    summary,
)
from api.rest.shapes import ChainedEvent, Number, RawJson, history_page
from edge.domain.commands import CancelOrder, Command, HoldOrder, ReleaseOrder
from edge.domain.rows import OrderStatus
from edge.errors import NotFound

router = APIRouter(tags=["orders"])

ONE = "/sites/{site}/orders/{number}"


class SiteOrderDraft(OrderDraft):
    """A new order and the site that shall work on it."""

    site: str = Field(pattern=SITE_PATTERN)


class SiteOrderSummary(OrderSummary):
    """An order as a row of a list, and whose it is."""

    site: str


class SiteOrderShown(OrderShown):
    """A whole order, and whose it is."""

    site: str


@router.post("/orders", status_code=202)
async def place_order(
    draft: SiteOrderDraft,
    response: Response,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> CommandGiven:
    """Send an order to a site, which accepts or refuses it."""
    customer = None
    if draft.customer is not None:
        wanted = draft.customer
        customer = await read(ports, lambda queries: find_customer(queries, wanted))
    command = placing(draft, customer)
    return await _give(ports, draft.site, command, caller, idempotency, response)


@router.get("/orders")
def list_orders(
    ports: Ports,
    _caller: FloorReader,
    site: SiteFilter = None,
    status: OrderStatus | None = None,
    q: Annotated[str | None, Query(max_length=64, description="Part of a number.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[SiteOrderSummary]:
    """Orders as far as the sites' events have come, newest first."""
    after = decode_cursor(cursor, int, str, str)
    key = (int(after[0]), str(after[1]), str(after[2])) if after is not None else None

    def query(queries: CentralQueries) -> list[OfSite]:
        found = queries.orders(site=site, status=status, text=q, after=key, limit=limit + 1)
        return list(found)

    rows, more = split_page(read_now(ports, query), limit)
    return Page(
        items=[SiteOrderSummary(**summary(row.order).model_dump(), site=row.site) for row in rows],
        next_cursor=encode_cursor(_key_of(rows[-1])) if more else None,
    )


def _key_of(row: OfSite) -> tuple[int, str, str]:
    return (row.order.placed_at, row.site, row.order.number)


@router.get(ONE)
def show_order(site: SiteId, number: Number, ports: Ports, _caller: FloorReader) -> SiteOrderShown:
    """One order as far as its site's events have come."""
    order = read_now(ports, lambda queries: find_order(queries.of_site(site), number))
    return SiteOrderShown(**order.model_dump(), site=site)


@router.get(
    f"{ONE}/history", response_class=RawJson, responses={200: {"model": Page[ChainedEvent]}}
)
def order_history(
    site: SiteId,
    number: Number,
    ports: Ports,
    _caller: FloorReader,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Response:
    """What happened to an order as far as its site's events have come, oldest first."""
    after = decode_cursor(cursor, int)
    seq = int(after[0]) if after is not None else 0

    def query(queries: CentralQueries) -> bytes:
        if queries.of_site(site).order(number) is None:
            raise NotFound("number", number, "no such order at this site")
        found = queries.history(site, number, after=seq, limit=limit + 1)
        return history_page(found, limit)

    return RawJson(read_now(ports, query))


@router.patch(ONE, status_code=202)
async def change_order(
    site: SiteId,
    number: Number,
    edit: OrderEdit,
    response: Response,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> CommandGiven:
    """Ask the site to change quantities or add lines."""
    return await _give(ports, site, changing(number, edit), caller, idempotency, response)


@router.post(f"{ONE}/hold", status_code=202)
async def hold_order(
    site: SiteId,
    number: Number,
    why: Why,
    response: Response,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> CommandGiven:
    """Ask the site to put an order on hold."""
    command = HoldOrder(number=number, reason=why.reason)
    return await _give(ports, site, command, caller, idempotency, response)


@router.post(f"{ONE}/release", status_code=202)
async def release_order(
    site: SiteId,
    number: Number,
    response: Response,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> CommandGiven:
    """Ask the site to let an order go on."""
    command = ReleaseOrder(number=number)
    return await _give(ports, site, command, caller, idempotency, response)


@router.post(f"{ONE}/cancel", status_code=202)
async def cancel_order(
    site: SiteId,
    number: Number,
    why: Why,
    response: Response,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> CommandGiven:
    """Ask the site to cancel an order; it refuses once a carton is closed."""
    command = CancelOrder(number=number, reason=why.reason)
    return await _give(ports, site, command, caller, idempotency, response)


async def _give(
    ports: CentralPorts,
    site: str,
    command: Command,
    caller: Identity,
    idempotency: Idempotency,
    response: Response,
) -> CommandGiven:
    given = await ports.desk.give(site, command, actor=caller.actor, idempotency=idempotency)
    response.headers["Location"] = f"/api/v1/sites/{site}/commands/{given.id}"
    return CommandGiven(command_id=given.id, site=site)
