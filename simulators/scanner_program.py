"""``simulate scanner``: a scanner on a pseudo-terminal, triggered by lines on stdin or a socket.

One thread owns the line and sends one code after the other; stdin and the control socket only
queue. A code is written into the transcript after a reader took it and before its trigger is
answered, so the transcript holds exactly the codes that were sent, in order.
"""

from __future__ import annotations

import json
import os
import queue
import select
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock import Clock
from edge.errors import InvalidInput
from simulators.control import SENT, STOPPED, ControlSocket
from simulators.feeder import Feeder
from simulators.pty_line import PtyLine
from simulators.scanner import Scanner, from_typed, to_typed

LOOK_S = 0.05
LOOK_MS = 50
TYPED_BYTES_MAX = 65_536

Write = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSettings:
    """What the command line says. ``exit_at_eof``: end after the last typed code was sent."""

    scanner: Scanner
    link: Path
    transcript: Path | None = None
    json_lines: bool = False
    exit_at_eof: bool = False


@dataclass(slots=True)
class _Request:
    text: str
    answer: str = STOPPED
    answered: threading.Event = field(default_factory=threading.Event)


class ScannerProgram:
    """One simulated scanner; ``run`` returns after ``stopping`` was set."""

    def __init__(
        self, settings: ProgramSettings, write: Write, clock: Clock, stopping: threading.Event
    ) -> None:
        self._settings = settings
        self._link = settings.link.absolute()
        self._write = write
        self._stopping = stopping
        self._ended = threading.Event()
        self._line = PtyLine(self._link)
        self._feeder = Feeder(self._line, settings.scanner, clock, stopping)
        # Needs no bound: whoever put a request waits for its answer before the next one.
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._beeps = 0

    def run(self, typed: Iterable[str]) -> None:
        """Be a scanner until stopped; ``typed`` gives codes as lines, and may end early."""
        _check_link(self._link)
        control = ControlSocket(socket_of(self._link), self.trigger)
        control.start()
        typist = threading.Thread(target=self._scan_typed, args=(typed,), name="typed")
        try:
            self._line.plug()
            url = self._settings.scanner.url(str(self._link))
            self._tell({"url": url}, f"reads as {url}")
            typist.start()
            while not self._stopping.is_set():
                self._work()
        finally:
            self._ended.set()
            control.close()
            self._line.unplug()
            if typist.is_alive():
                typist.join()

    def trigger(self, text: str) -> str:
        """Have ``text`` scanned, from any thread; waits for the answer."""
        request = _Request(text)
        self._requests.put(request)
        while not request.answered.wait(LOOK_S) and not self._ended.is_set():
            pass
        return request.answer

    def _work(self) -> None:
        """Send the next code, or look after the line for a moment."""
        self._feeder.look()
        while self._beeps < self._feeder.beeps:
            self._beeps += 1
            self._tell({"heard": "bell"}, "beep")
        try:
            request = self._requests.get(timeout=LOOK_S)
        except queue.Empty:
            return
        request.answer = self._scan(request.text)
        request.answered.set()

    def _scan(self, symbol: str) -> str:
        try:
            text = self._settings.scanner.text(symbol)
        except InvalidInput as error:
            self._tell({"refused": symbol, "remedy": error.remedy}, f"refused: {error}")
            return f"refused: {error.remedy}"
        if not self._feeder.send(text):
            return STOPPED
        if self._settings.transcript is not None:
            with self._settings.transcript.open("a", encoding="utf-8") as transcript:
                transcript.write(json.dumps(text, ensure_ascii=False) + "\n")
        self._tell({"sent": text}, f"sent {to_typed(text)}")
        return SENT

    def _scan_typed(self, typed: Iterable[str]) -> None:
        for line in typed:
            if line.strip() and self.trigger(from_typed(line)) == STOPPED:
                return
        if self._settings.exit_at_eof:
            self._stopping.set()

    def _tell(self, fields: dict[str, str], sentence: str) -> None:
        json_lines = self._settings.json_lines
        self._write(json.dumps(fields) if json_lines else sentence)


def socket_of(link: Path) -> Path:
    """The control socket of the scanner at ``link``."""
    return link.with_name(f"{link.name}.sock")


def _check_link(link: Path) -> None:
    if not link.parent.is_dir():
        raise InvalidInput("link", str(link), "give a path in a folder that exists")
    if link.exists() and not link.is_symlink():
        raise InvalidInput("link", str(link), "something else has this name; choose another")


def typed_lines(descriptor: int, stopping: threading.Event) -> Iterator[str]:
    """Lines of a descriptor until its end or ``stopping``; never stuck in a read."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    rest = b""
    while not stopping.is_set():
        if not poll.poll(LOOK_MS):
            continue
        part = os.read(descriptor, TYPED_BYTES_MAX)
        *lines, rest = (rest + part).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
        if not part:
            break
    if rest:
        yield rest.decode("utf-8", "replace")
