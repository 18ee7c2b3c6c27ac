"""The REST interface over the real heart: a store on disk, the loop on its thread.

What the fakes promise is what the heart does: this is where the two are held together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import BaseModel

from api.app import edge_app
from api.application import ApiSettings
from api.auth.secret import fingerprint
from api.paging import Page
from api.ports import ApiToken, Credential, StoreCredential, StoreToken
from api.rest.floor import NothingYet
from api.rest.journal import JournalPage
from api.rest.order_shapes import OrderShown, OrderSummary
from api.rest.shapes import ChainedEvent
from api.rest.stations import ScanAnswer, Work
from api.rest.stock import StockShown
from api.rest.view_shapes import DeviceShown, ExceptionShown, StationShown, StationView
from edge.clock import SystemClock
from edge.codes.commands import build
from edge.ids import SystemChance
from tallydock.config import EdgeConfig
from tallydock.wiring.edge import EdgeHouse
from tests.unit.api.test_problems import problem

ITEMS = """sku,gtin,name_zh,name_en,location
TEA-1,4006381333931,龙井,Longjing,A-01
TEA-2,,红茶,Black tea,A-02
"""
STOCK = "sku,quantity,location\nTEA-1,100,A-01\nTEA-2,50,A-02\n"
CUSTOMERS = "customer,name\nc-1,李雷\n"
DRAFT: dict[str, object] = {
    "channel": "shop",
    "external_id": "20017",
    "customer": "c-1",
    "lines": [{"gtin": "4006381333931", "quantity": "2"}, {"sku": "TEA-2", "quantity": "1"}],
}
ANNA = {"login": "anna", "name": "Anna Li", "badge": "7001", "role": "packer",
        "password": "correct horse battery"}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An admin's client of a house with two stations, three files imported, one packer."""
    house = house_at(tmp_path_factory.mktemp("house"))
    house.start()
    asyncio.run(make_admin(house))
    with TestClient(edge_app(house.ports, ApiSettings(language="en"))) as client:
        client.headers["Authorization"] = "Bearer the admin's"
        for kind, content in (("items", ITEMS), ("stock", STOCK), ("customers", CUSTOMERS)):
            ok(client.post(f"/api/v1/imports/{kind}", content=content.encode(),
                           headers={"Content-Type": "text/csv"}))  # fmt: skip
        ok(client.post("/api/v1/users", json=ANNA))
        yield client
    house.stop()


def house_at(folder: Path) -> EdgeHouse:
    raw = {"site": {"id": "hz1"}, "stations": ["pack-1", "pack-2"]}
    return EdgeHouse(msgspec.convert(raw, EdgeConfig), folder, SystemClock(), SystemChance())


async def make_admin(house: EdgeHouse) -> None:
    credential = Credential(login="admin", user="u0", password_hash="", role="admin")
    token = ApiToken(
        sha256=fingerprint("the admin's"),
        name="t",
        user="u0",
        scopes=("all",),
        expires_at=None,
    )
    await house.ports.accounts.change(StoreCredential(credential), StoreToken(token))


def ok(response: Response) -> Response:
    """The response, which is a success."""
    assert response.status_code in (200, 201), response.text
    return response


def scan(client: TestClient, data: str, **headers: str) -> ScanAnswer:
    response = ok(
        client.post("/api/v1/stations/pack-1/scans", json={"data": data}, headers=headers)
    )
    return ScanAnswer.model_validate_json(response.content)


def place(client: TestClient, external_id: str, **headers: str) -> Response:
    draft = {**DRAFT, "external_id": external_id}
    return client.post("/api/v1/orders", json=draft, headers=headers)


def test_an_order_is_placed_packed_and_told_by_scans_alone(client: TestClient) -> None:
    placed = place(client, "by-scans")
    order = OrderShown.model_validate_json(ok(placed).content)
    assert [(line.sku, line.quantity) for line in order.lines] == [("TEA-1", "2"), ("TEA-2", "1")]
    (fulfilment,) = order.fulfilments
    work = Page[Work].model_validate_json(ok(client.get("/api/v1/stations/pack-1/work")).content)
    (waiting,) = [entry for entry in work.items if entry.fulfilment == fulfilment.number]

    assert scan(client, "no such thing").verdict == "not_signed_in"
    assert scan(client, build("BADGE", "7001")).verdict == "signed_in"
    assert scan(client, waiting.scan).verdict == "order_opened"
    verdicts = [scan(client, data).verdict for data in ("]E04006381333931", "4006381333931")]
    assert verdicts == ["accepted", "line_complete"]
    answer = scan(client, "4006381333931")
    assert answer.verdict == "mismatch_quantity"
    assert answer.session.order is not None
    assert (answer.session.order.packed, answer.session.order.wanted) == ("2", "3")
    ok(client.get("/api/v1/stations/pack-1"))

    history = ok(client.get(f"/api/v1/orders/{order.number}/history"))
    events = Page[ChainedEvent].model_validate_json(history.content).items
    assert "ItemPacked" in [entry.event.type for entry in events]
    assert answer.recorded.seq in [entry.event.seq for entry in events]
    scan(client, build("SIGNOFF"))


def test_the_same_key_is_one_order_and_one_answer(client: TestClient) -> None:
    first, again = (place(client, "by-key", **{"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    problem(place(client, "other", **{"Idempotency-Key": "k-1"}), 422, "key_reused")
    without = place(client, "by-key")
    assert (without.status_code, without.json()["number"]) == (200, first.json()["number"])


def test_a_scan_sent_twice_under_one_key_is_one_verdict(client: TestClient) -> None:
    key = {"Idempotency-Key": "scan-1"}
    first, again = scan(client, "twice", **key), scan(client, "twice", **key)
    assert first.recorded == again.recorded
    assert (first.verdict, first.message) == (again.verdict, again.message)


def test_the_message_is_in_the_callers_language(client: TestClient) -> None:
    english = scan(client, "?", **{"Accept-Language": "en"})
    chinese = scan(client, "?", **{"Accept-Language": "zh-CN"})
    assert english.message.isascii()
    assert not chinese.message.isascii()


def test_an_order_is_held_changed_released_and_cancelled(client: TestClient) -> None:
    number = ok(place(client, "by-hand")).json()["number"]
    path = f"/api/v1/orders/{number}"
    assert ok(client.post(f"{path}/hold", json={"reason": "payment"})).json()["status"] == "held"
    edit = {"lines": [{"line": 1, "quantity": "5"}, {"sku": "TEA-2", "quantity": "1.5"}]}
    changed = OrderShown.model_validate_json(ok(client.patch(path, json=edit)).content)
    assert [line.quantity for line in changed.lines] == ["5", "1", "1.5"]
    assert ok(client.post(f"{path}/release")).json()["status"] == "released"
    assert ok(client.post(f"{path}/cancel", json={"reason": "x"})).json()["status"] == "cancelled"
    problem(client.post(f"{path}/release"), 409, "conflict")
    problem(client.post("/api/v1/orders/SO-0/release"), 404, "not_found")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({**DRAFT, "external_id": "a", "lines": [{"sku": "NO", "quantity": "1"}]}, "lines[0].sku"),
        ({**DRAFT, "external_id": "b", "lines": [{"gtin": "9521234000013", "quantity": "1"}]},
         "lines[0].gtin"),
        ({**DRAFT, "external_id": "c", "customer": "nobody"}, "customer"),
    ],
)  # fmt: skip
def test_what_the_house_does_not_know_is_named(
    client: TestClient, draft: dict[str, object], field: str
) -> None:
    body = problem(client.post("/api/v1/orders", json=draft), 422, "invalid")
    assert body.errors[0].field == field


def test_a_wrong_row_stops_the_whole_file(client: TestClient) -> None:
    before = ok(client.get("/api/v1/stock?sku=TEA-1&location=shelf/A-09")).json()
    content = "sku,quantity,location\nTEA-1,1,A-09\nTEA-9,1,A-09\n"
    response = client.post(
        "/api/v1/imports/stock", content=content, headers={"Content-Type": "text/csv"}
    )
    (error,) = problem(response, 422, "invalid").errors
    assert (error.row, error.column, error.value) == (3, "sku", "TEA-9")
    assert ok(client.get("/api/v1/stock?sku=TEA-1&location=shelf/A-09")).json() == before


def test_an_outsider_recomputes_the_chain(client: TestClient) -> None:
    known, after, types = bytes(32), 0, list[str]()
    while True:
        content = ok(client.get(f"/api/v1/journal?after={after}&limit=7")).content
        page = JournalPage.model_validate_json(content)
        if not page.events:
            break
        raw = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        entries = msgspec.json.decode(raw["events"], type=list[dict[str, msgspec.Raw]])
        for entry, shown in zip(entries, page.events, strict=True):
            known = sha256(known + bytes(entry["event"])).digest()
            assert known.hex() == shown.hash
            types.append(shown.event.type)
        after = page.next
    assert {"ItemAdded", "StockReceived", "UserAdded", "OrderPlaced"} <= set(types)


def test_every_list_has_the_shape_that_is_documented(client: TestClient) -> None:
    scan(client, "an unknown code")
    shapes: dict[str, type[BaseModel]] = {
        "orders": Page[OrderSummary],
        "stock": Page[StockShown],
        "stations": Page[StationShown],
        "devices": Page[DeviceShown],
        "exceptions": Page[ExceptionShown],
        "gates": NothingYet,
    }
    for path, shape in shapes.items():
        shape.model_validate_json(ok(client.get(f"/api/v1/{path}")).content)
    StationView.model_validate_json(ok(client.get("/api/v1/stations/pack-2")).content)
    problem(client.get("/api/v1/stations/pack-9"), 404, "not_found")


def test_stock_is_paged_and_sums_to_zero(client: TestClient) -> None:
    total, cursor = 0.0, None
    for _ in range(50):
        params = {"limit": "2", "sku": "TEA-2"} | ({"cursor": cursor} if cursor else {})
        page = Page[StockShown].model_validate_json(
            ok(client.get("/api/v1/stock", params=params)).content
        )
        total += sum(float(row.quantity) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (total, cursor) == (0.0, None)


def test_stock_tells_the_expiry_of_its_lot(client: TestClient) -> None:
    item = "sku,name_zh,name_en,tracking\nMILK,奶,Milk,expiry\n"
    stock = "sku,quantity,location,lot,expiry\nMILK,4,C-1,L1,2027-03-31\n"
    for kind, content in (("items", item), ("stock", stock)):
        ok(client.post(f"/api/v1/imports/{kind}", content=content.encode(),
                       headers={"Content-Type": "text/csv"}))  # fmt: skip
    shown = ok(client.get("/api/v1/stock?sku=MILK&location=shelf/C-1")).content
    (row,) = Page[StockShown].model_validate_json(shown).items
    assert (row.lot, row.expiry) == ("L1", "2027-03-31")
    other = ok(client.get("/api/v1/stock?sku=TEA-1&location=shelf/A-01")).content
    (row,) = Page[StockShown].model_validate_json(other).items
    assert row.expiry is None


def test_a_user_signs_in_and_a_new_password_signs_out(client: TestClient) -> None:
    browser = TestClient(client.app, follow_redirects=False)
    form = {"login": "anna", "password": ANNA["password"]}
    assert browser.post("/sign-in", data=form).headers["location"] == "/"
    assert browser.get("/api/v1/me").json()["login"] == "anna"
    ok(client.patch("/api/v1/users/anna", json={"password": "another good password"}))
    problem(browser.get("/api/v1/me"), 401, "session_expired")
    taken = {**ANNA, "login": "berta"}
    problem(client.post("/api/v1/users", json=taken), 409, "conflict")


def test_the_house_is_ready_and_measures(client: TestClient) -> None:
    assert ok(client.get("/readyz")).json() == {"status": "ok"}
    assert "tallydock_scans_total" in ok(client.get("/metrics")).text


def test_an_erased_person_cannot_order(client: TestClient) -> None:
    customers = "customer,name\nc-9,韩梅梅\n"
    headers = {"Content-Type": "text/csv"}
    path = "/api/v1/imports/customers"
    ok(client.post(path, content=customers.encode(), headers=headers))
    ok(client.post("/api/v1/persons/c-9/erase"))
    draft = {**DRAFT, "external_id": "erased", "customer": "c-9"}
    problem(client.post("/api/v1/orders", json=draft), 422, "invalid")
    problem(client.post(path, content=customers.encode(), headers=headers), 422, "invalid")
