"""Frames become facts: identity, AIM identifier, faults, and what they betray about the scanner."""

from __future__ import annotations

import pytest

from devices.barcode.connection import BarcodeConnection, Diagnosis
from devices.barcode.framing import LineFramer
from devices.connection import Moment, Origins
from edge.facts import BarcodeRead, Origin
from edge.requests import Beep, Light, Signal

NOW = Moment(at_us=1_790_000_000_000_000, at_ns=5_000, since_ns=5_000)


def connection(diagnosis: Diagnosis | None = None, *, bell: bool = False) -> BarcodeConnection:
    origins = Origins("bench-1", "c0ffee")
    return BarcodeConnection(
        origins, LineFramer(("cr",)), Diagnosis() if diagnosis is None else diagnosis, bell=bell
    )


def test_a_scan_is_a_fact_with_its_identity() -> None:
    line = connection()
    assert line.receive(b"]E04006381333931\rA\r", NOW) == [
        BarcodeRead(
            origin=Origin(
                device="bench-1",
                connection="c0ffee",
                sequence=number,
                at_us=NOW.at_us,
                monotonic_ns=NOW.at_ns,
            ),
            raw=data.encode(),
            data=data,
            symbology=symbology,
        )
        for number, data, symbology in [(1, "]E04006381333931", "]E0"), (2, "A", None)]
    ]


@pytest.mark.parametrize(
    ("data", "symbology"),
    [
        (b"]C1010952123454321317261231", "]C1"),
        (b"]d2010952123454321310A\x1d2112", "]d2"),
        (b"]Q1https://example.com", "]Q1"),
        (b"]X0A", "]X0"),
        (b"]-0A", None),
        (b"]C", None),
        (b"C1]0A", None),
        (b"A]C1", None),
    ],
)
def test_the_aim_identifier_is_recognised_and_left_in_the_data(
    data: bytes, symbology: str | None
) -> None:
    (read,) = connection().receive(data + b"\r", NOW)
    assert (read.symbology, read.data, read.fault) == (symbology, data.decode(), None)


def test_chinese_text_is_read_as_it_was_sent() -> None:
    (read,) = connection().receive("]Q1货位甲".encode() + b"\r", NOW)
    assert (read.data, read.fault) == ("]Q1货位甲", None)


def test_bytes_that_are_no_utf8_are_a_fault_and_can_still_be_seen() -> None:
    (read,) = connection().receive("货".encode("gb18030") + b"A\r", NOW)
    assert (read.fault, read.data, read.raw) == ("encoding", "\\xbb\\xf5A", b"\xbb\xf5A")


def test_a_frame_that_is_too_long_stays_so_even_if_it_is_no_text() -> None:
    (read,) = connection().receive(b"\xff" * 8_000, NOW)
    assert (read.fault, len(read.raw)) == ("too_long", 7_089)


def test_a_half_frame_is_forgotten_with_the_line() -> None:
    line = connection()
    assert line.receive(b"12345", NOW) == []
    assert line.lost() == 5
    assert [read.data for read in line.receive(b"67\r", NOW)] == ["67"]


def test_a_scanner_without_aim_identifier_is_diagnosed_after_five_scans() -> None:
    diagnosis = Diagnosis()
    line = connection(diagnosis)
    line.receive(b"A\r" * 4, NOW)
    assert diagnosis.counters()["aim_id_off"] == 0
    line.receive(b"A\r", NOW)
    assert diagnosis.counters()["aim_id_off"] == 1
    line.receive(b"]C0A\r", NOW)
    assert diagnosis.counters()["aim_id_off"] == 0


def test_separators_noise_and_faults_are_counted_over_all_openings() -> None:
    diagnosis = Diagnosis()
    connection(diagnosis).receive(b"]C110A\r\r\r", NOW)
    assert diagnosis.counters()["separator_seen"] == 0
    connection(diagnosis).receive(b"]C110A\x1d21B\r\xff\r\r", NOW)
    assert diagnosis.counters() == {
        "reads": 3,
        "faulty": 1,
        "noise": 3,
        "aim_id_off": 0,
        "separator_seen": 1,
    }


@pytest.mark.parametrize(
    ("signal", "rings"),
    [("accepted", False), ("complete", False), ("silent", False), ("wrong", True), ("over", True),
     ("needs", True), ("hold", True), ("unknown", True)],
)  # fmt: skip
def test_a_bell_rings_for_what_needs_attention(signal: Signal, rings: bool) -> None:
    beep = Beep(device="bench-1", signal=signal)
    assert connection(bell=True).request(beep) == (b"\x07" if rings else None)
    assert connection(bell=False).request(beep) is None
    assert connection(bell=True).request(Light(device="bench-1", signal=signal)) is None
