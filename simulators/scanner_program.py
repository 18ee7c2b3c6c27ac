"""``simulate scanner``: a scanner on a pseudo-terminal, triggered by lines on stdin or a socket.

One thread owns the line and sends one code after the other; stdin and the control socket only
queue. The transcript holds the codes that were sent, in order: a code is in it before its first
byte leaves, and out again if no reader took it; that is settled when its trigger is answered.

A kill leaves one question open: a code that was taken, but whose reader or scanner died then, may
have been recorded or not. Who sees the station's screen knows, and may take the last code back:
the scanner strikes it if it died since, or if its reader left since; else nobody may.
"""

from __future__ import annotations

import json
import os
import queue
import select
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from edge.clock import Clock
from edge.errors import InvalidInput
from simulators.control import (
    COUNT,
    KEPT,
    SENT,
    STOPPED,
    TAKE_BACK,
    TAKEN_BACK,
    ControlSocket,
)
from simulators.feeder import Feeder
from simulators.pty_line import PtyLine
from simulators.scanner import Scanner, from_typed, to_typed
from simulators.transcript import Transcript

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
    serve: Callable[[], str]
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
        self._transcript = Transcript(settings.transcript)
        self._sent_here = False  # whether the last code of the transcript was sent in this life
        # Needs no bound: whoever put a request waits for its answer before the next one.
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._beeps = 0

    def run(self, typed: Iterable[str]) -> None:
        """Be a scanner until stopped; ``typed`` gives codes as lines, and may end early."""
        _check_link(self._link)
        control = ControlSocket(socket_of(self._link), self._ordered)
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
        return self._served(partial(self._scan, text))

    def _ordered(self, line: str) -> str:
        """Serve a line of the control socket."""
        if line == COUNT:
            return self._served(lambda: str(self._transcript.count))
        if line.startswith(TAKE_BACK):
            return self._served(partial(self._take_back, line.removeprefix(TAKE_BACK)))
        return self.trigger(line)

    def _served(self, serve: Callable[[], str]) -> str:
        """Have the line's own thread do it."""
        request = _Request(serve)
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
        request.answer = request.serve()
        request.answered.set()

    def _scan(self, symbol: str) -> str:
        try:
            text = self._settings.scanner.text(symbol)
        except InvalidInput as error:
            self._tell({"refused": symbol, "remedy": error.remedy}, f"refused: {error}")
            return f"refused: {error.remedy}"
        self._transcript.write(text)
        self._sent_here = True
        if not self._feeder.send(text):
            self._transcript.strike()
            return STOPPED
        self._tell({"sent": text}, f"sent {to_typed(text)}")
        return SENT

    def _take_back(self, count: str) -> str:
        """Strike the code after the first ``count``, if that is for others to say (see above)."""
        if str(self._transcript.count) == count:
            return TAKEN_BACK
        last = str(self._transcript.count - 1) == count
        if not last or (self._sent_here and not self._feeder.abandoned):
            return KEPT
        self._transcript.strike()
        self._sent_here = True
        self._tell({"taken_back": count}, f"taken back: the code after the first {count}")
        return TAKEN_BACK

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
