"""Catalogue and receipts, and the ledger under arbitrary moves."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import invariants, stock
from edge.domain.commands import ReceiveStock
from edge.domain.rows import Item, Lot, Packaging, Stock
from edge.domain.state import NotPrefetched, State
from edge.errors import InvalidInput, NotFound
from edge.quantity import normal
from tests.unit.floor import PHONE, TEA, TEA_CASE, UNSOLD, Floor, item


def receipt(sku: str, quantity: int | str = 1, **tracked: str) -> ReceiveStock:
    """Goods at shelf E-1."""
    return ReceiveStock(
        location="E-1", sku=sku, quantity=Decimal(quantity), lot=tracked.get("lot", ""),
        serial=tracked.get("serial", ""), expiry=tracked.get("expiry"),
    )  # fmt: skip


# --- the catalogue ------------------------------------------------------------------------


def test_an_item_is_known_by_all_its_gtins(floor: Floor) -> None:
    assert floor.need(Packaging, TEA).quantity == 1
    assert floor.need(Packaging, TEA_CASE) == Packaging(
        gtin=TEA_CASE, sku="TEA", quantity=Decimal(6)
    )


def test_an_item_defined_anew_keeps_the_meaning_of_its_old_gtin(floor: Floor) -> None:
    floor.ask(item("TEA", UNSOLD, location="Z-1"))
    assert floor.need(Item, "TEA").location == "Z-1"
    assert {floor.need(Packaging, gtin).sku for gtin in (TEA, UNSOLD)} == {"TEA"}


def test_a_gtin_belongs_to_one_item(floor: Floor) -> None:
    with pytest.raises(InvalidInput, match="belongs to TEA"):
        floor.ask(item("POT", TEA))
    assert floor.row(Item, "POT") is None


# --- receipts -----------------------------------------------------------------------------


def test_goods_come_from_the_supplier(floor: Floor) -> None:
    floor.ask(receipt("TEA", "2.5"))
    assert floor.need(Stock, "shelf/E-1", "TEA", "", "").quantity == Decimal("2.5")
    assert floor.need(Stock, "supplier", "TEA", "", "").quantity == Decimal("-102.5")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (receipt("MILK", expiry="2028-01-01"), "lot"),
        (receipt("MILK", lot="L1"), "expiry"),
        (receipt("CREAM"), "lot"),
        (receipt("PHONE"), "serial"),
        (receipt("PHONE", 2, serial="SN-1"), "quantity"),
        (receipt("PHONE", serial="SN-1", lot="L1"), "lot"),
    ],
)
def test_tracked_goods_need_what_they_are_tracked_by(
    floor: Floor, asked: ReceiveStock, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        floor.ask(asked)
    assert refused.value.field == field


def test_an_unknown_item_is_not_received(floor: Floor) -> None:
    with pytest.raises(NotFound, match="import the item first"):
        floor.ask(receipt("NONE"))


def test_a_serial_is_received_once(floor: Floor) -> None:
    floor.ask(receipt("PHONE", serial="SN-1"))
    with pytest.raises(InvalidInput, match="received before"):
        floor.ask(receipt("PHONE", serial="SN-1"))


def test_a_serial_that_was_packed_first_is_received_where_it_was_taken_from(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("PHONE", 1)))
    floor.scan("pack-1", f"01{PHONE}21SN-1", symbology="]C1")
    with pytest.raises(InvalidInput, match="packed from another location"):
        floor.ask(receipt("PHONE", serial="SN-1"))
    floor.receive("PHONE", 1, floor.need(Item, "PHONE").location, serial="SN-1")
    floor.verify()


def test_the_expiry_of_a_lot_is_remembered_and_not_forgotten(floor: Floor) -> None:
    floor.ask(receipt("MILK", lot="L1", expiry="2028-01-01"))
    assert floor.need(Lot, "MILK", "L1").expiry == "2028-01-01"
    floor.ask(receipt("CREAM", lot="L1", expiry="2028-02-02"))
    floor.ask(receipt("CREAM", lot="L1"))
    assert floor.need(Lot, "CREAM", "L1").expiry == "2028-02-02"


# --- the ledger ---------------------------------------------------------------------------

LOCATIONS = ("supplier", "shelf/A", "shelf/B", "carton/1", "customer", "loss")
moves = st.lists(
    st.tuples(
        st.sampled_from(("TEA", "CUP")),
        st.sampled_from(("", "L1")),
        st.decimals("0.000001", "999999", places=6).map(normal),
        st.sampled_from(LOCATIONS),
        st.sampled_from(LOCATIONS),
    ),
    max_size=30,
)


def apply(state: State, sku: str, lot: str, amount: Decimal, source: str, target: str) -> None:
    """One move on rows that are all in memory."""
    while True:
        mark = state.mark()
        try:
            return stock.move(state, sku, lot, "", amount, source, target)
        except NotPrefetched as missing:
            state.rewind(mark)
            for key in missing.keys:
                state.load(key, None)


@given(moves)
def test_whatever_moves_the_sum_over_all_locations_stays_zero(
    asked: list[tuple[str, str, Decimal, str, str]],
) -> None:
    state = State()
    balance: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for sku, lot, amount, source, target in asked:
        apply(state, sku, lot, amount, source, target)
        balance[source, sku, lot] -= amount
        balance[target, sku, lot] += amount
    rows = [row for _, row in state.snapshot() if isinstance(row, Stock)]
    assert list(invariants.goods_conserved(rows)) == []
    assert {(row.location, row.sku, row.lot): row.quantity for row in rows} == {
        key: amount for key, amount in balance.items() if amount != 0
    }
    assert all(str(row.quantity) == str(normal(row.quantity)) for row in rows)


def test_goods_out_of_nowhere_are_named_by_item_and_lot() -> None:
    rows = [
        Stock(location="shelf/A", sku="TEA", lot="L1", serial="", quantity=Decimal(1)),
        Stock(location="supplier", sku="TEA", lot="", serial="", quantity=Decimal(-1)),
    ]
    named = list(invariants.goods_conserved(rows))
    assert len(named) == 2
    assert "TEA lot 'L1'" in named[0]
