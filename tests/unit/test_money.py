"""Money: whole minor units, one currency at a time, splits that lose nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import InvalidInput
from edge.money import Money

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any).map(tuple)


@given(amounts, weights)
def test_a_split_sums_exactly_to_the_whole(amount: int, shares: tuple[int, ...]) -> None:
    parts = Money(amount, "CNY").split(shares)
    assert sum(part.amount_minor for part in parts) == amount
    assert {part.currency for part in parts} == {"CNY"}


@given(amounts, weights)
def test_no_part_is_off_by_a_whole_unit(amount: int, shares: tuple[int, ...]) -> None:
    parts = Money(amount, "CNY").split(shares)
    for part, weight in zip(parts, shares, strict=True):
        assert abs(part.amount_minor - Fraction(amount * weight, sum(shares))) < 1


def test_left_over_units_go_to_the_largest_remainders_the_earlier_first() -> None:
    assert [p.amount_minor for p in Money(100, "EUR").split((1, 1, 1))] == [34, 33, 33]
    assert [p.amount_minor for p in Money(-100, "EUR").split((1, 1, 1))] == [-33, -33, -34]
    assert [p.amount_minor for p in Money(10, "EUR").split((1, 0, 2))] == [3, 0, 7]


@pytest.mark.parametrize("shares", [(), (0, 0), (1, -1), (2, -1)])
def test_a_split_needs_weights(shares: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"weights|empty"):
        Money(1, "EUR").split(shares)


@given(amounts, st.decimals("-1000", "1000", places=6))
def test_a_product_is_the_nearest_whole_unit(amount: int, factor: Decimal) -> None:
    product = Money(amount, "CNY").times(factor).amount_minor
    exact = amount * Fraction(factor)
    assert abs(product - exact) <= Fraction(1, 2)
    if abs(product - exact) == Fraction(1, 2):
        assert product % 2 == 0, "half goes to even"


@given(amounts, amounts)
def test_sums_and_differences_are_exact(left: int, right: int) -> None:
    whole = Money(left, "JPY") + Money(right, "JPY")
    assert whole == Money(left + right, "JPY")
    assert whole - Money(right, "JPY") == Money(left, "JPY")
    assert -whole + whole == Money(0, "JPY")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidInput, match="use CNY"):
        Money(1, "CNY") + Money(1, "EUR")
    with pytest.raises(InvalidInput, match="use CNY"):
        Money(1, "CNY") - Money(1, "EUR")


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYY", "CNY\n", "ＣＮＹ", "C1Y"])
def test_a_currency_is_an_iso_4217_code(currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Money(1, currency)
    assert refused.value.field == "currency"
