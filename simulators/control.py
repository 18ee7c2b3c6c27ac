"""The scanner's trigger for other programs: a Unix socket that takes one code a line.

``<GS>`` in a line stands for U+001D. Each line is answered with one line, in order: ``sent`` after
a reader took the code's last byte, ``refused: why`` when no scanner could send it, ``stopped``
when the simulator ends before. A client that leaves early does not take its code back.

Two lines are no codes: ``<COUNT>`` asks how many codes the transcript holds; ``<TAKE-BACK>N`` says
that the station's screen shows nothing of the code after the first N, and is answered with ``taken
back`` or, if only the system that reads the scanner can have lost it, with ``kept``.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import DeviceError, InvalidInput
from simulators.scanner import from_typed, to_typed

SENT = "sent"
STOPPED = "stopped"
NOT_SENT = "no_scanner"
COUNT = "<COUNT>"
TAKE_BACK = "<TAKE-BACK>"
TAKEN_BACK = "taken back"
KEPT = "kept"
LOOK_S = 0.2
ANSWER_BYTES_MAX = 65_536

Trigger = Callable[[str], str]


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for ``path`` that fits a socket address (108 bytes), however deep the folder is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class ControlSocket:
    """Listens at ``path`` and hands each code to ``trigger``, which waits and gives the answer."""

    def __init__(self, path: Path, trigger: Trigger) -> None:
        self._path = path
        self._trigger = trigger
        self._stopping = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, name="control", daemon=True)]

    def start(self) -> None:
        """Listen; InvalidInput when another simulator has this path."""
        if _answers(self._path):
            self._listener.close()
            raise InvalidInput("link", str(self._path), "end the other simulator that runs there")
        self._path.unlink(missing_ok=True)
        with _short(self._path) as name:
            self._listener.bind(name)
        self._listener.listen()
        self._listener.settimeout(LOOK_S)
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening, end every client, remove the socket."""
        self._stopping.set()
        self._path.unlink(missing_ok=True)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return  # closed
            with self._lock:
                self._clients.add(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines, suppress(OSError):
            for line in lines:
                answer = self._trigger(from_typed(line.decode("utf-8", "replace")))
                client.sendall(f"{answer}\n".encode())
        with self._lock:
            self._clients.discard(client)


class RemoteTrigger:
    """A client of a ControlSocket; connects when it is first needed, and again after a loss."""

    def __init__(self, path: Path, stopping: threading.Event) -> None:
        self._path = path
        self._stopping = stopping
        self._socket: socket.socket | None = None
        self._count = "0"  # of the transcript's codes before the last scan

    def scan(self, text: str) -> str:
        """Have ``text`` scanned, however long that takes; the answer.

        DeviceError ``no_scanner``: nothing was sent. ``lost_scanner``: the scanner went away, or
        ``stopping`` was set, and nobody knows whether the code was sent.
        """
        try:
            self._count = self._ask(COUNT)
        except OSError as error:
            self.close()
            raise DeviceError(NOT_SENT, f"start the scanner at {self._path}") from error
        try:
            return self._ask(to_typed(text))
        except OSError as error:
            self.close()
            raise DeviceError("lost_scanner", "look at the station") from error

    def take_back(self) -> bool:
        """Say that the screen shows nothing of the last scan; whether it counts as not sent.

        DeviceError ``no_scanner``: nobody is there to hear it; say it again later.
        """
        try:
            return self._ask(f"{TAKE_BACK}{self._count}") == TAKEN_BACK
        except OSError as error:
            self.close()
            raise DeviceError(NOT_SENT, f"start the scanner at {self._path}") from error

    def close(self) -> None:
        """Leave; the next scan connects anew."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, line: str) -> str:
        if self._socket is None:
            self._socket = _connect(self._path)
        connected = self._socket
        connected.sendall(f"{line}\n".encode())
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < ANSWER_BYTES_MAX:
            try:
                part = connected.recv(ANSWER_BYTES_MAX)
            except TimeoutError:
                if self._stopping.is_set():
                    raise
                continue
            if not part:
                raise ConnectionResetError
            answer += part
        return answer.decode().rstrip("\n")


def _connect(path: Path) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.settimeout(LOOK_S)
        with _short(path) as name:
            connected.connect(name)
    except OSError:
        connected.close()
        raise
    return connected


def _answers(path: Path) -> bool:
    try:
        _connect(path).close()
    except OSError:
        return False
    return True
