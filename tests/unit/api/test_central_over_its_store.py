"""Central's REST interface over its real store: keys, and who stays erased."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from edge.errors import StoreUnavailable
from edge.journal import beside
from edge.journal.sqlite import open_reader
from tallydock.stores import central_path
from tests.unit.api.real_central import opened
from tests.unit.api.test_problems import problem

ORDER = {"site": "hz1", "channel": "shop", "external_id": "1",
         "lines": [{"sku": "TEA", "quantity": "1"}]}  # fmt: skip


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """What a reader sees."""
    connection = open_reader(central_path(folder))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def place(client: TestClient, key: str) -> Response:
    return client.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": key})


def test_a_repeated_key_is_one_command_and_one_answer(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        first, again = place(client, "k-1"), place(client, "k-1")
        assert (first.status_code, first.content) == (202, again.content)
        assert first.headers["location"] == again.headers["location"]
        assert rows(tmp_path, "SELECT count(*) FROM central_command") == [(1,)]
        other = client.post(
            "/api/v1/orders", json={**ORDER, "external_id": "2"}, headers={"Idempotency-Key": "k-1"}
        )
        problem(other, 422, "key_reused")
        assert rows(tmp_path, "SELECT count(*) FROM central_command") == [(1,)]


def test_a_command_whose_key_cannot_be_kept_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreUnavailable("no room")

    with opened(tmp_path) as (client, _):
        with monkeypatch.context() as patched:
            patched.setattr(beside, "keep_answer", broken)
            problem(place(client, "k-1"), 503, "store_unavailable")
        assert rows(tmp_path, "SELECT count(*) FROM central_command") == [(0,)]
        assert place(client, "k-1").status_code == 202
        assert rows(tmp_path, "SELECT count(*) FROM central_command") == [(1,)]


def test_an_erasure_under_one_key_is_one(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        order_for_li(client)
        key = {"Idempotency-Key": "e-1"}
        first, again = (client.post("/api/v1/persons/c-1/erase", headers=key) for _ in range(2))
        assert (first.status_code, first.content) == (202, again.content)
        assert first.json() == {"person": "c-1", "sites": ["hz1"]}
        erasing = "SELECT count(*) FROM central_command WHERE type = 'ErasePerson'"
        assert rows(tmp_path, erasing) == [(1,)]


def order_for_li(client: TestClient) -> None:
    """A person, and an order that makes the site know of them."""
    assert client.put("/api/v1/persons/c-1", json={"name": "Li Lei"}).status_code == 200
    draft = {**ORDER, "customer": "c-1"}
    assert client.post("/api/v1/orders", json=draft).status_code == 202


def backup(folder: Path) -> Path:
    """A copy as the documentation says to take one."""
    copy = folder / "backup.db"
    connection = sqlite3.connect(f"file:{central_path(folder)}?mode=ro", uri=True)
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


def test_who_was_erased_stays_so_when_a_backup_is_put_back(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        order_for_li(client)
        copy = backup(tmp_path)
        assert client.post("/api/v1/persons/c-1/erase").status_code == 202
        assert client.post("/api/v1/persons/c-2/erase").status_code == 202
    for old in tmp_path.glob("central.db*"):
        old.unlink()
    copy.rename(central_path(tmp_path))
    with sqlite3.connect(central_path(tmp_path)) as connection:
        ((data,),) = connection.execute("SELECT data FROM central_person").fetchall()
        assert b"Li Lei" in data, "the backup holds it"
    connection.close()
    with opened(tmp_path) as (client, _):
        erased = "SELECT id, data, salt FROM central_person WHERE erased_at > 0 ORDER BY id"
        assert rows(tmp_path, erased) == [("c-1", None, None), ("c-2", None, None)]
        assert client.get("/api/v1/erasures").json()["items"] == [{"person": "c-1", "site": "hz1"}]
        problem(client.post("/api/v1/orders", json={**ORDER, "customer": "c-1"}), 422, "invalid")
    book = [json.loads(line) for line in (tmp_path / "central.erased").read_text().split()]
    assert [entry["person"] for entry in book] == ["c-1", "c-2"]
    assert b"Li Lei" not in (tmp_path / "central.erased").read_bytes()


def test_a_line_that_a_power_cut_left_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "central.erased").write_bytes(b'{"person":"c-1","erased_at":7}\n{"pers')
    with opened(tmp_path) as (client, _):
        assert client.post("/api/v1/persons/c-2/erase").status_code == 202
    central_path(tmp_path).unlink()
    with opened(tmp_path):
        known = rows(tmp_path, "SELECT id FROM central_person ORDER BY id")
    assert known == [("c-1",), ("c-2",)]


def test_who_was_erased_before_there_was_a_book_is_noted(tmp_path: Path) -> None:
    with opened(tmp_path) as (client, _):
        assert client.post("/api/v1/persons/c-1/erase").status_code == 202
    (tmp_path / "central.erased").unlink()
    with opened(tmp_path):
        assert b'"c-1"' in (tmp_path / "central.erased").read_bytes()
