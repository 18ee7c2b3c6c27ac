"""A clock set back, a token past its time, a foreign page: over the real heart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.auth.origin import POLICY_VIOLATION
from api.auth.secret import fingerprint
from api.ports import ApiToken, StoreToken
from api.rest.journal import JournalPage
from api.rest.stations import ScanAnswer
from edge.clock import ManualClock
from edge.codes.commands import build
from edge.service.audit import verify_store
from tallydock.stores import edge_path
from tests.unit.api.real_house import ITEMS, SITE, import_file, opened
from tests.unit.api.test_over_the_heart import ANNA, ok, scan
from tests.unit.api.test_problems import problem

DAY_US = 24 * 3_600_000_000


def test_a_clock_set_back_changes_no_verdict_and_time_stands_still(tmp_path: Path) -> None:
    clock = ManualClock()
    with opened(tmp_path, clock) as (client, _):
        import_file(client, "items", ITEMS)
        ok(client.post("/api/v1/users", json=ANNA))
        clock.advance_us(DAY_US)
        assert scan(client, build("BADGE", "7001")).verdict == "signed_in"
        clock.set_wall_us(clock.now_us() - DAY_US // 2)
        back: list[ScanAnswer] = [scan(client, "4006381333931"), scan(client, "no such code")]
        assert [answer.verdict for answer in back] == ["no_open_order", "unknown_code"]
        clock.advance_us(DAY_US)
        assert scan(client, build("SIGNOFF")).verdict == "signed_out"
        content = ok(client.get("/api/v1/journal")).content
        events = JournalPage.model_validate_json(content).events
        times = [entry.event.recorded_at for entry in events]
        assert times == sorted(times)
        by_seq = {entry.event.seq: entry.event.recorded_at for entry in events}
        first, second = (by_seq[answer.recorded.seq] for answer in back)
        assert first == second == by_seq[back[0].recorded.seq - 1]
        assert times[-1] > second
    verify_store(edge_path(tmp_path, SITE), SITE)


def test_an_expired_token_is_told_so_everywhere(tmp_path: Path) -> None:
    clock = ManualClock()
    with opened(tmp_path, clock) as (client, house):
        token = ApiToken(
            sha256=fingerprint("short"), name="short", user="u0", scopes=("all",),
            expires_at=clock.now_us() + 60_000_000,
        )  # fmt: skip
        asyncio.run(house.ports.accounts.change(StoreToken(token)))
        bearer = {"Authorization": "Bearer short"}
        ok(client.get("/api/v1/orders", headers=bearer))
        clock.advance_us(61_000_000)
        body = problem(client.get("/api/v1/orders", headers=bearer), 401, "token_expired")
        assert body.detail == "Ask an administrator for a new token."
        post = client.post("/api/v1/stations/pack-1/scans", json={"data": "x"}, headers=bearer)
        problem(post, 401, "token_expired")
        assert closed_with(client, bearer) == 4401
        ok(client.get("/api/v1/orders"))


def closed_with(client: TestClient, headers: dict[str, str]) -> int:
    """The code with which the live channel refuses."""
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/live/wall", headers=headers) as live,
    ):
        live.receive_text()
    return refused.value.code


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://testserver.evil.example", "null", "http://testserver:81"],
)
def test_a_foreign_page_reaches_neither_rest_nor_the_live_channel(
    tmp_path: Path, origin: str
) -> None:
    with opened(tmp_path) as (client, house):
        head = house.growth.seq
        foreign = {"Origin": origin}
        scanned = client.post("/api/v1/stations/pack-1/scans", json={"data": "x"}, headers=foreign)
        problem(scanned, 403, "foreign_origin")
        assert closed_with(client, foreign) == POLICY_VIOLATION
        assert house.growth.seq == head
        with client.websocket_connect(
            "/live/wall", headers={"Origin": "http://testserver"}
        ) as live:
            assert "hello" in live.receive_text()
