"""A site's application over its real heart, for tests that look behind the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from fastapi.testclient import TestClient

from api.app import edge_app
from api.application import ApiSettings
from api.pages.edge import edge_pages
from edge.clock import Clock, SystemClock
from edge.ids import SystemChance
from edge.journal import queries
from edge.journal.queries import Queries
from tallydock.config import EdgeConfig
from tallydock.stores import edge_path
from tallydock.wiring.edge import EdgeHouse
from tests.unit.api.test_over_the_heart import make_admin, ok

SITE = "hz1"

CSV = {"Content-Type": "text/csv"}
ITEMS = b"sku,gtin,name_zh,name_en,location\nTEA-1,4006381333931,\xe8\x8c\xb6,Tea,A-01\n"


@contextmanager
def opened(
    folder: Path, clock: Clock | None = None, **parts: object
) -> Iterator[tuple[TestClient, EdgeHouse]]:
    """An admin's client of the house whose store lies in ``folder``.

    ``parts`` are further sections of its configuration.
    """
    raw = {"site": {"id": SITE}, "stations": ["pack-1", "pack-2"], **parts}
    config = msgspec.convert(raw, EdgeConfig)
    house = EdgeHouse(config, folder, clock or SystemClock(), SystemChance())
    house.start()
    try:
        asyncio.run(make_admin(house))
        pages = edge_pages(house.ports, house.board, name="Tallydock", zone=house.heart.zone)
        app = edge_app(house.ports, ApiSettings(language="en"), pages=pages)
        with TestClient(app) as client:
            client.headers["Authorization"] = "Bearer the admin's"
            yield client, house
    finally:
        house.stop()


@contextmanager
def behind(folder: Path) -> Iterator[Queries]:
    """What the store of that house holds."""
    with queries.snapshot(edge_path(folder, SITE), SITE) as reads:
        yield reads


def import_file(client: TestClient, kind: str, content: bytes) -> None:
    """A file that has to be good."""
    ok(client.post(f"/api/v1/imports/{kind}", content=content, headers=CSV))
