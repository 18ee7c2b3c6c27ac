"""The real applications of an edge and of central over scripted views, reached over a wire.

Everything that a browser meets is the product's own: routes, sign-in, headers, pages, live
channel. What stands behind is a script: a test shows a picture and says what a scan leads to.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import uvicorn
from fastapi import FastAPI

from api.app import edge_app
from api.application import ApiSettings
from api.auth.passwords import Passwords
from api.auth.secret import fingerprint
from api.central_app import central_app
from api.language import Language
from api.pages.central import central_pages
from api.pages.edge import edge_pages
from api.ports import Idempotency, LoginSession, ScanOutcome
from edge.clock import SystemClock, rfc3339
from edge.domain.rows import Role
from edge.errors import NotFound, StoreUnavailable
from edge.journal.chain import Position
from tests.browser import scenes, stock_room
from tests.browser.links import Wire
from tests.browser.scenes import View
from tests.unit.api.central_fakes import CentralWorld
from tests.unit.api.conftest import CHEAP, add_user
from tests.unit.api.fakes import FakeCommands, World

T = TypeVar("T")

STATION = "pack-1"
DAY_US = 86_400_000_000


class ScriptedViews:
    """The pictures: of one station, of the wall. A view is stamped with the time it is asked."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.station: View = scenes.base()
        self.wall: Callable[[int], View] = scenes.wall
        self._subscribers: set[Callable[[str, bytes], None]] = set()
        self._painted = 0
        self.gone = False

    def subscribe(self, subscriber: Callable[[str, bytes], None]) -> Callable[[], None]:
        """As the heart's board."""
        self._subscribers.add(subscriber)
        return lambda: self._subscribers.discard(subscriber)

    def show(self, view: View) -> None:
        """Show a station's picture with the next version; any thread."""
        version = self.station["version"]
        assert isinstance(version, int)
        self.station = view | {"version": version + 1}
        for subscriber in list(self._subscribers):
            subscriber(STATION, self.paint())

    def paint(self) -> bytes:
        """The station's picture of now."""
        return msgspec.json.encode(self.station | {"at": rfc3339(self.clock.now_us())})

    async def station_view(self, station: str) -> bytes:
        """NotFound for another station."""
        if station != STATION or self.gone:
            raise NotFound("station", station, f"one of {STATION}")
        return self.paint()

    async def wall_view(self) -> bytes:
        """Painted anew with the next version."""
        self._painted += 1
        return msgspec.json.encode(self.wall(self.clock.now_us()) | {"version": self._painted})


class ScriptedCommands(FakeCommands):
    """Scans are counted, by text; ``judge`` says what each leads to."""

    def __init__(self, views: ScriptedViews) -> None:
        super().__init__()
        self._views = views
        self.reset()

    def reset(self) -> None:
        """No scan was taken, and no code is known."""
        self.taken: list[str] = []
        self.keys: set[str] = set()
        self.disk_fails = False
        self.judge: Callable[[str], View] = _unknown

    async def scan(
        self,
        station: str,
        *,
        text: str,
        symbology: str | None,
        language: Language,
        idempotency: Idempotency,
    ) -> ScanOutcome:
        """One verdict a scan, a new place in the journal for each."""
        del symbology, language
        if self.disk_fails:
            raise StoreUnavailable("full")
        if idempotency.key not in self.keys:
            self.keys.add(idempotency.key or "")
            self.taken.append(text)
            self.views_after(text)
        session = await self._views.station_view(station)
        return ScanOutcome(
            verdict="accepted",
            reason=None,
            message="",
            next="",
            session=session,
            recorded=Position(len(self.taken), bytes(32)),
        )

    def views_after(self, text: str) -> None:
        """Show what a scan led to, a page's or one of a scanner on the floor."""
        view = self.judge(text)
        scans = self._views.station["scans"]
        assert isinstance(scans, int)
        said = view["verdict"]
        if isinstance(said, dict):
            digest = sha256(f"{scans}{text}".encode()).hexdigest()
            said = said | {"recorded": {"seq": 50_000 + scans, "hash": digest}}
        self._views.show(view | {"scans": scans + 1, "verdict": said})


def _unknown(text: str) -> View:
    return scenes.packing(scenes.verdict("unknown_code", code=text))


@dataclass
class FakeSite:
    """An edge and central, served on a thread; ``url`` and ``central_url`` lead over wires."""

    world: World = field(default_factory=World)
    central: CentralWorld = field(default_factory=CentralWorld)
    views: ScriptedViews = field(default_factory=ScriptedViews)

    def __post_init__(self) -> None:
        self.commands = ScriptedCommands(self.views)
        self.world.commands = self.commands
        stock_room.fill(self.world, self.views.clock.now_us())
        stock_room.fill_central(self.central, self.world, self.views.clock.now_us())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[uvicorn.Server] = []
        self._runs: list[asyncio.Future[None]] = []
        self.wires: list[Wire] = []

    def start(self) -> None:
        """Serve both applications."""
        self._thread.start()
        for app in (self._edge(), self._central()):
            self.call(self._serve(app))

    def stop(self) -> None:
        """End both."""
        for wire in self.wires:
            self.call(wire.close())
        for server in self._servers:
            server.should_exit = True
        self.call(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """Forget what the test before did; the line is whole again."""
        if not self.wire.is_open:
            self.call(self.wire.open())
        self.call(self.wire.thaw())
        self.commands.reset()
        self.views.wall = scenes.wall
        self.views.gone = False
        self.views.show(scenes.base())
        self.world.commands.submitted.clear()

    def call(self, work: Coroutine[None, None, T]) -> T:
        """Run a coroutine on the site's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    @property
    def url(self) -> str:
        """Where browsers find the edge."""
        return f"http://127.0.0.1:{self.wires[0].port}"

    @property
    def central_url(self) -> str:
        """Where browsers find central."""
        return f"http://127.0.0.1:{self.wires[1].port}"

    @property
    def wire(self) -> Wire:
        """Between browsers and the edge."""
        return self.wires[0]

    def session(self, role: Role, *, central: bool = False) -> tuple[str, str]:
        """Name and value of a session cookie of a user of this role."""
        accounts = self.central.accounts if central else self.world.accounts
        credential = add_user(self.world, role)
        accounts.by_login[role] = credential
        secret = f"browser of {role}"
        now_us = self.views.clock.now_us()
        accounts.by_session[fingerprint(secret)] = LoginSession(
            sha256=fingerprint(secret), login=role, created_at=now_us, expires_at=now_us + DAY_US
        )
        return ("tallydock_central" if central else "tallydock_hz1", secret)

    def _edge(self) -> FastAPI:
        ports = replace(self.world.ports(), views=self.views, clock=self.views.clock)
        pages = edge_pages(ports, self.views, name="苏州一仓 SZ-1", zone=ZoneInfo("Asia/Shanghai"))
        return edge_app(ports, ApiSettings(), pages=pages, passwords=Passwords(CHEAP))

    def _central(self) -> FastAPI:
        ports = replace(self.central.ports(), clock=self.views.clock)
        pages = central_pages(ports, name="Central", zone=ZoneInfo("Asia/Shanghai"))
        return central_app(ports, ApiSettings(), pages=pages, passwords=Passwords(CHEAP))

    async def _serve(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        self._servers.append(server)
        self._runs.append(asyncio.ensure_future(server.serve()))
        while not server.started:
            await asyncio.sleep(0.01)
        wire = Wire(server.servers[0].sockets[0].getsockname()[1])
        await wire.open()
        self.wires.append(wire)

    async def _ended(self) -> None:
        await asyncio.gather(*self._runs)
