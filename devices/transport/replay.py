"""A captured line: plays what a device once sent, with the pauses that were between.

The file holds lines of devices/trace.py; blank lines and lines that begin with ``#`` are skipped,
what was once sent to the device is skipped as well. At the end LineEnded is raised,
which tells the supervisor not to begin anew.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

from devices.trace import Chunk, parse_chunk
from devices.transport.line import LineEnded, Waker
from edge.errors import DeviceError, InvalidInput


class ReplayTransport:
    """Plays ``path``; with ``paced`` False without pauses, which suits framing by terminators."""

    def __init__(self, path: Path, *, paced: bool = True) -> None:
        self._path = path
        self._paced = paced
        self._left: deque[tuple[int, bytes]] = deque()
        self._waker = Waker()

    def open(self) -> None:
        """Read the whole capture; LineEnded when a line is none."""
        try:
            text = self._path.read_text(encoding="ascii", errors="backslashreplace")
        except OSError as error:
            raise DeviceError("no_device", f"give a file that can be read: {error}") from error
        lines = (line.strip() for line in text.splitlines())
        try:
            chunks = [parse_chunk(line) for line in lines if line and not line.startswith("#")]
        except InvalidInput as error:
            raise LineEnded("bad_capture", str(error)) from error
        self._left = deque(_pauses([chunk for chunk in chunks if chunk.direction == "<"]))

    def read(self, wait_ms: int) -> bytes:
        """The next chunk when its pause is over."""
        if not self._left:
            raise LineEnded("ended", "the capture has been played to its end")
        pause_ms, data = self._left[0]
        if self._paced and pause_ms > wait_ms:
            self._waker.readable(None, wait_ms)
            self._left[0] = (pause_ms - wait_ms, data)
            return b""
        if self._paced:
            self._waker.readable(None, pause_ms)
        self._left.popleft()
        return data

    def write(self, data: bytes) -> None:
        """Nobody is there to take ``data``."""

    def wake(self) -> None:
        """End a waiting ``read``."""
        self._waker.wake()

    def close(self) -> None:
        """Forget what was left to play."""
        self._left.clear()


def _pauses(chunks: list[Chunk]) -> list[tuple[int, bytes]]:
    """Each chunk's bytes behind the pause before it (ms); a clock set back is no pause."""
    times = [chunk.at_us for chunk in chunks]
    earlier = [*times[:1], *times[:-1]]
    return [
        (max(0, (chunk.at_us - before) // 1000), chunk.data)
        for chunk, before in zip(chunks, earlier, strict=True)
    ]
