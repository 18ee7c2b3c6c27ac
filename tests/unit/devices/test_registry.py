"""Device URLs: what they mean, and what a person reads who mistyped one."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from devices.barcode.driver import SERIAL_OPTIONS, SerialScanner
from devices.connection import Origins
from devices.registry import Registry, installed
from devices.transport.serial import LineSettings, SerialTransport
from devices.transport.tcp import TcpTransport
from devices.url import DeviceUrl, Option, parse_url
from edge.errors import InvalidInput


def test_a_serial_scanner_by_its_port_path() -> None:
    url = "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0?baud=115200&parity=even&stop=2"
    device = Registry().assemble(url)
    assert (device.kind, device.reach) == ("scanner", "local")
    assert isinstance(device.transport, SerialTransport)
    assert device.transport._path == "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0"
    assert device.transport._settings == LineSettings(baud=115200, parity="even", stop=2)


def test_a_path_may_hold_escaped_characters() -> None:
    parsed = parse_url("serial:/tmp/a%20b%3Fc")
    assert parsed.path() == "/tmp/a b?c"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://10.0.0.7:4001", ("10.0.0.7", 4001)),
        ("TCP://scanner-1.dock:4001/", ("scanner-1.dock", 4001)),
        ("tcp://[fe80::7]:4001?terminator=etx", ("fe80::7", 4001)),
    ],
)
def test_a_network_scanner_by_host_and_port(url: str, address: tuple[str, int]) -> None:
    device = Registry().assemble(url)
    assert device.reach == "network"
    assert isinstance(device.transport, TcpTransport)
    assert device.transport._address == address


def test_an_idle_gap_is_how_long_a_read_may_wait() -> None:
    device = Registry().assemble("serial:/dev/ttyS0?terminator=none&idle_gap_ms=60")
    assert device.connect(Origins("a", "b")).patience_ms == 60


@pytest.mark.parametrize(
    ("url", "field", "remedy"),
    [
        ("serail:/dev/ttyS0", "url.scheme", "no such scheme; did you mean 'serial'?"),
        ("xyz:/dev/ttyS0", "url.scheme", "no such scheme; valid: replay, serial, tcp"),
        ("serial:/dev/ttyS0?bauds=9600", "url.option", "no such option; did you mean 'baud'?"),
        ("serial:/dev/ttyS0?baud=9601", "url.baud", "no such value; did you mean '9600'?"),
        ("serial:/dev/ttyS0?terminator=ext", "url.terminator", "did you mean 'etx'?"),
        ("serial:/dev/ttyS0?idle_gap_ms=-1", "url.idle_gap_ms", "a whole number, 0 to 5000"),
        ("serial:/dev/ttyS0?idle_gap_ms=5001", "url.idle_gap_ms", "a whole number, 0 to 5000"),
        ("serial:/dev/ttyS0?idle_gap_ms=٣", "url.idle_gap_ms", "a whole number, 0 to 5000"),
        ("serial:/dev/ttyS0?baud=9600&baud=9600", "url.baud", "give this option once"),
        ("serial:/dev/ttyS0?terminator=none", "url.idle_gap_ms", "add idle_gap_ms=80"),
        ("serial:/dev/ttyS0?baud", "url", "write options as ?name=value&name=value"),
        ("serial://dev/ttyS0", "url", "give a path: serial:/dev/..."),
        ("serial:?baud=9600", "url", "give a path: serial:/dev/..."),
        ("tcp:10.0.0.7:4001", "url", "give host and port: tcp://10.0.0.7:4001"),
        ("tcp://10.0.0.7", "url", "give host and port"),
        ("tcp://10.0.0.7:0", "url", "give host and port"),
        ("tcp://10.0.0.7:65536", "url", "give host and port"),
        ("tcp://:4001", "url", "give host and port"),
        ("tcp://10.0.0.7:4001?baud=9600", "url.option", "valid: beep, idle_gap_ms, terminator"),
        ("replay:a.trace?pace=quick", "url.pace", "no such value"),
        ("/dev/ttyS0", "url", "give scheme:target"),
        ("serial:", "url", "give scheme:target"),
        ("", "url", "give scheme:target"),
    ],
)
def test_a_mistyped_url_is_refused_with_the_remedy(url: str, field: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Registry().assemble(url)
    assert refused.value.field == field
    assert remedy in refused.value.remedy


def test_every_default_of_an_option_is_valid() -> None:
    for option in SERIAL_OPTIONS:
        assert option.check(option.default) == option.default


def test_a_device_without_options_says_so() -> None:
    with pytest.raises(InvalidInput, match="takes no option"):
        DeviceUrl("a:b?c=d", "a", "b", False, (("c", "d"),)).options(())
    assert DeviceUrl("a:b", "a", "b", False).options((Option("x", "1", least=0, most=2),)) == {
        "x": "1"
    }


def test_a_driver_from_outside_joins_by_its_entry_point() -> None:
    registry = Registry(())
    registry.add_entry_point(
        EntryPoint("ours", "tests.unit.devices.test_registry:OUTSIDE", "tallydock.drivers")
    )
    assert registry.schemes() == ["weird"]
    assert registry.broken == {}
    assert registry.assemble("weird:/dev/ttyS0?baud=1200").kind == "scanner"


@pytest.mark.parametrize(
    "where", ["no.such.module:DRIVER", "devices.registry:NO_SUCH_NAME", "devices.registry:BUILT_IN"]
)
def test_a_driver_that_cannot_be_loaded_stops_no_other(where: str) -> None:
    registry = Registry()
    registry.add_entry_point(EntryPoint("bad", where, "tallydock.drivers"))
    assert list(registry.broken) == ["bad"]
    assert registry.schemes() == ["replay", "serial", "tcp"]


def test_a_driver_from_outside_cannot_take_the_place_of_ours() -> None:
    registry = Registry()
    with pytest.raises(InvalidInput, match="taken"):
        registry.add(SerialScanner())


def test_the_installed_drivers_include_ours() -> None:
    assert {"replay", "serial", "tcp"} <= set(installed().schemes())


OUTSIDE = SerialScanner(scheme="weird")
