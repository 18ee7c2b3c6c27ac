"""Symbology identifiers: what they vouch for, and how they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.aim import Symbol, gtin_of, split
from edge.codes.readings import Refusal


@pytest.mark.parametrize(
    ("data", "symbology"), [("]C1data", None), ("data", "]C1"), ("]C1data", "]C1"), ("]C1data", "")]
)
def test_the_identifier_comes_in_front_apart_or_both(data: str, symbology: str | None) -> None:
    assert split(data, symbology) == Symbol("C1", "gs1_128", "element_string", "data")


def test_an_identifier_apart_holds_whatever_the_data_look_like() -> None:
    assert split("]d2data", "]C0") == Symbol("C0", "code_128", "plain", "]d2data")


def test_case_matters() -> None:
    assert split("]c1data") == Symbol("c1", "other", "plain", "data")
    assert split("]Q3data") == Symbol("Q3", "gs1_qr", "element_string", "data")


@pytest.mark.parametrize("identifier", ["d2", "d8"])
def test_rectangular_symbols_are_read_alike(identifier: str) -> None:
    assert split(f"]{identifier}x") == Symbol(identifier, "gs1_data_matrix", "element_string", "x")


@pytest.mark.parametrize("identifier", ["I0", "d1", "Q1", "d7", "d9", "A0", "E1"])
def test_plain_carriers_vouch_for_nothing(identifier: str) -> None:
    symbol = split(f"]{identifier}x")
    assert isinstance(symbol, Symbol)
    assert symbol.grammar == "plain"


@pytest.mark.parametrize(
    ("data", "symbology"), [("]", None), ("]C", None), ("]1C", None), ("]é1", None), ("x", "C1"),
                            ("x", "]"), ("x", "]C11")]
)  # fmt: skip
def test_what_is_no_identifier(data: str, symbology: str | None) -> None:
    refused = split(data, symbology)
    assert isinstance(refused, Refusal)
    assert refused.reason == "identifier"


@given(st.text(), st.none() | st.text(max_size=4))
def test_anything_is_taken_apart_or_refused(data: str, symbology: str | None) -> None:
    symbol = split(data, symbology)
    if isinstance(symbol, Symbol):
        assert data.endswith(symbol.payload)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("]E04006381333931", ("04006381333931", False)),
        ("]E0614141000036", ("00614141000036", True)),
        ("]E496385074", ("00000096385074", False)),
        ("]E3400638133393112", ("04006381333931", False)),
        ("]E3400638133393112345", ("04006381333931", False)),
        ("]I114006381333938", ("14006381333938", False)),
    ],
)
def test_the_gtin_of_a_retail_symbol(data: str, found: tuple[str, bool]) -> None:
    symbol = split(data)
    assert isinstance(symbol, Symbol)
    assert gtin_of(symbol) == found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("]E04006381333932", "check_digit"),
        ("]E096385074", "length"),
        ("]E4400638133393", "length"),
        ("]E34006381333931123", "length"),
        ("]I14006381333931", "length"),
        ("]E0400638133393x", "charset"),
        ("]E0614141000037", "check_digit"),
    ],
)
def test_a_broken_retail_symbol(data: str, reason: str) -> None:
    symbol = split(data)
    assert isinstance(symbol, Symbol)
    refused = gtin_of(symbol)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason
