"""What is refused in part is refused whole: nothing of it is in the store."""

from __future__ import annotations

from pathlib import Path

from httpx2 import Response

from edge.journal.sqlite import SqliteExecutor, open_reader
from tallydock.stores import edge_path
from tests.unit.api.real_house import CSV, ITEMS, behind, import_file, opened
from tests.unit.api.test_over_the_heart import ANNA, ok
from tests.unit.api.test_problems import problem

LINES = [{"sku": "TEA-1", "quantity": "1"}]


def persons(folder: Path) -> list[object]:
    """Ids in the person store."""
    connection = open_reader(edge_path(folder, "hz1"))
    try:
        return [row[0] for row in SqliteExecutor(connection).all("SELECT id FROM person")]
    finally:
        connection.close()


def test_a_user_with_a_taken_badge_or_login_leaves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        ok(client.post("/api/v1/users", json=ANNA))
        before, known = client.get("/api/v1/users").json(), persons(tmp_path)
        with behind(tmp_path) as reads:
            head = reads.head()
        for other in ({**ANNA, "login": "berta"}, {**ANNA, "badge": "7002"}):
            body = problem(client.post("/api/v1/users", json=other), 409, "conflict")
            assert body.errors[0].field in ("badge", "login")
        assert client.get("/api/v1/users").json() == before
        assert persons(tmp_path) == known
        with behind(tmp_path) as reads:
            assert reads.head() == head


def test_a_user_sent_again_under_its_key_is_the_same_user(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        key = {"Idempotency-Key": "anna"}
        first, again = (client.post("/api/v1/users", json=ANNA, headers=key) for _ in range(2))
        assert (first.status_code, first.content) == (201, again.content)
        assert again.status_code == 201
        assert [row["login"] for row in client.get("/api/v1/users").json()["items"]] == [
            "admin", "anna",
        ]  # fmt: skip


def test_customers_with_an_erased_one_among_them_are_refused_whole(tmp_path: Path) -> None:
    path = "/api/v1/imports/customers"
    with opened(tmp_path) as (client, _):
        import_file(client, "customers", b"customer,name\nc-2,Erased\n")
        ok(client.post("/api/v1/persons/c-2/erase"))
        file = b"customer,name\nc-1,First\n\nc-2,Again\nc-3,Third\n"
        (error,) = problem(client.post(path, content=file, headers=CSV), 422, "invalid").errors
        assert (error.row, error.column, error.value) == (4, "customer", "c-2")
        assert "another id" in error.remedy
        assert "c-1" not in persons(tmp_path)
        assert "c-3" not in persons(tmp_path)


def test_customers_of_one_file_have_salts_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        import_file(client, "customers", b"customer,name\nc-1,Same\nc-2,Same\n")
    connection = open_reader(edge_path(tmp_path, "hz1"))
    salts = [str(row[0]) for row in SqliteExecutor(connection).all("SELECT salt FROM person")]
    connection.close()
    assert [len(salt) for salt in salts] == [64, 64]
    assert (int(salts[0], 16) ^ int(salts[1], 16)).bit_count() > 64, "one tells the other"


def test_a_customer_named_twice_in_a_file_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        file = b"customer,name\nc-1,First\nc-1,Second\n"
        answer = client.post("/api/v1/imports/customers", content=file, headers=CSV)
        (error,) = problem(answer, 422, "invalid").errors
        assert (error.row, error.column, error.value) == (3, "customer", "c-1")
        assert persons(tmp_path) == []


def test_an_answer_under_a_key_is_repeated_to_the_byte_whatever_happened_since(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as (client, _):
        import_file(client, "items", ITEMS)
        draft = {
            "channel": "shop",
            "external_id": "1",
            "lines": [{"sku": "TEA-1", "quantity": "1"}],
        }

        def place(key: str) -> Response:
            return client.post("/api/v1/orders", json=draft, headers={"Idempotency-Key": key})

        first, repeated = place("k-1"), place("k-2")
        assert (first.status_code, repeated.status_code) == (201, 200)
        path = f"/api/v1/orders/{first.json()['number']}"
        key = {"Idempotency-Key": "hold"}
        held = ok(client.post(f"{path}/hold", json={"reason": "payment"}, headers=key))
        ok(client.post(f"{path}/cancel", json={"reason": "x"}))

        def same(again: Response, before: Response) -> bool:
            told = [(one.status_code, one.content, one.headers.get("location"))
                    for one in (again, before)]  # fmt: skip
            return told[0] == told[1]

        assert same(place("k-1"), first)
        assert same(place("k-2"), repeated)
        assert same(client.post(f"{path}/hold", json={"reason": "payment"}, headers=key), held)
        assert held.json()["status"] == "held"
        other = client.post(f"{path}/hold", json={"reason": "else"}, headers=key)
        problem(other, 422, "key_reused")
