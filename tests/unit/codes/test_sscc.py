"""SSCCs: built from a prefix and a serial reference, checked, and never beyond their digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import sscc
from edge.errors import InvalidInput
from tests.unit.codes.making import digits


@given(digits(4, 12), st.integers(0, 9), st.integers(0, 9999))
def test_what_is_built_is_valid_and_holds_its_parts(
    prefix: str, extension: int, reference: int
) -> None:
    code = sscc.build(prefix, extension, reference)
    assert sscc.check(code) is None
    assert code[0] == str(extension)
    assert code[1:].startswith(prefix)
    assert int(code[1 + len(prefix) : 17]) == reference


@given(digits(7), st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))
def test_two_references_never_share_a_code(prefix: str, left: int, right: int) -> None:
    same = sscc.build(prefix, 3, left) == sscc.build(prefix, 3, right)
    assert same == (left == right)


@pytest.mark.parametrize(
    ("prefix", "extension", "reference", "field"),
    [
        ("123", 0, 0, "company_prefix"),
        ("1234567890123", 0, 0, "company_prefix"),
        ("12345６7", 0, 0, "company_prefix"),
        ("9521234", 10, 0, "sscc_extension"),
        ("9521234", -1, 0, "sscc_extension"),
        ("9521234", 3, 10**9, "serial_reference"),
        ("9521234", 3, -1, "serial_reference"),
    ],
)
def test_what_cannot_be_built_is_named(
    prefix: str, extension: int, reference: int, field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        sscc.build(prefix, extension, reference)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("code", "reason"),
    [("", "length"), ("39521234000000001", "length"), ("39521234000000001x", "charset"),
     ("395212340000000013", "check_digit")],
)  # fmt: skip
def test_what_is_no_sscc(code: str, reason: str) -> None:
    refused = sscc.check(code)
    assert refused is not None
    assert refused.reason == reason
