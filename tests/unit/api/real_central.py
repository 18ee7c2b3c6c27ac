"""Central's application over its real store and worker, with no broker within reach."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.testclient import TestClient

from api.application import ApiSettings
from api.auth.secret import fingerprint
from api.central_app import central_app
from api.pages.central import central_pages
from api.ports import ApiToken, Credential, StoreCredential, StoreToken
from edge.clock import SystemClock
from edge.ids import SystemChance
from tallydock.config import BrokerConfig, CentralConfig
from tallydock.wiring.central import CentralHouse

CONFIG = CentralConfig(broker=BrokerConfig(url="mqtt://127.0.0.1:1"), sites=["hz1"])


@contextmanager
def opened(
    folder: Path, config: CentralConfig = CONFIG
) -> Iterator[tuple[TestClient, CentralHouse]]:
    """An admin's client of the central whose store lies in ``folder``."""
    house = CentralHouse(config, folder, SystemClock(), SystemChance())
    house.start()
    try:
        asyncio.run(_make_admin(house))
        pages = central_pages(house.ports, name="Tallydock", zone=house.zone)
        with TestClient(
            central_app(house.ports, ApiSettings(language="en"), pages=pages)
        ) as client:
            client.headers["Authorization"] = "Bearer the admin's"
            yield client, house
    finally:
        house.stop()


async def _make_admin(house: CentralHouse) -> None:
    if house.ports.accounts.credential("admin") is not None:
        return
    credential = Credential(login="admin", user="u0", password_hash="", role="admin")
    token = ApiToken(
        sha256=fingerprint("the admin's"), name="t", user="u0", scopes=("all",), expires_at=None
    )
    await house.ports.accounts.change(StoreCredential(credential), StoreToken(token))
