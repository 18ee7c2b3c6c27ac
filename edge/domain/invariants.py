"""What must hold over the rows of a site (H3, H4, H6), as functions that name each violation.

The simulation checks them after every step, ``verify`` at the end of its fold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from edge.domain.rows import Carton, Fulfilment, FulfilmentLine, OrderLine, Serial, Session, Stock
from edge.domain.sessions import working_state
from edge.quantity import ZERO

RESTING = ("packing", "complete", "intercepted")


def goods_conserved(stock: Iterable[Stock]) -> Iterator[str]:
    """H3: over all locations the sum is zero for every item, lot and serial."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in stock:
        sums[row.sku, row.lot, row.serial] += row.quantity
    for (sku, lot, serial), balance in sums.items():
        if balance != 0:
            yield f"H3: {sku} lot {lot!r} serial {serial!r}: {balance} out of nowhere"


def lines_within_order(
    order_lines: Iterable[OrderLine], lines: Iterable[FulfilmentLine]
) -> Iterator[str]:
    """H4: packed + short <= ordered; an order line is the sum of its fulfilment lines."""
    sums: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
    for line in lines:
        packed, short = sums.get((line.order, line.order_line), (ZERO, ZERO))
        sums[line.order, line.order_line] = packed + line.packed, short + line.short
        if line.packed < 0 or line.packed + line.short > line.wanted:
            yield f"H4: {line.fulfilment} line {line.line}: {line.packed} of {line.wanted} packed"
        if line.done != (line.packed + line.short >= line.wanted):
            yield f"H4: {line.fulfilment} line {line.line}: done is {line.done}"
    for asked in order_lines:
        if asked.packed + asked.short > asked.ordered:
            yield f"H4: {asked.order} line {asked.line}: {asked.packed} of {asked.ordered} packed"
        if sums.get((asked.order, asked.line), (ZERO, ZERO)) != (asked.packed, asked.short):
            yield f"H4: {asked.order} line {asked.line}: not the sum of its fulfilments"


def fulfilments_add_up(
    fulfilments: Iterable[Fulfilment], lines: Iterable[FulfilmentLine]
) -> Iterator[str]:
    """H4: a fulfilment's totals are the sums of its lines."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for line in lines:
        for index, amount in enumerate((line.wanted, line.packed, line.short)):
            sums[line.fulfilment][index] += amount
    for row in fulfilments:
        if sums[row.number] != [row.wanted, row.packed, row.short]:
            yield f"H4: {row.number}: totals differ from its lines"


def open_at_one_station(
    fulfilments: Iterable[Fulfilment], sessions: Iterable[Session]
) -> Iterator[str]:
    """H4: station and fulfilment name each other; a resting station's state fits its work."""
    by_number = {row.number: row for row in fulfilments}
    holders = {row.fulfilment: row for row in sessions if row.fulfilment is not None}
    for row in by_number.values():
        if row.station is not None:
            session = holders.get(row.number)
            if session is None or session.station != row.station:
                yield f"H4: {row.number} is open at {row.station}, which does not know of it"
    for number, session in holders.items():
        held = by_number.get(number)
        if held is None or held.station != session.station:
            yield f"H4: {session.station} holds {number}, which is not open there"
        elif session.state in RESTING and session.state != working_state(held):
            yield f"H4: {session.station} is {session.state}, should be {working_state(held)}"


def cartons_hold_their_units(cartons: Iterable[Carton], stock: Iterable[Stock]) -> Iterator[str]:
    """H3, H6: the units of a carton are what the ledger says is in it."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in stock:
        if row.location.startswith("carton/"):
            sums[row.location.removeprefix("carton/")] += row.quantity
    known = set()
    for carton in cartons:
        known.add(carton.sscc)
        if sums[carton.sscc] != carton.units:
            yield f"H3: carton {carton.sscc} counts {carton.units}, holds {sums[carton.sscc]}"
    for sscc in sums.keys() - known:
        yield f"H6: goods lie in a carton {sscc} that nobody opened"


def serials_in_one_place(serials: Iterable[Serial], stock: Iterable[Stock]) -> Iterator[str]:
    """H4: a serial lies in at most one location, and in the carton it was packed into."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in stock:
        if row.serial and row.quantity > 0:
            places[row.sku, row.serial].append(row.location)
            if row.quantity > 1:
                yield f"H4: {row.sku} serial {row.serial} counts {row.quantity}"
    for (sku, serial), locations in places.items():
        if len(locations) > 1:
            yield f"H4: {sku} serial {serial} lies in {', '.join(sorted(locations))}"
    for packed in serials:
        if f"carton/{packed.sscc}" not in places[packed.sku, packed.serial]:
            yield f"H4: {packed.sku} serial {packed.serial} is not in carton {packed.sscc}"
