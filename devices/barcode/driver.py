"""Barcode scanners on a serial port, behind TCP, or from a capture: one framer, three lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.barcode.connection import PATIENCE_MS, BarcodeConnection, Diagnosis
from devices.barcode.framing import FRAME_BYTES_MAX, LineFramer, Terminator
from devices.connection import Assembly, Origins, Reach
from devices.transport.line import Transport
from devices.transport.replay import ReplayTransport
from devices.transport.serial import LineSettings, Parity, SerialTransport
from devices.transport.tcp import TcpTransport
from devices.url import DeviceUrl, Option
from edge.errors import InvalidInput

KIND = "scanner"
AIM_ID_BYTES = 3
BAUDS = ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200", "230400", "921600")

TERMINATORS: dict[str, tuple[Terminator, ...]] = {
    "auto": ("cr", "lf"),
    "cr": ("cr",),
    "lf": ("lf",),
    "crlf": ("crlf",),
    "etx": ("etx",),
    "tab": ("tab",),
    "none": (),
}
PARITIES: dict[str, Parity] = {"none": "none", "even": "even", "odd": "odd"}

FRAMING_OPTIONS = (
    Option("terminator", "auto", choices=tuple(TERMINATORS)),
    Option("idle_gap_ms", "0", least=0, most=5000),
    Option("beep", "none", choices=("none", "bel")),
)
SERIAL_OPTIONS = (
    Option("baud", "9600", choices=BAUDS),
    Option("bits", "8", choices=("7", "8")),
    Option("parity", "none", choices=tuple(PARITIES)),
    Option("stop", "1", choices=("1", "2")),
)
REPLAY_OPTIONS = (Option("pace", "original", choices=("original", "fast")),)


@dataclass(frozen=True, slots=True)
class SerialScanner:
    """``serial:/dev/serial/by-path/...?baud=9600&terminator=cr``."""

    scheme: str = "serial"
    options: Sequence[Option] = (*SERIAL_OPTIONS, *FRAMING_OPTIONS)

    def assemble(self, url: DeviceUrl) -> Assembly:
        """A scanner on the port that the path names at each opening."""
        chosen = url.options(self.options)
        settings = LineSettings(
            baud=int(chosen["baud"]),
            bits=int(chosen["bits"]),
            parity=PARITIES[chosen["parity"]],
            stop=int(chosen["stop"]),
        )
        return _scanner("local", SerialTransport(url.path(), settings), chosen)


@dataclass(frozen=True, slots=True)
class TcpScanner:
    """``tcp://10.0.0.7:4001``: a network scanner, or a serial one behind an Ethernet box."""

    scheme: str = "tcp"
    options: Sequence[Option] = FRAMING_OPTIONS

    def assemble(self, url: DeviceUrl) -> Assembly:
        """A scanner to which we connect as a client."""
        chosen = url.options(self.options)
        host, port = url.host_port()
        return _scanner("network", TcpTransport(host, port), chosen)


@dataclass(frozen=True, slots=True)
class ReplayScanner:
    """``replay:captures/bench-1.trace?pace=fast``: what a scanner once sent, sent again."""

    scheme: str = "replay"
    options: Sequence[Option] = (*REPLAY_OPTIONS, *FRAMING_OPTIONS)

    def assemble(self, url: DeviceUrl) -> Assembly:
        """A scanner that plays a capture once and then ends."""
        chosen = url.options(self.options)
        transport = ReplayTransport(Path(url.path()), paced=chosen["pace"] == "original")
        return _scanner("local", transport, chosen)


def _scanner(reach: Reach, transport: Transport, chosen: dict[str, str]) -> Assembly:
    terminators = TERMINATORS[chosen["terminator"]]
    idle_gap_ms = int(chosen["idle_gap_ms"]) or None
    if not terminators and idle_gap_ms is None:
        remedy = "without a terminator silence must end a code: add idle_gap_ms=80"
        raise InvalidInput("url.idle_gap_ms", chosen["idle_gap_ms"], remedy)
    diagnosis = Diagnosis()

    def connect(origins: Origins) -> BarcodeConnection:
        return BarcodeConnection(
            origins,
            LineFramer(terminators, FRAME_BYTES_MAX + AIM_ID_BYTES, idle_gap_ms),
            diagnosis,
            patience_ms=min(idle_gap_ms or PATIENCE_MS, PATIENCE_MS),
            bell=chosen["beep"] == "bel",
        )

    return Assembly(KIND, reach, transport, connect, diagnosis.counters)
