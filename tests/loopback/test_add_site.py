"""``central add-site``: one more site, with a login of its own at a broker that goes on running."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.clock import SystemClock
from edge.ids import SystemChance
from sync.broker import EmbeddedBroker
from sync.broker_conf import User, users
from sync.mqtt import Broker
from sync.ports import Outgoing
from tallydock.config import BrokerConfig, CentralConfig
from tallydock.joining import passwords_of
from tallydock.wiring.brokers import broker_of
from tests.contract.brokers import RealClient, until
from tests.unit.api import real_central
from tests.unit.api.test_over_the_heart import ok
from tests.unit.api.test_problems import problem
from tests.unit.commands.conftest import Call, call

__all__ = ["call"]


HEARS = "tallydock/v1/hz2/ack"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    running = EmbeddedBroker(tmp_path / "broker", logins(tmp_path), SystemClock())
    running.start()
    yield running
    running.stop()


def logins(folder: Path) -> list[User]:
    return list(users([], {"ear": "observer"}, passwords_of(folder), SystemChance()).values())


def config_at(folder: Path, port: int) -> Path:
    config = folder / "central.toml"
    config.write_text(f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\nuser = "central"\n')
    return config


def connect(broker: Broker, *topics: str) -> RealClient:
    client = RealClient(broker, f"td-{broker.user}-test", topics, None)
    assert client.came_up()
    return client


def test_a_new_site_may_speak_for_itself_alone_and_nobody_is_thrown_out(
    tmp_path: Path, broker: EmbeddedBroker, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = msgspec.json.decode(passwords_of(tmp_path).read_bytes(), type=dict[str, str])
    here = {"host": "127.0.0.1", "port": broker.port}
    ear = connect(
        Broker(host="127.0.0.1", port=broker.port, user="ear", password=known["ear"]),
        "tallydock/v1/#",
    )
    config = config_at(tmp_path, broker.port)
    said = call("central", "add-site", "hz2", "--config", config, "--data", tmp_path)
    assert said.code == 0, said.faults
    table = tomllib.loads("\n".join(line for line in said.lines[1:6]))["broker"]
    assert (table["user"], table["url"]) == ("hz2", f"mqtt://127.0.0.1:{here['port']}")
    assert len(table["password"]) == 64
    broker.admit(logins(tmp_path))
    address = broker_of(msgspec.convert(table, BrokerConfig))
    site = [RealClient(address, "td-hz2-test", (HEARS,), None)]
    assert until(lambda: _up(site, address)), "the broker learned of the site without a restart"
    site[-1].publish(Outgoing("tallydock/v1/hz1/events", b"forged"))
    site[-1].publish(Outgoing("tallydock/v1/hz2/ack", b"forged"))
    site[-1].publish(Outgoing("tallydock/v1/hz2/events", b"its own"))
    assert until(lambda: bool(ear.received()))
    assert ear.received() == [("tallydock/v1/hz2/events", b"its own")]
    assert ear.is_alive()
    assert broker.restarts == 0
    assert passwords_of(tmp_path).stat().st_mode & 0o077 == 0
    logged = caplog.text + (tmp_path / "broker" / "broker.log").read_text()
    assert table["password"] not in logged
    for client in (*site, ear):
        client.close()


def _up(clients: list[RealClient], address: Broker) -> bool:
    """Try again: the reload takes a moment."""
    if clients[-1].is_alive():
        return True
    clients[-1].close()
    clients[-1] = RealClient(address, "td-hz2-test", (HEARS,), None)
    return clients[-1].came_up()


def test_a_password_is_told_once_and_renewed_on_request(tmp_path: Path, call: Call) -> None:
    adding = ("central", "add-site", "hz2", "--config", config_at(tmp_path, 1), "--data", tmp_path)
    first = call(*adding, "--json")
    word = msgspec.json.decode(first.lines[0], type=dict[str, str])["password"]
    again = call(*adding)
    assert (again.code, again.lines) == (2, [])
    assert "--renew" in again.faults[0]
    renewed = call(*adding, "--renew", "--json", "--broker-url", "mqtts://far:8883")
    told = msgspec.json.decode(renewed.lines[0], type=dict[str, str])
    assert told["password"] != word
    assert told["url"] == "mqtts://far:8883"
    assert told["password"] in told["nats"]


@pytest.mark.parametrize("name", ["central", "HZ 1", "-a", "a" * 33])
def test_what_cannot_be_a_site_is_refused(tmp_path: Path, call: Call, name: str) -> None:
    at = ("--config", config_at(tmp_path, 1), "--data", tmp_path)
    said = call("central", *at, "add-site", "--", name)
    assert (said.code, said.lines) == (2, [])
    assert not passwords_of(tmp_path).exists()


def test_central_that_runs_is_told_over_rest(tmp_path: Path, call: Call) -> None:
    config = CentralConfig(broker=BrokerConfig(url="mqtt://127.0.0.1:1"))
    adding = ("central", "add-site", "hz2", "--config", config_at(tmp_path, 1), "--data", tmp_path)
    with real_central.opened(tmp_path, config) as (client, _):
        assert client.get("/api/v1/sites").json()["items"] == []
        locked = call(*adding)
        assert (locked.code, "--url" in locked.faults[0]) == (2, True)
        assert not passwords_of(tmp_path).exists()
        assert client.post("/api/v1/sites", json={"site": "hz2"}).status_code == 201
        assert client.post("/api/v1/sites", json={"site": "hz2"}).status_code == 201
        problem(client.post("/api/v1/sites", json={"site": "central"}), 422, "invalid")
        shown = ok(client.get("/api/v1/sites")).json()["items"]
        assert [site["site"] for site in shown] == ["hz2"]
