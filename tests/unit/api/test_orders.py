"""Orders over REST: what is asked of the heart, and what is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fastapi.testclient import TestClient

from edge.domain.commands import (
    CancelOrder,
    ChangeOrder,
    HoldOrder,
    LineChange,
    LineWanted,
    PlaceOrder,
    ReleaseOrder,
)
from edge.domain.rows import Carton, Fulfilment
from tests.unit.api.conftest import ClientOf
from tests.unit.api.fakes import World
from tests.unit.api.samples import NOW_US, item_row, line_row, order_row, reference
from tests.unit.api.test_problems import problem

DRAFT: dict[str, object] = {
    "channel": "shop",
    "external_id": "20017",
    "customer": "c-1",
    "lines": [
        {"sku": "TEA-1", "quantity": "2.50"},
        {"gtin": "4006381333931", "quantity": "1",
         "unit_price": {"amount_minor": 1250, "currency": "CNY"}},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_order(world: World) -> None:
    """SO-1 with one line, one fulfilment, one carton."""
    world.queries.order_rows.append(order_row("SO-1"))
    world.queries.line_rows.append(line_row("SO-1"))
    world.queries.item_rows.append(item_row())
    world.queries.person_ids.add("c-1")
    world.queries.fulfilment_rows.append(
        Fulfilment(
            number="SO-1-1",
            order="SO-1",
            status="packing",
            station="pack-1",
            packer="u1",
            lines=1,
            cartons=1,
            carton="395212340000000013",
            wanted=Decimal(3),
            packed=Decimal(1),
            short=Decimal(0),
            released_at=NOW_US,
            closed_at=None,
        )
    )
    world.queries.carton_rows.append(
        Carton(
            sscc="395212340000000013",
            fulfilment="SO-1-1",
            number=1,
            status="open",
            station="pack-1",
            units=Decimal(1),
            opened_at=NOW_US,
            closed_at=None,
        )
    )
    world.commands.results.append({"number": "SO-1"})


def test_placing_an_order_is_a_command_of_the_one_who_asks(
    world: World, client_of: ClientOf
) -> None:
    response = client_of("supervisor").post("/api/v1/orders", json=DRAFT)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == "/api/v1/orders/SO-1"
    ((command, actor),) = world.commands.submitted
    assert actor == "user/u-supervisor"
    assert command == PlaceOrder(
        channel="shop",
        external_id="20017",
        customer=reference("c-1"),
        lines=(
            LineWanted(quantity=Decimal("2.5"), sku="TEA-1"),
            LineWanted(
                quantity=Decimal(1), gtin="04006381333931", price_minor=1250, currency="CNY"
            ),
        ),
    )


AT = "2026-09-21T14:13:20.000000Z"
LINE = {
    "line": 1, "sku": "TEA-1", "gtin": "09521234000013", "name": {"zh": "龙井", "en": "Longjing"},
    "unit": {"zh": "罐", "en": "tin"}, "quantity": "3", "quantity_packed": "1",
    "quantity_short": "0", "unit_price": {"amount_minor": 1250, "currency": "CNY"},
}  # fmt: skip
CARTON = {
    "sscc": "395212340000000013", "number": 1, "status": "open", "station": "pack-1",
    "units": "1", "opened_at": AT, "closed_at": None,
}  # fmt: skip
FULFILMENT = {
    "number": "SO-1-1", "status": "packing", "station": "pack-1", "quantity": "3",
    "quantity_packed": "1", "quantity_short": "0", "released_at": AT, "closed_at": None,
    "cartons": [CARTON],
}  # fmt: skip
SUMMARY = {
    "number": "SO-1", "channel": "shop", "external_id": "X-SO-1", "customer": None,
    "status": "released", "reason": None, "placed_at": AT, "changed_at": AT, "line_count": 1,
    "fulfilment_count": 1,
}  # fmt: skip


def test_an_order_is_shown_whole(admin: TestClient) -> None:
    shown = admin.get("/api/v1/orders/SO-1").json()
    assert shown == {**SUMMARY, "lines": [LINE], "fulfilments": [FULFILMENT]}
    assert admin.get("/api/v1/orders").json() == {"items": [SUMMARY], "next_cursor": None}


def test_the_same_order_again_is_200_and_the_same(world: World, admin: TestClient) -> None:
    world.commands.results[:] = [{"number": "SO-1", "repeated": "true"}]
    response = admin.post("/api/v1/orders", json=DRAFT)
    assert (response.status_code, response.json()["number"]) == (200, "SO-1")


def test_the_same_key_gives_the_same_answer_and_one_effect(world: World, admin: TestClient) -> None:
    headers = {"Idempotency-Key": "4c2f"}
    first = admin.post("/api/v1/orders", json=DRAFT, headers=headers)
    again = admin.post("/api/v1/orders", json=DRAFT, headers=headers)
    quoted = admin.post("/api/v1/orders", json=DRAFT, headers={"Idempotency-Key": '"4c2f"'})
    assert first.status_code == again.status_code == quoted.status_code == 201
    assert first.json() == again.json() == quoted.json()
    assert len(world.commands.submitted) == 1


def test_the_same_key_with_another_body_is_refused(world: World, admin: TestClient) -> None:
    headers = {"Idempotency-Key": "4c2f"}
    admin.post("/api/v1/orders", json=DRAFT, headers=headers)
    other = {**DRAFT, "external_id": "20018"}
    problem(admin.post("/api/v1/orders", json=other, headers=headers), 422, "key_reused")
    assert len(world.commands.submitted) == 1


def test_nobody_gets_the_answer_to_anothers_key(world: World, client_of: ClientOf) -> None:
    headers = {"Idempotency-Key": "4c2f"}
    world.commands.results.append({"number": "SO-1"})
    for role in ("admin", "supervisor"):
        response = client_of(role).post("/api/v1/orders", json=DRAFT, headers=headers)
        assert response.status_code == 201
    assert len(world.commands.submitted) == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, '"'])
def test_a_bad_key_is_refused(admin: TestClient, key: str) -> None:
    response = admin.post("/api/v1/orders", json=DRAFT, headers={"Idempotency-Key": key})
    problem(response, 422, "idempotency_key_invalid")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"sku": "TEA-1", "quantity": "0"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": "-1"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": "1e3"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": "NaN"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": "1,5"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": 1.5}, "lines[0].quantity"),
        ({"quantity": "1"}, "lines[0].sku"),
        ({"sku": "TEA-1", "gtin": "4006381333931", "quantity": "1"}, "lines[0].sku"),
        ({"gtin": "123", "quantity": "1"}, "lines[0].gtin"),
        ({"gtin": "4006381333932", "quantity": "1"}, "lines[0].gtin"),
        ({"sku": "TEA-1", "quantity": "1", "unit_price": {"amount_minor": 1, "currency": "x"}},
         "lines[0].unit_price.currency"),
        ({"sku": "TEA-1", "quantity": "1", "unit_price": {"amount_minor": 1.5, "currency": "EUR"}},
         "lines[0].unit_price.amount_minor"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(
    world: World, admin: TestClient, line: dict[str, object], field: str
) -> None:
    body = problem(admin.post("/api/v1/orders", json={**DRAFT, "lines": [line]}), 422, "invalid")
    assert body.errors[0].field == field
    assert world.commands.submitted == []


def test_an_unknown_customer_is_named(world: World, admin: TestClient) -> None:
    body = problem(admin.post("/api/v1/orders", json={**DRAFT, "customer": "?"}), 422, "invalid")
    assert body.errors[0].field == "customer"
    assert world.commands.submitted == []


def test_the_list_pages_through_all_orders_newest_first(world: World, admin: TestClient) -> None:
    world.queries.order_rows[:] = [
        order_row(f"SO-{index}", placed_at=NOW_US + index // 2) for index in range(7)
    ]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = admin.get("/api/v1/orders", params=params).json()
        seen += [row["number"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"SO-{index}" for index in reversed(range(7))]
    assert cursor is None


def test_the_list_is_filtered(world: World, admin: TestClient) -> None:
    world.queries.order_rows.append(order_row("SO-2", status="held"))
    held = admin.get("/api/v1/orders?status=held").json()["items"]
    assert [row["number"] for row in held] == ["SO-2"]
    found = admin.get("/api/v1/orders?q=X-SO-1").json()["items"]
    assert [row["number"] for row in found] == ["SO-1"]
    problem(admin.get("/api/v1/orders?status=lost"), 422, "invalid")


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("hold", {"reason": "payment"}, HoldOrder(number="SO-1", reason="payment")),
        ("cancel", {"reason": "customer"}, CancelOrder(number="SO-1", reason="customer")),
        ("release", None, ReleaseOrder(number="SO-1")),
    ],
)
def test_an_order_is_held_released_cancelled(
    world: World, admin: TestClient, path: str, body: dict[str, str] | None, command: object
) -> None:
    response = admin.post(f"/api/v1/orders/SO-1/{path}", json=body)
    assert response.status_code == 200, response.text
    assert response.json()["number"] == "SO-1"
    assert world.commands.submitted == [(command, "user/u-admin")]


def test_lines_are_changed_added_and_taken_out(world: World, admin: TestClient) -> None:
    edit = {"lines": [{"line": 1, "quantity": "0"}, {"sku": "TEA-1", "quantity": "4"}]}
    assert admin.patch("/api/v1/orders/SO-1", json=edit).status_code == 200
    ((command, _),) = world.commands.submitted
    assert command == ChangeOrder(
        number="SO-1",
        lines=(
            LineChange(line=1, quantity=Decimal(0)),
            LineChange(line=0, quantity=Decimal(4), sku="TEA-1"),
        ),
    )


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"line": 1, "quantity": "-1"}, "lines[0].quantity"),
        ({"sku": "TEA-1", "quantity": "0"}, "lines[0].quantity"),
        ({"quantity": "1"}, "lines[0].line"),
        ({"line": 1, "sku": "TEA-1", "quantity": "1"}, "lines[0].line"),
        ({"line": 0, "quantity": "1"}, "lines[0].line"),
    ],
)
def test_a_wrong_change_is_named(
    world: World, admin: TestClient, line: dict[str, object], field: str
) -> None:
    response = admin.patch("/api/v1/orders/SO-1", json={"lines": [line]})
    assert problem(response, 422, "invalid").errors[0].field == field
    assert world.commands.submitted == []


def test_an_unknown_order_is_404(admin: TestClient) -> None:
    problem(admin.get("/api/v1/orders/SO-9"), 404, "not_found")
    problem(admin.get("/api/v1/orders/SO-9/history"), 404, "not_found")
