"""A site's application with its pages, over fakes, and a signed-in client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from api.app import edge_app
from api.application import ApiSettings
from api.auth.passwords import Passwords
from api.auth.secret import fingerprint
from api.pages.edge import edge_pages
from api.ports import LoginSession
from edge.clock import ManualClock
from edge.domain.rows import Role
from edge.errors import NotFound
from tests.unit.api.conftest import CHEAP, add_user
from tests.unit.api.fakes import World

SECRET = "browser"


@dataclass
class Board:
    """Pictures that a test sets; says who subscribed."""

    pictures: dict[str, bytes] = field(default_factory=lambda: {"pack-1": b'{"n":0}'})
    wall: bytes = b'{"wall":0}'
    painted: int = 0
    subscribers: list[Callable[[str, bytes], None]] = field(default_factory=list)

    async def station_view(self, station: str) -> bytes:
        """The picture of now."""
        self.painted += 1
        if station not in self.pictures:
            raise NotFound("station", station, "one of pack-1")
        return self.pictures[station]

    async def wall_view(self) -> bytes:
        """The picture of now."""
        self.painted += 1
        return self.wall

    def subscribe(self, subscriber: Callable[[str, bytes], None]) -> Callable[[], None]:
        """As the heart's board."""
        self.subscribers.append(subscriber)
        return lambda: self.subscribers.remove(subscriber)

    def publish(self, picture: bytes, station: str = "pack-1") -> None:
        """Tell every subscriber, as the loop's thread does."""
        self.pictures[station] = picture
        for subscriber in self.subscribers:
            subscriber(station, picture)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def clock(world: World) -> ManualClock:
    return world.clock


@pytest.fixture
def client(world: World, board: Board) -> Iterator[TestClient]:
    """A browser with nobody signed in."""
    ports = replace(world.ports(), views=board)
    pages = edge_pages(ports, board, name="Dock <1>", zone=ZoneInfo("Asia/Shanghai"))
    app = edge_app(ports, ApiSettings(language="en"), pages=pages, passwords=Passwords(CHEAP))
    headers = {"Accept": "text/html"}
    with TestClient(app, follow_redirects=False, headers=headers) as client:
        yield client


@pytest.fixture
def signed_in(world: World, client: TestClient) -> TestClient:
    """A supervisor's browser."""
    sign_in(world, client, "supervisor")
    return client


def sign_in(world: World, client: TestClient, role: Role) -> None:
    """Give the browser a session of a user of this role."""
    add_user(world, role)
    now_us = world.clock.now_us()
    world.accounts.by_session[fingerprint(SECRET)] = LoginSession(
        sha256=fingerprint(SECRET), login=role, created_at=now_us, expires_at=now_us + 10**12
    )
    client.cookies.set("tallydock_hz1", SECRET)
