"""What the supervisor asks of any line, and how a reading thread is woken from outside.

Every failure is a DeviceError whose ``reason`` is a row of devices/health.py, so that what a
person must do does not depend on which kernel driver found which error number.
"""

from __future__ import annotations

import os
import select
from typing import Protocol

from edge.errors import DeviceError

READ_BYTES_MAX = 4096
READABLE = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR


class Transport(Protocol):
    """A line that can be opened again after it was lost. One thread opens, reads and closes it.

    ``wake`` alone may be called from any thread at any time, also before ``open`` and
    after ``close``.
    """

    def open(self) -> None:
        """Open the line for us alone; DeviceError when that is not possible."""
        ...

    def read(self, wait_ms: int) -> bytes:
        """Bytes as soon as there are any; empty after ``wait_ms`` without, or after ``wake``.

        DeviceError when the line is gone. With ``retry`` False nothing will ever come again.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send all of ``data``; DeviceError ``stalled`` when the far end does not take it."""
        ...

    def wake(self) -> None:
        """Make a ``read`` that waits, or the next one, return at once."""
        ...

    def close(self) -> None:
        """Give the line back; never fails, and twice is as good as once."""
        ...


class LineEnded(DeviceError):
    """Nothing will ever come from this line again, so it is not opened again."""

    retry = False


class Waker:
    """Waits for a descriptor, and lets another thread end the wait."""

    def __init__(self) -> None:
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def readable(self, descriptor: int | None, wait_ms: int) -> bool:
        """Whether ``descriptor`` has bytes, an end or an error within ``wait_ms``.

        ``wake`` ends the wait early and is used up by it. Without a descriptor it only waits.
        """
        poll = select.poll()
        poll.register(self._wake_r, select.POLLIN)
        if descriptor is not None:
            poll.register(descriptor, READABLE)
        ready = {number for number, _ in poll.poll(wait_ms)}
        if self._wake_r in ready:
            os.read(self._wake_r, READ_BYTES_MAX)
        return descriptor in ready

    def wake(self) -> None:
        """End the present or the next wait."""
        try:
            os.write(self._wake_w, b"\0")
        except BlockingIOError:
            return  # the pipe is full of earlier wakes: the next wait will end all the same

    def __del__(self) -> None:
        # The pipe lives as long as the transport, not as long as one opening: a wake that comes
        # late must never hit a descriptor that the system has since given to someone else.
        os.close(self._wake_r)
        os.close(self._wake_w)
