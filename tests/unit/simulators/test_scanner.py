"""What the simulated scanner puts on the wire, byte for byte and at which time."""

from __future__ import annotations

import pytest

from edge.errors import InvalidInput
from simulators.numbers import (
    command,
    element_string,
    gs1_check_digit,
    is_gtin,
    mod_37_36,
)
from simulators.scanner import (
    AimMode,
    Piece,
    Scanner,
    Suffix,
    aim_identifier,
    from_typed,
    to_typed,
)


def test_bytes_leave_at_the_pace_of_the_line() -> None:
    byte_ns = 1_041_666  # ten bits at 9600 baud
    assert Scanner(suffix="crlf").pieces("AB") == (
        Piece(byte_ns, b"A"),
        Piece(2 * byte_ns, b"B"),
        Piece(4 * byte_ns, b"\r\n"),
    )


@pytest.mark.parametrize(
    ("suffix", "wire"),
    [
        ("cr", b"A\r"),
        ("lf", b"A\n"),
        ("crlf", b"A\r\n"),
        ("etx", b"\x02A\x03"),
        ("tab", b"A\t"),
        ("none", b"A"),
    ],
)
def test_each_suffix_ends_a_code(suffix: Suffix, wire: bytes) -> None:
    assert b"".join(piece.data for piece in Scanner(suffix=suffix).pieces("A")) == wire


def test_a_scanner_without_suffix_keeps_its_line_quiet_between_codes() -> None:
    silent = Scanner(suffix="none")
    assert silent.url("/run/a b") == ("serial:/run/a%20b?baud=9600&terminator=none&idle_gap_ms=80")
    assert silent.rest_ms > 80
    assert Scanner().rest_ms == 0


@pytest.mark.parametrize(
    ("mode", "symbol", "text"),
    [
        ("as_given", "4006381333931", "4006381333931"),
        ("as_given", "]E04006381333931", "]E04006381333931"),
        ("on", "4006381333931", "]E04006381333931"),
        ("on", "]d2010952123454321310A", "]d2010952123454321310A"),
        ("off", "]E04006381333931", "4006381333931"),
        ("off", "4006381333931", "4006381333931"),
        ("on", "]", "]C0]"),
    ],
)
def test_the_aim_identifier_is_sent_as_the_scanner_is_set(
    mode: AimMode, symbol: str, text: str
) -> None:
    assert Scanner(aim=mode).text(symbol) == text


@pytest.mark.parametrize(
    ("symbol", "identifier"),
    [
        ("4006381333931", "]E0"),
        ("012345678905", "]E0"),
        ("4006381333932", "]C0"),
        ("96385074", "]E4"),
        ("14006381333938", "]I1"),
        ("0104006381333931" + "10LOT", "]C1"),
        ("0104006381333932" + "10LOT", "]C0"),
        ("00106141411234567897", "]C1"),
        ("10A\x1d21B", "]C1"),
        ("TD-UNDO-D", "]C0"),
    ],
)
def test_a_symbol_is_guessed_by_its_content(symbol: str, identifier: str) -> None:
    assert aim_identifier(symbol) == identifier


@pytest.mark.parametrize(
    ("suffix", "symbol"),
    [("cr", ""), ("cr", "A\rB"), ("crlf", "A\nB"), ("etx", "\x02A"), ("etx", "A\x03"),
     ("tab", "A\tB"), ("cr", "9" * 7_093)],
)  # fmt: skip
def test_what_a_scanner_cannot_send_is_refused(suffix: Suffix, symbol: str) -> None:
    with pytest.raises(InvalidInput):
        Scanner(suffix=suffix).text(symbol)


def test_typed_lines_stand_for_separators() -> None:
    assert from_typed("]C110A<GS>21B\r\n") == "]C110A\x1d21B"
    assert to_typed("]C110A\x1d21B") == "]C110A<GS>21B"


def test_check_characters_agree_with_published_ones() -> None:
    assert gs1_check_digit("400638133393") == "1"
    assert gs1_check_digit("10614141123456789") == "7"
    assert is_gtin("96385074")
    assert not is_gtin("4006381333913")
    assert not is_gtin("٤٠٠٦٣٨١٣٣٣٩٣١")
    assert mod_37_36("A12425GABC1234002") == "M", (
        "example of the Global Release Identifier, ISO 7064"
    )
    assert (command("UNDO"), command("NEXT")) == ("TD-UNDO-D", "TD-NEXT-P")


def test_element_strings_put_the_variable_part_last() -> None:
    gtin = "9521234543213"
    assert element_string(gtin, expiry="261231", lot="L1") == "01095212345432131726123110L1"
    assert element_string(gtin, serial="S1") == "010952123454321321S1"
    assert element_string(gtin, lot="L1", serial="S1") == "010952123454321310L1\x1d21S1"
