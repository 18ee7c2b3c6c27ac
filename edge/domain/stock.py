"""Stock as a ledger of moves between locations (H3): every move takes what it gives.

Locations are names with a kind in front: ``supplier``, ``shelf/A-07-3``, ``carton/{sscc}``,
``customer``, ``loss``. A supplier's balance is the negative of all that came in, so the sum
over all locations is zero for every item, lot and serial.
"""

from __future__ import annotations

from decimal import Decimal

from edge.domain.commands import DefineItem, ReceiveStock
from edge.domain.events import ItemAdded, StockReceived
from edge.domain.kernel import Decision, Meta, decides, evolves
from edge.domain.rows import Item, Lot, Packaging, Serial, Stock
from edge.domain.settings import Moment
from edge.domain.state import RowKey, State
from edge.errors import InvalidInput, NotFound
from edge.quantity import ONE, ZERO, normal

SUPPLIER = "supplier"


def shelf(name: str) -> str:
    """Location of a shelf by its printed name."""
    return f"shelf/{name}"


def carton(sscc: str) -> str:
    """Location of a carton's inside."""
    return f"carton/{sscc}"


@evolves(ItemAdded, lambda event: f"item/{event.sku}")
def item_added(state: State, event: ItemAdded, meta: Meta) -> None:
    """The whole definition; GTINs that are not in it any more keep their meaning."""
    state.put(
        Item(
            sku=event.sku,
            gtin=event.gtin,
            name_zh=event.name_zh,
            name_en=event.name_en,
            unit_zh=event.unit_zh,
            unit_en=event.unit_en,
            tracking=event.tracking,
            location=event.location,
        )
    )
    if event.gtin is not None:
        state.put(Packaging(gtin=event.gtin, sku=event.sku, quantity=ONE))
    for packaging in event.packagings:
        state.put(Packaging(gtin=packaging.gtin, sku=event.sku, quantity=packaging.quantity))


@evolves(StockReceived, lambda event: f"item/{event.sku}")
def stock_received(state: State, event: StockReceived, meta: Meta) -> None:
    if event.lot:
        remember_lot(state, event.sku, event.lot, event.expiry)
    move(state, event.sku, event.lot, event.serial, event.quantity, event.source, event.location)


@decides(DefineItem)
def define_item(state: State, command: DefineItem, moment: Moment) -> Decision:
    """A GTIN belongs to one item: taking it from another needs a change of that one first."""
    for gtin in (command.gtin, *(packaging.gtin for packaging in command.packagings)):
        known = state.get(Packaging, gtin) if gtin is not None else None
        if known is not None and known.sku != command.sku:
            raise InvalidInput("gtin", gtin, f"it already belongs to {known.sku}")
    added = ItemAdded(
        sku=command.sku,
        gtin=command.gtin,
        name_zh=command.name_zh,
        name_en=command.name_en,
        unit_zh=command.unit_zh,
        unit_en=command.unit_en,
        tracking=command.tracking,
        location=command.location,
        packagings=command.packagings,
    )
    return Decision((added,), {"sku": command.sku})


@decides(ReceiveStock)
def receive_stock(state: State, command: ReceiveStock, moment: Moment) -> Decision:
    """Tracked items need what they are tracked by; a serial comes as one unit, once."""
    item = state.get(Item, command.sku)
    if item is None:
        raise NotFound("sku", command.sku, "import the item first")
    if item.tracking in ("lot", "expiry") and not command.lot:
        raise InvalidInput("lot", "", f"{command.sku} is tracked by lot: give the lot")
    if item.tracking == "expiry" and command.expiry is None:
        raise InvalidInput("expiry", "", f"{command.sku} is tracked by expiry: give the date")
    if item.tracking == "serial":
        if not command.serial:
            raise InvalidInput("serial", "", f"{command.sku} is tracked by serial: give it")
        if command.quantity != ONE:
            raise InvalidInput("quantity", str(command.quantity), "a serial is exactly 1 unit")
        _check_serial(state, command)
    received = StockReceived(
        location=shelf(command.location),
        source=SUPPLIER,
        sku=command.sku,
        quantity=command.quantity,
        lot=command.lot,
        serial=command.serial,
        expiry=command.expiry,
        reference=command.reference,
    )
    return Decision((received,), {"sku": command.sku})


def _check_serial(state: State, command: ReceiveStock) -> None:
    """A serial comes in once. One that was packed first is missing where it was taken from."""
    sku, serial = command.sku, command.serial
    if command.lot:
        raise InvalidInput("lot", command.lot, f"{sku} is tracked by serial: leave the lot out")
    came = state.get(Stock, SUPPLIER, sku, "", serial)
    if came is not None and came.quantity < 0:
        raise InvalidInput("serial", serial, "it was received before")
    if state.get(Serial, sku, serial) is not None:
        missing = state.get(Stock, shelf(command.location), sku, "", serial)
        if missing is None or missing.quantity >= 0:
            remedy = "it was packed from another location: receive it there"
            raise InvalidInput("location", command.location, remedy)


def balances(sku: str, lot: str, serial: str, source: str, target: str) -> tuple[RowKey, RowKey]:
    """The rows that ``move`` changes."""
    return (Stock, (source, sku, lot, serial)), (Stock, (target, sku, lot, serial))


def move(
    state: State, sku: str, lot: str, serial: str, quantity: Decimal, source: str, target: str
) -> None:
    """Move ``quantity`` from ``source`` to ``target``; a balance of zero leaves no row."""
    for location, change in ((source, -quantity), (target, quantity)):
        row = state.get(Stock, location, sku, lot, serial)
        balance = normal((row.quantity if row is not None else ZERO) + change)
        if balance == 0:
            state.remove(Stock, location, sku, lot, serial)
        else:
            state.put(Stock(location=location, sku=sku, lot=lot, serial=serial, quantity=balance))


def remember_lot(state: State, sku: str, lot: str, expiry: str | None) -> None:
    """Keep the expiry that was read with a lot; one that is known is not forgotten."""
    known = state.get(Lot, sku, lot)
    if known is None or (expiry is not None and known.expiry != expiry):
        state.put(Lot(sku=sku, lot=lot, expiry=expiry))
