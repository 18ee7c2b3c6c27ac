"""CSV files over REST: every wrong cell is named, nothing is half-applied."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fastapi.testclient import TestClient

from edge.domain.commands import Batch, DefineItem, LineWanted, PlaceOrder
from edge.errors import NotFound
from tests.unit.api.conftest import ClientOf
from tests.unit.api.fakes import World
from tests.unit.api.samples import reference
from tests.unit.api.test_problems import problem

CSV = {"Content-Type": "text/csv"}

ORDERS = """external_id,channel,customer,sku,quantity
20017,shop,c-1,TEA-1,2
20017,shop,c-1,TEA-2,1

20018,shop,,TEA-1,1
"""


def test_a_file_becomes_one_command(world: World, client_of: ClientOf) -> None:
    world.queries.person_ids.add("c-1")
    world.commands.results.append({"count": "2", "repeated": "1"})
    client = client_of("supervisor")
    response = client.post("/api/v1/imports/orders", content=ORDERS, headers=CSV)
    assert response.json() == {"kind": "orders", "count": 2, "repeated": 1, "applied": True}
    ((command, actor),) = world.commands.submitted
    assert actor == "user/u-supervisor"
    assert isinstance(command, Batch)
    assert command.commands[0] == PlaceOrder(
        channel="shop",
        external_id="20017",
        customer=reference("c-1"),
        lines=(
            LineWanted(quantity=Decimal(2), sku="TEA-1"),
            LineWanted(quantity=Decimal(1), sku="TEA-2"),
        ),
    )


def test_every_wrong_cell_is_named_and_nothing_is_applied(world: World, admin: TestClient) -> None:
    bad = ORDERS.replace(",1\n", ",one\n")
    body = problem(admin.post("/api/v1/imports/orders", content=bad, headers=CSV), 422, "invalid")
    assert [(error.row, error.column, error.value) for error in body.errors] == [
        (3, "quantity", "one"),
        (5, "quantity", "one"),
    ]
    assert body.errors[0].field == "row[3].quantity"
    assert all(error.remedy for error in body.errors)
    assert world.commands.submitted == []


def test_what_the_heart_refuses_is_named_by_row(world: World, admin: TestClient) -> None:
    world.queries.person_ids.add("c-1")
    world.commands.fail = NotFound("rows[1].lines[0].sku", "TEA-1", "import the item first")
    response = admin.post("/api/v1/imports/orders", content=ORDERS, headers=CSV)
    (error,) = problem(response, 422, "invalid").errors
    assert (error.row, error.column, error.value) == (5, "lines[0].sku", "TEA-1")


def test_a_dry_run_checks_and_applies_nothing(world: World, admin: TestClient) -> None:
    files = {
        "items": "sku,name_zh,name_en\nTEA-1,龙井,Longjing\n",
        "customers": "customer,name\nc-1,Li\n",
    }
    for kind, content in files.items():
        response = admin.post(
            f"/api/v1/imports/{kind}?dry_run=true", content=content.encode(), headers=CSV
        )
        expected = {"kind": kind, "count": 1, "repeated": 0, "applied": False}
        assert response.json() == expected
    assert world.commands.submitted == []
    assert world.persons.stored == {}


def test_items_and_customers_reach_their_stores(world: World, admin: TestClient) -> None:
    world.commands.results.append({"count": "1", "repeated": "0"})
    items = "sku;name_zh;name_en;gtin\nTEA-1;龙井;Longjing;4006381333931\n"
    admin.post("/api/v1/imports/items", content=items.encode(), headers=CSV)
    ((command, _),) = world.commands.submitted
    assert isinstance(command, Batch)
    (item,) = command.commands
    assert isinstance(item, DefineItem)
    assert item.gtin == "04006381333931"
    customers = "customer,name,phone\nc-1,李雷,13800000000\n"
    admin.post("/api/v1/imports/customers", content=customers.encode(), headers=CSV)
    assert world.persons.stored["c-1"].name == "李雷"


def test_a_file_of_another_kind_is_refused(admin: TestClient) -> None:
    response = admin.post("/api/v1/imports/prices", content=b"a,b\n", headers=CSV)
    problem(response, 422, "invalid")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"sku\n", b"sku,name_zh,name_en,colour\n"]
)
def test_a_file_that_is_none_is_named(world: World, admin: TestClient, content: bytes) -> None:
    response = admin.post("/api/v1/imports/items", content=content, headers=CSV)
    assert problem(response, 422, "invalid").errors
    assert world.commands.submitted == []
