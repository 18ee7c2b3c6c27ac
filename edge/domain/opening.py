"""Opening, putting aside, taking over and closing fulfilments at stations."""

from __future__ import annotations

import msgspec

from edge.domain.events import (
    FulfilmentClosed,
    FulfilmentOpened,
    FulfilmentSuspended,
    FulfilmentTakenOver,
)
from edge.domain.kernel import Meta, evolves
from edge.domain.rows import Fulfilment, Order, OrderStatus, Session
from edge.domain.sessions import session_of
from edge.domain.state import State


def _set_order(state: State, number: str, status: OrderStatus, at_us: int) -> None:
    order = state.need(Order, number)
    if order.status == "held":
        order = msgspec.structs.replace(order, resume_status=status)
    elif order.status != "cancelled":
        order = msgspec.structs.replace(order, status=status)
    state.put(msgspec.structs.replace(order, changed_at=at_us))


@evolves(FulfilmentOpened, lambda event: f"fulfilment/{event.number}")
def fulfilment_opened(state: State, event: FulfilmentOpened, meta: Meta) -> None:
    fulfilment = state.need(Fulfilment, event.number)
    state.put(
        msgspec.structs.replace(
            fulfilment, status="packing", station=event.station, packer=event.user
        )
    )
    _set_order(state, fulfilment.order, "packing", meta.at_us)
    _take(state, event.station, event.number)


@evolves(FulfilmentTakenOver, lambda event: f"fulfilment/{event.number}")
def fulfilment_taken_over(state: State, event: FulfilmentTakenOver, meta: Meta) -> None:
    fulfilment = state.need(Fulfilment, event.number)
    state.put(msgspec.structs.replace(fulfilment, station=event.station, packer=event.user))
    if event.from_station != event.station:
        _let_go(state, event.from_station, meta)
        _take(state, event.station, event.number)


@evolves(FulfilmentSuspended, lambda event: f"fulfilment/{event.number}")
def fulfilment_suspended(state: State, event: FulfilmentSuspended, meta: Meta) -> None:
    """A stopped fulfilment stays stopped; released later, it is nobody's work in hand."""
    fulfilment = state.need(Fulfilment, event.number)
    status = "released" if fulfilment.status == "packing" else fulfilment.status
    state.put(msgspec.structs.replace(fulfilment, status=status, station=None, packer=None))
    _set_order(state, fulfilment.order, "released", meta.at_us)
    session = state.need(Session, event.station)
    if session.fulfilment == event.number:
        state.put(msgspec.structs.replace(session, fulfilment=None, undo=0))


@evolves(FulfilmentClosed, lambda event: f"fulfilment/{event.number}")
def fulfilment_closed(state: State, event: FulfilmentClosed, meta: Meta) -> None:
    """An order of which nothing could be packed is held for somebody to decide."""
    fulfilment = state.need(Fulfilment, event.number)
    state.put(
        msgspec.structs.replace(
            fulfilment, status="packed", station=None, carton=None, closed_at=meta.at_us
        )
    )
    if fulfilment.packed > 0:
        _set_order(state, event.order, "packed", meta.at_us)
    else:
        order = state.need(Order, event.order)
        state.put(
            msgspec.structs.replace(
                order, status="held", resume_status="packed", reason="short", changed_at=meta.at_us
            )
        )
    session = state.need(Session, event.station)
    state.put(msgspec.structs.replace(session, fulfilment=None, undo=0))


def _take(state: State, station: str, number: str) -> None:
    session = session_of(state, station)
    state.put(msgspec.structs.replace(session, fulfilment=number, undo=0))


def _let_go(state: State, station: str, meta: Meta) -> None:
    session = session_of(state, station)
    resting = "signed_out" if session.user is None else "idle"
    state.put(
        msgspec.structs.replace(
            session,
            state=resting,
            fulfilment=None,
            line=0,
            undo=0,
            pending=None,
            choices=(),
            since=meta.at_us,
        )
    )
