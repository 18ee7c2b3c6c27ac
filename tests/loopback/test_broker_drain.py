"""Both ends over a real broker that is killed while a backlog drains: nothing lost or doubled."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.domain.sync_inputs import SyncInput
from edge.ids import SystemChance
from edge.journal.chain import Position, StoredEvent
from sync.broker import EmbeddedBroker
from sync.broker_conf import User
from sync.central.service import CentralService
from sync.central.sql_store import SqlStore, sqlite_engine
from sync.mqtt import Broker
from sync.ports import Notice, Output
from sync.pump import Pump, PumpSettings
from sync.worker import Worker
from tests.contract.brokers import Mosquitto, make_users, nats, until
from tests.simulation.sync.heart import FakeHeart
from tests.simulation.sync.stores import ListProjector

SITE = "hz1"
DRAIN_LIMIT_S = 100.0


class ThreadSafeHeart(FakeHeart):
    """The fake heart, written and read by two threads."""

    def __init__(self) -> None:
        super().__init__(SITE, SystemChance())
        self.lock = threading.RLock()

    def perform(self, intent: SyncInput) -> None:
        with self.lock:
            super().perform(intent)

    def record(
        self, kind: str, data: dict[str, object], causation: str | None = None
    ) -> StoredEvent:
        with self.lock:
            return super().record(kind, data, causation)


class Link:
    """The site's end at work: its intents are performed at once, on the worker's thread."""

    def __init__(self, heart: ThreadSafeHeart, broker: Broker) -> None:
        self.heart = heart
        settings = PumpSettings(hello_jitter_us=0)
        self.pump = Pump(SITE, heart, heart, heart, SystemChance(), settings)
        self.worker = Worker(SITE, self.pump, broker, SystemClock(), SystemChance(), self.carry)

    def carry(self, output: Output) -> None:
        for intent in output.intents:
            self.heart.perform(intent)
        self.grew()

    def grew(self) -> None:
        self.worker.post(lambda pump, now: pump.journal_grew(self.heart.head(), now))


@dataclass
class House:
    """A site and a central over one broker."""

    heart: ThreadSafeHeart
    link: Link
    central: CentralService
    store: SqlStore
    notices: list[Notice]

    def acked(self) -> Position:
        return self.link.pump.link.acked

    def drained(self) -> bool:
        head = self.heart.head()
        return self.acked() == head and self.central_position() == head

    def central_position(self) -> Position:
        view = self.central.sites().result(30)[0]
        return Position(view.through, view.hash)

    def log(self) -> list[StoredEvent]:
        return self.central.read(lambda tx: list(tx.log.read(SITE, 0, 1_000_000))).result(60)


def open_house(folder: Path, port: int, logins: dict[str, User]) -> Iterator[House]:
    engine = sqlite_engine(folder / "central.db")
    store = SqlStore(engine, ListProjector())
    with store.connection.begin():
        store.connection.exec_driver_sql("CREATE TABLE folded (site TEXT, seq INT, hash BLOB)")
    heart, clock = ThreadSafeHeart(), SystemClock()
    notices = list[Notice]()

    def address(user: str) -> Broker:
        return Broker(host="127.0.0.1", port=port, user=user, password=logins[user].password)

    central = CentralService(store, address("central"), clock, SystemChance(), notices.append)
    link = Link(heart, address(SITE))
    central.start()
    central.add_site(SITE).result(10)
    try:
        yield House(heart, link, central, store, notices)
    finally:
        link.worker.stop()
        central.stop()
        store.close()
        engine.dispose()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with nats(tmp_path, make_users(tmp_path)) as broker:
        yield broker


@pytest.fixture
def house(tmp_path: Path, embedded: EmbeddedBroker) -> Iterator[House]:
    yield from open_house(tmp_path, embedded.port, make_users(tmp_path))


def has_acked(house: House, seq: int) -> bool:
    return house.acked().seq >= seq


def drain(house: House, broker: EmbeddedBroker, events: int, kills: int) -> None:
    """Drain ``events`` while the broker is killed at equal parts of the way."""
    for number in range(events):
        house.heart.record("ScanJudged", {"number": number, "padding": "x" * 200})
    house.link.worker.start()
    house.link.grew()
    for kill in range(1, kills + 1):
        assert until(partial(has_acked, house, events * kill // (kills + 2)), DRAIN_LIMIT_S)
        os.kill(broker.pid, signal.SIGKILL)
    assert until(house.drained, DRAIN_LIMIT_S)
    assert [event.body for event in house.log()] == [e.body for e in house.heart.disk.journal]
    assert until(lambda: broker.restarts == kills)


def test_a_killed_broker_loses_nothing(house: House, embedded: EmbeddedBroker) -> None:
    drain(house, embedded, events=8_000, kills=1)


@pytest.mark.soak
def test_a_hundred_thousand_events_and_two_kills(house: House, embedded: EmbeddedBroker) -> None:
    drain(house, embedded, events=100_000, kills=2)


def test_commands_come_down_and_are_answered(house: House, embedded: EmbeddedBroker) -> None:
    house.link.worker.start()
    given = [house.central.give_command(SITE, "Do", 1, b'{"n":%d}' % n) for n in range(40)]
    wanted = [future.result(10) for future in given]
    assert until(lambda: house.heart.disk.answered == set(wanted), DRAIN_LIMIT_S)
    assert until(house.drained, DRAIN_LIMIT_S)
    answers = house.central.read(lambda tx: [tx.commands.answer(SITE, id_) for id_ in wanted])
    assert all(a is not None and a.outcome == "accepted" for a in answers.result(10))
    assert embedded.restarts == 0


def test_a_site_that_dies_is_seen_offline(house: House, embedded: EmbeddedBroker) -> None:
    house.link.worker.start()
    assert until(lambda: house.central.sites().result(10)[0].online)
    house.link.worker.stop()
    assert until(lambda: not house.central.sites().result(10)[0].online)
    assert embedded.restarts == 0


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    child = Mosquitto(tmp_path, make_users(tmp_path))
    yield child
    child.kill()


@pytest.fixture
def house_on_mosquitto(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[House]:
    yield from open_house(tmp_path, mosquitto.port, make_users(tmp_path))


def test_the_same_over_mosquitto(house_on_mosquitto: House, mosquitto: Mosquitto) -> None:
    house = house_on_mosquitto
    for number in range(8_000):
        house.heart.record("ScanJudged", {"number": number})
    house.link.worker.start()
    house.central.give_command(SITE, "Do", 1, b"{}").result(10)
    assert until(lambda: house.acked().seq >= 2_000, DRAIN_LIMIT_S)
    mosquitto.kill()
    mosquitto.start()
    assert until(lambda: len(house.heart.disk.answered) == 1, DRAIN_LIMIT_S)
    assert until(house.drained, DRAIN_LIMIT_S)
    assert [e.body for e in house.log()] == [e.body for e in house.heart.disk.journal]
