"""What goes around every request: origins, sizes, headers, counting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.app import edge_app
from api.application import ApiSettings, Pages
from api.headers import SECURITY_HEADERS
from api.limits import BODY_BYTES_MAX, IMPORT_BYTES_MAX
from api.metrics import Family, Sample, exposition
from tests.unit.api.fakes import World
from tests.unit.api.test_problems import problem

SCAN = "/api/v1/stations/pack-1/scans"


# --- origins ------------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:8081"},
    {"Origin": "null"},
    {"Origin": "file://testserver"},
    {"Origin": "http://[broken"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_changes_nothing(
    world: World, admin: TestClient, headers: dict[str, str]
) -> None:
    problem(admin.post(SCAN, json={"data": "x"}, headers=headers), 403, "foreign_origin")
    assert world.commands.scanned == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://testserver"}, {"Origin": "https://testserver"},
     {"Sec-Fetch-Site": "same-origin"}],
)  # fmt: skip
def test_our_own_pages_and_programs_may(admin: TestClient, headers: dict[str, str]) -> None:
    assert admin.post(SCAN, json={"data": "x"}, headers=headers).status_code == 200


def test_reading_is_not_held_against_the_origin(admin: TestClient) -> None:
    response = admin.get("/api/v1/orders", headers={"Origin": "http://evil.example"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_signing_in_from_a_foreign_page_is_refused_too(open_client: TestClient) -> None:
    response = open_client.post(
        "/sign-in", data={"login": "a", "password": "b"}, headers={"Origin": "http://evil.example"}
    )
    problem(response, 403, "foreign_origin")


@pytest.fixture
def socket_client(world: World) -> Iterator[TestClient]:
    """An application with one WebSocket and one further allowed origin."""
    router = APIRouter()

    @router.websocket("/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("state")
        await websocket.close()

    settings = ApiSettings(origins=("https://dock.lan",))
    app = edge_app(world.ports(), settings, pages=Pages(routers=[router]))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_foreign_page_gets_no_websocket(socket_client: TestClient, origin: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        socket_client.websocket_connect("/live", headers={"Origin": origin}),
    ):
        pass


@pytest.mark.parametrize("origin", ["http://testserver", "https://dock.lan"])
def test_our_own_and_listed_pages_get_one(socket_client: TestClient, origin: str) -> None:
    with socket_client.websocket_connect("/live", headers={"Origin": origin}) as websocket:
        assert websocket.receive_text() == "state"


# --- sizes --------------------------------------------------------------------------------


def chunks(size: int) -> Iterator[bytes]:
    """``size`` bytes without a declared length."""
    while size > 0:
        yield b" " * min(size, 65_536)
        size -= 65_536


def test_a_body_that_declares_too_much_is_not_even_read(admin: TestClient) -> None:
    response = admin.post(SCAN, content=b" " * (BODY_BYTES_MAX + 1))
    problem(response, 413, "too_large")
    assert response.headers["connection"] == "close"


def test_a_body_that_declares_nothing_is_counted(admin: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = admin.post(SCAN, content=chunks(BODY_BYTES_MAX + 1), headers=headers)
    problem(response, 413, "too_large")


def test_imports_may_be_larger_but_not_endless(world: World, admin: TestClient) -> None:
    path, headers = "/api/v1/imports/customers", {"Content-Type": "text/csv"}
    heading = b"customer,name\nc-1,Li\n"
    large = heading + b"," * (BODY_BYTES_MAX - len(heading)) + b"\n"
    assert len(large) > BODY_BYTES_MAX
    response = admin.post(path, content=large, headers=headers)
    assert response.status_code == 200, response.text
    assert set(world.persons.stored) == {"c-1"}
    response = admin.post(path, content=chunks(IMPORT_BYTES_MAX + 1), headers=headers)
    problem(response, 413, "too_large")


# --- headers ------------------------------------------------------------------------------


def test_every_answer_bears_the_security_headers(admin: TestClient) -> None:
    for path in ("/api/v1/orders", "/healthz", "/metrics", "/nowhere"):
        response = admin.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert response.headers[name] == value, (path, name)


def test_the_policy_lets_in_nothing_inline_and_nothing_foreign() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert SECURITY_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert SECURITY_HEADERS["X-Frame-Options"] == "DENY"
    assert SECURITY_HEADERS["Referrer-Policy"] == "same-origin"
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"


# --- counting and health ------------------------------------------------------------------


def test_health_is_open_and_says_no_more_than_needed(world: World, open_client: TestClient) -> None:
    assert open_client.get("/healthz").json() == {"status": "ok"}
    assert open_client.get("/readyz").json() == {"status": "ok"}
    world.health.broken.append("store_unavailable")
    body = problem(open_client.get("/readyz"), 503, "not_ready")
    assert body.errors[0].code == "store_unavailable"
    assert open_client.get("/healthz").status_code == 200


def test_metrics_count_answers_and_pass_on_what_the_heart_measures(
    open_client: TestClient,
) -> None:
    open_client.get("/healthz")
    open_client.request("BREW", "/healthz")
    response = open_client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.text.splitlines()
    assert "tallydock_scans_total 7" in lines
    assert 'tallydock_http_answers_total{method="GET",status="2xx"} 1' in lines
    assert 'tallydock_http_answers_total{method="other",status="4xx"} 1' in lines


def test_the_exposition_format_is_escaped() -> None:
    family = Family("x_seconds", "gauge", "One\nline \\ only.", (Sample(0.5, {"b": 'q"\n\\'}),))
    assert exposition([family]) == (
        "# HELP x_seconds One\\nline \\\\ only.\n"
        "# TYPE x_seconds gauge\n"
        'x_seconds{b="q\\"\\n\\\\"} 0.5\n'
    )
