"""Where one scan ends and the next begins, on a line that carries only bytes.

A scanner ends its frame with CR, LF, CR LF, ETX (after a leading STX) or TAB, or with nothing but
silence. Chunks say nothing: a frame may come byte by byte, and one chunk may hold three frames.

What holds, whatever the chunks are:

- Two frames are never glued and none is split. Bytes of a frame whose end was lost come out as
  a frame with the fault ``cut`` when an STX proves it, and are counted when the plug was pulled.
- A frame longer than the limit is one frame with the fault ``too_long``, as soon as it is too
  long; the rest of it, up to its end, is skipped.
- When silence is the only end and nobody listened for as long as that silence (the thread was
  held up), frames may have run together in the kernel. They come out as one frame with the fault
  ``overrun``: a scan that must be made again is better than a code that nobody scanned.
- A frame without bytes is noise: no frame, but counted.

One tolerance: where CR ends a frame, one LF right behind it belongs to that end; where LF does,
one CR right before it. So a scanner set to CR LF works with each of the three settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

FRAME_BYTES_MAX = 7089  # digits in the largest QR code (ISO/IEC 18004 table 7, version 40-L)

Terminator = Literal["cr", "lf", "crlf", "etx", "tab"]

ENDS: dict[Terminator, bytes] = {
    "cr": rb"\r\n?",  # first, so that CR LF is one end
    "lf": rb"\r?\n",
    "crlf": rb"\r\n",
    "etx": rb"\x03",
    "tab": rb"\t",
}
STX = b"\x02"
CR, LF = b"\r", b"\n"
NANOSECONDS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes between two ends. ``fault``: why they are no code (too_long, cut, overrun)."""

    data: bytes
    fault: str | None = None


@dataclass(slots=True)
class _Open:
    """The frame that has begun, if any."""

    buffer: bytearray = field(default_factory=bytearray)
    last_ns: int | None = None
    after_cr: bool = False  # the last byte was a CR that ended a frame
    skipping: bool = False  # the rest of a frame that was too long is on its way
    doubtful: bool = False  # the buffer may hold more than one frame


class LineFramer:
    """Cuts a stream of bytes into frames. Sans-IO; times are monotonic nanoseconds.

    ``noise`` counts the ends that had no bytes before them.
    """

    def __init__(
        self,
        terminators: Iterable[Terminator],
        max_frame_bytes: int = FRAME_BYTES_MAX,
        idle_gap_ms: int | None = None,
    ) -> None:
        wanted = frozenset(terminators)
        if not wanted and idle_gap_ms is None:
            raise ValueError("frames need an end: a terminator or an idle gap")
        marks = [mark for name, mark in ENDS.items() if name in wanted]
        if "etx" in wanted:
            marks.append(STX)
        self._marks = re.compile(b"|".join(marks)) if marks else None
        self._cr_may_be_end = "lf" in wanted or "crlf" in wanted
        self._max = max_frame_bytes
        self._gap_ns = None if idle_gap_ms is None else idle_gap_ms * NANOSECONDS_PER_MS
        self.noise = 0
        self._open = _Open()

    def receive(self, data: bytes, at_ns: int, since_ns: int | None = None) -> list[Frame]:
        """Take bytes that came later than ``since_ns`` and not later than ``at_ns``.

        Without ``since_ns`` they came at ``at_ns``.
        """
        frames = self._look_for_silence(at_ns, at_ns if since_ns is None else since_ns)
        self._open.last_ns = at_ns
        if self._open.after_cr and data:
            self._open.after_cr = False
            data = data.removeprefix(LF)
        unseen = max(0, len(self._open.buffer) - 1)  # a CR before it may be half of CR LF
        self._open.buffer += data
        frames += self._split(unseen)
        frames += self._check_length()
        return frames

    def tick(self, at_ns: int) -> list[Frame]:
        """Nothing came up to ``at_ns``: end the frame if that is the silence it waits for."""
        return self._end_by_silence() if self._is_silence(at_ns) else []

    def reset(self) -> int:
        """The line is gone: forget what was begun, and say how many bytes that were."""
        discarded = len(self._open.buffer)
        self._open = _Open()
        return discarded

    def _is_silence(self, until_ns: int) -> bool:
        """Whether the line, quiet up to ``until_ns``, was quiet for long enough to end a frame."""
        last_ns = self._open.last_ns
        return (
            self._gap_ns is not None and last_ns is not None and until_ns - last_ns >= self._gap_ns
        )

    def _look_for_silence(self, at_ns: int, since_ns: int) -> list[Frame]:
        if self._is_silence(since_ns):
            return self._end_by_silence()
        if self._gap_ns is not None and at_ns - since_ns >= self._gap_ns:
            self._open.doubtful = True
        return []

    def _end_by_silence(self) -> list[Frame]:
        piece, doubtful = bytes(self._open.buffer), self._open.doubtful
        self._open.buffer.clear()
        self._open.doubtful = False
        if not piece and not self._open.skipping:
            return []
        return self._end(piece, "overrun" if doubtful else None)

    def _split(self, unseen: int) -> list[Frame]:
        """Take every finished frame out of the buffer; marks begin at ``unseen`` or later."""
        if self._marks is None:
            return []
        frames: list[Frame] = []
        start = 0
        for mark in self._marks.finditer(self._open.buffer, unseen):
            piece = bytes(self._open.buffer[start : mark.start()])
            frames += self._begin(piece) if mark.group() == STX else self._end(piece)
            start = mark.end()
            self._open.doubtful = False
            self._open.after_cr = mark.group() == CR and start == len(self._open.buffer)
        del self._open.buffer[:start]
        return frames

    def _end(self, piece: bytes, fault: str | None = None) -> list[Frame]:
        if self._open.skipping:
            self._open.skipping = False
            return []
        if not piece:
            self.noise += 1
            return []
        if len(piece) > self._max:
            return [Frame(piece[: self._max], "too_long")]
        return [Frame(piece, fault)]

    def _begin(self, piece: bytes) -> list[Frame]:
        """An STX came; what stands before it lost its end, or is CR LF behind the last ETX."""
        if not self._open.skipping and not piece.strip(CR + LF) and len(piece) <= self._max:
            return []
        return self._end(piece, "cut")

    def _check_length(self) -> list[Frame]:
        open_end = self._cr_may_be_end and self._open.buffer.endswith(CR)
        if self._open.skipping:
            self._open.buffer[:] = CR if open_end else b""
            return []
        if len(self._open.buffer) - open_end <= self._max:
            return []
        frame = Frame(bytes(self._open.buffer[: self._max]), "too_long")
        self._open.buffer[:] = CR if open_end else b""
        self._open.skipping = True
        return [frame]
