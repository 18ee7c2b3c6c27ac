"""What the columns of each kind of file mean: items, stock, orders, customers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edge.codes.gtin import normalise
from edge.codes.readings import Refusal
from edge.domain.commands import DefineItem, LineWanted, PlaceOrder, ReceiveStock
from edge.domain.events import PackagingDefined, PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Tracking
from edge.errors import InvalidInput
from edge.exchange.csv_tables import Columns, Fault, Table, read_table
from edge.quantity import parse_quantity

TRACKINGS: tuple[Tracking, ...] = ("none", "lot", "expiry", "serial")
TEXT_MAX = 200
_CODE = re.compile(r"[A-Za-z0-9._/-]{1,64}", re.ASCII)
_MINOR = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)

Record = Mapping[str, str]

ITEMS = Columns(
    ("sku", "name_zh", "name_en"),
    ("gtin", "unit_zh", "unit_en", "tracking", "location", "case_gtin", "case_quantity"),
)
STOCK = Columns(("sku", "quantity", "location"), ("lot", "serial", "expiry", "reference"))
ORDERS = Columns(
    ("external_id", "quantity"),
    ("channel", "customer", "sku", "gtin", "unit_price", "currency"),
)
CUSTOMERS = Columns(("customer", "name"), ("phone", "mail", "address"))


def items(content: bytes, renamed: Record | None = None) -> Table[DefineItem]:
    """One item a row."""
    return read_table(content, ITEMS, _item, renamed)


def stock(content: bytes, renamed: Record | None = None) -> Table[ReceiveStock]:
    """One receipt a row."""
    return read_table(content, STOCK, _receipt, renamed)


def customers(content: bytes, renamed: Record | None = None) -> Table[tuple[str, PersonDetails]]:
    """One person a row: (id, data); each person once."""
    table = read_table(content, CUSTOMERS, _customer, renamed)
    first: dict[str, int] = {}
    faults = list(table.faults)
    for row, (person, _) in zip(table.rows, table.values, strict=False):
        begun = first.setdefault(person, row)
        if begun != row:
            faults.append(Fault(row, "customer", person, f"row {begun} has this customer already"))
    return Table(() if faults else table.values, table.rows, tuple(faults))


@dataclass(frozen=True, slots=True)
class _OrderLine:
    channel: str
    external_id: str
    customer: str
    line: LineWanted


def orders(
    content: bytes, refer: Callable[[str], PersonRef | None], renamed: Record | None = None
) -> Table[PlaceOrder]:
    """One order line a row; rows of one channel and external id make one order.

    ``refer`` gives the reference to a customer; None when nobody knows them.
    """
    table = read_table(content, ORDERS, _order_line, renamed)
    if table.faults:
        return Table((), (), table.faults)
    lines: dict[tuple[str, str], list[LineWanted]] = {}
    first: dict[tuple[str, str], tuple[int, str]] = {}
    faults: list[Fault] = []
    for row, value in zip(table.rows, table.values, strict=True):
        key = value.channel, value.external_id
        begun = first.setdefault(key, (row, value.customer))
        if value.customer != begun[1]:
            remedy = f"row {begun[0]} of the same order says {begun[1]!r}"
            faults.append(Fault(row, "customer", value.customer, remedy))
        lines.setdefault(key, []).append(value.line)
    placed = []
    for key, (row, customer) in first.items():
        person = refer(customer) if customer else None
        if customer and person is None:
            faults.append(Fault(row, "customer", customer, "import this customer first"))
        placed.append(
            PlaceOrder(channel=key[0], external_id=key[1], customer=person, lines=tuple(lines[key]))
        )
    rows = tuple(row for row, _ in first.values())
    return Table(() if faults else tuple(placed), rows, tuple(faults))


def _item(record: Record) -> DefineItem:
    tracking = record["tracking"] or "none"
    if tracking not in TRACKINGS:
        raise InvalidInput("tracking", tracking, f"one of {', '.join(TRACKINGS)}")
    packagings: tuple[PackagingDefined, ...] = ()
    if record["case_gtin"]:
        quantity = parse_quantity(record["case_quantity"], "case_quantity")
        packagings = (PackagingDefined(gtin=_gtin(record, "case_gtin"), quantity=quantity),)
    return DefineItem(
        sku=_code(record, "sku"),
        gtin=_gtin(record, "gtin") if record["gtin"] else None,
        name_zh=_text(record, "name_zh"),
        name_en=_text(record, "name_en"),
        unit_zh=record["unit_zh"] or "件",
        unit_en=record["unit_en"] or "pc",
        tracking=tracking,
        location=_code(record, "location") if record["location"] else "",
        packagings=packagings,
    )


def _receipt(record: Record) -> ReceiveStock:
    return ReceiveStock(
        location=_code(record, "location"),
        sku=_code(record, "sku"),
        quantity=parse_quantity(record["quantity"]),
        lot=_code(record, "lot") if record["lot"] else "",
        serial=_code(record, "serial") if record["serial"] else "",
        expiry=_date(record, "expiry") if record["expiry"] else None,
        reference=_text(record, "reference") if record["reference"] else None,
    )


def _customer(record: Record) -> tuple[str, PersonDetails]:
    return _code(record, "customer"), PersonDetails(
        name=_text(record, "name"),
        phone=record["phone"],
        mail=record["mail"],
        address=record["address"],
    )


def _order_line(record: Record) -> _OrderLine:
    if not record["sku"] and not record["gtin"]:
        raise InvalidInput("sku", "", "name the item by sku or gtin")
    price, currency = record["unit_price"], record["currency"] or "CNY"
    if price and not _MINOR.fullmatch(price):
        raise InvalidInput("unit_price", price, "send a price such as 12.50")
    line = LineWanted(
        quantity=parse_quantity(record["quantity"]),
        sku=_code(record, "sku") if record["sku"] else None,
        gtin=_gtin(record, "gtin") if record["gtin"] else None,
        price_minor=int(Decimal(price) * 100) if price else None,
        currency=currency if price else None,
    )
    return _OrderLine(
        channel=_code(record, "channel") if record["channel"] else "file",
        external_id=_code(record, "external_id"),
        customer=_code(record, "customer") if record["customer"] else "",
        line=line,
    )


def _code(record: Record, name: str) -> str:
    value = record[name]
    if not _CODE.fullmatch(value):
        raise InvalidInput(name, value, "use 1 to 64 letters, digits and . _ / -")
    return value


def _text(record: Record, name: str) -> str:
    value = record[name]
    if len(value) > TEXT_MAX:
        raise InvalidInput(name, value, f"shorten it to {TEXT_MAX} characters")
    return value


def _date(record: Record, name: str) -> str:
    try:
        return date.fromisoformat(record[name]).isoformat()
    except ValueError as error:
        raise InvalidInput(name, record[name], "write the date as 2026-11-25") from error


def _gtin(record: Record, name: str) -> str:
    gtin = normalise(record[name])
    if isinstance(gtin, Refusal):
        raise InvalidInput(name, record[name], f"send a GTIN with its check digit ({gtin.reason})")
    return gtin


KINDS = ("items", "customers", "stock", "orders")
