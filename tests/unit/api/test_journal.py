"""The journal over REST: the very bytes that were hashed, in pages and as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256

import msgspec
import pytest
from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from api.ports import DropToken
from api.rest import journal
from tests.unit.api.conftest import ClientOf
from tests.unit.api.fakes import World
from tests.unit.api.samples import order_row
from tests.unit.api.test_problems import problem

SAMPLES = [
    b'{"actor":null,"data":{"name":"\xe9\xbe\x99\xe4\xba\x95"},"seq":1}',
    b'{"actor":"user/u1","data":{"big":9007199254740993},"seq":2}',
    b'{"actor":null,"data":{"escaped":"\\u001d\\"\\\\"},"seq":3}',
]


def test_an_outsider_recomputes_the_chain_from_the_answer(world: World, admin: TestClient) -> None:
    world.record(*SAMPLES)
    known, after = bytes(32), 0
    while True:
        page = msgspec.json.decode(
            admin.get(f"/api/v1/journal?after={after}&limit=2").content,
            type=dict[str, msgspec.Raw],
        )
        events = msgspec.json.decode(page["events"], type=list[dict[str, msgspec.Raw]])
        if not events:
            break
        for entry in events:
            known = sha256(known + bytes(entry["event"])).digest()
            assert msgspec.json.decode(entry["hash"]) == known.hex()
        after = msgspec.json.decode(page["next"], type=int)
    assert (after, known) == (3, world.queries.head().hash)


def test_beyond_the_head_there_is_nothing(admin: TestClient) -> None:
    assert admin.get("/api/v1/journal?after=7").json() == {"events": [], "next": 7}
    problem(admin.get("/api/v1/journal?after=-1"), 422, "invalid")


def test_a_page_is_cut_by_size_but_never_empty(
    world: World, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(*SAMPLES)
    monkeypatch.setattr(journal, "PAGE_BYTES_MAX", 10)
    page = admin.get("/api/v1/journal").json()
    assert (len(page["events"]), page["next"]) == (1, 1)


def test_the_history_of_an_order_is_a_list_of_stored_events(
    world: World, client_of: ClientOf
) -> None:
    world.queries.order_rows.append(order_row("SO-1"))
    world.record(*SAMPLES)
    client = client_of("supervisor")
    first = client.get("/api/v1/orders/SO-1/history?limit=2").json()
    rest = client.get("/api/v1/orders/SO-1/history", params={"cursor": first["next_cursor"]}).json()
    assert [row["event"]["seq"] for row in first["items"] + rest["items"]] == [1, 2, 3]
    assert rest["next_cursor"] is None
    assert first["items"][0]["hash"] == world.queries.journal[0].hash.hex()


# --- stream -------------------------------------------------------------------------------

Message = MutableMapping[str, object]


class Listener:
    """Reads a streaming answer as it comes, over bare ASGI, and can hang up."""

    def __init__(self, app: ASGIApp, query: str, headers: dict[str, str]) -> None:
        self._app = app
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/v1/stream",
            "raw_path": b"/api/v1/stream",
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        }
        self._sent: asyncio.Queue[bytes] = asyncio.Queue()
        self._hang_up = asyncio.Event()
        self._asked = False
        self.status: object = None

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._hang_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        if body:
            self._sent.put_nowait(body)

    async def next(self) -> str:
        return (await asyncio.wait_for(self._sent.get(), 10)).decode()

    async def listen(self, script: Callable[[Listener], Awaitable[None]]) -> None:
        """Run ``script`` while connected, then hang up; the application must end by itself."""
        self._running = asyncio.ensure_future(self._app(self._scope, self.receive, self.send))
        await script(self)
        self._hang_up.set()
        await self.ended()

    async def ended(self) -> None:
        """Wait until the application has ended the answer."""
        await asyncio.wait_for(self._running, 10)

    def heard(self) -> bool:
        """Whether something came that was not read."""
        return not self._sent.empty()


def listen(
    client: TestClient,
    script: Callable[[Listener], Awaitable[None]],
    query: str = "",
    **headers: str,
) -> None:
    """Follow the stream with the client's token."""
    sent = {"authorization": client.headers["authorization"]}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}

    async def run() -> None:
        await Listener(client.app, query, sent).listen(script)

    asyncio.run(run())


def seqs(frames: list[str]) -> list[int]:
    return [int(frame.split("\n")[0].removeprefix("id: ")) for frame in frames]


def test_the_stream_goes_on_behind_the_last_event_id(world: World, admin: TestClient) -> None:
    world.record(*SAMPLES)

    async def script(listener: Listener) -> None:
        assert await listener.next() == "retry: 2000\n\n"
        frames = [await listener.next(), await listener.next()]
        assert seqs(frames) == [2, 3]
        data = frames[0].split("\n")[1].removeprefix("data: ")
        entry = msgspec.json.decode(data.encode(), type=dict[str, msgspec.Raw])
        assert bytes(entry["event"]) == SAMPLES[1]
        assert frames[0].endswith("\n\n")

    listen(admin, script, query="after=2", last_event_id="1")


def test_the_stream_sends_what_is_recorded_while_it_is_open(
    world: World, admin: TestClient
) -> None:
    world.record(SAMPLES[0])

    async def script(listener: Listener) -> None:
        await listener.next()
        world.record(SAMPLES[1])
        world.growth.grew.set()
        assert seqs([await listener.next()]) == [2]

    listen(admin, script)


def test_a_quiet_stream_says_that_it_lives(world: World, admin: TestClient) -> None:
    async def script(listener: Listener) -> None:
        await listener.next()
        world.growth.grew.set()
        assert await listener.next() == ": still here\n\n"

    listen(admin, script, query="after=0")


def test_a_stream_ends_when_its_token_does(world: World, admin: TestClient) -> None:
    async def script(listener: Listener) -> None:
        await listener.next()
        for mark in list(world.accounts.by_token):
            await world.accounts.change(DropToken(mark))
        world.record(*SAMPLES)
        world.growth.grew.set()
        await listener.ended()
        assert not listener.heard()

    listen(admin, script)


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ("after=9", {}, "after"),
        ("", {"Last-Event-ID": "9"}, "after"),
        ("", {"Last-Event-ID": "x"}, "Last-Event-ID"),
        ("", {"Last-Event-ID": "²"}, "Last-Event-ID"),
        ("after=x", {}, "after"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(
    admin: TestClient, query: str, headers: dict[str, str], field: str
) -> None:
    encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    response = admin.get(f"/api/v1/stream?{query}", headers=encoded)
    assert problem(response, 422, "invalid").errors[0].field == field
