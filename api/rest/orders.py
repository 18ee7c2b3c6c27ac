"""Orders: place, list, show, change, hold, release, cancel, history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth.guard import FloorReader, Identity, OrderWriter
from api.idempotency import IdempotencyKey, once
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.ports import EdgePorts, Idempotency, Queries, WholeAnswer
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
from api.rest.shapes import ChainedEvent, Number, Ports, RawJson, history_page, read, read_now
from edge.domain.commands import (
    CancelOrder,
    Command,
    HoldOrder,
    ReleaseOrder,
)
from edge.domain.rows import Order, OrderStatus
from edge.errors import NotFound

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post(
    "",
    status_code=201,
    response_model=OrderShown,
    responses={200: {"model": OrderShown, "description": "This order was placed before."}},
)
async def place_order(
    draft: OrderDraft,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> Response:
    """Place an order; the same channel and external id give the order that is there."""

    async def place() -> WholeAnswer:
        customer = None
        if draft.customer is not None:
            wanted = draft.customer
            customer = await read(ports, lambda queries: find_customer(queries, wanted))
        command = placing(draft, customer)
        outcome = await ports.commands.submit(command, actor=caller.actor, idempotency=idempotency)
        number = outcome.result["number"]
        status = 200 if outcome.result.get("repeated") == "true" else 201
        return await _shown(ports, number, status, f"/api/v1/orders/{number}")

    return await once(ports.answers, idempotency, place)


@router.get("")
def list_orders(
    ports: Ports,
    _caller: FloorReader,
    status: OrderStatus | None = None,
    q: Annotated[str | None, Query(max_length=64, description="Part of a number.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[OrderSummary]:
    """Orders, newest first; ``q`` is looked for in our number and the channel's."""
    after = decode_cursor(cursor, int, str)
    key = (int(after[0]), str(after[1])) if after is not None else None

    def query(queries: Queries) -> list[Order]:
        return list(queries.orders(status=status, text=q, after=key, limit=limit + 1))

    rows, more = split_page(read_now(ports, query), limit)
    last = encode_cursor((rows[-1].placed_at, rows[-1].number)) if more else None
    return Page(items=[summary(row) for row in rows], next_cursor=last)


@router.get("/{number}")
def show_order(number: Number, ports: Ports, _caller: FloorReader) -> OrderShown:
    """One order with its lines, fulfilments and cartons."""
    return read_now(ports, lambda queries: find_order(queries, number))


@router.get(
    "/{number}/history", response_class=RawJson, responses={200: {"model": Page[ChainedEvent]}}
)
def order_history(
    number: Number,
    ports: Ports,
    _caller: FloorReader,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Response:
    """What happened to an order, oldest first: its own events and its fulfilments'."""
    after = decode_cursor(cursor, int)
    seq = int(after[0]) if after is not None else 0

    def query(queries: Queries) -> bytes:
        if queries.order(number) is None:
            raise NotFound("number", number, "no such order")
        return history_page(queries.history(number, after=seq, limit=limit + 1), limit)

    return RawJson(read_now(ports, query))


@router.patch("/{number}", response_model=OrderShown)
async def change_order(
    number: Number,
    edit: OrderEdit,
    ports: Ports,
    caller: OrderWriter,
    idempotency: IdempotencyKey,
) -> Response:
    """Change quantities or add lines, while the order is not packed."""
    return await _submit(ports, caller, changing(number, edit), idempotency, number)


@router.post("/{number}/hold", response_model=OrderShown)
async def hold_order(
    number: Number, why: Why, ports: Ports, caller: OrderWriter, idempotency: IdempotencyKey
) -> Response:
    """Put an order on hold: the bench that has it open refuses its next scan."""
    command = HoldOrder(number=number, reason=why.reason)
    return await _submit(ports, caller, command, idempotency, number)


@router.post("/{number}/release", response_model=OrderShown)
async def release_order(
    number: Number, ports: Ports, caller: OrderWriter, idempotency: IdempotencyKey
) -> Response:
    """Let a held or draft order go on."""
    command = ReleaseOrder(number=number)
    return await _submit(ports, caller, command, idempotency, number)


@router.post("/{number}/cancel", response_model=OrderShown)
async def cancel_order(
    number: Number, why: Why, ports: Ports, caller: OrderWriter, idempotency: IdempotencyKey
) -> Response:
    """Cancel an order; refused (409) once a carton of it is closed."""
    command = CancelOrder(number=number, reason=why.reason)
    return await _submit(ports, caller, command, idempotency, number)


async def _submit(
    ports: EdgePorts, caller: Identity, command: Command, idempotency: Idempotency, number: str
) -> Response:
    async def work() -> WholeAnswer:
        await ports.commands.submit(command, actor=caller.actor, idempotency=idempotency)
        return await _shown(ports, number)

    return await once(ports.answers, idempotency, work)


async def _shown(
    ports: EdgePorts, number: str, status: int = 200, location: str | None = None
) -> WholeAnswer:
    order = await read(ports, lambda queries: find_order(queries, number))
    return WholeAnswer(status=status, location=location, body=order.model_dump_json().encode())
