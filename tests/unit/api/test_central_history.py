"""An order's history at central: the site's own bytes, found by what they are filed under."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from api.paging import Page
from api.rest.shapes import ChainedEvent
from edge.text.catalogue import text
from tests.unit.api.real_central import opened
from tests.unit.api.test_over_the_heart import ok
from tests.unit.api.test_problems import problem
from tests.unit.commands.conftest import pristine

__all__ = ["pristine"]


def test_central_tells_an_orders_history_as_the_site_does(tmp_path: Path, pristine: Path) -> None:
    shutil.copy(pristine / "central.db", tmp_path / "central.db")
    with opened(tmp_path) as (client, _):
        (number,) = [
            row["number"] for row in ok(client.get("/api/v1/orders?q=T-1")).json()["items"]
        ]
        path = f"/api/v1/sites/hz1/orders/{number}/history"
        whole = Page[ChainedEvent].model_validate_json(ok(client.get(path)).content)
        types = [entry.event.type for entry in whole.items]
        assert types[0] == "OrderPlaced"
        assert types.count("ItemPacked") == 6
        assert {entry.event.subject for entry in whole.items} == {
            f"order/{number}", f"fulfilment/{number}-1",
        }  # fmt: skip
        seqs, cursor = list[int](), None
        while True:
            page = client.get(path, params={"limit": "4"} | ({"cursor": cursor} if cursor else {}))
            items = Page[ChainedEvent].model_validate_json(ok(page).content)
            seqs += [entry.event.seq for entry in items.items]
            cursor = items.next_cursor
            if cursor is None:
                break
        assert seqs == [entry.event.seq for entry in whole.items]
        problem(client.get("/api/v1/sites/hz1/orders/none/history"), 404, "not_found")


def test_its_page_shows_every_event_with_its_proof(tmp_path: Path, pristine: Path) -> None:
    shutil.copy(pristine / "central.db", tmp_path / "central.db")
    with opened(tmp_path) as (client, _):
        found = ok(client.get("/api/v1/orders?q=T-1")).json()["items"][0]["number"]
        raw = ok(client.get(f"/api/v1/sites/hz1/orders/{found}/history")).content
        items = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["items"]
        entries = msgspec.json.decode(items, type=list[dict[str, msgspec.Raw]])
        page = ok(client.get(f"/orders/{found}?site=hz1", headers={"Accept": "text/html"})).text
        assert page.count("<details id=") == len(entries)
        assert all(msgspec.json.decode(entry["hash"], type=str) in page for entry in entries)
        assert text("order.chain_whole", "en", {"n": str(len(entries))}) in page
        assert text("order.chain_broken", "en") not in page
