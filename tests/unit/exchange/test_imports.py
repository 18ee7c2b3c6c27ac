"""What the columns of files mean, to the last digit."""

from __future__ import annotations

import pytest

from edge.domain.commands import PlaceOrder
from edge.exchange import imports
from edge.exchange.csv_tables import Table


def read(*rows: str) -> Table[PlaceOrder]:
    """Orders of a file with these rows."""
    header = "external_id,quantity,sku,unit_price,currency"
    return imports.orders("\n".join((header, *rows)).encode(), lambda _: None)


@pytest.mark.parametrize(
    ("written", "minor"),
    [("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0.01", 1), ("0.29", 29), ("1.15", 115)],
)
def test_a_price_keeps_its_minor_units(written: str, minor: int) -> None:
    """Also those that no binary fraction can hold: 0.29 * 100 is 28.999..."""
    (order,) = read(f"A-1,1,TEA,{written},EUR").values
    (line,) = order.lines
    assert (line.price_minor, line.currency) == (minor, "EUR")


def test_a_line_without_a_price_has_no_currency() -> None:
    (order,) = read("A-1,1,TEA,,EUR").values
    assert (order.lines[0].price_minor, order.lines[0].currency) == (None, None)


@pytest.mark.parametrize("written", ["12,50", "-1", "1.234", "1e3", "１２", "12."])
def test_a_price_that_is_none_is_named(written: str) -> None:
    table = read(f'A-1,1,TEA,"{written}",EUR')
    (fault,) = table.faults
    assert (fault.column, fault.value) == ("unit_price", written)


def test_good_rows_of_a_bad_file_are_not_handed_out() -> None:
    table = read("A-1,1,TEA,1.00,EUR", "A-2,none,TEA,1.00,EUR")
    assert table.faults
    assert table.values == ()
