"""From what the API takes to commands of the heart; the same at the edge and at central."""

from __future__ import annotations

from typing import Protocol

from api.rest.order_shapes import LineDraft, LineEdit, OrderDraft, OrderEdit
from edge.codes.gtin import normalise
from edge.codes.readings import Refusal
from edge.domain.commands import ChangeOrder, LineChange, LineWanted, PlaceOrder
from edge.domain.events import PersonRef
from edge.errors import InvalidInput, NotFound
from edge.quantity import parse_quantity


class PersonFinder(Protocol):
    """Whoever knows the references of persons."""

    def person(self, person: str) -> PersonRef | None: ...


def placing(draft: OrderDraft, customer: PersonRef | None) -> PlaceOrder:
    """The command that a draft stands for; raises InvalidInput naming the field."""
    return PlaceOrder(
        channel=draft.channel,
        external_id=draft.external_id,
        customer=customer,
        lines=tuple(_wanted(index, line) for index, line in enumerate(draft.lines)),
        draft=draft.draft,
    )


def _wanted(index: int, line: LineDraft) -> LineWanted:
    if (line.sku is None) == (line.gtin is None):
        raise InvalidInput(f"lines[{index}].sku", "", "name the item by either sku or gtin")
    return LineWanted(
        quantity=parse_quantity(line.quantity, f"lines[{index}].quantity"),
        sku=line.sku,
        gtin=_gtin(index, line.gtin) if line.gtin is not None else None,
        price_minor=line.unit_price.amount_minor if line.unit_price else None,
        currency=line.unit_price.currency if line.unit_price else None,
    )


def find_customer(queries: PersonFinder, customer: str) -> PersonRef:
    """The reference to a customer; raises NotFound naming the field."""
    reference = queries.person(customer)
    if reference is None:
        raise NotFound("customer", customer, "no such person: import the customer first")
    return reference


def _gtin(index: int, text: str) -> str:
    gtin = normalise(text)
    if isinstance(gtin, Refusal):
        remedy = f"send a GTIN with its check digit ({gtin.reason})"
        raise InvalidInput(f"lines[{index}].gtin", text, remedy)
    return gtin


def changing(number: str, edit: OrderEdit) -> ChangeOrder:
    """The command that an edit stands for; raises InvalidInput naming the field."""
    lines = tuple(_change(index, line) for index, line in enumerate(edit.lines))
    return ChangeOrder(number=number, lines=lines)


def _change(index: int, line: LineEdit) -> LineChange:
    field = f"lines[{index}]"
    if (line.line is None) == (line.sku is None):
        raise InvalidInput(f"{field}.line", "", "name a line, or the sku of a new one")
    quantity = parse_quantity(line.quantity, f"{field}.quantity", positive=line.line is None)
    if quantity < 0:
        raise InvalidInput(f"{field}.quantity", line.quantity, "send 0 or more")
    return LineChange(line=line.line or 0, quantity=quantity, sku=line.sku)
