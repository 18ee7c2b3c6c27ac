"""GTINs: one number space of 14 digits, and what their prefixes say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import gtin
from edge.codes.readings import Refusal
from tests.unit.codes.making import closed, digits


@given(st.sampled_from([7, 11, 12, 13]).flatmap(digits).map(closed))
def test_every_length_is_brought_to_fourteen_digits(number: str) -> None:
    normal = gtin.normalise(number)
    assert normal == "0" * (14 - len(number)) + number
    assert gtin.same_item(number, normal)


@given(digits(12))
def test_a_packing_level_is_another_item(body: str) -> None:
    assert not gtin.same_item(closed(f"0{body}"), closed(f"1{body}"))


def test_a_number_with_a_wrong_check_digit_is_not_even_itself() -> None:
    assert not gtin.same_item("4006381333932", "4006381333932")


@given(st.text())
def test_any_text_is_brought_to_fourteen_digits_or_refused(text: str) -> None:
    normal = gtin.normalise(text)
    assert isinstance(normal, Refusal) or len(normal) == 14


# A trade item of a UPC-E and the six digits that are printed, as GS1 explains the four cases.
@pytest.mark.parametrize(
    ("printed", "upc_a"),
    [
        ("783491", "078100003493"),
        ("425263", "042500000265"),
        ("234514", "023450000017"),
        ("098779", "009877000095"),
    ],
)
def test_upc_e_is_filled_with_zeros(printed: str, upc_a: str) -> None:
    whole = closed(upc_a[:-1])
    assert gtin.expand_upc_e(printed) == whole
    assert gtin.expand_upc_e(f"0{printed}") == whole
    assert gtin.expand_upc_e(f"0{printed}{whole[-1]}") == whole


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12345", "length"),
        ("123456789", "length"),
        ("12345x", "charset"),
        ("2345678", "number_system"),
        ("07834910", "check_digit"),
    ],
)
def test_what_is_no_upc_e(text: str, reason: str) -> None:
    refused = gtin.expand_upc_e(text)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


@pytest.mark.parametrize(
    ("gtin14", "named"),
    [
        ("00000040101408", "global"),
        ("00000023456780", "restricted_company"),
        ("00000001234565", "restricted_company"),
        ("00200000000000", "restricted_region"),
        ("00512345000000", "coupon"),
        ("09520000000000", "example"),
        ("19780000000000", "isbn"),
        ("09850000000000", "global"),
        ("09890000000000", "global"),
        ("09899999999999", "global"),
    ],
)
def test_classes_at_the_edges_of_their_ranges(gtin14: str, named: str) -> None:
    assert gtin.classify(gtin14) == named
