"""A small warehouse on disk: one site that packed a few orders, and central's copy of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from edge.clock import ManualClock
from edge.codes import commands as codes
from edge.domain.commands import (
    AddUser,
    Command,
    DefineItem,
    ErasePerson,
    LineWanted,
    PlaceOrder,
    ReceiveStock,
    ScanAtStation,
)
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.settings import SiteSettings
from edge.ids import seeded
from edge.journal.chain import StoredEvent
from edge.journal.store import EdgeStore
from edge.service.inputs import Ask, Input, Origin, SavePerson, Scan
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from sync.central.events import answers
from sync.central.fold_projector import FoldProjector
from sync.central.log import store
from sync.central.ports import SiteCursor
from sync.central.sql_store import SqlStore, sqlite_engine
from tallydock.stores import central_path, edge_path

SITE = "hz1"
STATION = "pack-1"
BADGE = "1001"
GTINS = ("09521234543213", "09521234543220", "09521234543237")


class Floor:
    """The site at work: hand it inputs, it must accept each."""

    def __init__(self, data: Path, site: str = SITE) -> None:
        self.clock = ManualClock()
        self.store = EdgeStore(edge_path(data, site), site)
        self.settings = SiteSettings(site=site, stations=(STATION,))
        self.loop = EdgeLoop(self.store, self.settings, seeded(7))
        self._sequence, self._connection = 0, "c1"

    def step(self, *inputs: Input) -> list[Outcome]:
        """One unit of work."""
        self.clock.advance_us(1_000_000)
        outcomes = self.loop.step(inputs, self.clock.now_us())
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
        return outcomes

    def ask(self, command: Command) -> dict[str, str]:
        """The result of a command."""
        origin = Origin(actor="user/test")
        asked = Ask(at_us=self.clock.now_us(), command=command, origin=origin)
        return self.step(asked)[0].result

    def know(self, person: str, name: str) -> PersonRef:
        """Enter a person's data."""
        saved = SavePerson(
            at_us=self.clock.now_us(), person=person, data=PersonDetails(name=name, phone="555")
        )
        result = self.step(saved)[0].result
        return PersonRef(person=person, version=int(result["version"]), digest=result["digest"])

    def scan(self, *texts: str) -> list[str]:
        """The verdicts on scans of one device, all in one unit of work."""
        outcomes = self.step(*map(self._scan, texts))
        return [outcome.judged[1].verdict for outcome in outcomes if outcome.judged is not None]

    def scan_anew(self, *texts: str) -> list[str]:
        """The same over a connection of its own, in a store that was open before."""
        self._connection = "c2"
        return self.scan(*texts)

    def _scan(self, text: str) -> Scan:
        self._sequence += 1
        command = ScanAtStation(
            station=STATION,
            device="scanner-1",
            connection=self._connection,
            sequence=self._sequence,
            data=text,
            symbology=None,
        )
        return Scan(
            at_us=self.clock.now_us(), monotonic_ns=0, command=command,
            origin=Origin(actor=None, station=STATION),
        )  # fmt: skip

    def open_for_business(self) -> None:
        """Items, stock, a packer who is signed in."""
        for index, gtin in enumerate(GTINS):
            sku, shelf = f"SKU-{index}", f"A-{index}"
            item = DefineItem(
                sku=sku,
                gtin=gtin,
                name_zh=f"货{index}",
                name_en=f"Item {index}",
                unit_zh="件",
                unit_en="pc",
                tracking="none",
                location=shelf,
            )
            self.ask(item)
            self.ask(ReceiveStock(location=shelf, sku=sku, quantity=Decimal(100_000)))
        person = self.know("u1", "Packer One")
        self.ask(AddUser(user="u1", badge=BADGE, role="packer", language="en", person=person))
        self.scan(codes.build("BADGE", BADGE))

    def pack_order(self, external_id: str, customer: PersonRef | None = None) -> str:
        """Place an order of two units each of all items and pack it; its number."""
        lines = tuple(
            LineWanted(quantity=Decimal(2), sku=f"SKU-{index}") for index in range(len(GTINS))
        )
        placed = PlaceOrder(channel="test", external_id=external_id, customer=customer, lines=lines)
        number = self.ask(placed)["number"]
        self.scan(codes.build("ORDER", f"{number}-1"))
        self.scan(*(gtin[1:] for gtin in GTINS for _ in range(2)))
        self.scan(codes.build("CLOSE"), codes.build("NEXT"))
        return number

    def erase(self, person: str) -> None:
        """Erase a person as REST does."""
        self.ask(ErasePerson(person=person))

    def events(self) -> list[StoredEvent]:
        """The whole journal."""
        return self.store.journal.read(0, 1_000_000, 1 << 40)

    def close(self) -> None:
        """As the service ends, but without a last checkpoint: the WAL is left as it is."""
        self.store.close()


@contextmanager
def floor(data: Path, site: str = SITE) -> Iterator[Floor]:
    """An open site."""
    opened = Floor(data, site)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def central(data: Path) -> Iterator[SqlStore]:
    """Central's store, open for writing."""
    engine = sqlite_engine(central_path(data))
    with engine.begin() as connection:
        FoldProjector.create_tables(connection)
    opened = SqlStore(engine, FoldProjector())
    try:
        yield opened
    finally:
        opened.close()
        engine.dispose()


def acknowledge(opened: SqlStore, events: Sequence[StoredEvent], site: str = SITE) -> None:
    """Let central take the next events of a site, as its inbox does."""
    with opened.transaction() as tx:
        tx.log.add_site(site)
        cursor = tx.log.cursor(site) or SiteCursor()
        fresh = events[cursor.through :]
        if fresh:
            store(tx, site, cursor, fresh)
            tx.commands.record_answers(site, answers(fresh))


def build(data: Path, orders: int = 3, site: str = SITE) -> list[StoredEvent]:
    """A site that packed ``orders`` orders, and central that holds all of it; the journal."""
    with floor(data, site) as works:
        works.open_for_business()
        customer = works.know("c1", "Customer One")
        for index in range(orders):
            works.pack_order(f"T-{index}", customer)
        events = works.events()
    with central(data) as opened:
        acknowledge(opened, events, site)
    return events
