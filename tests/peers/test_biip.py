"""biip as second voice: two parsers that share no line read the same labels alike.

What is known to differ, and stays out of the comparison: biip lets pass two separators in a row,
digits that are not ASCII, wrong check digits of keys other than GTIN and SSCC, and characters
outside set 82 in some values.
"""

from __future__ import annotations

import pytest
from biip import ParseError
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin
from biip.sscc import Sscc
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import gtin, sscc
from edge.codes.element_facts import facts
from edge.codes.element_strings import Parsed, parse
from edge.codes.readings import Refusal
from tests.unit.codes.making import TODAY, closed, digits, elements, joined

Pairs = list[tuple[str, str]]


def biips(label: str) -> list[tuple[str, str]] | None:
    """What biip reads, None if it refuses."""
    try:
        message = GS1Message.parse(label)
    except ParseError:
        return None
    return [(element.ai.ai, element.value) for element in message.element_strings]


@given(elements())
def test_the_same_elements_are_read(pairs: Pairs) -> None:
    assert biips(joined(pairs)) == pairs


@given(elements(), st.data())
def test_a_damaged_label_that_is_read_is_read_alike(pairs: Pairs, data: st.DataObject) -> None:
    label = joined(pairs)
    place = data.draw(st.integers(0, len(label) - 1))
    other = data.draw(st.sampled_from("0123456789A\x1d"))
    damaged = label[:place] + other + label[place + 1 :]
    parsed = parse(damaged, TODAY)
    if isinstance(parsed, Parsed):
        assert biips(damaged) == list(parsed.elements)


@given(elements())
def test_dates_and_decimals_are_the_same(pairs: Pairs) -> None:
    told = facts(tuple(pairs), TODAY)
    for element in GS1Message.parse(joined(pairs)).element_strings:
        fact = told.get(element.ai.ai, {})
        if element.date is not None:
            assert fact["date"] == element.date.isoformat()
        if element.decimal is not None and "decimal" in fact:
            assert fact["decimal"] == str(element.decimal)


@given(st.sampled_from([8, 12, 13, 14]).flatmap(digits))
def test_gtins_are_refused_or_brought_to_the_same_number(number: str) -> None:
    normal = gtin.normalise(number)
    try:
        other = Gtin.parse(number).as_gtin_14()
    except ParseError:
        assert isinstance(normal, Refusal)
    else:
        assert normal == other


@pytest.mark.parametrize("length", [8, 12, 13, 14])
def test_valid_gtins_are_taken_by_both(length: int) -> None:
    number = closed("695012340000"[: length - 1].ljust(length - 1, "7"))
    assert gtin.normalise(number) == Gtin.parse(number).as_gtin_14()


@given(digits(7), st.integers(0, 9), st.integers(0, 10**9 - 1))
def test_our_ssccs_are_valid_to_others(prefix: str, extension: int, reference: int) -> None:
    code = sscc.build(prefix, extension, reference)
    assert Sscc.parse(code).extension_digit == extension
