"""The packer against the product's own rules: every order gets done, whatever the seed errs.

The loop runs in the test's thread; the packer looks at the pictures that the pages get, and each
of its scans is one unit of work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from edge.clock import ManualClock
from edge.codes.commands import build
from edge.domain.commands import (
    AddUser,
    Command,
    DefineItem,
    LineWanted,
    PlaceOrder,
    ReceiveStock,
    ScanAtStation,
)
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Stock, Tracking
from edge.domain.settings import SiteSettings
from edge.ids import seeded
from edge.journal import queries
from edge.journal.store import EdgeStore
from edge.service.board import Board
from edge.service.inputs import Ask, Input, Origin, SavePerson
from edge.service.inputs import Scan as ScanInput
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from simulators.bench_view import Goods, Screen, Task, TaskLine
from simulators.packer import Packer, Person
from simulators.packer_actions import Done, Habits, Heard, Scan
from simulators.scanner import aim_identifier

SITE, STATION, BADGE = "hz1", "pack-1", "1001"
ITEMS: tuple[tuple[str, str, Tracking], ...] = (
    ("CUP", "09521234543213", "none"),
    ("TEA", "09521234543220", "lot"),
    ("NUTS", "09521234543237", "expiry"),
    ("CHARGER", "09521234543244", "serial"),
    ("PEN", "09521234543251", "none"),
)
ORDERS = (
    {"CUP": 2, "TEA": 1},
    {"NUTS": 2, "CHARGER": 1, "PEN": 3},
    {"CHARGER": 2},
    {"PEN": 1, "CUP": 1, "TEA": 2, "NUTS": 1},
    {"CUP": 1},
    {"TEA": 3, "PEN": 2},
)
STEPS_MAX = 2_000


class House:
    """A site in this thread, as a BenchView."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.path = path
        self.store = EdgeStore(path, SITE)
        settings = SiteSettings(site=SITE, stations=(STATION,))
        self.loop = EdgeLoop(self.store, settings, seeded(7))
        self.board = Board(self.loop.heart, self.clock, "00ff", "test", "Test")
        self.verdicts: list[str] = []
        self._sequence = 0

    def step(self, *inputs: Input) -> list[Outcome]:
        self.clock.advance_us(500_000)
        outcomes = self.loop.step(inputs, self.clock.now_us())
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
        self.board.committed(outcomes)
        return outcomes

    def ask(self, command: Command) -> dict[str, str]:
        origin = Origin(actor="user/test")
        return self.step(Ask(at_us=self.clock.now_us(), command=command, origin=origin))[0].result

    def open(self) -> None:
        """Goods on the shelves, a packer, and the orders of the day."""
        today = datetime.fromtimestamp(self.clock.now_us() / 1e6, UTC).date()
        expiry = (today + timedelta(days=400)).isoformat()
        for sku, gtin, tracking in ITEMS:
            self._receive(sku, gtin, tracking, expiry)
        details = PersonDetails(name="Packer One", phone="555")
        saved = self.step(SavePerson(at_us=self.clock.now_us(), person="u1", data=details))[
            0
        ].result
        person = PersonRef(person="u1", version=int(saved["version"]), digest=saved["digest"])
        self.ask(AddUser(user="u1", badge=BADGE, role="packer", language="en", person=person))
        for number, wanted in enumerate(ORDERS):
            lines = tuple(LineWanted(quantity=Decimal(n), sku=sku) for sku, n in wanted.items())
            self.ask(
                PlaceOrder(channel="test", external_id=f"T{number}", customer=None, lines=lines)
            )

    def _receive(self, sku: str, gtin: str, tracking: Tracking, expiry: str) -> None:
        item = DefineItem(
            sku=sku, gtin=gtin, name_zh=sku, name_en=sku, unit_zh="件", unit_en="pc",
            tracking=tracking, location=f"A-{sku}",
        )  # fmt: skip
        self.ask(item)
        serials = [f"SN{n}" for n in range(9)] if tracking == "serial" else [""]
        for serial in serials:
            receipt = ReceiveStock(
                location=f"A-{sku}", sku=sku, serial=serial,
                quantity=Decimal(1 if serial else 90),
                lot="L1" if tracking in ("lot", "expiry") else "",
                expiry=expiry if tracking == "expiry" else None,
            )  # fmt: skip
            self.ask(receipt)

    def scan(self, text: str) -> None:
        """What a scanner with AIM identifiers sends for ``text``."""
        self._sequence += 1
        command = ScanAtStation(
            station=STATION, device="scanner-1", connection="c1", sequence=self._sequence,
            data=aim_identifier(text) + text, symbology=aim_identifier(text),
        )  # fmt: skip
        origin = Origin(actor=None, station=STATION)
        scan = ScanInput(at_us=self.clock.now_us(), monotonic_ns=0, command=command, origin=origin)
        judged = self.step(scan)[0].judged
        assert judged is not None
        self.verdicts.append(judged[1].verdict)

    def screen(self) -> Screen:
        return msgspec.json.decode(self.board.station(STATION), type=Screen)

    def tasks(self) -> list[Task]:
        with queries.snapshot(self.path, SITE) as reads:
            return [
                Task(
                    fulfilment=row.number,
                    scan=build("ORDER", row.number),
                    status=row.status,
                    station=row.station,
                    lines=tuple(
                        TaskLine(sku=line.sku, gtin=item.gtin, tracking=item.tracking)
                        for line in reads.fulfilment_lines(row.number)
                        for item in reads.items([line.sku]).values()
                    ),
                )
                for row in reads.work(STATION, 20)
            ]

    def goods(self, sku: str) -> list[Goods]:
        return [
            Goods(
                location=row.location,
                quantity=row.quantity,
                lot=row.lot or None,
                serial=row.serial or None,
            )
            for row in self.stock(sku)
        ]

    def stock(self, sku: str) -> list[Stock]:
        with queries.snapshot(self.path, SITE) as reads:
            return reads.stock(sku=sku)

    def in_cartons(self, sku: str) -> Decimal:
        return sum(
            (row.quantity for row in self.stock(sku) if row.location.startswith("carton/")),
            Decimal(0),
        )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "hz1.db")
    house.open()
    yield house
    house.store.close()


def work(house: House, habits: Habits, seed: int) -> tuple[Packer, list[Heard], str]:
    """Let a packer work without pauses until it goes home."""
    heard: list[Heard] = []
    person = Person(station=STATION, badge=BADGE, habits=habits, orders_max=len(ORDERS))
    packer = Packer(person, house, seeded(seed), heard.append)
    for _ in range(STEPS_MAX):
        action = packer.step(house.clock.monotonic_ns())
        if isinstance(action, Done):
            return packer, heard, action.reason
        assert isinstance(action, Scan), f"waits for nothing after {heard[-1:]}"
        house.scan(action.code)
        packer.sent(house.clock.monotonic_ns())
    raise AssertionError(f"never went home; last: {heard[-5:]}")


def test_a_careful_packer_packs_everything_without_a_refusal(house: House) -> None:
    packer, heard, reason = work(house, Habits().times(0), seed=1)
    assert (reason, packer.tally.orders_closed) == ("finished", len(ORDERS))
    assert {scan.verdict for scan in heard} == {
        "signed_in", "order_opened", "accepted", "line_complete", "order_complete",
        "carton_closed", "order_closed", "signed_out",
    }  # fmt: skip
    for sku, _, _ in ITEMS:
        assert house.in_cartons(sku) == sum(order.get(sku, 0) for order in ORDERS)
    assert house.tasks() == []


@pytest.mark.parametrize("seed", range(6))
def test_a_packer_who_errs_gets_every_order_done(house: House, seed: int) -> None:
    packer, heard, reason = work(house, Habits().times(6), seed)
    assert (reason, packer.tally.orders_closed) == ("finished", len(ORDERS))
    assert [scan.verdict for scan in heard] == house.verdicts, "heard each verdict, each once"
    assert sum(packer.tally.mistakes.values()) > 0
    shorts = sum(scan.verdict == "short_recorded" for scan in heard)
    for sku, _, _ in ITEMS:
        wanted = sum(order.get(sku, 0) for order in ORDERS)
        assert house.in_cartons(sku) <= wanted
        assert shorts or house.in_cartons(sku) == wanted


def test_the_mistakes_meet_the_verdicts_that_they_deserve(house: House) -> None:
    _, heard, _ = work(house, Habits(0.2, 0.2, 0.2, 0.3, 0.3), seed=3)
    met = {(scan.why, scan.verdict) for scan in heard}
    assert {
        ("wrong_item", "mismatch_class"),
        ("one_too_many", "mismatch_quantity"),
        ("unknown_code", "unknown_code"),
        ("command", "voided"),
        ("command", "short_recorded"),
    } <= met


def test_goods_that_are_not_on_the_shelf_are_reported_short(tmp_path: Path) -> None:
    house = House(tmp_path / "hz1.db")
    house.open()
    packer, heard, reason = work(house, Habits().times(0), seed=1)
    assert (reason, packer.tally.orders_closed) == ("finished", len(ORDERS))
    for number in range(7):  # the shelf of chargers holds six more
        lines = (LineWanted(quantity=Decimal(1), sku="CHARGER"),)
        house.ask(PlaceOrder(channel="test", external_id=f"U{number}", customer=None, lines=lines))
    person = Person(station=STATION, badge=BADGE, habits=Habits().times(0), orders_max=7)
    again = Packer(person, house, seeded(2), heard.append)
    while not isinstance(action := again.step(0), Done):
        assert isinstance(action, Scan)
        house.scan(action.code)
    assert again.tally.verdicts["short_recorded"] == 1
    assert house.in_cartons("CHARGER") == 9
    house.store.close()
