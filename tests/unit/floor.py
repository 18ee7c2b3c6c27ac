"""A small site for tests: its catalogue, its people, and the loop driven as the wiring drives it.

Every input arrives one second after the one before, so that times in events tell them apart.
What a test reads back comes from disk unless its name says otherwise.
"""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from typing import Self, TypeVar, cast

from edge.codes import commands as codes
from edge.domain.commands import (
    AddUser,
    Command,
    DefineItem,
    LineWanted,
    PlaceOrder,
    ReceiveStock,
    ScanAtStation,
)
from edge.domain.events import Event, PackagingDefined, PersonRef, ScanJudged
from edge.domain.rows import KEYS, Row, Session, StationState, Tracking
from edge.domain.settings import SiteSettings
from edge.domain.sync_inputs import SyncInput
from edge.ids import seeded
from edge.journal.chain import Position, StoredEvent
from edge.journal.store import EdgeStore
from edge.service.audit import verify_store
from edge.service.inputs import Ask, FromLink, Input, Origin, Scan
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from tests.unit.codes.making import closed

R = TypeVar("R", bound=Row)
E = TypeVar("E", bound=Event)

SITE = "hz1"
START_US = 1_790_000_000_000_000
SECOND_US = 1_000_000
SETTINGS = SiteSettings(site=SITE, stations=("pack-1", "pack-2", "pack-3"))
SUPERVISOR = Origin(actor="w-3")
GS = "\x1d"

TEA = closed("0952123400001")
TEA_CASE = closed("1952123400001")
CUP = closed("0952123400002")
MILK = closed("0952123400003")
CREAM = closed("0952123400004")
PHONE = closed("0952123400005")
PHONE_CASE = closed("1952123400005")
UNSOLD = closed("0952123400009")

# One symbol, two meanings: as EAN-8 the one item, as UPC-E the other.
TWIN = "01234565"
TWIN_EAN_8, TWIN_UPC_E = TWIN.zfill(14), "00012345000065"

CATALOGUE: tuple[tuple[str, str, Tracking, str], ...] = (
    ("TEA", TEA, "none", "A-01-1"),
    ("CUP", CUP, "none", "A-01-2"),
    ("MILK", MILK, "expiry", "B-02-1"),
    ("CREAM", CREAM, "lot", "B-02-2"),
    ("PHONE", PHONE, "serial", "C-03-1"),
    ("TWIN-8", TWIN_EAN_8, "none", "D-04-1"),
    ("TWIN-E", TWIN_UPC_E, "none", "D-04-2"),
)
CASES = {"TEA": (TEA_CASE, 6), "PHONE": (PHONE_CASE, 2)}


def code(verb: str, argument: str | None = None) -> str:
    """Text of one of our own codes."""
    return codes.build(verb, argument)


def badge(number: int) -> str:
    """Badge of user ``w-{number}``; 9 is nobody's."""
    return code("BADGE", str(number))


def person(name: str) -> PersonRef:
    """A reference to somebody whose data this site does not hold."""
    return PersonRef(person=name, version=1, digest="0" * 64)


def item(sku: str, gtin: str, tracking: Tracking = "none", location: str = "A-01-1") -> DefineItem:
    """The definition of an item, with its case if it has one."""
    case = CASES.get(sku)
    packagings = (
        () if case is None else (PackagingDefined(gtin=case[0], quantity=Decimal(case[1])),)
    )
    return DefineItem(
        sku=sku, gtin=gtin, name_zh=f"{sku} 号", name_en=f"Item {sku}", unit_zh="件",
        unit_en="pc", tracking=tracking, location=location, packagings=packagings,
    )  # fmt: skip


def order(external_id: str, *lines: tuple[str, int | str], draft: bool = False) -> PlaceOrder:
    """An order of the shop for (sku, quantity) lines."""
    wanted = tuple(LineWanted(sku=sku, quantity=Decimal(quantity)) for sku, quantity in lines)
    return PlaceOrder(
        channel="shop", external_id=external_id, customer=None, lines=wanted, draft=draft
    )


class Floor:
    """One site with its store on disk. ``furnish`` brings the catalogue, users 1-3 and stock."""

    def __init__(
        self, folder: Path, settings: SiteSettings = SETTINGS, *, seed: int | str = 1
    ) -> None:
        self.path = folder / f"{settings.site}.db"
        self.settings, self.seed = settings, seed
        self.now_us = START_US
        self.restarts = 0
        self._sequence = itertools.count(1)
        self._external = itertools.count(1)
        self._open()

    def _open(self) -> None:
        self.store = EdgeStore(self.path, self.settings.site)
        self.loop = EdgeLoop(self.store, self.settings, seeded(f"{self.seed}/{self.restarts}"))
        self._connection = f"since {self.store.head.seq}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End as a process ends."""
        self.store.close()

    def restart(self) -> None:
        """Only what is on disk goes on."""
        self.close()
        self.restarts += 1
        self._open()

    def furnish(self) -> Floor:
        """Catalogue, three packers (3 is a supervisor), 100 of each item that is not tracked."""
        for sku, gtin, tracking, location in CATALOGUE:
            self.ask(item(sku, gtin, tracking, location))
            if tracking == "none":
                self.receive(sku, 100, location)
        for number in (1, 2, 3):
            self.ask(
                AddUser(
                    user=f"w-{number}",
                    badge=str(number),
                    language="en",
                    role="supervisor" if number == 3 else "packer",
                    person=person(f"w-{number}"),
                )
            )
        return self

    # --- inputs ----------------------------------------------------------------------------

    def tick(self) -> int:
        """One second later."""
        self.now_us += SECOND_US
        return self.now_us

    def asking(self, command: Command, origin: Origin = SUPERVISOR) -> Ask:
        """A command as an input."""
        return Ask(at_us=self.tick(), command=command, origin=origin)

    def scanning(
        self, station: str, data: str, *, symbology: str | None = None, retransmit: bool = False,
        fault: str | None = None, sequence: int | None = None, connection: str | None = None,
        device: str | None = None,
    ) -> Scan:  # fmt: skip
        """A scan of the station's own scanner as an input."""
        command = ScanAtStation(
            station=station,
            device=device or f"scanner-{station}",
            connection=self._connection if connection is None else connection,
            sequence=next(self._sequence) if sequence is None else sequence,
            data=data,
            symbology=symbology,
            retransmit=retransmit,
            fault=fault,
        )
        return Scan(
            at_us=self.tick(), monotonic_ns=0, command=command,
            origin=Origin(actor=None, station=station),
        )  # fmt: skip

    def step(self, *inputs: Input) -> list[Outcome]:
        """One batch."""
        return self.loop.step(inputs, self.now_us)

    def one(self, input_: Input) -> Outcome:
        """One input alone; raises what it was refused with."""
        (outcome,) = self.step(input_)
        if outcome.error is not None:
            raise outcome.error
        return outcome

    def ask(self, command: Command) -> dict[str, str]:
        """The result of a command; raises what it was refused with."""
        return self.one(self.asking(command)).result

    def link(self, intent: SyncInput) -> Outcome:
        """Write what the pump wants written."""
        return self.one(FromLink(at_us=self.tick(), intent=intent))

    def receive(
        self, sku: str, quantity: int, location: str, *, lot: str = "", serial: str = "",
        expiry: str | None = None,
    ) -> None:  # fmt: skip
        """Goods from the supplier."""
        self.ask(
            ReceiveStock(
                location=location,
                sku=sku,
                quantity=Decimal(quantity),
                lot=lot,
                serial=serial,
                expiry=expiry,
            )
        )

    def place(self, *lines: tuple[str, int | str], draft: bool = False) -> str:
        """Number of a new order."""
        return self.ask(order(f"e-{next(self._external)}", *lines, draft=draft))["number"]

    def scan(
        self, station: str, data: str, *, symbology: str | None = None, retransmit: bool = False,
        fault: str | None = None,
    ) -> ScanJudged:  # fmt: skip
        """The verdict of one scan."""
        return self.judged(
            self.scanning(station, data, symbology=symbology, retransmit=retransmit, fault=fault)
        )

    def judged(self, scan: Scan) -> ScanJudged:
        """The verdict of one scan that is an input already."""
        judged = self.one(scan).judged
        assert judged is not None
        return judged[1]

    def verdicts(self, station: str, *data: str) -> list[str]:
        """The verdicts of several scans."""
        return [self.scan(station, text).verdict for text in data]

    def opened(self, station: str, number: str, user: int = 1) -> None:
        """Sign in and open an order."""
        assert self.verdicts(station, badge(user), code("ORDER", number)) == [
            "signed_in",
            "order_opened",
        ]

    # --- what came of it -------------------------------------------------------------------

    def state(self, station: str) -> StationState:
        """What the station is in the middle of."""
        session = self.row(Session, station)
        return "signed_out" if session is None else session.state

    def row(self, kind: type[R], *key: str | int) -> R | None:
        """One row from disk."""
        return cast("R | None", self.store.rows.load(kind, key))

    def need(self, kind: type[R], *key: str | int) -> R:
        """One row from disk that must be there."""
        row = self.row(kind, *key)
        assert row is not None, (kind.__name__, key)
        return row

    def rows(self, kind: type[R]) -> list[R]:
        """All rows of a kind from disk."""
        return [cast("R", row) for row in self.store.load_all(kind)]

    def head(self) -> Position:
        """The journal's head."""
        return self.store.head

    def stored(self, after: int = 0) -> list[StoredEvent]:
        """Journal rows behind ``after``."""
        return self.store.journal.read(after, 1_000_000, 1 << 40)

    def verify(self) -> Position:
        """The store is sound, and what is in memory is what is on disk."""
        for (kind, key), row in self.store.state.snapshot():
            assert self.store.rows.load(kind, key) == row, (kind, key)
        return verify_store(self.path, self.settings.site)


def everything(floor: Floor) -> dict[type[Row], list[Row]]:
    """All rows of all kinds from disk."""
    return {kind: floor.store.load_all(kind) for kind in KEYS}
