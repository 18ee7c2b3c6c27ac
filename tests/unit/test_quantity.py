"""Quantities: exact, one spelling each, refused by field."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import InvalidInput
from edge.quantity import normal, parse_quantity, total

values = st.decimals("-999999999999", "999999999999", places=6)


@given(values, st.integers(0, 5))
def test_equal_quantities_have_one_spelling(value: Decimal, zeros: int) -> None:
    padded = Decimal(f"{value:f}" + "0" * zeros)
    assert str(normal(padded)) == str(normal(value))
    assert normal(value) == value


@given(values)
def test_the_spelling_is_plain_and_reads_back(value: Decimal) -> None:
    text = str(normal(value))
    assert "E" not in text
    assert text != "-0"
    assert not (("." in text) and text.endswith("0"))
    assert parse_quantity(text, positive=False) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.50", "1.5"), ("1E+2", "100"), ("-0", "0"), ("0.000", "0"), ("-0.10", "-0.1"), ("7", "7")],
)
def test_spellings(value: str, text: str) -> None:
    assert str(normal(Decimal(value))) == text


@given(st.lists(values, max_size=20))
def test_a_total_is_exact(parts: list[Decimal]) -> None:
    assert Fraction(total(parts)) == sum((Fraction(part) for part in parts), Fraction(0))


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", "1.", ".5", "1e3", "NaN", "Infinity", "1_000", "1,5", "٣", "1\n",
     "1.1234567", "1" * 13, "0x1"],
)  # fmt: skip
def test_what_is_no_decimal_number_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_quantity(text, "lines[0].quantity")
    assert (refused.value.field, refused.value.value) == ("lines[0].quantity", text)


@pytest.mark.parametrize("text", ["0", "-1", "0.0", "-0"])
def test_a_positive_quantity_is_above_zero(text: str) -> None:
    with pytest.raises(InvalidInput, match="above zero"):
        parse_quantity(text)
    assert parse_quantity(text, positive=False) <= 0


def test_the_largest_quantity_that_fits() -> None:
    assert str(parse_quantity("999999999999.999999")) == "999999999999.999999"
