"""The live channel: one WebSocket a page, ``/live/{topic}``, each message a whole picture.

    hello      {"hello": digest}: the version of pages and scripts; another one than the page's
               own makes the page load itself anew, once
    picture    the JSON of the station view, the wall view or the fleet view

There are no deltas and no replay: a reconnect starts with the whole picture, a lost message
heals with the next, a doubled one changes nothing. The heartbeat is a picture too, painted anew
when nothing happened for a second, so a heart that hangs cannot look alive: its pages fall
silent, and their watchdog says so. Each screen has its own bounded queue and its own task; a
frozen one loses its oldest pictures and delays nobody.

Closing codes: 4401 sign in (again), 4403 not allowed, 4404 no such topic.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.auth.gate import gate_of
from api.auth.guard import identify
from api.auth.roles import Operation
from api.problems import Problem
from edge.errors import NotFound, TallydockError

HEARTBEAT_S = 1.0
REPAINT_S = 0.5
QUEUE_MAX = 64
RECHECK_NS = 15_000_000_000
SIGN_IN, FORBIDDEN, NO_TOPIC = 4401, 4403, 4404

log = logging.getLogger(__name__)

Subscriber = Callable[[str, bytes], None]


class LiveSource(Protocol):
    """Where pictures come from; wiring fills it."""

    @property
    def repainted(self) -> Collection[str]:
        """Topics that change all the time: painted twice a second while somebody looks."""
        ...

    async def paint(self, topic: str) -> bytes:
        """The picture of this moment, as JSON; NotFound for an unknown topic."""
        ...

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call ``subscriber`` with (topic, picture) at each change, on any thread, until ended."""
        ...


class Screen:
    """What waits to be sent to one page."""

    def __init__(self) -> None:
        self._queue: deque[bytes] = deque(maxlen=QUEUE_MAX)
        self._filled = asyncio.Event()

    def put(self, picture: bytes) -> None:
        """Add a picture; the oldest falls out of a full queue."""
        self._queue.append(picture)
        self._filled.set()

    async def take(self, timeout_s: float) -> bytes | None:
        """The next picture; None when none came in time."""
        if not self._queue:
            self._filled.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._filled.wait()
            except TimeoutError:
                return None
        return self._queue.popleft()


class LiveHub:
    """All screens of one application. Subscribes to the source only while somebody looks."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._screens: dict[str, set[Screen]] = {}
        self._painters: dict[str, asyncio.Task[None]] = {}
        self._end: Callable[[], None] | None = None

    @asynccontextmanager
    async def screen(self, topic: str) -> AsyncIterator[Screen]:
        """A screen that begins with the present picture; NotFound for an unknown topic."""
        screen = Screen()
        self._join(topic, screen)
        try:
            screen.put(await self._source.paint(topic))
            yield screen
        finally:
            self._leave(topic, screen)

    async def paint(self, topic: str) -> bytes:
        """The picture of this moment."""
        return await self._source.paint(topic)

    def _join(self, topic: str, screen: Screen) -> None:
        if self._end is None:
            self._end = self._source.subscribe(self._receiver(asyncio.get_running_loop()))
        self._screens.setdefault(topic, set()).add(screen)
        if topic in self._source.repainted and topic not in self._painters:
            self._painters[topic] = asyncio.create_task(self._repaint(topic))

    def _leave(self, topic: str, screen: Screen) -> None:
        left = self._screens[topic]
        left.discard(screen)
        if left:
            return
        del self._screens[topic]
        painter = self._painters.pop(topic, None)
        if painter is not None:
            painter.cancel()
        if not self._screens and self._end is not None:
            self._end()
            self._end = None

    def _receiver(self, loop: asyncio.AbstractEventLoop) -> Subscriber:
        def receive(topic: str, picture: bytes) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._spread, topic, picture)

        return receive

    def _spread(self, topic: str, picture: bytes) -> None:
        for screen in self._screens.get(topic, ()):
            screen.put(picture)

    async def _repaint(self, topic: str) -> None:
        """A failure is told and tried again; meanwhile the screens ask for themselves."""
        while True:
            await asyncio.sleep(REPAINT_S)
            try:
                self._spread(topic, await self._source.paint(topic))
            except TallydockError as error:
                log.warning("cannot paint %s: %s", topic, error)


def live_router(source: LiveSource, digest: str) -> APIRouter:
    """The WebSocket route. Origins are checked by ``api.auth.origin`` before it."""
    router = APIRouter()
    hub = LiveHub(source)

    @router.websocket("/live/{topic:path}")
    async def live(socket: WebSocket, topic: str) -> None:
        await socket.accept()
        try:
            await _check(socket)
            async with hub.screen(topic) as screen:
                await socket.send_json({"hello": digest})
                await _serve(socket, hub, topic, screen)
        except Problem as problem:
            await _close(socket, SIGN_IN if problem.status == 401 else FORBIDDEN)
        except NotFound:
            await _close(socket, NO_TOPIC)
        except WebSocketDisconnect:
            return

    return router


async def _check(socket: WebSocket) -> None:
    identity = await identify(socket)
    identity.check(Operation.READ_FLOOR)


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        await socket.close(code)


async def _serve(socket: WebSocket, hub: LiveHub, topic: str, screen: Screen) -> None:
    """Send until the page goes away; whichever of the two directions ends first ends both."""
    sender = asyncio.create_task(_send(socket, hub, topic, screen))
    listener = asyncio.create_task(_until_closed(socket))
    try:
        await asyncio.wait((sender, listener), return_when=asyncio.FIRST_COMPLETED)
    finally:
        listener.cancel()
        sender.cancel()
    if sender.done() and not sender.cancelled():
        sender.result()


async def _send(socket: WebSocket, hub: LiveHub, topic: str, screen: Screen) -> None:
    """Pictures as they come, one a second at least; a session that ended is noticed."""
    clock = gate_of(socket).clock
    checked_ns = clock.monotonic_ns()
    while True:
        picture = await screen.take(HEARTBEAT_S)
        if clock.monotonic_ns() - checked_ns > RECHECK_NS:
            await _check(socket)
            checked_ns = clock.monotonic_ns()
        if picture is None:
            picture = await hub.paint(topic)
        await socket.send_text(picture.decode("utf-8"))


async def _until_closed(socket: WebSocket) -> None:
    """Pages have nothing to say: whatever comes is dropped until they leave."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return
