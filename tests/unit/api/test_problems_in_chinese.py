"""Whoever asks in Chinese is told in Chinese what to send instead, in REST and on pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.unit.api.real_house import CSV, ITEMS, import_file, opened
from tests.unit.api.test_over_the_heart import ANNA, DRAFT, ok
from tests.unit.api.test_problems import problem

LINE = {"sku": "TEA-1", "quantity": "1"}
BARE = {"channel": "shop", "external_id": "1", "lines": [LINE]}


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An admin who reads Chinese, in a house with one item."""
    with opened(tmp_path_factory.mktemp("house")) as (client, _):
        import_file(client, "items", ITEMS)
        client.headers["Accept-Language"] = "zh-CN"
        yield client


def assert_chinese(response: Response, status: int) -> None:
    """Title, detail and every remedy."""
    assert response.status_code == status, response.text
    assert response.headers["content-language"] == "zh-CN"
    body = response.json()
    said = [body["title"], body["detail"], *(error["remedy"] for error in body["errors"])]
    assert [text for text in said if text.isascii()] == []


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {**BARE, "more": 1},
        {**BARE, "external_id": 7},
        {**BARE, "external_id": ""},
        {**BARE, "external_id": "x" * 1000},
        {**BARE, "lines": []},
        {**BARE, "lines": "none"},
        {**BARE, "lines": [7]},
        {**BARE, "lines": [{**LINE, "quantity": "none"}]},
        {**BARE, "lines": [{**LINE, "quantity": "0"}]},
        {**BARE, "lines": [{"quantity": "1"}]},
        {**BARE, "lines": [{"gtin": "123", "quantity": "1"}]},
        {**BARE, "lines": [{"sku": "NO", "quantity": "1"}]},
        {**BARE, "lines": [{**LINE, "unit_price": {"amount_minor": -1, "currency": "x"}}]},
        {**BARE, "draft": "yes"},
        DRAFT,
    ],
)
def test_wrong_orders(chinese: TestClient, draft: dict[str, object]) -> None:
    assert_chinese(chinese.post("/api/v1/orders", json=draft), 422)


def test_wrong_addresses_queries_and_users(chinese: TestClient) -> None:
    assert_chinese(chinese.get("/api/v1/orders/SO-0"), 404)
    assert_chinese(chinese.get("/api/v1/orders?limit=0"), 422)
    assert_chinese(chinese.get("/api/v1/orders?limit=9999"), 422)
    assert_chinese(chinese.get("/api/v1/orders?limit=few"), 422)
    assert_chinese(chinese.get("/api/v1/orders?status=lost"), 422)
    assert_chinese(chinese.get("/api/v1/orders?cursor=x"), 422)
    assert_chinese(chinese.get("/api/v1/stations/pack-9"), 404)
    assert_chinese(chinese.post("/api/v1/users", json={**ANNA, "password": "x"}), 422)
    assert_chinese(chinese.post("/api/v1/users", json={**ANNA, "badge": "7-"}), 422)


def test_an_order_in_the_wrong_state(chinese: TestClient) -> None:
    number = ok(chinese.post("/api/v1/orders", json=BARE)).json()["number"]
    path = f"/api/v1/orders/{number}"
    assert_chinese(chinese.post(f"{path}/release"), 409)
    ok(chinese.post(f"{path}/cancel", json={"reason": "x"}))
    body = problem(chinese.post(f"{path}/hold", json={"reason": "x"}), 409, "conflict")
    assert body.detail.endswith("订单已取消")


def test_every_wrong_row_of_a_file(chinese: TestClient) -> None:
    files = {
        "stock": "sku,quantity,location\nTEA-1,x,A\n,1,A\nTEA-1,1,A,B\n",
        "items": "sku,name_zh,name_eng,name_eng\n",
        "customers": "customer,name\nc-1,A\nc-1,B\n",
    }
    for kind, content in files.items():
        answer = chinese.post(f"/api/v1/imports/{kind}", content=content.encode(), headers=CSV)
        assert_chinese(answer, 422)


def test_all_rows_that_the_rules_refuse_are_named(chinese: TestClient) -> None:
    content = b"sku,quantity,location\nNO-1,1,A-01\nTEA-1,1,A-01\nNO-2,1,A-01\n"
    answer = chinese.post("/api/v1/imports/stock", content=content, headers=CSV)
    assert_chinese(answer, 422)
    errors = problem(answer, 422, "invalid").errors
    assert [(one.row, one.column, one.value) for one in errors] == [
        (2, "sku", "NO-1"), (4, "sku", "NO-2"),
    ]  # fmt: skip


def test_a_page_says_it_in_chinese_too(chinese: TestClient) -> None:
    page = chinese.get("/orders/SO-0", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "没有此订单" in page.text
    english = chinese.get("/orders/SO-0", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert "no such order" in english.text


def test_in_english_nothing_changes(chinese: TestClient) -> None:
    answer = chinese.get("/api/v1/orders/SO-0", headers={"Accept-Language": "en"})
    assert problem(answer, 404, "not_found").errors[0].remedy == "no such order"
