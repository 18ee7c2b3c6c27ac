"""From facts and requests to scans: the station, the limits, what is refused before the loop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.errors import InvalidInput, NotFound
from edge.facts import BarcodeRead
from edge.facts import Origin as Arrival
from edge.service.inputs import Origin, Scan
from edge.service.intake import DATA_MAX, scan_of_read, scan_of_request
from tests.unit.floor import SETTINGS, TEA

BOUND = replace(SETTINGS, device_stations={"scanner-1": "pack-1"})
ARRIVAL = Arrival(device="scanner-1", connection="c", sequence=3, at_us=7, monotonic_ns=9)


def read(data: str, **flags: str | bool) -> BarcodeRead:
    """A frame of scanner-1."""
    return BarcodeRead(
        origin=ARRIVAL, raw=data.encode("utf-8", "replace"), data=data, symbology="]C1",
        retransmit=bool(flags.get("retransmit")), fault=str(flags["fault"]) if flags else None,
    )  # fmt: skip


def test_a_read_becomes_a_scan_at_the_station_of_its_device() -> None:
    scan = scan_of_read(read(TEA, retransmit=True, fault="checksum"), BOUND)
    command = scan.command
    assert (scan.at_us, scan.monotonic_ns) == (7, 9)
    assert (command.station, command.device, command.connection, command.sequence) == (
        "pack-1",
        "scanner-1",
        "c",
        3,
    )
    assert (command.data, command.symbology, command.retransmit, command.fault) == (
        TEA,
        "]C1",
        True,
        "checksum",
    )
    assert scan.origin == Origin(actor=None, station="pack-1")


def test_a_device_without_a_station_is_named() -> None:
    with pytest.raises(NotFound, match="scanner-1"):
        scan_of_read(read(TEA), SETTINGS)


def test_a_frame_that_is_too_long_is_cut_and_says_so() -> None:
    assert scan_of_read(read("x" * DATA_MAX), BOUND).command.fault is None
    cut = scan_of_read(read("x" * (DATA_MAX + 1)), BOUND).command
    assert (len(cut.data), cut.fault) == (DATA_MAX, "too_long")


def asked(data: str, station: str = "pack-1") -> Scan:
    """A scan of the page."""
    return scan_of_request(station, data, None, Origin(actor="w-1"), 1, 2, SETTINGS)


def test_a_request_becomes_a_scan_without_a_sequence() -> None:
    command = asked(TEA).command
    assert (command.device, command.sequence, command.data) == ("page/pack-1", 0, TEA)


@pytest.mark.parametrize("data", ["", "x" * (DATA_MAX + 1), "\ud800"])
def test_what_no_scanner_can_send_is_refused(data: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(data)
    assert refused.value.field == "data"
    refused.value.value.encode()


def test_a_station_that_is_none_is_named() -> None:
    with pytest.raises(NotFound, match="one of pack-1, pack-2"):
        asked(TEA, "pack-9")
