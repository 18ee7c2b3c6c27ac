"""All that a scan can mean, before anybody is asked what is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import commands, identify
from edge.codes.readings import Reading, Refusal
from tests.unit.codes.making import GS, GTIN, SSCC, TODAY, closed, elements, joined

EAN = GTIN[1:]


def found(data: str, symbology: str | None = None) -> tuple[Reading, ...]:
    result = identify.readings(data, symbology, TODAY)
    assert not isinstance(result, Refusal), result
    return result


def only(data: str, symbology: str | None = None) -> Reading:
    (reading,) = found(data, symbology)
    return reading


def refused(data: str, symbology: str | None = None) -> Refusal:
    result = identify.readings(data, symbology, TODAY)
    assert isinstance(result, Refusal), result
    return result


def kinds(data: str) -> list[tuple[str, str]]:
    return [(reading.kind, reading.step) for reading in found(data)]


# --- carriers that vouch for a grammar ----------------------------------------------------


def test_a_label_with_lot_serial_and_expiry() -> None:
    text = f"01{GTIN}17270200" + f"10AB12{GS}21S-1"
    assert only(f"]C1{text}") == Reading(
        kind="item",
        step="aim",
        text=text,
        gtin=GTIN,
        lot="AB12",
        serial="S-1",
        expiry="2027-02-28",
        elements=(("01", GTIN), ("17", "270200"), ("10", "AB12"), ("21", "S-1")),
    )


@pytest.mark.parametrize("identifier", ["]C1", "]d2", "]d8", "]Q3", "]J1", "]e0"])
def test_one_label_on_any_carrier_is_one_thing(identifier: str) -> None:
    assert only(f"{identifier}01{GTIN}10A") == only(f"]C101{GTIN}10A")


def test_a_logistic_unit_and_what_it_holds() -> None:
    reading = only(f"]C100{SSCC}02{GTIN}3712")
    assert (reading.kind, reading.sscc, reading.count) == ("logistic_unit", SSCC, "12")
    assert reading.gtin is None


def test_contents_without_their_unit_are_no_item() -> None:
    reading = only(f"]C102{GTIN}3712")
    assert (reading.kind, reading.sscc, reading.gtin) == ("logistic_unit", None, None)
    assert reading.flags == ("association",)


def test_a_trade_item_that_is_a_logistic_unit_too() -> None:
    reading = only(f"]C100{SSCC}01{GTIN}")
    assert (reading.kind, reading.gtin, reading.sscc) == ("item", GTIN, SSCC)


def test_a_made_to_order_item_is_an_item() -> None:
    assert (only(f"]C103{GTIN}").kind, only(f"]C103{GTIN}").gtin) == ("item", GTIN)


def test_of_a_repeated_element_the_first_counts() -> None:
    reading = only(f"]C101{GTIN}10A{GS}10B")
    assert (reading.lot, reading.flags) == ("A", ("association",))


def test_lot_and_expiry_alone_are_attributes() -> None:
    reading = only("]C11727013110L1")
    assert (reading.kind, reading.lot, reading.expiry) == ("attributes", "L1", "2027-01-31")


@pytest.mark.parametrize(
    ("data", "gtin"),
    [
        (f"]E0{EAN}", GTIN),
        ("]E496385074", "00000096385074"),
        (f"]I1{closed('1952123454321')}", closed("1952123454321")),
    ],
)
def test_a_retail_symbol_is_an_item(data: str, gtin: str) -> None:
    reading = only(data)
    assert (reading.kind, reading.step, reading.gtin, reading.flags) == ("item", "aim", gtin, ())


def test_upc_a_with_twelve_digits_is_mended() -> None:
    reading = only("]E0614141000036")
    assert (reading.gtin, reading.flags) == ("00614141000036", ("repaired",))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("]C1", "empty"),
        ("]C0", "empty"),
        ("]C1TD-UNDO-D", "unknown_ai"),
        (f"]E0{EAN[:-1]}4", "check_digit"),
        (f"]I1{EAN}", "length"),
        ("]C", "identifier"),
        ("]C13106000123", "unknown_ai"),
        ("]C1422156", "unknown_ai"),
    ],
)
def test_a_vouched_grammar_allows_nothing_else(data: str, reason: str) -> None:
    assert refused(data).reason == reason


# --- marks --------------------------------------------------------------------------------


def test_a_separator_in_front_or_another_character_for_it_is_mended() -> None:
    label = f"01{GTIN}10AB{GS}21S1"
    for sent in (GS + label, label.replace(GS, "#"), label.replace(GS, " ")):
        reading = only(f"]C1{sent}")
        assert (reading.lot, reading.serial, reading.flags) == ("AB", "S1", ("repaired",))
        assert reading.text == sent


def test_another_character_for_the_separator_is_a_separator_seen() -> None:
    assert only(f"]C121S1#01{GTIN}10AB21X").flags == ("repaired",)


def test_what_mending_does_not_make_readable_keeps_its_fault() -> None:
    refusal = refused(f"]C101{GTIN}240MODEL 5")
    assert (refusal.reason, refusal.param("ai")) == ("charset", "240")


@pytest.mark.parametrize(
    ("lot", "marked"),
    [
        ("AB17261231", True),
        ("AB17261399", False),
        ("AB21X", True),
        ("AB10X", True),
        ("17261231", False),
        ("21X", False),
        ("AB21", False),
        ("L2403-07", False),
        ("AB1726123", False),
    ],
)
def test_a_lot_that_may_have_swallowed_the_rest_is_marked(lot: str, marked: bool) -> None:
    data = f"]C101{GTIN}10{lot}"
    assert ("ambiguous_lot" in only(data).flags) == marked
    assert "ambiguous_lot" not in only(data + GS).flags
    assert "ambiguous_lot" not in only(f"]C101{GTIN}21S{GS}10{lot}").flags


def test_a_scanner_that_sends_a_separator_in_front_loses_none() -> None:
    reading = only(f"]C1{GS}01{GTIN}10AB21X")
    assert reading.flags == ("repaired",)


def test_needless_separators_and_broken_associations_are_marked() -> None:
    assert only(f"]C101{GTIN}{GS}10A").flags == ("needless_separator",)
    assert only(f"]C101{GTIN}3712").flags == ("association",)


@pytest.mark.parametrize("body", ["021234567890", "200123456789", "041234567890"])
def test_numbers_of_internal_use_are_marked(body: str) -> None:
    assert only(f"]E0{closed(body)}").flags == ("restricted",)
    assert only(f"]C101{closed('0' + body)}").flags == ("restricted",)


@pytest.mark.parametrize(
    ("body", "named"), [("981234567890", "coupon"), ("980123456789", "refund_receipt")]
)
def test_coupons_and_refunds_are_no_goods(body: str, named: str) -> None:
    for data in (f"]E0{closed(body)}", f"]C101{closed('0' + body)}"):
        assert refused(data) == Refusal("restricted", (("class", named),))


# --- anything else ------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", ["", "]C0", "]Q1", "]d1", "]A0"])
def test_our_own_codes_are_known_on_any_plain_carrier(carrier: str) -> None:
    reading = only(carrier + commands.build("ORDER", "SO-10001"))
    assert (reading.kind, reading.verb, reading.argument) == ("command", "ORDER", "SO-10001")


def test_a_damaged_code_of_ours_is_refused_and_never_text() -> None:
    assert refused("TD-UNDO-E").reason == "check_digit"
    assert refused("]Q1TD-").reason == "length"


@pytest.mark.parametrize("link", ["http://x.example/01/1", "HTTPS://ID.GS1.ORG/01/09521234543213"])
def test_links_are_refused_by_name_until_they_are_understood(link: str) -> None:
    assert refused(f"]Q1{link}") == Refusal("unsupported", (("what", "digital_link"),))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("A-01-03", [("text", "text")]),
        (EAN, [("item", "digits"), ("text", "text")]),
        (f"]C0{EAN}", [("item", "digits"), ("text", "text")]),
        (f"]I0{closed('1952123454321')}", [("text", "text")]),
        (closed("1952123454321"), [("item", "digits"), ("text", "text")]),
        (SSCC, [("logistic_unit", "digits"), ("text", "text")]),
        (f"00{SSCC}", [("logistic_unit", "digits"), ("text", "text")]),
        (f"00{SSCC}3712", [("logistic_unit", "no_aim"), ("text", "text")]),
        (f"01{GTIN}10AB", [("item", "no_aim"), ("text", "text")]),
        (f"01{GTIN[:-1]}410AB", [("text", "text")]),
        (f"01{GTIN}10AB{GS}21X", [("item", "no_aim")]),
        (f"10AB{GS}21X", [("attributes", "no_aim")]),
        ("SF1234567890123", [("text", "text")]),
        ("1234567", [("text", "text")]),
    ],
)
def test_what_is_possible_without_an_identifier(data: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(data) == expected
    assert all("no_aim" in reading.flags for reading in found(data))


def test_eight_digits_can_be_an_ean_8_and_a_upc_e() -> None:
    assert kinds("01234565") == [("item", "digits"), ("item", "upc_e"), ("text", "text")]
    assert [reading.gtin for reading in found("01234565")] == [
        "00000001234565",
        "00012345000065",
        None,
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (EAN[:-1] + "4", "check_digit"),
        (SSCC[:-1] + "5", "check_digit"),
        ("00" + SSCC[:-1] + "5", "check_digit"),
        (f"01{GTIN}10{'A' * 21}", "length"),
        (f"01{GTIN}991", None),
        (f"01{GTIN[:-1]}410{'A' * 21}", None),
        ("04409843", None),  # wrong as EAN-8, right as UPC-E
        (f"(01){GTIN}", "unknown_ai"),
        (closed("981234567890"), "restricted"),
        ("A-01-03", None),
        ("1234567", None),
    ],
)
def test_a_text_keeps_what_is_wrong_with_the_number_that_it_looks_like(
    data: str, reason: str | None
) -> None:
    doubt = found(data)[-1].doubt
    assert (doubt.reason if doubt is not None else None) == reason


def test_separators_without_an_identifier_name_their_fault() -> None:
    assert refused(f"10AB{GS}99").reason == "length"


# --- dress and limits ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "dressed",
    ["\x02{}\x03", "{}\r\n", "{}\r", "{}\n", "\x02{}\x03\r\n", "\x02{}\r\n\x03", "{}" + GS],
)
def test_transport_dress_is_taken_off(dressed: str) -> None:
    assert only(dressed.format("]C100" + SSCC)).text == "00" + SSCC
    assert found(dressed.format("A-01-03"))[0].text == "A-01-03"


@pytest.mark.parametrize("data", ["", "\r\n", "\x02\x03", GS])
def test_nothing_is_refused(data: str) -> None:
    assert refused(data).reason == "empty"


def test_too_much_is_refused() -> None:
    assert found("x" * 4096)[0].text == "x" * 4096
    assert refused("x" * 4097).reason == "length"


# --- properties ---------------------------------------------------------------------------

symbologies = st.none() | st.sampled_from(["]C1", "]C0", "]E0", "]E4", "]I0", "]I1", "]Q1", "]d2"])


@given(st.text() | st.text("0123456789" + GS + "]CEdTD-()", max_size=40), symbologies)
def test_any_scan_has_readings_or_a_refusal(data: str, symbology: str | None) -> None:
    result = identify.readings(data, symbology, TODAY)
    assert isinstance(result, Refusal) or len(result) >= 1
    assert identify.readings(data, symbology, TODAY) == result


@given(elements())
def test_with_or_without_its_identifier_a_label_names_the_same_thing(
    pairs: list[tuple[str, str]],
) -> None:
    label = joined(pairs)
    if GS not in label:
        return
    vouched, bare = only(f"]C1{label}"), only(label)
    assert bare.elements == vouched.elements
    assert bare.flags == ("no_aim", *vouched.flags)


@given(st.text(min_size=1, max_size=60))
def test_a_plain_text_is_kept_untouched(text: str) -> None:
    result = identify.readings(f"\x02{text}x\x03", None, TODAY)
    if not isinstance(result, Refusal) and not text.startswith("]"):
        assert result[-1].text == f"{text}x"
