"""Orders as the API shows and takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from api.ports import OrderQueries
from api.rest.shapes import Body, Money, Quantity, Sku, Text, Time, time_or_none
from edge.clock import rfc3339
from edge.domain.rows import (
    Carton,
    CartonStatus,
    Fulfilment,
    FulfilmentStatus,
    Item,
    Order,
    OrderLine,
    OrderStatus,
)
from edge.errors import NotFound

LINES_MAX = 20_000
Reason = Annotated[str, Field(min_length=1, max_length=64, examples=["payment"])]


class LineDraft(Body):
    """A line of a new order: the item by ``sku`` or by ``gtin`` (8, 12, 13 or 14 digits)."""

    quantity: Quantity
    sku: Sku | None = None
    gtin: str | None = Field(default=None, max_length=14)
    unit_price: Money | None = None


class OrderDraft(Body):
    """A new order; the same ``channel`` and ``external_id`` always mean the same order.

    ``customer`` is the id of a person who was imported before. A draft waits for its release.
    """

    channel: str = Field(min_length=1, max_length=32, examples=["shop"])
    external_id: str = Field(min_length=1, max_length=64, examples=["20017"])
    customer: str | None = Field(default=None, min_length=1, max_length=64)
    lines: list[LineDraft] = Field(min_length=1, max_length=LINES_MAX)
    draft: bool = False


class LineEdit(Body):
    """The new quantity of ``line`` (0 takes it out), or without ``line`` a new one of ``sku``."""

    quantity: Quantity
    line: int | None = Field(default=None, ge=1)
    sku: Sku | None = None


class OrderEdit(Body):
    """Changes of an order's lines, all or none of them."""

    lines: list[LineEdit] = Field(min_length=1, max_length=LINES_MAX)


class Why(Body):
    """Why an order is stopped; a token or a few words, kept in its history."""

    reason: Reason


class OrderLineShown(BaseModel):
    """``quantity`` was ordered; packed and short are sums over all fulfilments."""

    line: int
    sku: str
    gtin: str | None
    name: Text | None
    unit: Text | None
    quantity: Quantity
    quantity_packed: Quantity
    quantity_short: Quantity
    unit_price: Money | None


class CartonShown(BaseModel):
    """A carton under its SSCC-18."""

    sscc: str
    number: int
    status: CartonStatus
    station: str
    units: Quantity
    opened_at: Time
    closed_at: Time | None


class FulfilmentShown(BaseModel):
    """What the floor works on; ``station`` is where it is open."""

    number: str
    status: FulfilmentStatus
    station: str | None
    quantity: Quantity
    quantity_packed: Quantity
    quantity_short: Quantity
    released_at: Time
    closed_at: Time | None
    cartons: list[CartonShown]


class OrderSummary(BaseModel):
    """An order as a row of a list; ``customer`` is a person's id, never a name."""

    number: str
    channel: str
    external_id: str
    customer: str | None
    status: OrderStatus
    reason: str | None
    placed_at: Time
    changed_at: Time
    line_count: int
    fulfilment_count: int


class OrderShown(OrderSummary):
    """A whole order."""

    lines: list[OrderLineShown]
    fulfilments: list[FulfilmentShown]


def summary(order: Order) -> OrderSummary:
    """The order as a row of a list."""
    return OrderSummary(
        number=order.number,
        channel=order.channel,
        external_id=order.external_id,
        customer=order.person,
        status=order.status,
        reason=order.reason,
        placed_at=rfc3339(order.placed_at),
        changed_at=rfc3339(order.changed_at),
        line_count=order.lines,
        fulfilment_count=order.fulfilments,
    )


def find_order(queries: OrderQueries, number: str) -> OrderShown:
    """The whole order; raises NotFound."""
    order = queries.order(number)
    if order is None:
        raise NotFound("number", number, "no such order")
    lines = queries.order_lines(number)
    items = queries.items({line.sku for line in lines})
    return OrderShown(
        **summary(order).model_dump(),
        lines=[_line(line, items.get(line.sku)) for line in lines],
        fulfilments=[
            _fulfilment(fulfilment, queries.cartons(fulfilment.number))
            for fulfilment in queries.fulfilments(number)
        ],
    )


def _line(line: OrderLine, item: Item | None) -> OrderLineShown:
    price = None
    if line.price_minor is not None and line.currency is not None:
        price = Money(amount_minor=line.price_minor, currency=line.currency)
    return OrderLineShown(
        line=line.line,
        sku=line.sku,
        gtin=item.gtin if item else None,
        name=Text(zh=item.name_zh, en=item.name_en) if item else None,
        unit=Text(zh=item.unit_zh, en=item.unit_en) if item else None,
        quantity=str(line.ordered),
        quantity_packed=str(line.packed),
        quantity_short=str(line.short),
        unit_price=price,
    )


def _fulfilment(fulfilment: Fulfilment, cartons: Sequence[Carton]) -> FulfilmentShown:
    return FulfilmentShown(
        number=fulfilment.number,
        status=fulfilment.status,
        station=fulfilment.station,
        quantity=str(fulfilment.wanted),
        quantity_packed=str(fulfilment.packed),
        quantity_short=str(fulfilment.short),
        released_at=rfc3339(fulfilment.released_at),
        closed_at=time_or_none(fulfilment.closed_at),
        cartons=[_carton(carton) for carton in cartons],
    )


def _carton(carton: Carton) -> CartonShown:
    return CartonShown(
        sscc=carton.sscc,
        number=carton.number,
        status=carton.status,
        station=carton.station,
        units=str(carton.units),
        opened_at=rfc3339(carton.opened_at),
        closed_at=time_or_none(carton.closed_at),
    )
