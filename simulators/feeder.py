"""Sends codes into a line so that each one is counted if and only if a reader got it.

A code counts as sent when all its bytes, its end included, were put into the line and taken out
of it by a reader that had the port open all the while. So, step by step:

1. Wait for a reader. Serial libraries throw the input away when they open a port; a reader is
   trusted once that flush was seen, or when it had the port open for a second without one (a
   terminal program).
2. Write the bytes at their times. If the reader leaves, or flushes, in between: the code is lost.
3. Wait until nothing is unread. A reader that leaves first has lost the code; one that leaves
   afterwards has it, since the bytes were in its memory (whether a process that was killed wrote
   them down is its own affair).
4. A lost code is begun anew for the next reader, after what is left of it was thrown away, so
   that no reader sees a half, a glued or a doubled code.

When silence is what ends a code, a reader must stay for that silence as well.

A reader that takes a code and dies before it wrote it down has lost it for everybody; at this
end that looks like any reader that leaves later. ``abandoned`` says whether the reader of the last
code has left since.
"""

from __future__ import annotations

import threading

from edge.clock import Clock
from simulators.pty_line import LineEvents, PtyLine
from simulators.scanner import NANOSECONDS_A_SECOND, Piece, Scanner

LOOK_S = 0.02
SETTLE_S = 0.05
TRUST_AFTER_NS = NANOSECONDS_A_SECOND
FINISH_WITHIN_NS = 2 * NANOSECONDS_A_SECOND
TAKEN_LOOK_S = 0.002
WRITE_WAIT_MS = 20
NANOSECONDS_A_MS = 1_000_000


class Feeder:
    """One scanner's end of one line; for one thread.

    ``beeps`` counts the BEL characters that readers sent, ``begun_anew`` the codes that were lost
    on a reader and begun again, ``looks`` how often the line was looked at, ``losses`` how often a
    reader left, or threw away what it had not read.
    """

    def __init__(
        self, line: PtyLine, scanner: Scanner, clock: Clock, stopping: threading.Event
    ) -> None:
        self._line = line
        self._scanner = scanner
        self._clock = clock
        self._stopping = stopping
        self._pausing = threading.Event()  # never set: a wait that nothing ends early
        self._trusted = False
        self._present_since_ns: int | None = None
        self.beeps = 0
        self.begun_anew = 0
        self.looks = 0
        self.losses = 0
        self._losses_before = 0

    def send(self, text: str) -> bool:
        """Send ``text`` until a reader has it. False: stopped before, no reader got it whole."""
        pieces = self._scanner.pieces(text)
        while self._await_reader():
            self._losses_before = self.losses
            if self._write(pieces) and self._await_taken():
                return True
            self._line.discard()
            self._trusted = False
            self.begun_anew += 1
        return False

    @property
    def abandoned(self) -> bool:
        """Whether the reader that the last code was sent to has left since."""
        return self.losses > self._losses_before

    def look(self) -> LineEvents:
        """Notice readers that come and go; to be called often, also when nothing is to be sent."""
        events = self._line.events()
        self.looks += 1
        self.beeps += events.data.count(b"\a")
        if events.flushed or (not events.reader and self._present_since_ns is not None):
            self.losses += 1
        if not events.reader:
            self._trusted = False
            self._present_since_ns = None
            return events
        now_ns = self._clock.monotonic_ns()
        if self._present_since_ns is None:
            self._present_since_ns = now_ns
        if events.flushed or now_ns - self._present_since_ns >= TRUST_AFTER_NS:
            self._trusted = True
        return events

    def _await_reader(self) -> bool:
        """Wait for a reader that keeps what it is sent; False when stopped before."""
        while not self._stopping.is_set():
            events = self.look()
            if events.reader and self._trusted and not events.flushed:
                return True
            self._stopping.wait(SETTLE_S if events.flushed else LOOK_S)
        return False

    def _write(self, pieces: tuple[Piece, ...]) -> bool:
        """Put every byte in at its time; False when the reader left or flushed."""
        start_ns = self._clock.monotonic_ns()
        for piece in pieces:
            ahead_ns = start_ns + piece.due_ns - self._clock.monotonic_ns()
            if ahead_ns > 0:
                self._pausing.wait(ahead_ns / NANOSECONDS_A_SECOND)
            left = piece.data
            while left:
                events = self.look()
                if events.flushed or not events.reader or self._late(start_ns + piece.due_ns):
                    return False
                left = left[self._line.write(left, WRITE_WAIT_MS) :]
        return True

    def _await_taken(self) -> bool:
        """Wait until the reader took everything; False when it left or flushed before."""
        written_ns = self._clock.monotonic_ns()
        while not self._late(written_ns):
            unread = self._line.unread()
            events = self.look()  # after the count: a flush that made it zero is seen here
            if events.flushed:
                return False
            if unread == 0:
                return self._rest()
            if not events.reader:
                return False
            self._pausing.wait(TAKEN_LOOK_S)
        return False

    def _rest(self) -> bool:
        """Keep the line quiet where silence ends a code; False when the reader left meanwhile."""
        began_ns = self._clock.monotonic_ns()
        while self._clock.monotonic_ns() - began_ns < self._scanner.rest_ms * NANOSECONDS_A_MS:
            events = self.look()
            if events.flushed or not events.reader:
                return False
            self._pausing.wait(LOOK_S)
        return True

    def _late(self, since_ns: int) -> bool:
        """Whether a code that was begun when the end was asked for takes too long."""
        elapsed_ns = self._clock.monotonic_ns() - since_ns
        return self._stopping.is_set() and elapsed_ns > FINISH_WITHIN_NS
