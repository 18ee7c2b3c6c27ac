"""What element strings say together: associations, dates, counts, decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.associations import broken
from edge.codes.element_facts import decimal, facts
from tests.unit.codes.making import GTIN, SSCC, TODAY, digits, elements

ITEM, CONTENT, UNIT, COUNT = ("01", GTIN), ("02", GTIN), ("00", SSCC), ("37", "5")


@pytest.mark.parametrize(
    ("pairs", "rules"),
    [
        ([ITEM], ()),
        ([ITEM, ("10", "A"), ("17", "261231"), ("21", "1")], ()),
        ([("10", "A")], ("missing_required",)),
        ([UNIT, CONTENT, COUNT], ()),
        ([UNIT, CONTENT], ("missing_required",)),
        ([CONTENT, COUNT], ("missing_required",)),
        ([ITEM, COUNT], ("excluded_pair", "missing_required")),
        ([ITEM, CONTENT], ("excluded_pair", "missing_required")),
        ([ITEM, ITEM], ()),
        ([ITEM, ("10", "A"), ("10", "B")], ("repeated_differs",)),
        ([ITEM, ("3103", "000001"), ("3102", "000001")], ("excluded_pair",)),
        ([ITEM, ("3103", "000001"), ("3103", "000001")], ()),
        ([UNIT, CONTENT, COUNT, ("10", "A")], ()),
        ([UNIT, CONTENT, COUNT, ("21", "A")], ("missing_required",)),
        ([ITEM, ("250", "A")], ("missing_required",)),
        ([ITEM, ("21", "A"), ("250", "A")], ()),
        ([ITEM, ("3922", "100"), ("30", "2")], ()),
        ([ITEM, ("3922", "100"), ("3103", "000001")], ()),
        ([ITEM, ("3922", "100"), ("3303", "000001")], ("missing_required",)),
    ],
)
def test_rules_between_elements(pairs: list[tuple[str, str]], rules: tuple[str, ...]) -> None:
    assert broken(tuple(pairs)) == rules


@given(elements())
def test_order_carries_no_meaning(pairs: list[tuple[str, str]]) -> None:
    assert broken(tuple(pairs)) == broken(tuple(reversed(pairs)))


def test_facts_are_told_where_there_are_any() -> None:
    pairs = (ITEM, ("17", "270200"), ("30", "007"), ("3103", "000500"), ("3210", "000012"))
    assert facts(pairs, TODAY) == {
        "17": {"date": "2027-02-28"},
        "30": {"count": 7},
        "3103": {"decimal": "0.500", "unit": "kg"},
        "3210": {"decimal": "12"},
    }


@given(digits(1, 15), st.integers(0, 9))
def test_decimals_are_exact_and_keep_their_places(text: str, places: int) -> None:
    written = decimal(text, places)
    assert Decimal(written) == Decimal(text).scaleb(-places)
    assert len(written.partition(".")[2]) == places
    assert not written.startswith(("00", "."))


def test_more_decimals_than_digits() -> None:
    assert decimal("123", 9) == "0.000000123"
