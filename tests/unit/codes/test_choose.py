"""The choice between readings: by what the site knows, and never by guessing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import identify
from edge.codes.readings import Ambiguous, Reading, Refusal
from tests.unit.codes.making import GS, GTIN, SSCC, TODAY, closed

EAN = GTIN[1:]


@dataclass(frozen=True)
class Site:
    """What a site of these tests knows."""

    gtins: frozenset[str] = frozenset()
    ssccs: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()

    def knows_gtin(self, gtin: str) -> bool:
        return gtin in self.gtins

    def knows_sscc(self, sscc: str) -> bool:
        return sscc in self.ssccs

    def knows_text(self, text: str) -> bool:
        return text in self.texts

    def expects(self, text: str) -> bool:
        return text in self.expected


NOBODY = Site()


def chosen(data: str, site: Site = NOBODY) -> Reading | Ambiguous | Refusal:
    found = identify.readings(data, None, TODAY)
    assert not isinstance(found, Refusal), found
    return identify.choose(found, site)


def reading(data: str, site: Site = NOBODY) -> Reading:
    result = chosen(data, site)
    assert isinstance(result, Reading), result
    return result


def reason(data: str, site: Site = NOBODY) -> str:
    result = chosen(data, site)
    assert isinstance(result, Refusal), result
    return result.reason


def test_a_vouched_item_is_an_item_even_when_unknown() -> None:
    assert reading(f"]E0{EAN}").gtin == GTIN
    assert reading(f"]C101{GTIN}10A").lot == "A"


def test_bare_digits_are_an_item_only_when_known() -> None:
    assert reading(EAN, Site(gtins=frozenset({GTIN}))).gtin == GTIN
    assert reason(EAN) == "unknown"


def test_a_label_without_identifier_is_an_item_only_when_known_or_separated() -> None:
    assert reason(f"01{GTIN}10A") == "unknown"
    assert reading(f"01{GTIN}10A", Site(gtins=frozenset({GTIN}))).lot == "A"
    assert reading(f"01{GTIN}10A{GS}21X").serial == "X"


def test_an_sscc_is_one_even_when_unknown() -> None:
    assert reading(SSCC).sscc == SSCC
    assert reading(f"00{SSCC}").sscc == SSCC


def test_a_known_text_goes_before_an_sscc_that_nobody_knows() -> None:
    assert reading(SSCC, Site(texts=frozenset({SSCC}))).kind == "text"


def test_a_text_is_one_only_when_known() -> None:
    assert reading("A-01-03", Site(texts=frozenset({"A-01-03"}))).kind == "text"
    assert chosen("A-01-03") == Refusal("unknown", (("data", "A-01-03"),))


def test_two_that_are_known_are_left_to_the_person() -> None:
    site = Site(gtins=frozenset({GTIN}), texts=frozenset({EAN}))
    result = chosen(EAN, site)
    assert isinstance(result, Ambiguous)
    assert [choice.kind for choice in result.choices] == ["item", "text"]


def test_ean_8_and_upc_e_of_the_same_digits_are_left_to_the_person() -> None:
    both = Site(gtins=frozenset({"00000001234565", "00012345000065"}))
    assert isinstance(chosen("01234565", both), Ambiguous)
    assert reading("01234565", Site(gtins=frozenset({"00012345000065"}))).step == "upc_e"


def test_what_the_station_expects_wins_over_the_grammar() -> None:
    site = Site(gtins=frozenset({GTIN}), texts=frozenset({EAN}), expected=frozenset({EAN}))
    result = reading(EAN, site)
    assert (result.kind, result.step, result.text) == ("text", "expected", EAN)


def test_an_expected_carton_of_ours_keeps_its_sscc() -> None:
    site = Site(ssccs=frozenset({SSCC}), expected=frozenset({SSCC}))
    assert reading(SSCC, site).sscc == SSCC


def test_an_identifier_wins_over_what_is_expected() -> None:
    assert reading(f"]E0{EAN}", Site(expected=frozenset({EAN}))).kind == "item"


def test_commands_need_nobody_to_know_them() -> None:
    assert reading("TD-UNDO-D", Site(expected=frozenset({"TD-UNDO-D"}))).verb == "UNDO"


@pytest.mark.parametrize("carrier", ["]E0", ""])
def test_a_number_of_internal_use_must_be_known(carrier: str) -> None:
    number = closed("200123456789")
    assert chosen(carrier + number) == Refusal("restricted", (("class", "restricted_region"),))
    assert reading(carrier + number, Site(gtins=frozenset({f"0{number}"}))).kind == "item"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (EAN[:-1] + "4", "check_digit"),
        (f"(01){GTIN}", "unknown_ai"),
        (f"01{GTIN}10{'A' * 21}", "length"),
        (closed("981234567890"), "restricted"),
    ],
)
def test_what_nobody_knows_is_refused_for_what_is_wrong_with_it(data: str, why: str) -> None:
    assert reason(data) == why
    assert reading(data, Site(texts=frozenset({data}))).kind == "text"


sites = st.builds(
    Site,
    gtins=st.frozensets(st.sampled_from([GTIN, "00000001234565", "00012345000065"])),
    ssccs=st.frozensets(st.just(SSCC)),
    texts=st.frozensets(st.sampled_from([EAN, SSCC, "01234565", "A-01-03"])),
    expected=st.frozensets(st.sampled_from([EAN, SSCC, "A-01-03"])),
)
scans = st.sampled_from([EAN, SSCC, "01234565", "A-01-03", f"]E0{EAN}", f"01{GTIN}", "TD-UNDO-D"])


@given(scans, sites)
def test_a_choice_is_one_of_the_readings_and_is_held_by_something(scan: str, site: Site) -> None:
    found = identify.readings(scan, None, TODAY)
    assert not isinstance(found, Refusal)
    result = identify.choose(found, site)
    if isinstance(result, Ambiguous):
        assert len(result.choices) >= 2
        assert set(result.choices) <= set(found)
    elif isinstance(result, Reading):
        assert result.step == "expected" or result in found
