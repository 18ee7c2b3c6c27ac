"""Check digits and characters: what they catch, and what they cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import check_digits
from edge.codes.readings import Refusal
from tests.unit.codes.making import SET_82, closed, digits


@given(digits(1, 17))
def test_two_ways_of_counting_agree(body: str) -> None:
    assert body + check_digits.mod10(body) == closed(body)
    assert check_digits.has_check_digit(closed(body))


@given(digits(1, 17), st.data())
def test_mod10_catches_every_single_wrong_digit(body: str, data: st.DataObject) -> None:
    number = closed(body)
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not check_digits.has_check_digit(number[:place] + wrong + number[place + 1 :])


@given(digits(2, 17), st.data())
def test_mod10_misses_only_neighbours_that_differ_by_five(body: str, data: st.DataObject) -> None:
    number = closed(body)
    place = data.draw(st.integers(0, len(number) - 2))
    left, right = number[place], number[place + 1]
    exchanged = number[:place] + right + left + number[place + 2 :]
    missed = abs(int(left) - int(right)) in (0, 5)
    assert check_digits.has_check_digit(exchanged) == missed


ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.text(ALPHANUMERIC, min_size=1, max_size=40), st.data())
def test_mod37_36_catches_every_single_wrong_character(body: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    wrong = data.draw(st.sampled_from([c for c in ALPHANUMERIC if c != body[place]]))
    damaged = body[:place] + wrong + body[place + 1 :]
    assert check_digits.mod37_36(damaged) != check_digits.mod37_36(body)


def test_mod37_36_of_the_standard() -> None:
    # The example of ISO/IEC 7064 as published with the ISAN and GRid numbers.
    assert check_digits.mod37_36("A12425GABC1234002") == "M"


@given(st.text(SET_82, min_size=1, max_size=23), st.data())
def test_the_check_pair_catches_every_single_wrong_character(
    body: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    wrong = data.draw(st.sampled_from([c for c in SET_82 if c != body[place]]))
    damaged = body[:place] + wrong + body[place + 1 :]
    assert check_digits.check_pair(damaged) != check_digits.check_pair(body)


@pytest.mark.parametrize(
    ("body", "reason"), [("", "length"), ("A" * 24, "length"), ("#", "charset")]
)
def test_what_has_no_check_pair(body: str, reason: str) -> None:
    refused = check_digits.check_pair(body)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


def test_a_wrong_check_digit_is_named() -> None:
    refused = check_digits.verify("4006381333932", 13, "gtin")
    assert refused is not None
    assert refused.reason == "check_digit"
    assert dict(refused.params) == {"field": "gtin", "got": "2", "want": "1"}


@pytest.mark.parametrize("text", ["", "１２３", "12a", "-1", "1 2", "1\n"])
def test_other_digits_are_no_digits(text: str) -> None:
    assert not check_digits.is_digits(text)
