"""A site's application over its real heart, for tests that look behind the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import edge_app
from api.application import ApiSettings
from edge.journal import queries
from edge.journal.queries import Queries
from tallydock.stores import edge_path
from tallydock.wiring.edge import EdgeHouse
from tests.unit.api.test_over_the_heart import house_at, make_admin, ok

CSV = {"Content-Type": "text/csv"}
ITEMS = b"sku,gtin,name_zh,name_en,location\nTEA-1,4006381333931,\xe8\x8c\xb6,Tea,A-01\n"


@contextmanager
def opened(folder: Path) -> Iterator[tuple[TestClient, EdgeHouse]]:
    """An admin's client of the house whose store lies in ``folder``."""
    house = house_at(folder)
    house.start()
    try:
        asyncio.run(make_admin(house))
        with TestClient(edge_app(house.ports, ApiSettings(language="en"))) as client:
            client.headers["Authorization"] = "Bearer the admin's"
            yield client, house
    finally:
        house.stop()


@contextmanager
def behind(folder: Path) -> Iterator[Queries]:
    """What the store of that house holds."""
    with queries.snapshot(edge_path(folder, "hz1"), "hz1") as reads:
        yield reads


def import_file(client: TestClient, kind: str, content: bytes) -> None:
    """A file that has to be good."""
    ok(client.post(f"/api/v1/imports/{kind}", content=content, headers=CSV))
