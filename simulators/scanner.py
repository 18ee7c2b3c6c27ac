"""What a barcode scanner does with a symbol: bytes with their dress, each at its time.

Sans-IO: a text goes in, a schedule of bytes comes out. A UART frame is ten bits a byte (start,
eight data, stop), so at 9600 baud a byte takes 1.04 ms; a pseudo-terminal enforces no baud rate,
hence the schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

from edge.errors import InvalidInput
from simulators.numbers import GS, is_gtin

Suffix = Literal["cr", "lf", "crlf", "etx", "tab", "none"]
AimMode = Literal["as_given", "on", "off"]

SUFFIXES: dict[Suffix, bytes] = {
    "cr": b"\r",
    "lf": b"\n",
    "crlf": b"\r\n",
    "etx": b"\x03",
    "tab": b"\t",
    "none": b"",
}
AIM_MODES: tuple[AimMode, ...] = get_args(AimMode)
STX = b"\x02"
BITS_A_BYTE = 10
NANOSECONDS_A_SECOND = 1_000_000_000
CODE_BYTES_MAX = 7089  # digits in the largest QR code
GS_AS_TYPED = "<GS>"
IDLE_GAP_MS = 80
AIM_ID_LENGTH = 3
ELEMENT_STRING_WITH_GTIN = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that have left the scanner ``due_ns`` after it began to send."""

    due_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Scanner:
    """A scanner as it was set up.

    ``aim``: whether it puts the AIM identifier before the data. ``as_given`` sends what the label's
    text has, ``on`` adds one where the text has none, ``off`` takes it away.
    """

    baud: int = 9600
    suffix: Suffix = "cr"
    aim: AimMode = "as_given"

    def text(self, symbol: str) -> str:
        """The text that is sent for ``symbol``; InvalidInput when no scanner could send it."""
        text = self._dress(symbol)
        data = text.encode()
        ends = SUFFIXES[self.suffix] + (STX if self.suffix == "etx" else b"")
        if not symbol:
            raise InvalidInput("code", symbol, "give at least one character")
        if any(byte in data for byte in ends):
            raise InvalidInput("code", symbol, "leave out the bytes that begin or end a code")
        if len(data) > CODE_BYTES_MAX + AIM_ID_LENGTH:
            raise InvalidInput("code", symbol, f"give at most {CODE_BYTES_MAX} bytes")
        return text

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """The schedule for ``text``. What ends the code comes as one piece.

        Were CR and LF apart, a reader that dies between them would have taken a whole code
        of which a byte is left, and nobody could say whether it was received.
        """
        head = STX if self.suffix == "etx" else b""
        data = head + text.encode()
        single = [data[at : at + 1] for at in range(len(data))]
        if SUFFIXES[self.suffix]:
            single.append(SUFFIXES[self.suffix])
        byte_ns = BITS_A_BYTE * NANOSECONDS_A_SECOND // self.baud
        pieces, sent = [], 0
        for part in single:
            sent += len(part)
            pieces.append(Piece(sent * byte_ns, part))
        return tuple(pieces)

    def url(self, path: str) -> str:
        """The device URL by which this scanner is read at ``path``."""
        url = f"serial:{quote(path)}?baud={self.baud}&terminator={self.suffix}"
        return f"{url}&idle_gap_ms={IDLE_GAP_MS}" if self.suffix == "none" else url

    @property
    def rest_ms(self) -> int:
        """How long the line must be quiet before the next code."""
        return 2 * IDLE_GAP_MS if self.suffix == "none" else 0

    def _dress(self, symbol: str) -> str:
        has_id = symbol.startswith("]") and len(symbol) > AIM_ID_LENGTH
        if self.aim == "off":
            return symbol[AIM_ID_LENGTH:] if has_id else symbol
        if self.aim == "on" and not has_id:
            return aim_identifier(symbol) + symbol
        return symbol


def aim_identifier(symbol: str) -> str:
    """The AIM identifier (ISO/IEC 15424) of the symbol in which such a text is usually printed."""
    if is_gtin(symbol):
        return {8: "]E4", 14: "]I1"}.get(len(symbol), "]E0")
    carries_gtin = symbol.startswith("01") and is_gtin(symbol[2:ELEMENT_STRING_WITH_GTIN])
    carries_sscc = symbol.startswith("00") and len(symbol) == 20 and symbol.isdigit()
    if GS in symbol or carries_gtin or carries_sscc:
        return "]C1"
    return "]C0"


def from_typed(line: str) -> str:
    """The text that a typed line stands for: ``<GS>`` is U+001D."""
    return line.rstrip("\r\n").replace(GS_AS_TYPED, GS)


def to_typed(text: str) -> str:
    """The line that stands for ``text``."""
    return text.replace(GS, GS_AS_TYPED)
