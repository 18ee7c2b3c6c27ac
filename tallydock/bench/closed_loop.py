"""A client of one route over kept-alive connections that costs little itself.

Each station has a connection and sends its next scan when the last one is answered. Only what
HTTP/1.1 servers of ours send is understood: a status line, headers with Content-Length, a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from edge.clock import Clock
from edge.errors import PeerError
from tallydock.bench.measure import NS_PER_S
from tallydock.bench.workload import Code

ANSWER_WITHIN_S = 60.0


class Station(asyncio.Protocol):
    """One connection; ``done`` is set once it was told to stop, with the error if any."""

    def __init__(self, clock: Clock, token: str, codes: Iterator[Code]) -> None:
        self._clock, self._codes = clock, codes
        self._head = f"Authorization: Bearer {token}\r\n".encode()
        self._transport: asyncio.Transport | None = None
        self._answer = b""
        self._left = self._began_ns = 0
        self.took_ns: list[int] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(PeerError(f"the server hung up: {exc}"))

    def begin(self, scans: int) -> None:
        """Send so many scans, one after the other."""
        self.done = asyncio.get_running_loop().create_future()
        self._left = scans
        self._next()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._answer = b""
        self.took_ns.append(self._clock.monotonic_ns() - self._began_ns)
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(PeerError(f"{head[:40]!r} {body[:200]!r}"))
            return
        self._next()

    def _next(self) -> None:
        if self._left == 0:
            self.done.set_result(None)
            return
        assert self._transport is not None
        self._left -= 1
        request = self._request(next(self._codes))
        self._began_ns = self._clock.monotonic_ns()
        self._transport.write(request)

    def _request(self, code: Code) -> bytes:
        body = msgspec.json.encode({"data": code.data, "symbology": code.symbology})
        return (
            f"POST /api/v1/stations/{code.station}/scans HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        ).encode() + self._head + b"\r\n" + body  # fmt: skip


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


class Crew:
    """All stations at one server; ``took_ns`` are the times of every answer."""

    def __init__(self, clock: Clock, stations: Sequence[Station]) -> None:
        self._clock, self._stations = clock, stations

    @classmethod
    async def at(
        cls, port: int, clock: Clock, token: str, queues: Sequence[Iterator[Code]]
    ) -> Crew:
        """A station for each of ``queues``, connected to 127.0.0.1."""
        loop = asyncio.get_running_loop()
        stations = []
        for codes in queues:
            _, station = await loop.create_connection(
                partial(Station, clock, token, codes), "127.0.0.1", port
            )
            stations.append(station)
        return cls(clock, stations)

    async def scan(self, scans: int) -> float:
        """Scans a second while each station sends its share of ``scans``."""
        share = scans // len(self._stations)
        began_ns = self._clock.monotonic_ns()
        for station in self._stations:
            station.begin(share)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await asyncio.gather(*(station.done for station in self._stations))
        except TimeoutError as error:
            raise PeerError(f"no answer within {ANSWER_WITHIN_S:g} s") from error
        took_ns = self._clock.monotonic_ns() - began_ns
        return share * len(self._stations) * NS_PER_S / took_ns

    @property
    def took_ns(self) -> list[int]:
        """The time of every answer so far."""
        return [took for station in self._stations for took in station.took_ns]

    def close(self) -> None:
        """Hang up everywhere."""
        for station in self._stations:
            station.close()
