"""The shape that every driver has: bytes in, facts out, and a line that carries the bytes.

    Driver      knows one kind of device; makes an Assembly from a URL
    Assembly    one device: a Transport that can be opened again and again, and a way to make a
                fresh Connection for each opening
    Connection  sans-IO: bytes and moments in, facts and bytes to send out; no port, no clock
    Transport   the thin part that owns a file descriptor (devices/transport/line.py)

The supervisor (devices/supervisor.py) joins them in one thread a device. A Connection that finds
the far end silent for too long raises DeviceError from ``tick``: the supervisor then closes the
line and opens it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from devices.transport.line import Transport
from devices.url import DeviceUrl, Option
from edge.facts import Fact, Origin
from edge.requests import Request

Reach = Literal["local", "network"]


@dataclass(frozen=True, slots=True)
class Moment:
    """When bytes were taken from the line.

    They came later than ``since_ns`` and not later than ``at_ns`` (monotonic). The two are equal
    for a thread that stood waiting for them; they differ after it was busy elsewhere, when
    the kernel held bytes whose true times nobody knows. ``at_us`` is ``at_ns`` as wall time.
    """

    at_us: int
    at_ns: int
    since_ns: int


@dataclass(slots=True)
class Origins:
    """Numbers all facts of one opening of the line from 1, whoever states them."""

    device: str
    connection: str
    _sequence: int = field(default=0, init=False)

    def next(self, moment: Moment) -> Origin:
        """The identity of the next fact."""
        self._sequence += 1
        return Origin(
            device=self.device,
            connection=self.connection,
            sequence=self._sequence,
            at_us=moment.at_us,
            monotonic_ns=moment.at_ns,
        )


class Connection(Protocol):
    """One opening of the line, as the protocol sees it."""

    @property
    def patience_ms(self) -> int:
        """How long a read may wait before ``tick`` is due."""
        ...

    def receive(self, data: bytes, moment: Moment) -> Sequence[Fact]:
        """Take bytes that came; they may hold no frame, a part of one, or many."""
        ...

    def tick(self, moment: Moment) -> Sequence[Fact]:
        """Nothing came for ``patience_ms``; DeviceError means that the line must be reopened."""
        ...

    def request(self, request: Request) -> bytes | None:
        """The bytes that ask for ``request``, or None when the device cannot do it."""
        ...

    def lost(self) -> int:
        """The line is gone: forget a half frame and say how many bytes that were."""
        ...


@dataclass(frozen=True, slots=True)
class Assembly:
    """One device, ready to be opened.

    ``diagnosis`` answers counters that outlive a single opening, for the device's page.
    """

    kind: str
    reach: Reach
    transport: Transport
    connect: Callable[[Origins], Connection]
    diagnosis: Callable[[], Mapping[str, int]]


class Driver(Protocol):
    """Makes devices of one URL scheme. Third parties offer theirs as an entry point."""

    @property
    def scheme(self) -> str:
        """What stands before the first colon of the URL, in lower case."""
        ...

    @property
    def options(self) -> Sequence[Option]:
        """What may stand after ``?`` in the URL."""
        ...

    def assemble(self, url: DeviceUrl) -> Assembly:
        """Build the device; nothing is opened. InvalidInput when the URL does not fit."""
        ...
