"""The embedded broker finds its port taken after a restart and moves; both its users follow."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import msgspec

from api.central.shapes import SiteShown
from edge.clock import SystemClock
from edge.ids import SystemChance
from sync.broker import PORT_FILE, EmbeddedBroker
from sync.broker_conf import users
from tallydock.config import BrokerConfig, CentralConfig
from tests.contract.brokers import until
from tests.unit.api import real_central, real_house
from tests.unit.api.test_over_the_heart import ok

FOLLOW_S = 60.0


def test_both_ends_find_a_broker_that_moved(tmp_path: Path) -> None:
    logins = users(["hz1"], {}, tmp_path / "passwords", SystemChance())
    broker = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
    first = broker.start()

    def access(name: str) -> dict[str, object]:
        return {
            "url": f"mqtt://127.0.0.1:{first}",
            "port_file": str(tmp_path / "broker" / PORT_FILE),
            "user": name,
            "password": logins[name].password,
            "hello_jitter_ms": 10,
        }

    config = CentralConfig(broker=msgspec.convert(access("central"), BrokerConfig), sites=["hz1"])
    with (
        real_central.opened(tmp_path / "far", config) as (far, _),
        real_house.opened(tmp_path / "near", broker=access("hz1")) as (near, house),
        socket.socket() as squatter,
    ):

        def agree() -> bool:
            shown = ok(far.get("/api/v1/sites/hz1")).content
            return SiteShown.model_validate_json(shown).through == house.growth.seq

        real_house.import_file(near, "items", real_house.ITEMS)
        assert until(agree, FOLLOW_S)
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        os.kill(broker.pid, signal.SIGKILL)
        assert until(lambda: _takes(squatter, first)), "the port was not free for a moment"
        assert until(lambda: broker.port not in (first, -1), FOLLOW_S)
        real_house.import_file(near, "stock", b"sku,quantity,location\nTEA-1,5,A-01\n")
        assert until(agree, FOLLOW_S)
    broker.stop()


def _takes(squatter: socket.socket, port: int) -> bool:
    try:
        squatter.bind(("127.0.0.1", port))
    except OSError:
        return False
    squatter.listen()
    return True
