"""Stations, scans, work, stock and the wall's lists over REST."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.rest.stations import ScanAnswer
from api.rest.view_shapes import StationView
from edge.domain.rows import Fulfilment, FulfilmentLine, Stock
from edge.errors import NotFound
from tests.unit.api.conftest import ClientOf
from tests.unit.api.fakes import World
from tests.unit.api.samples import NOW_US, VIEW, item_row
from tests.unit.api.test_problems import problem

SCANS = "/api/v1/stations/pack-1/scans"


def test_a_scan_gets_the_one_verdict_of_the_heart(world: World, client_of: ClientOf) -> None:
    body = {"data": "]C10109521234000013\u001d10L7", "symbology": "]C1"}
    response = client_of("packer").post(SCANS, json=body, headers={"Accept-Language": "en"})
    assert response.status_code == 200, response.text
    assert response.json() == {
        "verdict": "unknown_code",
        "reason": "unknown",
        "message": "Unknown code",
        "next": "-",
        "session": VIEW,
        "recorded": {"seq": 1, "hash": f"{1:064x}"},
    }
    ScanAnswer.model_validate_json(response.content)
    assert world.commands.scanned == [("pack-1", body["data"], "]C1", "en")]


def test_the_message_is_in_the_callers_language(admin: TestClient) -> None:
    headers = {"Accept-Language": "zh-CN"}
    assert admin.post(SCANS, json={"data": "?"}, headers=headers).json()["message"] == "未知条码"


def test_a_scan_sent_twice_under_one_key_counts_once(world: World, admin: TestClient) -> None:
    headers = {"Idempotency-Key": "scan-1"}
    answers = [admin.post(SCANS, json={"data": "?"}, headers=headers).content for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(world.commands.scanned) == 1
    problem(admin.post(SCANS, json={"data": "!"}, headers=headers), 422, "key_reused")


def test_two_scans_without_a_key_are_two_scans(world: World, admin: TestClient) -> None:
    for _ in range(2):
        assert admin.post(SCANS, json={"data": "?"}).status_code == 200
    assert len(world.commands.scanned) == 2


def test_a_scan_at_an_unknown_station_is_404(world: World, admin: TestClient) -> None:
    world.commands.fail = NotFound("station", "pack-9", "no such station")
    response = admin.post("/api/v1/stations/pack-9/scans", json={"data": "x"})
    problem(response, 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"data": 5}, {"data": "x" * 8193}, {"data": "x", "a": 1}])
def test_a_malformed_scan_is_refused(
    world: World, admin: TestClient, body: dict[str, object]
) -> None:
    problem(admin.post(SCANS, json=body), 422, "invalid")
    assert world.commands.scanned == []


def test_one_station_is_its_live_view(admin: TestClient) -> None:
    response = admin.get("/api/v1/stations/pack-1")
    assert response.content == msgspec.json.encode(VIEW)
    StationView.model_validate_json(response.content, strict=True)
    problem(admin.get("/api/v1/stations/pack-9"), 404, "not_found")


def test_the_walls_lists_are_paged(admin: TestClient) -> None:
    first = admin.get("/api/v1/stations?limit=2").json()
    assert [row["id"] for row in first["items"]] == ["pack-1", "pack-2"]
    rest = admin.get("/api/v1/stations", params={"cursor": first["next_cursor"]}).json()
    assert rest == {"items": [{"id": "pack-3"}], "next_cursor": None}
    devices = admin.get("/api/v1/devices").json()
    assert devices == {"items": [{"id": "scanner-1", "state": "ready"}], "next_cursor": None}
    assert admin.get("/api/v1/exceptions").json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("name", ["gates", "shipments", "invoices", "labels"])
def test_parts_that_are_not_built_answer_empty_lists(admin: TestClient, name: str) -> None:
    assert admin.get(f"/api/v1/{name}").json() == {"items": [], "next_cursor": None}


def test_work_shows_what_is_wanted_of_each_item(world: World, client_of: ClientOf) -> None:
    world.queries.item_rows.append(item_row())
    world.queries.fulfilment_rows.append(
        Fulfilment(
            number="SO-1-1",
            order="SO-1",
            status="released",
            station=None,
            packer=None,
            lines=1,
            cartons=0,
            carton=None,
            wanted=Decimal(3),
            packed=Decimal(0),
            short=Decimal(0),
            released_at=NOW_US,
            closed_at=None,
        )
    )
    world.queries.fulfilment_line_rows.append(
        FulfilmentLine(
            fulfilment="SO-1-1",
            line=1,
            order="SO-1",
            order_line=1,
            sku="TEA-1",
            wanted=Decimal(3),
            packed=Decimal(0),
            short=Decimal(0),
            done=False,
        )
    )
    (work,) = client_of("packer").get("/api/v1/stations/pack-1/work").json()["items"]
    assert (work["fulfilment"], work["order"], work["station"]) == ("SO-1-1", "SO-1", None)
    (line,) = work["lines"]
    assert (line["gtin"], line["quantity"], line["location"]) == ("09521234000013", "3", "A-01")
    problem(client_of("packer").get("/api/v1/stations/pack-9/work"), 404, "not_found")


def stock_row(location: str, quantity: int, lot: str = "") -> Stock:
    return Stock(location=location, sku="TEA-1", lot=lot, serial="", quantity=Decimal(quantity))


def test_stock_is_the_ledger_with_negative_suppliers(world: World, admin: TestClient) -> None:
    world.queries.item_rows.append(item_row())
    world.queries.stock_rows += [
        stock_row("carton/3", 1),
        stock_row("shelf/A-01", 4, "L7"),
        stock_row("supplier", -5),
    ]
    world.queries.expiry_dates[("TEA-1", "L7")] = "2027-01-31"
    first = admin.get("/api/v1/stock?limit=2").json()
    assert first["items"][1] == {
        "location": "shelf/A-01",
        "sku": "TEA-1",
        "name": {"zh": "龙井", "en": "Longjing"},
        "lot": "L7",
        "expiry": "2027-01-31",
        "serial": None,
        "quantity": "4",
    }
    rest = admin.get("/api/v1/stock", params={"cursor": first["next_cursor"]}).json()
    assert [row["quantity"] for row in rest["items"]] == ["-5"]
    assert rest["next_cursor"] is None
    shelf = admin.get("/api/v1/stock", params={"location": "shelf/A-01", "sku": "TEA-1"}).json()
    assert len(shelf["items"]) == 1
