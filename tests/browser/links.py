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
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def is_open(self) -> bool:
        """Whether new connections are taken."""
        return self._server is not None

    async def open(self) -> None:
        """Listen; on the same port as before, if there was one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._ends:
            writer.transport.abort()
        for pump in list(self._pumps):
            pump.cancel()
        while self._pumps:
            await asyncio.sleep(0)

    async def freeze(self) -> None:
        """Let nothing through, without telling either end."""
        self._flows.clear()

    async def thaw(self) -> None:
        """Let what waited through."""
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward until one end hangs up; then hang up on the other."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, far_writer}
        pumps = {
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        }
        self._ends |= ends
        self._pumps |= pumps
        if self.is_open:
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
