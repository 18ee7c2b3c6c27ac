"""What packing changes: cartons and their contents, lines, serials, stock."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edge.domain import numbers, stock
from edge.domain.events import (
    CartonClosed,
    CartonOpened,
    CartonVoided,
    ItemPacked,
    ItemVoided,
    ShortRecorded,
)
from edge.domain.kernel import Meta, evolves
from edge.domain.rows import Carton, Fulfilment, FulfilmentLine, Lot, OrderLine, Serial, Session
from edge.domain.state import State
from edge.quantity import ZERO, normal


@evolves(CartonOpened, lambda event: f"fulfilment/{event.fulfilment}")
def carton_opened(state: State, event: CartonOpened, meta: Meta) -> None:
    """The SSCC is used up, whatever becomes of the carton."""
    numbers.use(state, numbers.SSCC, event.serial_reference)
    state.put(
        Carton(
            sscc=event.sscc,
            fulfilment=event.fulfilment,
            number=event.number,
            status="open",
            station=meta.station or "",
            units=ZERO,
            opened_at=meta.at_us,
            closed_at=None,
        )
    )
    fulfilment = state.need(Fulfilment, event.fulfilment)
    state.put(
        msgspec.structs.replace(fulfilment, cartons=fulfilment.cartons + 1, carton=event.sscc)
    )


@evolves(CartonClosed, lambda event: f"fulfilment/{event.fulfilment}")
def carton_closed(state: State, event: CartonClosed, meta: Meta) -> None:
    """What is in a closed carton is not taken back by UNDO any more."""
    carton = state.need(Carton, event.sscc)
    state.put(msgspec.structs.replace(carton, status="closed", closed_at=meta.at_us))
    _forget_carton(state, event.fulfilment, 0, meta)


@evolves(CartonVoided, lambda event: f"fulfilment/{event.fulfilment}")
def carton_voided(state: State, event: CartonVoided, meta: Meta) -> None:
    carton = state.need(Carton, event.sscc)
    state.put(msgspec.structs.replace(carton, status="void", closed_at=meta.at_us))
    _forget_carton(state, event.fulfilment, 1, meta)


def _forget_carton(state: State, number: str, voided: int, meta: Meta) -> None:
    fulfilment = state.need(Fulfilment, number)
    state.put(msgspec.structs.replace(fulfilment, carton=None, cartons=fulfilment.cartons - voided))
    session = state.get(Session, meta.station or "")
    if session is not None:
        state.put(msgspec.structs.replace(session, undo=0))


@evolves(ItemPacked, lambda event: f"order/{event.order}")
def item_packed(state: State, event: ItemPacked, meta: Meta) -> None:
    """Lines count up, goods move from their shelf into the carton, UNDO points here."""
    inside = stock.carton(event.sscc)
    state.require(
        (
            *stock.balances(event.sku, event.lot, event.serial, event.source, inside),
            (OrderLine, (event.order, event.order_line)),
            (Lot, (event.sku, event.lot)),
        )
    )
    _count(state, event, event.quantity, ZERO)
    _fill_carton(state, event.sscc, event.quantity)
    if event.lot:
        stock.remember_lot(state, event.sku, event.lot, event.expiry)
    stock.move(state, event.sku, event.lot, event.serial, event.quantity, event.source, inside)
    if event.serial:
        state.put(
            Serial(
                sku=event.sku,
                serial=event.serial,
                sscc=event.sscc,
                fulfilment=event.fulfilment,
                station=meta.station or "",
                packed_at=meta.at_us,
            )
        )
    session = state.need(Session, meta.station or "")
    state.put(msgspec.structs.replace(session, undo=meta.seq))


@evolves(ItemVoided, lambda event: f"order/{event.order}")
def item_voided(state: State, event: ItemVoided, meta: Meta) -> None:
    _count(state, event, -event.quantity, ZERO)
    _fill_carton(state, event.sscc, -event.quantity)
    stock.move(
        state, event.sku, event.lot, event.serial, event.quantity,
        stock.carton(event.sscc), event.source,
    )  # fmt: skip
    if event.serial:
        state.remove(Serial, event.sku, event.serial)
    session = state.need(Session, meta.station or "")
    state.put(msgspec.structs.replace(session, undo=event.undo))


@evolves(ShortRecorded, lambda event: f"order/{event.order}")
def short_recorded(state: State, event: ShortRecorded, meta: Meta) -> None:
    _count(state, event, ZERO, event.quantity)


def _count(
    state: State, event: ItemPacked | ItemVoided | ShortRecorded, packed: Decimal, short: Decimal
) -> None:
    """Carry a change through line, fulfilment and order line."""
    line = state.need(FulfilmentLine, event.fulfilment, event.line)
    line_packed, line_short = normal(line.packed + packed), normal(line.short + short)
    done = line_packed + line_short >= line.wanted
    state.put(msgspec.structs.replace(line, packed=line_packed, short=line_short, done=done))
    whole = state.need(Fulfilment, event.fulfilment)
    state.put(
        msgspec.structs.replace(
            whole, packed=normal(whole.packed + packed), short=normal(whole.short + short)
        )
    )
    asked = state.need(OrderLine, event.order, event.order_line)
    state.put(
        msgspec.structs.replace(
            asked, packed=normal(asked.packed + packed), short=normal(asked.short + short)
        )
    )


def _fill_carton(state: State, sscc_code: str, quantity: Decimal) -> None:
    carton = state.need(Carton, sscc_code)
    state.put(msgspec.structs.replace(carton, units=normal(carton.units + quantity)))
