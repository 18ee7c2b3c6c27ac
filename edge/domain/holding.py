"""Stopping orders: hold, release, cancel; and what a bench that has one open gets to see.

A hold takes effect at once: the station that has the fulfilment open is intercepted, and its
next scan is refused. What is already packed stays where it is until somebody unpacks it.
"""

from __future__ import annotations

import msgspec

from edge.domain.commands import CancelOrder, HoldOrder, ReleaseOrder
from edge.domain.entry import release_fulfilment
from edge.domain.events import Event, LineAsked, OrderCancelled, OrderHeld, OrderReleased
from edge.domain.kernel import Decision, Meta, decides, evolves
from edge.domain.rows import (
    Fulfilment,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderStatus,
)
from edge.domain.sessions import refresh
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.errors import Conflict, InvalidInput, NotFound

FINAL: tuple[OrderStatus, ...] = ("shipped", "delivered", "cancelled")


def _order(state: State, number: str) -> Order:
    order = state.get(Order, number)
    if order is None:
        raise NotFound("number", number, "no such order")
    return order


def _fulfilments(order: Order) -> tuple[str, ...]:
    return tuple(f"{order.number}-{index}" for index in range(1, order.fulfilments + 1))


def _reason(text: str) -> str:
    if not text or len(text) > 64:
        raise InvalidInput("reason", text, "give a reason of 1 to 64 characters")
    return text


@decides(HoldOrder)
def hold_order(state: State, command: HoldOrder, moment: Moment) -> Decision:
    order = _order(state, command.number)
    if order.status in FINAL:
        raise Conflict("number", command.number, f"the order is {order.status}")
    if order.status == "held":
        return Decision((), {"number": order.number, "repeated": "true"})
    held = OrderHeld(
        number=order.number, reason=_reason(command.reason), fulfilments=_fulfilments(order)
    )
    return Decision((held,), {"number": order.number})


@decides(ReleaseOrder)
def release_order(state: State, command: ReleaseOrder, moment: Moment) -> Decision:
    """Takes a hold back; a draft goes to the floor."""
    order = _order(state, command.number)
    if order.status not in ("held", "draft"):
        raise Conflict("number", command.number, f"the order is {order.status}, not held")
    events: list[Event] = [OrderReleased(number=order.number, fulfilments=_fulfilments(order))]
    if order.fulfilments == 0:
        keys = [(order.number, line) for line in range(1, order.lines + 1)]
        asked = [
            LineAsked(line=row.line, sku=row.sku, quantity=row.ordered)
            for row in state.many(OrderLine, keys)
            if row.ordered > 0
        ]
        if not asked:
            raise Conflict("number", command.number, "no line wants anything: change it first")
        events += release_fulfilment(order.number, 1, asked)
    return Decision(tuple(events), {"number": order.number})


@decides(CancelOrder)
def cancel_order(state: State, command: CancelOrder, moment: Moment) -> Decision:
    """Refused once a carton of the order is closed: those goods are on their way out."""
    order = _order(state, command.number)
    if order.status == "cancelled":
        return Decision((), {"number": order.number, "repeated": "true"})
    if order.status in ("packed", "shipped", "delivered"):
        raise Conflict("number", command.number, f"the order is {order.status}")
    for row in state.many(Fulfilment, [(name,) for name in _fulfilments(order)]):
        closed = row.cartons - (row.carton is not None)
        if closed > 0:
            raise Conflict("number", command.number, f"{closed} carton(s) are closed: unpack first")
    cancelled = OrderCancelled(
        number=order.number, reason=_reason(command.reason), fulfilments=_fulfilments(order)
    )
    return Decision((cancelled,), {"number": order.number})


@evolves(OrderHeld, lambda event: f"order/{event.number}")
def order_held(state: State, event: OrderHeld, meta: Meta) -> None:
    order = state.need(Order, event.number)
    state.put(
        msgspec.structs.replace(
            order,
            status="held",
            resume_status=order.status,
            reason=event.reason,
            changed_at=meta.at_us,
        )
    )
    for name in event.fulfilments:
        _stop(state, name, "held", meta)


@evolves(OrderCancelled, lambda event: f"order/{event.number}")
def order_cancelled(state: State, event: OrderCancelled, meta: Meta) -> None:
    order = state.need(Order, event.number)
    state.put(
        msgspec.structs.replace(
            order, status="cancelled", reason=event.reason, changed_at=meta.at_us
        )
    )
    for name in event.fulfilments:
        _stop(state, name, "cancelled", meta)


def _stop(state: State, name: str, status: FulfilmentStatus, meta: Meta) -> None:
    fulfilment = state.need(Fulfilment, name)
    if fulfilment.status == "packed":
        return
    stopped = msgspec.structs.replace(fulfilment, status=status)
    state.put(stopped)
    refresh(state, stopped, meta.at_us)


@evolves(OrderReleased, lambda event: f"order/{event.number}")
def order_released(state: State, event: OrderReleased, meta: Meta) -> None:
    order = state.need(Order, event.number)
    status = order.resume_status if order.status == "held" else order.status
    state.put(msgspec.structs.replace(order, status=status, reason=None, changed_at=meta.at_us))
    for name in event.fulfilments:
        fulfilment = state.need(Fulfilment, name)
        if fulfilment.status != "held":
            continue
        resumed: FulfilmentStatus = "released" if fulfilment.station is None else "packing"
        back = msgspec.structs.replace(fulfilment, status=resumed)
        state.put(back)
        refresh(state, back, meta.at_us)
