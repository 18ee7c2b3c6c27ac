"""Two ways from a scanner to the loop.

``SerialScanner`` hangs on the site's own machine: bytes go through the product's framer and
connection, in chunks of any size; when the process dies, what it had read and not yet recorded is
gone, and the next opening of the line is a new connection.

``DistantScanner`` hangs on another box that keeps each read until it hears of its verdict: it
sends one after the other, again after a crash of the site, and sometimes one too many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from devices.barcode.connection import BarcodeConnection, Diagnosis
from devices.barcode.framing import LineFramer
from devices.connection import Moment, Origins
from edge.clock import ManualClock
from edge.errors import StoreError
from edge.facts import BarcodeRead, Origin
from edge.service.intake import scan_of_read
from edge.service.outcome import Outcome
from tallydock.fuzz.dice import Dice
from tallydock.fuzz.promises import Promises
from tallydock.fuzz.site import Site, Told

KEPT_MAX = 8
ENDS = (b"\r", b"\n", b"\r\n")


class Scanner(Protocol):
    """Somebody's scanner at a station."""

    def scan(self, text: str) -> None:
        """The trigger is pulled on a symbol."""
        ...

    def carry_on(self, *, calm: bool = False) -> None:
        """A little time passed: bytes move, reads are sent; when ``calm``, none more than once."""
        ...

    def site_died(self) -> None:
        """The site's process ended; a new one runs."""
        ...

    def site_set_back(self) -> None:
        """A backup was restored: reads that were judged since then are not copies any more."""
        ...

    @property
    def idle(self) -> bool:
        """Nothing is on its way any more."""
        ...


class SerialScanner:
    """See the module's docstring."""

    def __init__(
        self, device: str, site: Site, promises: Promises, clock: ManualClock, dice: Dice
    ) -> None:
        self._device, self._site, self._promises = device, site, promises
        self._clock, self._dice = clock, dice
        self._end = dice.pick(ENDS)
        self._wire = bytearray()
        self._opened = 0
        self._open()

    def _open(self) -> None:
        self._opened += 1
        origins = Origins(self._device, f"{self._device}/{self._opened}")
        self._connection = BarcodeConnection(origins, LineFramer(("cr", "lf")), Diagnosis())

    def scan(self, text: str) -> None:
        """The bytes of one frame wait in the kernel."""
        self._wire += text.encode() + self._end

    def carry_on(self, *, calm: bool = False) -> None:
        """The driver's thread reads a chunk of any size."""
        if not self._wire:
            return
        size = self._dice.pick((1, self._dice.between(1, len(self._wire)), len(self._wire)))
        chunk = bytes(self._wire[:size])
        del self._wire[:size]
        at_ns = self._clock.monotonic_ns()
        for read in self._connection.receive(chunk, Moment(self._clock.now_us(), at_ns, at_ns)):
            self._site.post(scan_of_read(read, self._site.settings), self._promises.told)

    def site_died(self) -> None:
        """Half a frame and all that was not recorded is gone; the kernel may flush as well."""
        self._connection.lost()
        if self._dice.happens(0.5):
            self._wire.clear()
        elif self._end not in self._wire or self._dice.happens(0.5):
            del self._wire[: self._wire.find(self._end) + len(self._end)]
        self._open()

    def site_set_back(self) -> None:
        """Nothing is kept that could be sent again."""

    @property
    def idle(self) -> bool:
        return not self._wire


class DistantScanner:
    """See the module's docstring."""

    def __init__(
        self, device: str, site: Site, promises: Promises, clock: ManualClock, dice: Dice
    ) -> None:
        self._device, self._site, self._promises = device, site, promises
        self._clock, self._dice = clock, dice
        self._sequence = 0
        self._connection = 1
        self._unheard: dict[int, BarcodeRead] = {}
        self._heard: deque[BarcodeRead] = deque(maxlen=KEPT_MAX)
        self._in_flight = False

    def scan(self, text: str) -> None:
        """A read that is kept until its verdict is heard; some are broken, some sent twice."""
        self._keep(text, again=False)
        if self._dice.happens(0.03):
            self._keep(text, again=True)

    def _keep(self, text: str, *, again: bool) -> None:
        self._sequence += 1
        origin = Origin(
            device=self._device, connection=f"{self._device}/{self._connection}",
            sequence=self._sequence, at_us=self._clock.now_us(),
            monotonic_ns=self._clock.monotonic_ns(),
        )  # fmt: skip
        fault = "checksum" if self._dice.happens(0.01) else None
        read = BarcodeRead(
            origin=origin, raw=text.encode(), data=text, fault=fault, retransmit=again,
            symbology=text[:3] if text.startswith("]") else None,
        )  # fmt: skip
        self._unheard[self._sequence] = read

    def carry_on(self, *, calm: bool = False) -> None:
        """One read at a time, so that no later one overtakes it; now and then one too many."""
        again = not calm and self._dice.happens(0.03)
        if self._unheard and (again or not self._in_flight):
            sequence, read = next(iter(self._unheard.items()))
            self._in_flight = True
            self._send(read, self._teller(sequence))
        if self._heard and not calm and self._dice.happens(0.05):
            for read in list(self._heard)[-self._dice.between(1, KEPT_MAX) :]:
                self._send(read, self._promises.told)
        if not self._unheard and not calm and self._dice.happens(0.01):
            self._reopen()

    def _send(self, read: BarcodeRead, told: Told) -> None:
        self._site.post(scan_of_read(read, self._site.settings), told)

    def _teller(self, sequence: int) -> Callable[[Outcome], None]:
        def told(outcome: Outcome) -> None:
            self._promises.told(outcome)
            self._in_flight = False
            if isinstance(outcome.error, StoreError):
                return
            if (read := self._unheard.pop(sequence, None)) is not None:
                self._heard.append(read)

        return told

    def _reopen(self) -> None:
        """The box opened its line anew; it numbers from 1 again."""
        self._connection += 1
        self._sequence = 0
        self._heard.clear()

    def site_died(self) -> None:
        """What was not heard of goes out again."""
        self._in_flight = False

    def site_set_back(self) -> None:
        """Forget what was heard of."""
        self._heard.clear()

    @property
    def idle(self) -> bool:
        return not self._unheard
