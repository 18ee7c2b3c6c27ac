"""The composition root of one site: store, loop, devices, link, API and pages as one process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from api.app import edge_app
from api.application import ApiSettings
from api.metrics import Family, Sample
from api.pages.edge import edge_pages
from api.ports import EdgePorts
from devices.registry import installed
from edge.clock import Clock
from edge.ids import Chance, hex_bits
from edge.journal import queries
from edge.journal.reserve import ReserveFile
from edge.journal.store import EdgeStore
from edge.service.answers import answer_of
from edge.service.board import Board
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from edge.service.thread import LoopThread
from edge.service.wall_view import LinkView
from edge.text.catalogue import Language
from sync.ports import MS
from sync.pump import PumpSettings
from tallydock import __version__
from tallydock.config import EdgeConfig
from tallydock.stores import edge_path
from tallydock.wiring.accounts import StoreAccounts
from tallydock.wiring.answers import StoredAnswers
from tallydock.wiring.device_side import DeviceSide
from tallydock.wiring.edge_ports import (
    LoopAccess,
    LoopCommands,
    LoopPersons,
    StoreReads,
)
from tallydock.wiring.link_side import LinkSide


class EdgeHouse:
    """Everything of one site. ``start`` and ``stop`` in that order; ``app`` serves it."""

    def __init__(self, config: EdgeConfig, data: Path, clock: Clock, chance: Chance) -> None:
        self.config, self.clock, self.chance = config, clock, chance
        self.settings = config.settings()
        path = edge_path(data, config.site.id)
        self.store = EdgeStore(path, config.site.id)
        self.reserve = ReserveFile(path)
        self.loop = EdgeLoop(self.store, self.settings, chance)
        self.heart = self.loop.heart
        self.loop.step([], clock.now_us())
        self.board = Board(
            self.heart, clock, hex_bits(64, chance), __version__, config.site.name or config.site.id
        )
        self.thread = LoopThread(self.loop, clock, self.reserve)
        self.growth = JournalGrowth(self.store.head.seq)
        self.thread.listen(self.board)
        self.thread.listen(self.growth)
        self.devices = DeviceSide(
            {name: device.url for name, device in config.devices.items()},
            installed(), self.thread, self.settings, clock, chance,
        )  # fmt: skip
        self.link = (
            LinkSide(
                config.site.id,
                config.broker,
                path,
                self.thread,
                grew=self.growth.watch(),
                clock=clock,
                chance=chance,
                settings=PumpSettings(
                    app=__version__, hello_jitter_us=config.broker.hello_jitter_ms * MS
                ),
            )
            if config.broker is not None
            else None
        )
        self.ports = self._ports(path)

    def _ports(self, path: Path) -> EdgePorts:
        site, access = self.config.site.id, LoopAccess(self.thread, self.clock)
        self.accounts = StoreAccounts(path, site, access)
        return EdgePorts(
            site=site,
            commands=LoopCommands(self.thread, self.board, self.clock, self.settings, self._answer),
            answers=StoredAnswers(path, site, access, self.clock),
            persons=LoopPersons(self.thread, self.clock),
            accounts=self.accounts,
            reads=StoreReads(path, site),
            growth=self.growth,
            views=HouseViews(self, path),
            health=HouseHealth(self),
            clock=self.clock,
            chance=self.chance,
        )

    def _answer(self, outcome: Outcome, language: Language) -> bytes:
        return answer_of(self.heart, outcome, language)

    def start(self) -> None:
        """Begin to work."""
        self.reserve.take()
        self.thread.start()
        if self.link is not None:
            self.link.start()
        self.devices.start()

    def stop(self) -> None:
        """Finish what waits and close everything."""
        self.devices.stop()
        if self.link is not None:
            self.link.stop()
        self.thread.stop()
        self.accounts.close()
        self.store.close()

    def link_view(self) -> LinkView:
        """How the link to central stands."""
        if self.link is None:
            return LinkView(state="offline", backlog=0, last_ack_at=None, dead_letters=0)
        return self.link.view()

    def letters(self) -> dict[str, int]:
        """How many messages of the link could not be used since the start, by reason."""
        return {} if self.link is None else self.link.letters()

    def app(self, settings: ApiSettings) -> FastAPI:
        """The application; its life is the house's life."""

        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncIterator[None]:
            self.growth.bind(asyncio.get_running_loop())
            await asyncio.to_thread(self.start)
            yield
            await asyncio.to_thread(self.stop)

        pages = edge_pages(
            self.ports,
            self.board,
            name=self.config.site.name or self.config.site.id,
            zone=self.heart.zone,
        )
        return edge_app(self.ports, settings, pages=pages, lifespan=life)


class JournalGrowth:
    """Listener that tells others that the journal grew, on any thread or event loop."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self._loop: asyncio.AbstractEventLoop | None = None
        self._grew = asyncio.Event()
        self._watchers: list[threading.Event] = []

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """The event loop on which ``beyond`` is awaited."""
        self._loop = loop

    def watch(self) -> threading.Event:
        """An event that is set at each growth."""
        watcher = threading.Event()
        self._watchers.append(watcher)
        return watcher

    def committed(self, outcomes: Sequence[Outcome]) -> None:
        """Called by the loop's thread."""
        seqs = [outcome.events[-1].meta.seq for outcome in outcomes if outcome.events]
        if not seqs:
            return
        self.seq = seqs[-1]
        for watcher in self._watchers:
            watcher.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def disk(self, ok: bool) -> None:
        """Nothing grows while the disk fails."""

    def _wake(self) -> None:
        self._grew.set()
        self._grew = asyncio.Event()

    async def beyond(self, seq: int, timeout_s: float) -> bool:
        """Wait until the head is past ``seq``; False when ``timeout_s`` passed instead."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.seq <= seq:
                    await self._grew.wait()
        except TimeoutError:
            return False
        return True


class HouseViews:
    """The live pictures, painted on the loop's thread."""

    def __init__(self, house: EdgeHouse, path: Path) -> None:
        self._house, self._path = house, path

    async def station_view(self, station: str) -> bytes:
        """Raises NotFound for an unknown station."""
        house = self._house
        return await asyncio.wrap_future(house.thread.call(lambda: house.board.station(station)))

    async def wall_view(self) -> bytes:
        """The whole floor."""
        house = self._house
        counts = await asyncio.to_thread(self._counts)
        link, devices = house.link_view(), house.devices.views()
        return await asyncio.wrap_future(
            house.thread.call(lambda: house.board.wall(link, devices, counts))
        )

    def _counts(self) -> dict[str, int]:
        with queries.snapshot(self._path, self._house.config.site.id) as reads:
            return reads.order_counts()


class HouseHealth:
    """What stands behind /readyz and /metrics."""

    def __init__(self, house: EdgeHouse) -> None:
        self._house = house

    def faults(self) -> Sequence[str]:
        """Why this process cannot do its work now."""
        thread = self._house.thread
        found = []
        if not thread.alive:
            found.append("loop_stopped")
        if not thread.disk_ok:
            found.append("disk")
        return found

    def families(self) -> Sequence[Family]:
        """The measured values of this moment."""
        house, link = self._house, self._house.link_view()
        devices = house.devices.views()
        return (
            _gauge("tallydock_journal_seq", "Last journal position", house.growth.seq),
            _gauge("tallydock_queue_depth", "Inputs waiting for the loop", house.thread.depth),
            _gauge("tallydock_link_backlog", "Events not acknowledged by central", link.backlog),
            _gauge("tallydock_link_online", "1 while events flow", int(link.state == "online")),
            Family(
                "tallydock_dead_letters_total", "counter",
                "Messages of the link that could not be used, since the start",
                tuple(Sample(n, {"reason": why}) for why, n in sorted(house.letters().items())),
            ),
            Family(
                "tallydock_scans_total", "counter", "Station scans judged since the start",
                (Sample(house.board.scans()),),
            ),
            Family(
                "tallydock_device_ready", "gauge", "1 while the device's line is open",
                tuple(Sample(int(one.state == "ready"), {"device": one.id}) for one in devices),
            ),
        )  # fmt: skip


def _gauge(name: str, text: str, value: int) -> Family:
    return Family(name, "gauge", text, (Sample(value),))
