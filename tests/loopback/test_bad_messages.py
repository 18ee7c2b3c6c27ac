"""Messages that are none, over a real broker, at a real site and a real central.

Each is counted and kept in the dead letters of the side that it came to, is shown there, and
changes nothing: both sides go on and agree.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.central.shapes import SiteShown
from edge.clock import SystemClock
from edge.ids import SystemChance
from sync.broker import EmbeddedBroker
from sync.broker_conf import users
from sync.envelope import MESSAGE_BYTES_MAX, inflate
from sync.mqtt import Broker
from sync.ports import Outgoing
from tallydock.config import BrokerConfig, CentralConfig
from tests.contract.brokers import RealClient, until
from tests.unit.api import real_central, real_house
from tests.unit.api.test_over_the_heart import ok

ROOT = "tallydock/v1/hz1"
AGREE_S = 30.0


@dataclass(frozen=True, slots=True)
class Both:
    """A site, central, and an outsider who may say and hear everything."""

    edge: TestClient
    central: TestClient
    outsider: RealClient

    def publish(self, leaf: str, payload: bytes) -> None:
        self.outsider.publish(Outgoing(f"{ROOT}/{leaf}", payload))

    def heard(self, leaf: str, kind: bytes) -> list[bytes]:
        """The latest messages of a kind."""
        mark = b'"kind":"%s"' % kind
        return [
            payload
            for name, payload in self.outsider.received()
            if name == f"{ROOT}/{leaf}" and len(payload) < MESSAGE_BYTES_MAX
            and payload[:1] in (b"{", b"\x78") and mark in inflate(payload)
        ]  # fmt: skip

    def agree(self) -> bool:
        """Central holds the site's journal to the last event."""
        head = metric(self.edge, "tallydock_journal_seq")
        site = SiteShown.model_validate_json(ok(self.central.get("/api/v1/sites/hz1")).content)
        return site.through == head


def metric(client: TestClient, name: str) -> float:
    """A value of /metrics; 0 when it is not there."""
    lines = ok(client.get("/metrics")).text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


def counted(client: TestClient) -> dict[str, float]:
    """How many dead letters there were, by reason."""
    prefix = 'tallydock_dead_letters_total{reason="'
    lines = ok(client.get("/metrics")).text.splitlines()
    parts = [line.removeprefix(prefix).split('"} ') for line in lines if line.startswith(prefix)]
    return {reason: float(value) for reason, value in parts}


def kept(client: TestClient) -> dict[str, list[dict[str, object]]]:
    """The dead letters that are shown, by reason."""
    found: dict[str, list[dict[str, object]]] = {}
    for letter in ok(client.get("/api/v1/dead-letters?limit=100")).json()["items"]:
        found.setdefault(letter["reason"], []).append(letter)
    return found


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    logins = users(["hz1"], {"op": "operator"}, tmp_path / "passwords", SystemChance())
    broker = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
    url = f"mqtt://127.0.0.1:{broker.start()}"

    def access(name: str) -> dict[str, object]:
        return {"url": url, "user": name, "password": logins[name].password, "hello_jitter_ms": 10}

    central = CentralConfig(broker=msgspec.convert(access("central"), BrokerConfig), sites=["hz1"])
    operator = Broker(host="127.0.0.1", port=broker.port, user="op", password=logins["op"].password)
    outsider = RealClient(operator, "outsider", [f"{ROOT}/+"], None)
    assert outsider.came_up()
    with (
        real_central.opened(tmp_path / "far", central) as (far, _),
        real_house.opened(tmp_path / "near", broker=access("hz1")) as (near, _),
    ):
        real_house.import_file(near, "items", real_house.ITEMS)
        yield Both(near, far, outsider)
    outsider.close()
    broker.stop()


HEADER = b'{"v":1,"kind":"%s","site":"%s"}'


def wrong(kind: bytes) -> dict[str, bytes]:
    """Payloads that are no message of that kind, by the reason for which."""
    return {
        "malformed": b"\x00\x01 no message",
        "oversized": b"{" + b" " * MESSAGE_BYTES_MAX,
        "foreign_site": HEADER % (kind, b"hz2"),
        "unknown_kind": HEADER % (b"gossip", b"hz1"),
    }


def test_what_central_cannot_use_is_counted_kept_and_shown_there(both: Both) -> None:
    assert until(both.agree, AGREE_S)
    real_house.import_file(both.edge, "stock", b"sku,quantity,location\nTEA-1,5,A-01\n")
    assert until(lambda: both.agree() and bool(both.heard("events", b"events")), AGREE_S)
    for payload in wrong(b"events").values():
        both.publish("events", payload)
    both.publish("events", both.heard("events", b"events")[-1])
    stranger = both.heard("events", b"hello")[0].replace(b'"site":"hz1"', b'"site":"zz9"')
    both.outsider.publish(Outgoing("tallydock/v1/zz9/events", stranger))
    expected = {*wrong(b""), "replayed", "unknown_site"}
    assert until(lambda: expected <= set(kept(both.central)), AGREE_S), kept(both.central)
    letters = kept(both.central)
    assert {letter["site"] for letter in letters["malformed"]} == {"hz1"}
    assert b64decode(str(letters["malformed"][0]["payload"])) != b""
    assert len(b64decode(str(letters["oversized"][0]["payload"]))) <= 1024
    assert counted(both.central).keys() >= expected
    page = ok(both.central.get("/sites/hz1", headers={"Accept": "text/html"})).text
    assert all(f"<b>{reason} " in page for reason in expected - {"unknown_site"})
    assert set(kept(both.edge)) == set(), "the site had nothing to do with it"
    real_house.import_file(both.edge, "stock", b"sku,quantity,location\nTEA-1,2,A-01\n")
    assert until(both.agree, AGREE_S)


def test_what_the_site_cannot_use_is_counted_kept_and_shown_there(both: Both) -> None:
    assert until(lambda: both.agree() and bool(both.heard("ack", b"welcome")), AGREE_S)
    for payload in wrong(b"ack").values():
        both.publish("ack", payload)
    # an answer to a session that nobody leads: an earlier life's
    stale = inflate(both.heard("ack", b"welcome")[-1])
    session = msgspec.json.decode(stale, type=dict[str, object])["session"]
    both.publish("ack", stale.replace(str(session).encode(), b"0123456789abcdef"))
    expected = {*wrong(b""), "replayed"}
    assert until(lambda: expected <= set(kept(both.edge)), AGREE_S), kept(both.edge)
    assert {letter["direction"] for letters in kept(both.edge).values() for letter in letters} == {
        "down"
    }
    assert counted(both.edge).keys() >= expected
    with both.edge.websocket_connect("/live/wall") as live:
        live.receive_text()
        wall = msgspec.json.decode(live.receive_text(), type=dict[str, object])
    link = msgspec.convert(wall["link"], dict[str, object])
    assert link["dead_letters"] == sum(counted(both.edge).values())
    real_house.import_file(both.edge, "stock", b"sku,quantity,location\nTEA-1,5,A-01\n")
    assert until(both.agree, AGREE_S)
