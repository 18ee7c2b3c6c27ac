"""kill -9 of the real edge, central and broker under load: what anyone was told is on disk, once.

Three write down what they are told: two packers with scanners on serial lines, who look at the
station's screen, and a client from outside, who scans by REST. All three go on scanning while
the processes die and come back; the seed decides who dies and when.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kills import books
from tests.kills.client import STATION, Client
from tests.kills.house import WITHIN_S, WORKED, House, until

CHAIN = Path(__file__).parents[1] / "peers" / "outside" / "chain.py"
DRAIN_WITHIN_S = 90
WORK_WITHIN_S = 1_800


@dataclass(frozen=True)
class Plan:
    """How often each dies, and how much there is to do meanwhile."""

    edge: int
    central: int
    broker: int
    orders: int
    speed: float

    def victims(self, dice: random.Random) -> list[str]:
        names = ["edge"] * self.edge + ["central"] * self.central + ["broker"] * self.broker
        dice.shuffle(names)
        return names


SHORT = Plan(edge=3, central=2, broker=2, orders=8, speed=10)
LONG = Plan(edge=60, central=20, broker=20, orders=100, speed=3)


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Plan:
    found: Plan = request.param
    return found


@pytest.fixture
def house(tmp_path: Path, plan: Plan) -> Iterator[House]:
    started = House(tmp_path, plan.orders, plan.speed)
    try:
        started.wait_at_work()
        yield started
    finally:
        started.stop()


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    outside = Client(house.url, house.token, random.Random(8))
    outside.start()
    yield outside
    outside.stop()


def strike(house: House, client: Client, victim: str, dice: random.Random) -> None:
    """After a few more scans or at once, also while others are still down; never one that is."""
    goal = len(client.told) + dice.randrange(6)
    until(lambda: len(client.told) >= goal or bool(client.fault), "the client is answered")
    house.wait_up(victim)
    time.sleep(dice.random() / 5)  # the moment is the point, not a wait for something
    house.kill(victim)


def head_by_rest(house: House) -> str:
    """ "SEQ HASH" as a program finds it that knows nothing but REST and hashing."""
    command = [sys.executable, "-I", str(CHAIN), house.url, str(house.data / "private" / "token")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=WITHIN_S)
    return done.stdout.strip()


def come_to_rest(house: House, client: Client) -> str:
    """Until all are up, the work is done and central holds everything; the head."""
    for name in ("broker", "central", "edge"):
        house.wait_up(name)
    until(lambda: not house.packers_at_work(), "the packers are done", WORK_WITHIN_S)
    client.stop()
    head = head_by_rest(house)
    until(lambda: house.central_holds() == head, "central holds it all", DRAIN_WITHIN_S)
    assert head_by_rest(house) == head
    return head


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(400)),
        pytest.param(LONG, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(7200)]),
    ],
    indirect=True,
)
def test_what_was_told_is_on_disk_once_and_central_agrees(
    plan: Plan,
    house: House,
    client: Client,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    dice = random.Random(20261125)
    for victim in plan.victims(dice):
        strike(house, client, victim, dice)
    head = come_to_rest(house, client)
    assert house.stop() == 0
    assert client.fault == ""
    assert client.asked_again > 0, "no kill came between a scan and its answer"
    code, said = books.verified(house.data)
    line = head.replace(" ", " head ")
    assert (code, said) == (0, f"hz1: ok seq {line}\ncentral: ok seq {line} (hz1)\n")
    assert books.rows_that_differ(house.data) == []
    recorded = books.judged(house.data)
    figures = {"by rest": len(client.told), "asked again": client.asked_again}
    for station in WORKED:
        figures[station] = len(recorded[station])
    for name, value in figures.items():
        record_testsuite_property(f"{plan.edge + plan.central + plan.broker} kills, {name}", value)
    assert recorded[STATION] == client.told
    for station in WORKED:
        seen = [(one.seq, one.code, one.verdict) for one in recorded[station]]
        told = books.told_to_packer(house.data, station)
        assert sorted(set(told)) == sorted(told)
        assert set(told) <= set(seen)
        assert books.sent_by_scanner(house.data, station) == [one.code for one in recorded[station]]
