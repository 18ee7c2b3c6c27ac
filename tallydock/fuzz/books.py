"""An independent count of the goods: what the events say, added up without the product's rules.

The shadow fold (``watch``) runs the product's own ``evolve`` again, so a rule that is wrong is
wrong there as well. Here each event is booked by hand, and what it may not do is a Violation:
packing beyond what was asked, for an order that is on hold or cancelled, into a closed carton;
taking back what was taken back; a verdict without its deed, or a deed without its verdict.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatchmethod

from edge.domain import events as e
from edge.domain.kernel import Meta
from edge.journal.registry import Recorded
from tallydock.fuzz.customs import Customs
from tallydock.fuzz.deeds import ALONG, DEEDS, QUIET, SCANNED, Verdict
from tallydock.fuzz.dice import require
from tallydock.fuzz.goods import PLAIN, code
from tallydock.fuzz.oracle import Sight, expected


@dataclass(slots=True)
class Part:
    """A line to pack."""

    order: str
    order_line: int
    sku: str
    wanted: Decimal
    packed: Decimal = Decimal(0)
    short: Decimal = Decimal(0)

    @property
    def room(self) -> Decimal:
        return self.wanted - self.packed - self.short


@dataclass(slots=True)
class Box:
    """A carton."""

    fulfilment: str
    open: bool = True
    units: Decimal = Decimal(0)


class Books:
    """See the module's docstring. ``note`` takes each event once, ``close`` ends a transaction."""

    def __init__(self, customs: Customs) -> None:
        self._customs = customs
        self.lines: dict[tuple[str, int], list[Decimal]] = {}
        self.parts: dict[tuple[str, int], Part] = {}
        self.stock: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        self.boxes: dict[str, Box] = {}
        self.station_of: dict[str, str] = {}
        self.work: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.state: dict[str, str] = {}
        self.stopped: dict[str, str] = {}
        self.closed: set[str] = set()
        self.placed: dict[tuple[str, str], str] = {}
        self.numbers: dict[str, int] = {}
        self.epoch_seq = 0
        self.verdicts: Counter[str] = Counter()
        self.scans: dict[tuple[str, str, int], int] = {}
        self.answers: dict[str, int] = {}
        self.lots: dict[tuple[str, str], str] = {}
        self._codes: dict[str, str] = {}
        self.packs: dict[int, e.ItemPacked] = {}
        self.undoable: dict[str, list[int]] = defaultdict(list)
        self.block: dict[str, range] = {}
        self._verdict: Verdict | None = None

    def note(self, recorded: Recorded) -> None:
        """Book an event."""
        event, meta = recorded.event, recorded.meta
        verdict = self._verdict
        if verdict is not None and recorded.causation == verdict.id:
            verdict.deeds.append(type(event))
        else:
            self.close()
            name = type(event).__name__
            require(not isinstance(event, SCANNED), f"seq {meta.seq}: {name} without a verdict")
        if isinstance(event, e.CommandAccepted | e.CommandRefused):
            require(event.command not in self.answers, f"{event.command} was answered twice")
            self.answers[event.command] = meta.seq
        self._book(event, meta)

    def close(self) -> None:
        """The transaction is over: the last verdict has all its deeds."""
        verdict, self._verdict = self._verdict, None
        if verdict is None:
            return
        said = verdict.event.verdict
        wanted = DEEDS.get(said, ())
        deeds = [deed for deed in verdict.deeds if deed not in QUIET]
        main = [deed for deed in deeds if deed in wanted]
        other = [deed for deed in deeds if deed not in (*wanted, *ALONG.get(said, ()))]
        names = [deed.__name__ for deed in deeds]
        require(len(main) == len(wanted) and not other, f"verdict {said} did {names}")
        self._check_count(verdict.event)
        if said == "signed_out" and verdict.held is not None:
            require(e.FulfilmentSuspended in deeds, f"{verdict.station} signed out with an order")

    def _check_count(self, event: e.ScanJudged) -> None:
        """The verdict shows the fulfilment as it is after the scan."""
        if event.count is None:
            return
        parts = [part for (name, _), part in self.parts.items() if name == event.fulfilment]
        booked = (sum(part.packed for part in parts), sum(part.wanted for part in parts))
        require(event.count == booked, f"{event.verdict} shows {event.count}, booked is {booked}")

    # --- booking ----------------------------------------------------------------------------

    @singledispatchmethod
    def _book(self, event: e.Event, meta: Meta) -> None:
        """Other events move no goods."""

    @_book.register
    def _judged(self, event: e.ScanJudged, meta: Meta) -> None:
        station = meta.station or ""
        if event.sequence > 0:
            identity = (event.device, event.connection, event.sequence)
            require(identity not in self.scans, f"scan {identity} has two verdicts")
            self.scans[identity] = meta.seq
        self.verdicts[event.verdict] += 1
        right = expected(self._sight(station, event.data), event, self._customs.days(meta.at_us))
        require(
            right is None or event.verdict in right,
            f"seq {meta.seq}: {event.data!r} at {station} got {event.verdict}, not {right}",
        )
        self._verdict = Verdict(meta.id, event, station, self.work.get(station))
        self.state[station] = event.after.state

    def _sight(self, station: str, data: str) -> Sight:
        held = self.work.get(station)
        parts = [part for (name, _), part in self.parts.items() if name == held]
        order = parts[0].order if parts else None
        boxes = (box for box in self.boxes.values() if box.fulfilment == held and box.open)
        return Sight(
            user=self.users.get(station),
            state=self.state.get(station, "signed_out"),
            fulfilment=held,
            stopped=self.stopped.get(order) if order is not None else None,
            parts=[(part.sku, part.wanted, part.room) for part in parts],
            undoable=bool(self.undoable.get(held or "")),
            boxed=any(box.units > 0 for box in boxes),
            named=self._condition(self._codes.get(data)),
            serials={(pack.sku, pack.serial) for pack in self.packs.values() if pack.serial},
            lots=self.lots,
        )

    def order_status(self, number: str) -> str:
        """What the order's row must say."""
        fulfilment = f"{number}-1"
        if number in self.stopped:
            return self.stopped[number]
        return self.status(fulfilment) if (fulfilment, 1) in self.parts else "draft"

    def status(self, fulfilment: str) -> str:
        """What the fulfilment's row must say."""
        if fulfilment in self.closed:
            return "packed"
        at_work = "packing" if fulfilment in self.station_of else "released"
        return self.stopped.get(fulfilment.rpartition("-")[0], at_work)

    def _condition(self, name: str | None) -> str | None:
        """What is known of the order or fulfilment that a code names."""
        if name is None:
            return None
        order = name if name in self.placed.values() else name.rpartition("-")[0]
        fulfilment = f"{order}-1"
        if fulfilment in self.closed:
            return "closed"
        if order in self.stopped:
            return self.stopped[order]
        if (fulfilment, 1) not in self.parts:
            return "held"
        return "elsewhere" if fulfilment in self.station_of else "free"

    @_book.register
    def _placed(self, event: e.OrderPlaced, meta: Meta) -> None:
        key = (event.channel, event.external_id)
        require(key not in self.placed, f"{key} became two orders")
        self.placed[key] = event.number
        self._number(event.number, "order", event.serial, meta)
        self._codes[code("ORDER", event.number)] = event.number
        self._ask(event.number, event.lines)

    @_book.register
    def _added(self, event: e.OrderLinesAdded, meta: Meta) -> None:
        self._ask(event.number, event.lines)

    @_book.register
    def _changed(self, event: e.OrderChanged, meta: Meta) -> None:
        require(self.stopped.get(event.number) != "cancelled", f"{event.number} is cancelled")
        self._ask(event.number, event.lines)

    def _ask(self, number: str, lines: Sequence[e.LineAsked]) -> None:
        for line in lines:
            asked = self.lines.setdefault((number, line.line), [Decimal(0)] * 3)
            asked[0] = line.quantity
            require(asked[0] >= asked[1] + asked[2], f"{number} line {line.line} fell below packed")

    @_book.register
    def _released(self, event: e.FulfilmentReleased, meta: Meta) -> None:
        self._codes[code("ORDER", event.number)] = event.number
        self._put(event.number, event.lines)

    @_book.register
    def _extended(self, event: e.FulfilmentLinesAdded, meta: Meta) -> None:
        self._put(event.number, event.lines)

    @_book.register
    def _rewritten(self, event: e.FulfilmentChanged, meta: Meta) -> None:
        require(event.number not in self.closed, f"{event.number} changed after it was closed")
        self._put(event.number, event.lines)

    def _put(self, number: str, lines: Sequence[e.LineToPack]) -> None:
        for line in lines:
            known = self.parts.get((number, line.line))
            if known is None:
                part = Part(line.order, line.order_line, line.sku, line.quantity)
                self.parts[number, line.line] = part
            else:
                known.wanted = line.quantity

    @_book.register
    def _stop(self, event: e.OrderHeld, meta: Meta) -> None:
        self.stopped[event.number] = "held"

    @_book.register
    def _cancel(self, event: e.OrderCancelled, meta: Meta) -> None:
        for name in event.fulfilments:
            shut = [box for box in self.boxes.values() if box.fulfilment == name and not box.open]
            require(all(box.units == 0 for box in shut), f"{event.number} has a closed carton")
        self.stopped[event.number] = "cancelled"

    @_book.register
    def _go_on(self, event: e.OrderReleased, meta: Meta) -> None:
        require(self.stopped.get(event.number) != "cancelled", f"{event.number} came back")
        self.stopped.pop(event.number, None)

    # --- people and stations ----------------------------------------------------------------

    @_book.register
    def _in(self, event: e.SignedIn, meta: Meta) -> None:
        self.users[event.station] = event.user

    @_book.register
    def _out(self, event: e.SignedOut, meta: Meta) -> None:
        require(self.users.pop(event.station, None) == event.user, f"{event.user} was not here")
        if event.reason == "idle":
            self.state[event.station] = "signed_out"

    @_book.register
    def _open(self, event: e.FulfilmentOpened, meta: Meta) -> None:
        self._take(event.number, event.station, None)

    @_book.register
    def _over(self, event: e.FulfilmentTakenOver, meta: Meta) -> None:
        giver = self.station_of.get(event.number)
        require(giver == event.from_station, f"{event.number} was taken from {giver}")
        self._take(event.number, event.station, event.from_station)

    def _take(self, number: str, station: str, giver: str | None) -> None:
        order = number.rpartition("-")[0]
        mine = giver == station
        require(mine or order not in self.stopped, f"{number} opened though stopped")
        require(number not in self.closed, f"{number} opened though closed")
        require(mine or station not in self.work, f"{station} has two orders open")
        require(self.station_of.get(number) == giver, f"{number} is open at two stations")
        if giver is not None:
            del self.work[giver]
            if not mine:
                self.state[giver] = "idle" if giver in self.users else "signed_out"
        if not mine:
            self.undoable.pop(number, None)
        self.station_of[number], self.work[station] = station, number

    @_book.register
    def _aside(self, event: e.FulfilmentSuspended, meta: Meta) -> None:
        self._let_go(event.number, event.station)

    def _let_go(self, number: str, station: str) -> None:
        require(self.work.pop(station, None) == number, f"{station} does not hold {number}")
        require(self.station_of.pop(number, None) == station, f"{number} is not at {station}")
        self.undoable.pop(number, None)

    @_book.register
    def _done(self, event: e.FulfilmentClosed, meta: Meta) -> None:
        parts = [part for (name, _), part in self.parts.items() if name == event.number]
        require(not any(part.room for part in parts), f"{event.number} closed with open lines")
        boxes = [box for box in self.boxes.values() if box.fulfilment == event.number]
        require(not any(box.open for box in boxes), f"{event.number} closed with an open carton")
        self._let_go(event.number, event.station)
        self.closed.add(event.number)
        if not any(part.packed for part in parts):
            self.stopped[event.order] = "held"

    # --- goods ------------------------------------------------------------------------------

    @_book.register
    def _received(self, event: e.StockReceived, meta: Meta) -> None:
        self._move(event, event.quantity, event.source, event.location)

    @_book.register
    def _boxed(self, event: e.CartonOpened, meta: Meta) -> None:
        self._number(event.sscc, "sscc", event.serial_reference, meta)
        self.boxes[event.sscc] = Box(event.fulfilment)

    @_book.register
    def _sealed(self, event: e.CartonClosed, meta: Meta) -> None:
        box = self.boxes[event.sscc]
        require(box.open and box.units == event.units, f"{event.sscc} closed with {event.units}")
        box.open = False
        self.undoable.pop(event.fulfilment, None)

    @_book.register
    def _given_up(self, event: e.CartonVoided, meta: Meta) -> None:
        box = self.boxes[event.sscc]
        require(box.open and box.units == 0, f"{event.sscc} given up though not empty")
        box.open = False
        self.undoable.pop(event.fulfilment, None)

    @_book.register
    def _packed(self, event: e.ItemPacked, meta: Meta) -> None:
        part, box = self.parts[event.fulfilment, event.line], self.boxes[event.sscc]
        require(part.sku == event.sku, f"seq {meta.seq}: {event.sku} packed for {part.sku}")
        require(event.quantity <= part.room, f"seq {meta.seq}: {event.sku} packed too often")
        require(event.order not in self.stopped, f"seq {meta.seq}: {event.order} is stopped")
        require(box.open and box.fulfilment == event.fulfilment, f"seq {meta.seq}: wrong carton")
        require(self.work.get(meta.station or "") == event.fulfilment, f"seq {meta.seq}: not here")
        plain = PLAIN.get(self._verdict.event.data) if self._verdict is not None else None
        same = plain is None or plain == (event.sku, event.quantity)
        require(same, f"seq {meta.seq}: {event.quantity} {event.sku} packed for {plain}")
        self._count(event, event.quantity)
        self._move(event, event.quantity, event.source, f"carton/{event.sscc}")
        self.packs[meta.seq] = event
        self.undoable[event.fulfilment].append(meta.seq)

    @_book.register
    def _voided(self, event: e.ItemVoided, meta: Meta) -> None:
        last = self.undoable[event.fulfilment]
        require(last and last[-1] == event.packed_seq, f"seq {meta.seq}: took back another item")
        packed = self.packs.pop(last.pop())
        same = ("line", "sku", "quantity", "lot", "serial", "sscc", "source")
        require(
            all(getattr(packed, name) == getattr(event, name) for name in same),
            f"seq {meta.seq}: what was taken back is not what was packed",
        )
        self._count(event, -event.quantity)
        self._move(event, event.quantity, f"carton/{event.sscc}", event.source)

    def _count(self, event: e.ItemPacked | e.ItemVoided, quantity: Decimal) -> None:
        self.parts[event.fulfilment, event.line].packed += quantity
        self.lines[event.order, event.order_line][1] += quantity
        self.boxes[event.sscc].units += quantity

    @_book.register
    def _lacking(self, event: e.ShortRecorded, meta: Meta) -> None:
        part = self.parts[event.fulfilment, event.line]
        require(event.quantity == part.room > 0, f"seq {meta.seq}: short by {event.quantity}")
        part.short += event.quantity
        self.lines[event.order, event.order_line][2] += event.quantity

    def _move(
        self, event: e.StockReceived | e.ItemPacked | e.ItemVoided, quantity: Decimal, source: str,
        target: str,
    ) -> None:  # fmt: skip
        if not isinstance(event, e.ItemVoided) and event.expiry is not None:
            self.lots[event.sku, event.lot] = event.expiry
        for location, change in ((source, -quantity), (target, quantity)):
            self.stock[location, event.sku, event.lot, event.serial] += change

    # --- numbers ----------------------------------------------------------------------------

    @_book.register
    def _block(self, event: e.NumberBlockOpened, meta: Meta) -> None:
        before = self.block.get(event.kind)
        require(before is None or event.first >= before.stop, f"{event.kind} numbers start over")
        self.block[event.kind] = range(event.first, event.last + 1)

    @_book.register
    def _epoch(self, event: e.EpochOpened, meta: Meta) -> None:
        """Open blocks are given up; what the next begin behind is checked where orphans are."""
        self.epoch_seq = meta.seq
        self.block = {kind: range(block.stop, block.stop) for kind, block in self.block.items()}

    def _number(self, text: str, block: str, number: int, meta: Meta) -> None:
        require(number in self.block.get(block, range(0)), f"{text} is from no open block")
        require(text not in self.numbers, f"{text} was used before")
        self.numbers[text] = meta.seq
