"""A serial cable made of a pseudo-terminal: one end is ours, the other a path that a program opens.

The path is a symbolic link, so that ``unplug`` and ``plug`` behave as with a USB adapter: the
old port dies in the reader's hand, the link is gone, and later leads to another port.

What a far end can and cannot know. A real cable tells a scanner nothing about the host. A simulator
that must account for every code needs to know what a reader took, and Linux can tell:

- Whether a reader has the port open: our end is hung up while nobody does. We never keep the
  reader's end open ourselves, or this would be lost.
- How many bytes no reader has taken: FIONREAD on its end, opened for a moment. A poll comes
  first, because it makes the kernel move bytes that are still on their way.
- That a reader threw bytes away: serial libraries flush the input right after they open a
  port. Packet mode (ioctl_tty(2), TIOCPKT) reports each flush at our end.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READ_BYTES_MAX = 4096
ON = struct.pack("i", 1)


@dataclass(frozen=True, slots=True)
class LineEvents:
    """What happened at the reader's end since the last look."""

    reader: bool  # somebody has the port open now
    flushed: bool  # somebody threw unread bytes away
    data: bytes  # what the reader sent to us


class PtyLine:
    """One cable. Not for several threads at once, but for ``unplug`` between two calls."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._ours: int | None = None
        self._path = ""

    def plug(self) -> None:
        """Make the port and let the link lead to it; an old link is replaced."""
        self.unplug()
        ours, theirs = os.openpty()
        self._path = os.ttyname(theirs)
        tty.setraw(theirs)
        fcntl.ioctl(ours, termios.TIOCPKT, ON)
        os.set_blocking(ours, False)
        os.close(theirs)  # from here on our end is hung up until a reader comes
        self._ours = ours
        fresh = self.link.with_name(f"{self.link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self._path)
        fresh.replace(self.link)

    def unplug(self) -> None:
        """Pull the plug: a reader gets an error at once, and the path is gone."""
        ours, self._ours = self._ours, None
        if ours is not None:
            self.link.unlink(missing_ok=True)
            os.close(ours)

    @property
    def plugged(self) -> bool:
        """Whether the port exists."""
        return self._ours is not None

    def write(self, data: bytes, wait_ms: int) -> int:
        """Put bytes into the line; how many it took. It takes none for want of room or a plug."""
        if self._ours is None:
            return 0
        poll = select.poll()
        poll.register(self._ours, select.POLLOUT)
        if not poll.poll(wait_ms):
            return 0
        try:
            return os.write(self._ours, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno == errno.EIO:
                return 0  # nobody has the port open
            raise

    def events(self, wait_ms: int = 0) -> LineEvents:
        """Look at the reader's end; wait up to ``wait_ms`` when nothing has happened there."""
        if self._ours is None:
            return LineEvents(reader=False, flushed=False, data=b"")
        poll = select.poll()
        poll.register(self._ours, select.POLLIN | select.POLLPRI)
        poll.poll(wait_ms)
        data, flushed = self._drain(self._ours)
        hung_up = any(event & select.POLLHUP for _, event in poll.poll(0))
        return LineEvents(reader=not hung_up, flushed=flushed, data=data)

    def unread(self) -> int:
        """Bytes that we wrote and that no reader has taken; -1 when there is no port."""
        if self._ours is None:
            return -1
        with self._their_end() as theirs:
            count: int = struct.unpack("i", fcntl.ioctl(theirs, termios.FIONREAD, bytes(4)))[0]
            return count

    def discard(self) -> None:
        """Throw away what no reader has taken, so that a later one does not get it."""
        if self._ours is None:
            return
        with self._their_end() as theirs:
            termios.tcflush(theirs, termios.TCIFLUSH)
        self._drain(self._ours)  # our own flush is no event

    @contextmanager
    def _their_end(self) -> Iterator[int]:
        """The reader's end for a moment, with all bytes that were on their way arrived."""
        theirs = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            poll = select.poll()
            poll.register(theirs, select.POLLIN)
            poll.poll(0)
            yield theirs
        finally:
            os.close(theirs)

    @staticmethod
    def _drain(ours: int) -> tuple[bytes, bool]:
        """Everything that waits at our end: bytes, and whether a flush was reported."""
        data, flushed = bytearray(), False
        while True:
            try:
                packet = os.read(ours, READ_BYTES_MAX)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno == errno.EIO:
                    break  # hung up: nobody has the port open
                raise
            if packet[0] == termios.TIOCPKT_DATA:
                data += packet[1:]
            else:
                flushed = flushed or bool(packet[0] & termios.TIOCPKT_FLUSHREAD)
        return bytes(data), flushed
