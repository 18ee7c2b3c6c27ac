"""Lines for the contract suite: a far end that the test plays, behind the real transports."""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from devices.trace import Chunk, format_chunk
from simulators.pty_line import PtyLine

WRITE_WAIT_MS = 50
START_US = 1_790_000_000_000_000


class FarEnd(Protocol):
    """A device that the test plays. ``target`` is the part of the URL before the options."""

    target: str

    def plug(self) -> None: ...

    def unplug(self) -> None: ...

    def feed(self, chunks: Sequence[bytes]) -> None:
        """Send; returns when the line has taken everything."""
        ...

    def close(self) -> None: ...


class SerialFarEnd:
    """A pseudo-terminal behind a symbolic link, as udev makes one for a port path."""

    def __init__(self, folder: Path) -> None:
        self._line = PtyLine(folder / "port")
        self.target = f"serial:{folder / 'port'}"

    def plug(self) -> None:
        self._line.plug()

    def unplug(self) -> None:
        self._line.unplug()

    def feed(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            left = chunk
            while left:
                left = left[self._line.write(left, WRITE_WAIT_MS) :]

    def close(self) -> None:
        self._line.unplug()


class TcpFarEnd:
    """A serial-to-Ethernet box: one client at a time, all others are refused."""

    def __init__(self, folder: Path) -> None:
        del folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port: int = probe.getsockname()[1]
        self.target = f"tcp://127.0.0.1:{self._port}"
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None

    def plug(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=0)

    def unplug(self) -> None:
        for end in (self._client, self._listener):
            if end is not None:
                end.close()
        self._client = self._listener = None

    def feed(self, chunks: Sequence[bytes]) -> None:
        self.accept().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for chunk in chunks:
            self.accept().sendall(chunk)

    def accept(self) -> socket.socket:
        """The one client; from here on nobody listens."""
        if self._client is None:
            assert self._listener is not None
            assert select.select([self._listener], [], [], 10)[0], "nobody connected"
            self._client, _ = self._listener.accept()
            self._listener.close()
        return self._client

    def close(self) -> None:
        self.unplug()


class ReplayFarEnd:
    """A capture; what is fed must be fed before the device is opened."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "capture.trace"
        self.target = f"replay:{self._file}"
        self._file.write_text("# nothing yet\n")

    def plug(self) -> None:
        pass

    def unplug(self) -> None:
        pass

    def feed(self, chunks: Sequence[bytes]) -> None:
        lines = [
            format_chunk(Chunk(START_US + at, "<", chunk))
            for at, chunk in enumerate(chunks)
            if chunk
        ]
        self._file.write_text("".join(f"{line}\n" for line in lines))

    def close(self) -> None:
        pass
