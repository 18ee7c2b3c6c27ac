"""``simulate packer``: a packer at a station of a running site, with a scanner in the hand.

Told on the way, one object a line with ``--json``: {"scan", "why", "verdict", "seq"} for each scan
that has its verdict, {"trouble", "remedy"} when the scanner or the site is not there, and at the
end the tally.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Protocol

from edge.clock import Clock
from edge.errors import DeviceError
from edge.ids import Chance
from simulators.bench_view import BenchView
from simulators.control import NOT_SENT, SENT
from simulators.packer import Packer, Person
from simulators.packer_actions import Done, Heard, Scan, TakeBack, Tally

TROUBLE_WAIT_MS = 500
MS_A_SECOND = 1_000

Write = Callable[[str], None]


class Scanner(Protocol):
    """The scanner in the packer's hand."""

    def scan(self, text: str) -> str:
        """``sent`` once the code is through; DeviceError when the scanner is not there."""
        ...

    def take_back(self) -> bool:
        """The screen shows nothing of the last scan: whether it counts as not sent."""
        ...


class PackerProgram:
    """Lets one packer work; ``speed`` 2.0 means pauses half as long as a person's."""

    def __init__(
        self,
        person: Person,
        view: BenchView,
        scanner: Scanner,
        *,
        speed: float,
        write: Write,
        json_lines: bool,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._packer = Packer(person, view, chance, self._hear)
        self._scanner = scanner
        self._speed = speed
        self._write = write
        self._json_lines = json_lines
        self._clock = clock
        self._trouble = ""

    @property
    def tally(self) -> Tally:
        """What was done so far."""
        return self._packer.tally

    def run(self, stopping: threading.Event) -> str:
        """Work until done or stopped; the reason for the end."""
        reason = "stopped"
        while not stopping.is_set():
            try:
                action = self._packer.step(self._clock.monotonic_ns())
                self._trouble = ""
            except DeviceError as error:
                self._complain(error)
                stopping.wait(TROUBLE_WAIT_MS / MS_A_SECOND)
                continue
            if isinstance(action, Done):
                reason = action.reason
                break
            if isinstance(action, TakeBack):
                stopping.wait(self._take_back() / MS_A_SECOND)
                continue
            stopping.wait(action.pause_ms / MS_A_SECOND / self._speed)
            if isinstance(action, Scan) and not stopping.is_set():
                self._pull_trigger(action)
        self._tell_end(reason)
        return reason

    def _pull_trigger(self, action: Scan) -> None:
        try:
            answer = self._scanner.scan(action.code)
        except DeviceError as error:
            self._complain(error)
            if error.reason == NOT_SENT:
                self._packer.unsent()
            else:  # nobody knows whether it was sent: the screen will tell
                self._packer.doubt()
            return
        if answer == SENT:
            self._packer.sent(self._clock.monotonic_ns())
        else:
            self._complain(DeviceError("scanner", answer))
            self._packer.unsent(refused=True)

    def _take_back(self) -> int:
        """Tell the scanner; how long to wait (ms) before looking again."""
        try:
            done = self._scanner.take_back()
        except DeviceError as error:
            self._complain(error)
            return TROUBLE_WAIT_MS
        self._packer.taken_back(done, self._clock.monotonic_ns())
        self._tell({"taken_back": done}, f"nothing is seen of the scan; taken back: {done}")
        return 0

    def _hear(self, heard: Heard) -> None:
        self._tell(
            {"scan": heard.code, "why": heard.why, "verdict": heard.verdict, "seq": heard.seq},
            f"{heard.why}: {heard.code} -> {heard.verdict}",
        )

    def _complain(self, error: DeviceError) -> None:
        """Say what is wrong once, not at each look."""
        if error.reason != self._trouble:
            self._trouble = error.reason
            self._tell({"trouble": error.reason, "remedy": error.remedy}, str(error))

    def _tell_end(self, reason: str) -> None:
        tally = self._packer.tally
        figures: dict[str, object] = {
            "done": reason,
            "orders_closed": tally.orders_closed,
            "scans": tally.scans,
            "again": tally.again,
            "mistakes": dict(tally.mistakes),
            "verdicts": dict(tally.verdicts),
        }
        self._tell(figures, f"{reason}: {tally.orders_closed} orders, {tally.scans} scans")

    def _tell(self, fields: dict[str, object], sentence: str) -> None:
        self._write(json.dumps(fields) if self._json_lines else sentence)
