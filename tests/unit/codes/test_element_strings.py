"""The parser of element strings: whole, mutated, with trailing characters; it never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.ai_table import DIGITS, PREDEFINED, RULES
from edge.codes.element_strings import Parsed, parse, repair
from edge.codes.readings import Refusal
from tests.unit.codes.making import GS, GTIN, NEEDS_NO_SEPARATOR, SSCC, TODAY, elements, joined

Pairs = list[tuple[str, str]]


def rejected(data: str) -> Refusal:
    parsed = parse(data, TODAY)
    assert isinstance(parsed, Refusal), parsed
    return parsed


@given(elements())
def test_what_a_label_bears_is_read_back_in_order(pairs: Pairs) -> None:
    assert parse(joined(pairs), TODAY) == Parsed(tuple(pairs))


@given(elements())
def test_one_separator_at_the_end_is_nothing(pairs: Pairs) -> None:
    parsed = parse(joined(pairs) + GS, TODAY)
    assert isinstance(parsed, Parsed)
    assert parsed.elements == tuple(pairs)
    assert parsed.needless_separator == (pairs[-1][0] in NEEDS_NO_SEPARATOR)


@given(elements(), st.data())
def test_a_needless_separator_is_noted(pairs: Pairs, data: st.DataObject) -> None:
    fixed = [place for place, (ai, _) in enumerate(pairs) if ai in NEEDS_NO_SEPARATOR]
    if not fixed:
        return
    place = data.draw(st.sampled_from(fixed))
    text = joined(pairs[: place + 1]) + GS + joined(pairs[place + 1 :])
    assert parse(text, TODAY) == Parsed(tuple(pairs), needless_separator=True)


@given(elements())
def test_two_separators_and_one_in_front_are_refused(pairs: Pairs) -> None:
    text = joined(pairs)
    assert rejected(GS + text).reason == "unknown_ai"
    assert rejected(text + GS + GS).reason == "unknown_ai"


@given(elements(), st.text(max_size=3), st.data())
def test_damaged_data_are_refused_or_read_as_they_stand(
    pairs: Pairs, inserted: str, data: st.DataObject
) -> None:
    text = joined(pairs)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 3)))
    damaged = text[:start] + inserted + text[stop:]
    parsed = parse(damaged, TODAY)
    if isinstance(parsed, Parsed):
        assert "".join(ai + value for ai, value in parsed.elements) == damaged.replace(GS, "")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(parse(text, TODAY), Parsed | Refusal)


@given(st.text("0123456789" + GS, max_size=60))
def test_any_digits_are_read_or_refused(text: str) -> None:
    assert isinstance(parse(text, TODAY), Parsed | Refusal)


def test_every_cut_of_a_label_is_refused_or_shorter() -> None:
    text = f"01{GTIN}1726123110AB12{GS}21XY"
    readable = {16, 24, 27, 28, 29, 30, 31, 34, 35}  # ends where an element is complete
    for end in range(len(text) + 1):
        assert isinstance(parse(text[:end], TODAY), Parsed) == (end in readable), end


@pytest.mark.parametrize(
    ("data", "reason", "params"),
    [
        ("", "empty", {}),
        ("0109521234543214", "check_digit", {"ai": "01", "field": "01", "got": "4", "want": "3"}),
        ("17261301", "date", {"ai": "17", "date": "261301"}),
        ("10", "length", {"ai": "10", "field": "10", "n": "0", "allowed": "1-20"}),
        ("1726", "length", {"ai": "17", "field": "17", "n": "2", "allowed": "6"}),
        ("10A#B", "charset", {"ai": "10", "field": "10"}),
        ("10１", "charset", {"ai": "10", "field": "10"}),
        ("401A", "content", {"ai": "401", "field": "401"}),
        ("SF1234567890", "unknown_ai", {"ai": "SF12", "rest": "SF1234567890"}),
        ("1", "unknown_ai", {"ai": "1", "rest": "1"}),
        ("3106000123", "unknown_ai", {"ai": "3106", "rest": "3106000123"}),
        (
            "(01)09521234543213",
            "unknown_ai",
            {"ai": "(01)", "rest": "(01)09521234543213", "hint": "human_readable"},
        ),
    ],
)
def test_a_refusal_names_what_is_wrong(data: str, reason: str, params: dict[str, str]) -> None:
    refusal = rejected(data)
    assert (refusal.reason, dict(refusal.params)) == (reason, params)


def test_the_first_fault_from_the_left_is_named() -> None:
    assert rejected(f"00{SSCC[:-1]}917991399").param("ai") == "00"


def test_fixed_length_alone_does_not_end_a_value() -> None:
    # GS1 General Specifications 7.8.5: 402 has 17 digits and still needs its separator.
    assert rejected("4024012345661445050621A").param("ai") == "402"


# --- repair -------------------------------------------------------------------------------


@given(elements(), st.sampled_from(" #$@[\\]^{|}~"))
def test_another_character_for_the_separator_is_mended(pairs: Pairs, instead: str) -> None:
    text = joined(pairs)
    assert repair(text.replace(GS, instead)) == (text if GS in text else None)


@pytest.mark.parametrize("text", ["10AB21X", "10A#B 21", "10A_B%C+D"])
def test_what_cannot_be_mended(text: str) -> None:
    assert repair(text) is None


# --- the table ----------------------------------------------------------------------------


def test_the_ais_of_the_first_part_are_known() -> None:
    assert {"00", "01", "10", "17", "21", "37"} <= RULES.keys()


def test_no_ai_is_the_beginning_of_another() -> None:
    for ai in RULES:
        assert DIGITS[ai[:2]] == len(ai)


def test_predefined_lengths_are_those_of_the_values() -> None:
    for ai, rule in RULES.items():
        if ai[:2] in PREDEFINED:
            assert rule.lengths == {PREDEFINED[ai[:2]]}
            assert rule.predefined == PREDEFINED[ai[:2]]
        else:
            assert rule.predefined == 0


@given(st.sampled_from(sorted(RULES)), st.integers(0, 100))
def test_a_value_of_zeros_fits_exactly_at_the_allowed_lengths(ai: str, length: int) -> None:
    fits = RULES[ai].pattern.fullmatch("0" * length) is not None
    assert fits == (length in RULES[ai].lengths)
