"""The live channel: first picture, changes, heartbeat, bounds, who may look, when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from api.auth.secret import fingerprint
from api.live import FORBIDDEN, NO_TOPIC, QUEUE_MAX, RECHECK_NS, SIGN_IN, LiveHub, Screen
from api.ports import ApiToken
from edge.errors import NotFound, StoreUnavailable
from tests.unit.api.fakes import World
from tests.unit.pages.conftest import Board, sign_in

TOPIC = "/live/station/pack-1"


def greeted(socket: WebSocketTestSession) -> dict[str, object]:
    """The first picture, after the hello."""
    assert set(socket.receive_json()) == {"hello"}
    picture: dict[str, object] = socket.receive_json()
    return picture


def closing_code(client: TestClient, topic: str = TOPIC) -> int:
    """The code with which the server ends the channel at once."""
    with client.websocket_connect(topic) as socket:
        return drained(socket)


def drained(socket: WebSocketTestSession) -> int:
    """Read pictures until the server ends the channel; its closing code."""
    with pytest.raises(WebSocketDisconnect) as ended:
        list(iter(socket.receive_json, None))
    return ended.value.code


def test_screen_begins_with_the_present_and_follows_changes(
    signed_in: TestClient, board: Board
) -> None:
    with signed_in.websocket_connect(TOPIC) as socket:
        assert greeted(socket) == {"n": 0}
        for count in (1, 2, 3):
            board.publish(b'{"n":%d}' % count)
        assert [socket.receive_json() for _ in range(3)] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_heartbeat_is_a_picture_painted_anew(signed_in: TestClient, board: Board) -> None:
    with signed_in.websocket_connect(TOPIC) as socket:
        greeted(socket)
        board.pictures["pack-1"] = b'{"n":7}'
        assert socket.receive_json() == {"n": 7}
    assert board.painted >= 2


def test_wall_is_repainted_while_somebody_looks(signed_in: TestClient, board: Board) -> None:
    with signed_in.websocket_connect("/live/wall") as socket:
        greeted(socket)
        board.wall = b'{"wall":1}'
        assert socket.receive_json() == {"wall": 1}


def test_nobody_is_painted_for_when_nobody_looks(signed_in: TestClient, board: Board) -> None:
    with signed_in.websocket_connect(TOPIC) as socket:
        greeted(socket)
        with signed_in.websocket_connect(TOPIC) as other:
            greeted(other)
            assert len(board.subscribers) == 1
    assert board.subscribers == []


@pytest.mark.parametrize("topic", ["/live/station/none", "/live/nothing", "/live/fleet"])
def test_unknown_topic_is_closed_as_such(signed_in: TestClient, topic: str) -> None:
    assert closing_code(signed_in, topic) == NO_TOPIC


def test_stranger_is_sent_to_sign_in(client: TestClient) -> None:
    assert closing_code(client) == SIGN_IN


def test_session_that_ends_is_noticed_while_it_looks(signed_in: TestClient, world: World) -> None:
    with signed_in.websocket_connect(TOPIC) as socket:
        greeted(socket)
        world.accounts.by_session.clear()
        world.clock.advance_us(RECHECK_NS // 1000 + 1)
        assert drained(socket) == SIGN_IN


def test_token_without_the_right_is_refused(world: World, client: TestClient) -> None:
    sign_in(world, client, "packer")
    token = ApiToken(
        sha256=fingerprint("t"), name="t", user="u-packer", scopes=("scan",), expires_at=None
    )
    world.accounts.by_token[token.sha256] = token
    client.headers["Authorization"] = "Bearer t"
    assert closing_code(client) == FORBIDDEN


def test_foreign_page_is_not_let_in(signed_in: TestClient) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    with pytest.raises(WebSocketDisconnect), signed_in.websocket_connect(TOPIC, headers=headers):
        pass


def test_hello_names_the_version_of_the_scripts(signed_in: TestClient) -> None:
    page = signed_in.get("/sign-in").text
    with signed_in.websocket_connect(TOPIC) as socket:
        digest = json.loads(socket.receive_text())["hello"]
    assert f'data-digest="{digest}"' in page
    assert f"/static/{digest}/tallydock.css" in page


def test_full_queue_loses_its_oldest() -> None:
    async def fill() -> list[bytes | None]:
        screen = Screen()
        for count in range(QUEUE_MAX + 3):
            screen.put(b"%d" % count)
        return [await screen.take(0) for _ in range(QUEUE_MAX + 1)]

    taken = asyncio.run(fill())
    assert taken == [b"%d" % count for count in range(3, QUEUE_MAX + 3)] + [None]


class Source:
    """Fails to paint twice, then paints again."""

    repainted: Collection[str] = ("wall",)

    def __init__(self) -> None:
        self.turns = 0

    async def paint(self, topic: str) -> bytes:
        self.turns += 1
        if topic != "wall":
            raise NotFound("topic", topic, "wall")
        if self.turns in (2, 3):
            raise StoreUnavailable("busy")
        return b"%d" % self.turns

    def subscribe(self, subscriber: Callable[[str, bytes], None]) -> Callable[[], None]:
        del subscriber
        return lambda: None


def test_painter_outlives_a_store_that_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.REPAINT_S", 0.01)

    async def watch() -> list[bytes | None]:
        async with LiveHub(Source()).screen("wall") as screen:
            return [await screen.take(5), await screen.take(5)]

    assert asyncio.run(watch()) == [b"1", b"4"]


def test_topic_that_cannot_be_painted_leaves_nothing_behind() -> None:
    async def watch() -> LiveHub:
        hub = LiveHub(Source())
        with pytest.raises(NotFound):
            async with hub.screen("nothing"):
                raise AssertionError("there is no such topic")
        return hub

    hub = asyncio.run(watch())
    assert not hub._screens
    assert hub._end is None
