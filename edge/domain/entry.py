"""Order entry: placing and changing orders, and the fulfilments that come of them.

The default is one fulfilment an order, released at once unless the order is a draft. An order
of very many lines is told in several events of one transaction (an event holds 256 KiB).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from edge.domain import numbers
from edge.domain.commands import ChangeOrder, LineWanted, PlaceOrder
from edge.domain.events import (
    Event,
    FulfilmentChanged,
    FulfilmentLinesAdded,
    FulfilmentReleased,
    LineAsked,
    LineToPack,
    OrderChanged,
    OrderLinesAdded,
    OrderPlaced,
    Price,
)
from edge.domain.kernel import Decision, Meta, decides, evolves
from edge.domain.rows import (
    ExternalOrder,
    Fulfilment,
    FulfilmentLine,
    Item,
    Order,
    OrderLine,
    Packaging,
)
from edge.domain.sessions import refresh
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.errors import Conflict, InvalidInput, NotFound
from edge.quantity import ZERO, normal, total

LINES_PER_EVENT = 500
LINES_MAX = 20_000

T = TypeVar("T")


@decides(PlaceOrder)
def place_order(state: State, command: PlaceOrder, moment: Moment) -> Decision:
    """Same channel and external id: the order that is there, and nothing happens."""
    known = state.get(ExternalOrder, command.channel, command.external_id)
    if known is not None:
        return Decision((), {"number": known.number, "repeated": "true"})
    if not 1 <= len(command.lines) <= LINES_MAX:
        raise InvalidInput("lines", str(len(command.lines)), f"send 1 to {LINES_MAX} lines")
    asked = tuple(_resolve(state, index, line) for index, line in enumerate(command.lines, 1))
    opened, serial = numbers.draw(state, numbers.ORDER, moment)
    number = numbers.order_number(moment.settings.number_prefix, serial)
    first, *rest = _chunks(asked)
    placed = OrderPlaced(
        number=number,
        serial=serial,
        channel=command.channel,
        external_id=command.external_id,
        customer=command.customer,
        draft=command.draft,
        lines=first,
    )
    events: list[Event] = [*opened, placed]
    events += (OrderLinesAdded(number=number, lines=lines) for lines in rest)
    if not command.draft:
        events += release_fulfilment(number, 1, asked)
    return Decision(tuple(events), {"number": number})


def _resolve(state: State, index: int, line: LineWanted) -> LineAsked:
    field = f"lines[{index - 1}]"
    sku, quantity = line.sku, line.quantity
    if line.gtin is not None:
        packaging = state.get(Packaging, line.gtin)
        if packaging is None:
            raise NotFound(f"{field}.gtin", line.gtin, "no item carries it: import the item first")
        sku, quantity = packaging.sku, quantity * packaging.quantity
    if sku is None:
        raise InvalidInput(f"{field}.sku", "", "name the item by sku or gtin")
    if state.get(Item, sku) is None:
        raise NotFound(f"{field}.sku", sku, "no such item: import the item first")
    price = None
    if line.price_minor is not None and line.currency is not None:
        price = Price(amount_minor=line.price_minor, currency=line.currency)
    return LineAsked(line=index, sku=sku, quantity=normal(quantity), unit_price=price)


def release_fulfilment(order: str, number: int, asked: Sequence[LineAsked]) -> Iterator[Event]:
    """The events that put an order's lines on the floor as one fulfilment."""
    name = f"{order}-{number}"
    to_pack = [
        LineToPack(
            line=index, order=order, order_line=line.line, sku=line.sku, quantity=line.quantity
        )
        for index, line in enumerate(asked, 1)
    ]
    first, *rest = _chunks(to_pack)
    yield FulfilmentReleased(number=name, order=order, lines=first)
    for lines in rest:
        yield FulfilmentLinesAdded(number=name, lines=lines)


def _chunks(lines: Sequence[T]) -> list[tuple[T, ...]]:
    starts = range(0, len(lines), LINES_PER_EVENT)
    return [tuple(lines[start : start + LINES_PER_EVENT]) for start in starts]


@evolves(OrderPlaced, lambda event: f"order/{event.number}")
def order_placed(state: State, event: OrderPlaced, meta: Meta) -> None:
    """The order with its first lines; its number is used up."""
    customer = event.customer
    state.put(
        Order(
            number=event.number,
            channel=event.channel,
            external_id=event.external_id,
            person=customer.person if customer else None,
            person_version=customer.version if customer else 0,
            person_digest=customer.digest if customer else None,
            status="draft" if event.draft else "released",
            resume_status="draft" if event.draft else "released",
            reason=None,
            placed_at=meta.at_us,
            changed_at=meta.at_us,
            lines=0,
            fulfilments=0,
        )
    )
    state.put(
        ExternalOrder(channel=event.channel, external_id=event.external_id, number=event.number)
    )
    numbers.use(state, numbers.ORDER, event.serial)
    _write_lines(state, event.number, event.lines, meta)


@evolves(OrderLinesAdded, lambda event: f"order/{event.number}")
def order_lines_added(state: State, event: OrderLinesAdded, meta: Meta) -> None:
    _write_lines(state, event.number, event.lines, meta)


@evolves(OrderChanged, lambda event: f"order/{event.number}")
def order_changed(state: State, event: OrderChanged, meta: Meta) -> None:
    _write_lines(state, event.number, event.lines, meta)


def _write_lines(state: State, number: str, lines: Sequence[LineAsked], meta: Meta) -> None:
    order = state.need(Order, number)
    last = order.lines
    for asked in lines:
        known = state.get(OrderLine, number, asked.line) if asked.line <= order.lines else None
        price = asked.unit_price
        if known is not None:
            state.put(msgspec.structs.replace(known, ordered=asked.quantity))
            continue
        last = max(last, asked.line)
        state.put(
            OrderLine(
                order=number,
                line=asked.line,
                sku=asked.sku,
                ordered=asked.quantity,
                packed=ZERO,
                short=ZERO,
                price_minor=price.amount_minor if price else None,
                currency=price.currency if price else None,
            )
        )
    state.put(msgspec.structs.replace(order, lines=last, changed_at=meta.at_us))


@evolves(FulfilmentReleased, lambda event: f"fulfilment/{event.number}")
def fulfilment_released(state: State, event: FulfilmentReleased, meta: Meta) -> None:
    """Lines to pack; a draft becomes a released order."""
    state.put(
        Fulfilment(
            number=event.number,
            order=event.order,
            status="released",
            station=None,
            packer=None,
            lines=0,
            cartons=0,
            carton=None,
            wanted=ZERO,
            packed=ZERO,
            short=ZERO,
            released_at=meta.at_us,
            closed_at=None,
        )
    )
    order = state.need(Order, event.order)
    status = "released" if order.status == "draft" else order.status
    state.put(msgspec.structs.replace(order, fulfilments=order.fulfilments + 1, status=status))
    _write_lines_to_pack(state, event.number, event.lines)


@evolves(FulfilmentLinesAdded, lambda event: f"fulfilment/{event.number}")
def fulfilment_lines_added(state: State, event: FulfilmentLinesAdded, meta: Meta) -> None:
    _write_lines_to_pack(state, event.number, event.lines)


@evolves(FulfilmentChanged, lambda event: f"fulfilment/{event.number}")
def fulfilment_changed(state: State, event: FulfilmentChanged, meta: Meta) -> None:
    """A bench that has it open may be complete, or not any more."""
    _write_lines_to_pack(state, event.number, event.lines)
    refresh(state, state.need(Fulfilment, event.number), meta.at_us)


def _write_lines_to_pack(state: State, number: str, lines: Sequence[LineToPack]) -> None:
    fulfilment = state.need(Fulfilment, number)
    last, changes = fulfilment.lines, [fulfilment.wanted]
    for line in lines:
        known = (
            state.get(FulfilmentLine, number, line.line) if line.line <= fulfilment.lines else None
        )
        if known is None:
            known = FulfilmentLine(
                fulfilment=number,
                line=line.line,
                order=line.order,
                order_line=line.order_line,
                sku=line.sku,
                wanted=ZERO,
                packed=ZERO,
                short=ZERO,
                done=False,
            )
        changes.append(line.quantity - known.wanted)
        last = max(last, line.line)
        done = known.packed + known.short >= line.quantity
        state.put(msgspec.structs.replace(known, wanted=line.quantity, done=done))
    state.put(msgspec.structs.replace(fulfilment, lines=last, wanted=total(changes)))


@decides(ChangeOrder)
def change_order(state: State, command: ChangeOrder, moment: Moment) -> Decision:
    """Never below what is packed or reported short; a packed order is not changed any more."""
    order = state.get(Order, command.number)
    if order is None:
        raise NotFound("number", command.number, "no such order")
    if order.status in ("packed", "shipped", "delivered", "cancelled"):
        raise Conflict("number", command.number, f"the order is {order.status}")
    if not command.lines:
        raise InvalidInput("lines", "0", "send at least one line")
    asked = _changed_lines(state, order, command)
    events: list[Event] = [OrderChanged(number=order.number, lines=asked)]
    if order.fulfilments:
        events.append(_fulfilment_change(state, order, asked))
    return Decision(tuple(events), {"number": order.number})


def _changed_lines(state: State, order: Order, command: ChangeOrder) -> tuple[LineAsked, ...]:
    asked, next_line, seen = [], order.lines + 1, set[int]()
    for index, change in enumerate(command.lines):
        field = f"lines[{index}]"
        if change.line == 0:
            line = _resolve(state, index + 1, LineWanted(quantity=change.quantity, sku=change.sku))
            asked.append(msgspec.structs.replace(line, line=next_line))
            next_line += 1
            continue
        known = state.get(OrderLine, order.number, change.line)
        if known is None:
            raise NotFound(f"{field}.line", str(change.line), "no such line; 0 adds one")
        if change.line in seen:
            raise InvalidInput(f"{field}.line", str(change.line), "name each line once")
        seen.add(change.line)
        _check_not_below(field, change.quantity, known.packed + known.short)
        asked.append(LineAsked(line=known.line, sku=known.sku, quantity=normal(change.quantity)))
    return tuple(asked)


def _check_not_below(field: str, quantity: Decimal, done: Decimal) -> None:
    if quantity < done:
        raise Conflict(
            f"{field}.quantity", str(quantity), f"{done} are packed or short: send {done} or more"
        )


def _fulfilment_change(state: State, order: Order, asked: Sequence[LineAsked]) -> FulfilmentChanged:
    number = f"{order.number}-{order.fulfilments}"
    fulfilment = state.need(Fulfilment, number)
    if fulfilment.status == "packed":
        raise Conflict("number", order.number, "the order is packed")
    keys = [(number, line) for line in range(1, fulfilment.lines + 1)]
    by_order_line = {row.order_line: row.line for row in state.many(FulfilmentLine, keys)}
    next_line = fulfilment.lines + 1
    lines = []
    for line in asked:
        place = by_order_line.get(line.line)
        if place is None:
            place, next_line = next_line, next_line + 1
        lines.append(
            LineToPack(
                line=place,
                order=order.number,
                order_line=line.line,
                sku=line.sku,
                quantity=line.quantity,
            )
        )
    return FulfilmentChanged(number=number, lines=tuple(lines))
