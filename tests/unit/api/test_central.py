"""Central's REST interface: commands to sites, and what the sites' events add up to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.application import ApiSettings
from api.auth.passwords import Passwords
from api.auth.secret import fingerprint
from api.central.ports import Letter, OrphanEvent
from api.central_app import central_app
from api.ports import ApiToken, Credential
from edge.domain.commands import (
    CancelOrder,
    ChangeOrder,
    HoldOrder,
    LineChange,
    LineWanted,
    PlaceOrder,
    ReleaseOrder,
)
from edge.domain.person import PersonDetails
from edge.domain.rows import Role, Stock
from edge.journal.chain import StoredEvent, link
from tests.unit.api.central_fakes import CentralWorld
from tests.unit.api.conftest import CHEAP
from tests.unit.api.samples import NOW_US, item_row, line_row, order_row, reference
from tests.unit.api.test_problems import problem

CentralClientOf = Callable[[Role], TestClient]


@pytest.fixture
def central() -> CentralWorld:
    return CentralWorld()


@pytest.fixture
def of_role(central: CentralWorld) -> CentralClientOf:
    """A client of central with a token of a user of that role."""
    app = central_app(central.ports(), ApiSettings(language="en"), passwords=Passwords(CHEAP))

    def make(role: Role) -> TestClient:
        central.accounts.by_login[role] = Credential(
            login=role, user=f"u-{role}", password_hash="", role=role
        )
        token = ApiToken(
            sha256=fingerprint(role), name=role, user=f"u-{role}", scopes=("all",), expires_at=None
        )
        central.accounts.by_token[token.sha256] = token
        client = TestClient(app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {role}"
        return client

    return make


@pytest.fixture
def boss(of_role: CentralClientOf) -> TestClient:
    return of_role("admin")


DRAFT: dict[str, object] = {
    "site": "hz1",
    "channel": "shop",
    "external_id": "20017",
    "customer": "c-1",
    "lines": [{"sku": "TEA-1", "quantity": "2"}],
}


def test_an_order_is_a_command_to_its_site(central: CentralWorld, of_role: CentralClientOf) -> None:
    central.queries.person_ids.add("c-1")
    response = of_role("supervisor").post(
        "/api/v1/orders", json=DRAFT, headers={"Idempotency-Key": "k1"}
    )
    assert response.status_code == 202, response.text
    assert response.json() == {"command_id": "c-1", "site": "hz1"}
    assert response.headers["location"] == "/api/v1/sites/hz1/commands/c-1"
    command = PlaceOrder(
        channel="shop",
        external_id="20017",
        customer=reference("c-1"),
        lines=(LineWanted(quantity=Decimal(2), sku="TEA-1"),),
    )
    assert central.desk.given == [("hz1", command, "user/u-supervisor", "u-supervisor:k1")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"site": "nowhere"}, "site"),
        ({"site": "HZ/1"}, "site"),
        ({"customer": "nobody"}, "customer"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "TEA-1", "quantity": "0"}]}, "lines[0].quantity"),
    ],
)
def test_a_wrong_order_is_named_before_anything_is_sent(
    central: CentralWorld, boss: TestClient, change: dict[str, object], field: str
) -> None:
    central.queries.person_ids.add("c-1")
    response = boss.post("/api/v1/orders", json={**DRAFT, **change})
    assert problem(response, 422, "invalid").errors[0].field == field
    assert central.desk.given == []


@pytest.mark.parametrize(
    ("method", "path", "body", "command"),
    [
        ("POST", "/hold", {"reason": "payment"}, HoldOrder(number="HZ-1", reason="payment")),
        ("POST", "/cancel", {"reason": "gone"}, CancelOrder(number="HZ-1", reason="gone")),
        ("POST", "/release", None, ReleaseOrder(number="HZ-1")),
        ("PATCH", "", {"lines": [{"line": 1, "quantity": "4"}]},
         ChangeOrder(number="HZ-1", lines=(LineChange(line=1, quantity=Decimal(4)),))),
    ],
)  # fmt: skip
def test_orders_are_stopped_and_changed_by_command(
    central: CentralWorld,
    boss: TestClient,
    method: str,
    path: str,
    body: dict[str, object] | None,
    command: object,
) -> None:
    response = boss.request(method, f"/api/v1/sites/hz1/orders/HZ-1{path}", json=body)
    assert response.status_code == 202, response.text
    assert [given[:2] for given in central.desk.given] == [("hz1", command)]
    unknown = boss.request(method, f"/api/v1/sites/xx/orders/HZ-1{path}", json=body)
    problem(unknown, 404, "not_found")


def test_the_answer_of_the_site_is_asked_for_later(boss: TestClient) -> None:
    assert boss.get("/api/v1/sites/hz1/commands/c-1").json() == {
        "command_id": "c-1",
        "site": "hz1",
        "type": "HoldOrder",
        "given_at": "2026-09-21T14:13:20.000000Z",
        "state": "refused",
        "why": "conflict",
        "seq": 8,
    }
    problem(boss.get("/api/v1/sites/hz1/commands/x"), 404, "not_found")


def test_sites_show_how_far_central_agrees(boss: TestClient) -> None:
    first = boss.get("/api/v1/sites?limit=1").json()
    (site,) = first["items"]
    assert (site["site"], site["through"], site["head"], site["lag"]) == ("hz1", 5, 9, 4)
    assert site["hash"] == "00" * 31 + "07"
    rest = boss.get("/api/v1/sites", params={"cursor": first["next_cursor"]}).json()
    assert [row["site"] for row in rest["items"]] == ["sh2"]
    assert boss.get("/api/v1/sites/hz1").json() == site
    problem(boss.get("/api/v1/sites/xx"), 404, "not_found")


def test_a_person_ends_a_fence(central: CentralWorld, boss: TestClient) -> None:
    assert boss.post("/api/v1/sites/hz1/unfence").status_code == 200
    assert central.desk.unfenced == [("hz1", "user/u-admin")]
    problem(boss.post("/api/v1/sites/xx/unfence"), 404, "not_found")


def test_orders_of_all_sites_are_paged_and_filtered(
    central: CentralWorld, boss: TestClient
) -> None:
    for index in range(5):
        site = "hz1" if index % 2 else "sh2"
        central.queries.by_site[site].order_rows.append(
            order_row(f"SO-{index}", placed_at=NOW_US + index // 2)
        )
    seen: list[tuple[str, str]] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = boss.get("/api/v1/orders", params=params).json()
        seen += [(row["site"], row["number"]) for row in page["items"]]
        cursor = page["next_cursor"]
    expected = [("sh2", "SO-4"), ("sh2", "SO-2"), ("hz1", "SO-3"), ("sh2", "SO-0"), ("hz1", "SO-1")]
    assert seen == expected
    assert cursor is None
    only = boss.get("/api/v1/orders?site=hz1&q=SO-3").json()["items"]
    assert [row["number"] for row in only] == ["SO-3"]


def test_one_order_is_shown_with_its_site(central: CentralWorld, boss: TestClient) -> None:
    queries = central.queries.by_site["hz1"]
    queries.order_rows.append(order_row("SO-1"))
    queries.line_rows.append(line_row("SO-1"))
    order = boss.get("/api/v1/sites/hz1/orders/SO-1").json()
    assert (order["site"], order["number"], len(order["lines"])) == ("hz1", "SO-1", 1)
    problem(boss.get("/api/v1/sites/sh2/orders/SO-1"), 404, "not_found")


def test_stock_of_all_sites_is_paged(central: CentralWorld, boss: TestClient) -> None:
    for site, queries in central.queries.by_site.items():
        queries.item_rows.append(item_row())
        queries.stock_rows += [
            Stock(location=f"shelf/{site}", sku="TEA-1", lot="", serial="", quantity=Decimal(4)),
            Stock(location="supplier", sku="TEA-1", lot="", serial="", quantity=Decimal(-4)),
        ]
    first = boss.get("/api/v1/stock?limit=3").json()
    rest = boss.get("/api/v1/stock", params={"cursor": first["next_cursor"]}).json()
    rows = first["items"] + rest["items"]
    assert [(row["site"], row["quantity"]) for row in rows] == [
        ("hz1", "4"),
        ("hz1", "-4"),
        ("sh2", "4"),
        ("sh2", "-4"),
    ]
    assert rows[0]["name"] == {"zh": "龙井", "en": "Longjing"}
    assert rest["next_cursor"] is None


def test_centrals_copy_of_a_journal_is_the_sites_bytes(
    central: CentralWorld, boss: TestClient, of_role: CentralClientOf
) -> None:
    body = b'{"data":{"name":"\xe9\xbe\x99"},"seq":1}'
    stored = StoredEvent(1, link(bytes(32), body), body)
    central.queries.by_site["hz1"].journal.append(stored)
    page = msgspec.json.decode(
        boss.get("/api/v1/sites/hz1/journal").content, type=dict[str, msgspec.Raw]
    )
    ((entry),) = msgspec.json.decode(page["events"], type=list[dict[str, msgspec.Raw]])
    assert bytes(entry["event"]) == body
    assert msgspec.json.decode(entry["hash"]) == stored.hash.hex()
    problem(boss.get("/api/v1/sites/xx/journal"), 404, "not_found")
    problem(of_role("supervisor").get("/api/v1/sites/hz1/journal"), 403, "forbidden")


def test_what_fell_off_a_history_is_kept_and_named(central: CentralWorld, boss: TestClient) -> None:
    event = StoredEvent(9, bytes(32), b'{"seq":9}')
    central.queries.orphan_rows.append(
        ("hz1", OrphanEvent(epoch=2, event=event, orphaned_at=NOW_US))
    )
    (orphan,) = boss.get("/api/v1/orphans?site=hz1").json()["items"]
    assert orphan == {
        "site": "hz1",
        "epoch": 2,
        "orphaned_at": "2026-09-21T14:13:20.000000Z",
        "event": {"seq": 9},
        "hash": "00" * 32,
    }
    assert boss.get("/api/v1/orphans?site=sh2").json()["items"] == []


def test_a_dead_letter_shows_the_beginning_of_its_payload(
    central: CentralWorld, boss: TestClient
) -> None:
    letter = Letter(
        site="hz1",
        at=NOW_US,
        direction="up",
        topic="tallydock/v1/hz1/events",
        reason="malformed",
        payload=b"\xff" * 2000,
    )
    central.queries.letter_rows.append(letter)
    (shown,) = boss.get("/api/v1/dead-letters").json()["items"]
    assert (shown["reason"], shown["payload_bytes"]) == ("malformed", 2000)
    assert shown["payload"] == b64encode(b"\xff" * 1024).decode()


def test_persons_go_in_and_are_erased_and_never_shown(
    central: CentralWorld, boss: TestClient
) -> None:
    stored = boss.put("/api/v1/persons/c-1", json={"name": "李雷", "phone": "138"})
    assert stored.json() == {"person": "c-1", "version": 1}
    assert central.desk.persons == {"c-1": PersonDetails(name="李雷", phone="138")}
    problem(boss.get("/api/v1/persons/c-1"), 405, "method_not_allowed")
    erased = boss.post("/api/v1/persons/c-1/erase")
    assert (erased.status_code, erased.json()) == (202, {"person": "c-1", "sites": ["hz1"]})
    assert central.desk.erased == [("c-1", "user/u-admin")]
    waiting = boss.get("/api/v1/erasures").json()
    assert waiting == {"items": [{"person": "p-1", "site": "hz1"}], "next_cursor": None}


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("packer", "POST", "/sites/hz1/orders/SO-1/release"),
        ("auditor", "POST", "/sites/hz1/orders/SO-1/release"),
        ("supervisor", "POST", "/sites/hz1/unfence"),
        ("supervisor", "POST", "/persons/c-1/erase"),
        ("packer", "PUT", "/persons/c-1"),
        ("supervisor", "GET", "/orphans"),
        ("supervisor", "GET", "/dead-letters"),
        ("packer", "GET", "/tokens"),
        ("packer", "GET", "/users"),
    ],
)
def test_what_a_role_may_not_do_is_403(
    central: CentralWorld, of_role: CentralClientOf, role: Role, method: str, path: str
) -> None:
    response = of_role(role).request(method, f"/api/v1{path}", json={"name": "x"})
    problem(response, 403, "forbidden")
    assert central.desk.given == []


def test_central_is_protected_like_the_edge(boss: TestClient) -> None:
    foreign = boss.post("/api/v1/orders", json=DRAFT, headers={"Origin": "http://evil.example"})
    problem(foreign, 403, "foreign_origin")
    assert boss.get("/readyz").json() == {"status": "ok"}
    assert "tallydock_http_answers_total" in boss.get("/metrics").text
    del boss.headers["Authorization"]
    problem(boss.get("/api/v1/sites"), 401, "unauthenticated")
