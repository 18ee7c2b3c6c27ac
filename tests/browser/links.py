"""A wire between browser and server that can freeze (nothing moves, nothing ends) or be cut."""

from __future__ import annotations

import asyncio
import contextlib


class Wire:
    """Forwards bytes to ``target``; all methods run on its event loop."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._whole = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def is_open(self) -> bool:
        """Whether new connections are let through."""
        return self._whole

    async def open(self) -> None:
        """Let new connections through."""
        self._whole = True
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1")
            self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections, and new ones as soon as they come."""
        self._whole = False
        for writer in self._ends:
            writer.transport.abort()
        for pump in list(self._pumps):
            pump.cancel()
        while self._pumps:
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Cut, for good."""
        await self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def freeze(self) -> None:
        """Let nothing through, without telling either end."""
        self._flows.clear()

    async def thaw(self) -> None:
        """Let what waited through."""
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward until one end hangs up; then hang up on the other."""
        if not self._whole:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        pumps = {
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        }
        self._ends |= ends
        self._pumps |= pumps
        if self._whole:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.close()
        for pump in pumps:
            pump.cancel()
        self._ends -= ends
        self._pumps -= pumps

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
