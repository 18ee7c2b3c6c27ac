"""The last raw bytes of a device, both directions, as lines that a person and a test can use.

One chunk is one line, ``2026-11-25T18:04:27.000001Z < 343030360d  400.``: the time, ``<`` from
the device or ``>`` to it, the bytes in hex, and the same bytes as text with a dot for what cannot
be shown. A capture is a file of such lines, so what a site sends in as a
diagnosis can be played back with ``replay:FILE`` (devices/transport/replay.py).
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from edge.clock import from_rfc3339, rfc3339
from edge.errors import InvalidInput

CHUNKS_MAX = 256

Direction = Literal["<", ">"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that crossed the line together; ``at_us`` is wall time."""

    at_us: int
    direction: Direction
    data: bytes


def format_chunk(chunk: Chunk) -> str:
    """One line of a capture."""
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in chunk.data)
    return f"{rfc3339(chunk.at_us)} {chunk.direction} {chunk.data.hex()}  {text}"


def parse_chunk(line: str) -> Chunk:
    """The chunk that a line of a capture stands for; the text at its end is not looked at."""
    fields = line.split(maxsplit=3)
    try:
        at, direction, data = fields[:3]
        at_us, raw = from_rfc3339(at), bytes.fromhex(data)
    except ValueError as error:
        raise InvalidInput("capture.line", line, "write: TIME < HEX") from error
    if direction == "<":
        return Chunk(at_us, "<", raw)
    if direction == ">":
        return Chunk(at_us, ">", raw)
    raise InvalidInput("capture.line", line, "the direction is < (from the device) or > (to it)")


class Trace:
    """A ring of the last ``chunks_max`` chunks; any thread may add or look."""

    def __init__(self, chunks_max: int = CHUNKS_MAX) -> None:
        self._chunks: deque[Chunk] = deque(maxlen=chunks_max)
        self._lock = threading.Lock()

    def add(self, at_us: int, direction: Direction, data: bytes) -> None:
        """Keep ``data``; the oldest chunk makes room for it."""
        with self._lock:
            self._chunks.append(Chunk(at_us, direction, data))

    def lines(self) -> list[str]:
        """The ring as lines of a capture, oldest first."""
        with self._lock:
            chunks = list(self._chunks)
        return [format_chunk(chunk) for chunk in chunks]
