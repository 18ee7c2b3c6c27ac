"""Everybody who works with orders: order entry, supervisors, imports, and central's staff."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from edge.domain.commands import (
    AddUser,
    Batch,
    CancelOrder,
    ChangeOrder,
    Command,
    DefineItem,
    ErasePerson,
    HoldOrder,
    LineChange,
    LineWanted,
    PlaceOrder,
    ReceiveStock,
    ReleaseOrder,
)
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Fulfilment, Order, OrderLine, Role
from edge.errors import StoreError
from edge.journal.chain import canonical
from edge.service.inputs import SavePerson
from edge.service.outcome import Outcome
from sync.command_chain import COMMAND_BYTES_MAX
from sync.ports import Output
from tallydock.fuzz.desk import Desk
from tallydock.fuzz.dice import Dice, require
from tallydock.fuzz.far_side import FarSide
from tallydock.fuzz.goods import GOODS, NAME_MARK, definition, receipt
from tallydock.fuzz.watch import Watch

OPEN_WANTED = 6
USERS: tuple[tuple[str, Role], ...] = (
    ("w-1", "packer"), ("w-2", "packer"), ("w-3", "packer"), ("s-4", "supervisor"),
)  # fmt: skip


class Office:
    """The site's own people. ``numbers`` make external ids and persons unique for good."""

    def __init__(self, desk: Desk, watch: Watch, dice: Dice) -> None:
        self._desk, self._watch, self._dice = desk, watch, dice
        self._numbers = 0
        self.erased: list[str] = []
        self.batches: list[tuple[str, ...]] = []

    def number(self) -> int:
        """A number that nobody used before."""
        self._numbers += 1
        return self._numbers

    def furnish(self) -> None:
        """What there is before the first packer comes."""
        for good in GOODS:
            self._desk.ask(definition(good), "admin")
            self._desk.ask(receipt(good, self._dice), "admin")
        for index, (user, role) in enumerate(USERS, 1):
            self._add_user(user, str(index), role)
        for _ in range(OPEN_WANTED):
            self._place()

    def _add_user(self, user: str, badge: str, role: Role) -> None:
        def then(person: PersonRef) -> None:
            added = AddUser(user=user, badge=badge, role=role, language="en", person=person)
            self._desk.ask(added, "admin")

        self._save_person(then)

    # --- a day's work -----------------------------------------------------------------------

    def act(self) -> str:
        """Do one thing; its name."""
        open_now = sum(row.status == "released" for row in self._watch.fold.all(Fulfilment))
        if open_now < OPEN_WANTED:
            self._place()
            return "place"
        name, act = self._dice.weighed(self._acts)
        act()
        return name

    @property
    def _acts(self) -> tuple[tuple[int, tuple[str, Callable[[], None]]], ...]:
        return (
            (10, ("hold", lambda: self._about(self.hold))),
            (12, ("release", lambda: self._about(self.release, "held", "draft"))),
            (8, ("change", lambda: self._about(self.change))),
            (5, ("cancel", lambda: self._about(self.cancel))),
            (6, ("import", self._import)),
            (4, ("receive", self._receive)),
            (3, ("define", self._define)),
            (3, ("user", self._change_user)),
            (3, ("erase", self._erase)),
            (4, ("place", self._place)),
            (1, ("nonsense", lambda: self._desk.ask(self.hold("SO-1"), "s-4"))),
        )

    def _about(self, make: Callable[[str], Command], *statuses: str) -> None:
        orders = [
            row.number
            for row in self._watch.fold.all(Order)
            if not statuses or row.status in statuses
        ]
        if orders:
            recent = orders[-12:] if self._dice.happens(0.8) else orders
            at_work = [row.order for row in self._watch.fold.all(Fulfilment) if row.station]
            some = at_work if at_work and not statuses and self._dice.happens(0.4) else recent
            self._desk.ask(make(self._dice.pick(some)), "s-4")

    def hold(self, number: str) -> HoldOrder:
        return HoldOrder(number=number, reason=self._dice.pick(("payment", "address")))

    def release(self, number: str) -> ReleaseOrder:
        return ReleaseOrder(number=number)

    def cancel(self, number: str) -> CancelOrder:
        return CancelOrder(number=number, reason="customer")

    def change(self, number: str) -> ChangeOrder:
        """New quantities, also impossible ones; a line more; a line out."""
        known = [row for row in self._watch.fold.all(OrderLine) if row.order == number]
        lines = [
            LineChange(line=row.line, quantity=Decimal(self._dice.between(0, 5)))
            for row in self._dice.some(known, self._dice.between(0, 2))
        ]
        if not lines or self._dice.happens(0.3):
            sku = self._dice.pick(GOODS).sku if self._dice.happens(0.9) else "NONE"
            quantity = Decimal(self._dice.between(1, 4))
            lines.append(LineChange(line=0, quantity=quantity, sku=sku))
        return ChangeOrder(number=number, lines=tuple(lines))

    def order(self, channel: str, customer: PersonRef | None = None) -> PlaceOrder:
        """An order of one to four lines."""
        lines = tuple(
            LineWanted(
                sku=good.sku,
                quantity=Decimal(self._dice.between(1, 2 if good.tracking == "serial" else 4)),
            )
            for good in self._dice.some(GOODS, self._dice.between(1, 4))
        )
        return PlaceOrder(
            channel=channel, external_id=f"e-{self.number()}", customer=customer, lines=lines,
            draft=self._dice.happens(0.1),
        )  # fmt: skip

    def _place(self) -> None:
        if self._dice.happens(0.3):
            self._save_person(lambda person: self._desk.ask(self.order("shop", person), "api"))
            return
        order = self.order("shop")
        self._desk.ask(order, "api")
        if self._dice.happens(0.1):
            self._desk.ask(order, "api")

    def _save_person(self, then: Callable[[PersonRef], None]) -> None:
        person = f"p-{self.number()}"
        details = PersonDetails(name=f"{NAME_MARK}{person}", phone="+00 000 555 0100")

        def saved(outcome: Outcome) -> None:
            if outcome.error is None:
                result = outcome.result
                version, digest = int(result["version"]), result["digest"]
                then(PersonRef(person=person, version=version, digest=digest))

        self._desk.send(lambda at_us: SavePerson(at_us=at_us, person=person, data=details), saved)

    def _import(self) -> None:
        """A file of orders and receipts: all of it or nothing; some have a row that cannot be."""
        parts: list[PlaceOrder | DefineItem | ReceiveStock | AddUser] = []
        parts += (self.order("file") for _ in range(self._dice.between(2, 5)))
        parts.append(receipt(self._dice.pick(GOODS), self._dice))
        if self._dice.happens(0.5):
            wrong = LineWanted(sku="NONE", quantity=Decimal(1))
            bad = PlaceOrder(
                channel="file", external_id=f"e-{self.number()}", customer=None, lines=(wrong,)
            )
            parts.insert(self._dice.below(len(parts)), bad)
        ids = tuple(part.external_id for part in parts if isinstance(part, PlaceOrder))
        self.batches.append(ids)
        self._desk.ask(Batch(commands=tuple(parts)), "import")

    def _receive(self) -> None:
        self._desk.ask(receipt(self._dice.pick(GOODS), self._dice), "admin")

    def _define(self) -> None:
        good = self._dice.pick(GOODS)
        self._desk.ask(definition(good, f"C-{self._dice.below(90):02d}"), "admin")

    def _change_user(self) -> None:
        """A lost badge, a new one; or somebody else's badge, which is refused."""
        user, role = self._dice.pick(USERS)
        self._add_user(user, str(self._dice.between(1, 5)), role)

    def _erase(self) -> None:
        person = f"p-{self._dice.between(1, max(1, self._numbers))}"
        if not self._is_customer(person):
            return

        def then(outcome: Outcome) -> None:
            if not isinstance(outcome.error, StoreError):
                self.erased.append(person)

        command = ErasePerson(person=person)
        self._desk.ask(command, "s-4", then)

    def _is_customer(self, person: str) -> bool:
        return any(row.person == person for row in self._watch.fold.all(Order))

    def check_batches(self) -> None:
        """Of each file all orders are there, or none."""
        placed = self._watch.books.placed
        for ids in self.batches:
            found = sum(("file", name) in placed for name in ids)
            require(found in (0, len(ids)), f"{found} of {len(ids)} rows of a file were taken")


class Headquarters:
    """Central's staff: commands down to the site."""

    def __init__(self, office: Office, far: FarSide, watch: Watch, site: str, dice: Dice) -> None:
        self._office, self._far, self._watch = office, far, watch
        self._site, self._dice = site, dice
        self.erased: list[str] = []

    def act(self) -> tuple[str, Callable[[], Output]]:
        """What is asked, and the call that asks it."""
        if self._dice.happens(0.12):
            person = self._somebody()
            if person is not None:
                return "erase", lambda: self.erase(person)
        if self._dice.happens(0.3):
            return "order for a person", self._order_for_a_person
        command = self._command()
        if self._dice.happens(0.05):
            return "unknown command", lambda: self._give("Fly", b'{"to":"moon"}')
        if self._dice.happens(0.03):
            return "an order too large for an event", self._too_large
        if self._dice.happens(0.05):
            return "bad command", lambda: self._give(type(command).__name__, b'{"number":7}')
        return type(command).__name__, lambda: self._send(command)

    def _command(self) -> Command:
        orders = [row.number for row in self._watch.fold.all(Order)][-15:]
        if not orders or self._dice.happens(0.35):
            return self._office.order("central")
        office = self._office
        makes: tuple[Callable[[str], Command], ...] = (
            office.hold, office.release, office.cancel, office.change,
        )  # fmt: skip
        return self._dice.pick(makes)(self._dice.pick(orders))

    def _order_for_a_person(self) -> Output:
        person = f"p-{self._office.number()}"
        details = PersonDetails(name=f"{NAME_MARK}{person}", address="Example Street 1")
        row = self._far.inbox.put_person(person, canonical(details))
        ref = PersonRef(person=row.id, version=row.version, digest=row.digest() or "")
        return self._send(self._office.order("central", ref))

    def _too_large(self) -> Output:
        """An order that fits a command and no event: the site has to set it aside and say so."""
        order = self._office.order("central")
        room = COMMAND_BYTES_MAX - len(canonical(order))
        return self._send(msgspec.structs.replace(order, channel=order.channel + room * "x"))

    def _somebody(self) -> str | None:
        customers = [row.person for row in self._watch.fold.all(Order) if row.person is not None]
        return self._dice.pick(customers) if customers else None

    def erase(self, person: str) -> Output:
        """Erase a person; it is promised once central says so."""
        output = self.erase_again(person)
        self.erased.append(person)
        return output

    def erase_again(self, person: str) -> Output:
        """The erasure itself; repeated when central comes back from a backup."""
        return self._far.inbox.erase_person(person, self._far.now())

    def _send(self, command: Command) -> Output:
        return self._give(type(command).__name__, canonical(command))

    def _give(self, kind: str, data: bytes) -> Output:
        _, output = self._far.inbox.give_command(self._site, kind, 1, data, self._far.now())
        return output
