"""What the link writes: commands once and in order, epochs, cursors, persons, dead letters."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from edge.domain import rules
from edge.domain.commands import (
    CancelOrder,
    ChangeOrder,
    Command,
    ErasePerson,
    HoldOrder,
    LineChange,
    LineWanted,
    PlaceOrder,
)
from edge.domain.events import CommandAccepted, CommandRefused, EpochOpened, Event
from edge.domain.kernel import Decision
from edge.domain.rows import NumberBlock, Order
from edge.domain.sync_inputs import (
    COMMANDS_START,
    ApplyCommand,
    CommandPosition,
    Epoch,
    OpenEpoch,
    PersonRow,
    RecordDeadLetter,
    SaveCursor,
    StorePersons,
)
from edge.errors import StoreDamaged
from edge.journal import beside, persons
from edge.journal.chain import START, ZERO_HASH, Position, canonical
from edge.journal.registry import decode
from edge.service.audit import verify_store
from edge.service.inputs import FromLink
from edge.service.outcome import Outcome
from tests.unit.floor import TEA, UNSOLD, Floor, code, item, order

CENTRAL_EPOCH = Epoch(1, "00000000000000aa")


class Central:
    """Numbers and chains commands as central does; ``send`` applies one at the site."""

    def __init__(self, floor: Floor, epoch: Epoch = CENTRAL_EPOCH) -> None:
        self.floor, self.epoch = floor, epoch
        self.number, self.hash = 0, ZERO_HASH

    def make(self, kind: str, data: bytes, *, version: int = 1, id_: str = "") -> ApplyCommand:
        """The next command of the log."""
        number = self.number + 1
        digest = hashlib.sha256(self.hash + data).digest()
        command = ApplyCommand(
            epoch=self.epoch, number=number, prev_hash=self.hash, hash=digest,
            id=id_ or f"command-{self.epoch.counter}-{number}", type=kind, version=version,
            data=data,
        )  # fmt: skip
        self.number, self.hash = number, digest
        return command

    def send(self, command: Command | ApplyCommand) -> list[Event]:
        """The events that it led to."""
        if isinstance(command, Command):
            command = self.make(type(command).__name__, canonical(command))
        return [written.event for written in self.apply(command).events]

    def apply(self, command: ApplyCommand) -> Outcome:
        """Its outcome."""
        return self.floor.link(command)

    def position(self) -> CommandPosition:
        """Where the site stands."""
        return beside.command_position(self.floor.store.executor)


@pytest.fixture
def central(floor: Floor) -> Central:
    """Central over against a furnished site."""
    return Central(floor)


def refusal(events: list[Event]) -> tuple[str, str | None]:
    """Why and at which field a command was refused."""
    (answer,) = events
    assert isinstance(answer, CommandRefused)
    return answer.why, answer.field


# --- commands -----------------------------------------------------------------------------


def test_an_accepted_command_is_answered_and_its_effects_name_it(central: Central) -> None:
    floor = central.floor
    outcome = central.apply(central.make("PlaceOrder", canonical(order("c-1", ("TEA", 2)))))
    kinds = [type(written.event).__name__ for written in outcome.events]
    assert kinds == ["CommandAccepted", "NumberBlockOpened", "OrderPlaced", "FulfilmentReleased"]
    answer, *effects = (decode(row) for row in floor.stored(outcome.events[0].meta.seq - 1))
    assert answer.causation == "command-1-1"
    assert {effect.causation for effect in effects} == {answer.meta.id}
    assert {row.meta.actor for row in (answer, *effects)} == {"central"}
    assert floor.need(Order, "SO-10001").external_id == "c-1"
    assert central.position() == CommandPosition(CENTRAL_EPOCH, 1, central.hash)


def test_a_refusal_is_an_answer_too(central: Central) -> None:
    assert refusal(central.send(HoldOrder(number="SO-1", reason="x"))) == ("not_found", "number")
    assert central.position().through == 1


def test_a_cancel_after_its_carton_was_closed_is_refused_visibly(central: Central) -> None:
    floor = central.floor
    central.send(order("c-1", ("TEA", 2)))
    floor.opened("pack-1", "SO-10001")
    floor.verdicts("pack-1", TEA, code("CLOSE"))
    assert refusal(central.send(CancelOrder(number="SO-10001", reason="late"))) == (
        "conflict",
        "number",
    )
    assert floor.need(Order, "SO-10001").status == "packing"


def test_a_repeated_command_does_nothing(central: Central) -> None:
    command = central.make("PlaceOrder", canonical(order("c-1", ("TEA", 2))))
    central.send(command)
    head, position = central.floor.head(), central.position()
    assert central.send(command) == []
    assert (central.floor.head(), central.position()) == (head, position)


def test_a_command_that_does_not_follow_is_left_alone(central: Central) -> None:
    first = central.make("HoldOrder", canonical(HoldOrder(number="SO-1", reason="x")))
    second = central.make("HoldOrder", canonical(HoldOrder(number="SO-2", reason="x")))
    assert central.send(second) == [], "a gap"
    central.send(first)
    wrong = replace(second, prev_hash=b"\1" * 32)
    assert central.send(wrong) == [], "another history"
    assert central.position().through == 1
    assert len(central.send(second)) == 1


def test_a_higher_epoch_starts_at_one_and_answered_ids_stay_answered(central: Central) -> None:
    first = central.make("PlaceOrder", canonical(order("c-1", ("TEA", 2))))
    central.send(first)
    restored = Central(central.floor, Epoch(2, "00000000000000bb"))
    again = restored.make("PlaceOrder", first.data, id_=first.id)
    assert restored.send(again) == [], "the same command under another number"
    assert restored.position() == CommandPosition(restored.epoch, 1, restored.hash)
    assert len(restored.send(order("c-2", ("TEA", 1)))) > 1
    assert central.send(order("c-3", ("TEA", 1))) == [], "the old epoch is over"


def test_a_new_epoch_does_not_begin_in_the_middle(central: Central) -> None:
    restored = Central(central.floor, Epoch(5, "00000000000000cc"))
    restored.make("HoldOrder", b"{}")
    assert restored.send(HoldOrder(number="SO-1", reason="x")) == []
    assert central.position() == COMMANDS_START


@pytest.mark.parametrize(
    ("kind", "version", "data", "expected"),
    [
        ("FlyToTheMoon", 1, b"{}", ("unknown_command", "type")),
        ("PlaceOrder", 2, b"{}", ("unknown_command", "type")),
        ("HoldOrder", 1, b'{"number":7,"reason":"x"}', ("bad_data", "data")),
        ("HoldOrder", 1, b"{", ("bad_data", "data")),
        ("HoldOrder", 1, b"\xff\xfe", ("bad_data", "data")),
        ("ReceiveStock", 1, b"{}", ("unknown_command", "type")),
    ],
)
def test_what_this_release_cannot_read_is_refused(
    central: Central, kind: str, version: int, data: bytes, expected: tuple[str, str]
) -> None:
    assert refusal(central.send(central.make(kind, data, version=version))) == expected
    assert central.position().through == 1


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1E+30", "1.0000001"])
def test_a_quantity_that_is_none_is_refused_by_field(central: Central, quantity: str) -> None:
    wanted = LineWanted(quantity=Decimal(quantity), sku="TEA")
    placed = PlaceOrder(channel="shop", external_id="q", customer=None, lines=(wanted,))
    assert refusal(central.send(placed)) == ("invalid", "lines[0].quantity")


def test_a_change_may_take_a_line_out_but_not_below_nothing(central: Central) -> None:
    central.send(order("c-1", ("TEA", 2)))

    def change(quantity: str) -> ChangeOrder:
        line = LineChange(line=1, quantity=Decimal(quantity))
        return ChangeOrder(number="SO-10001", lines=(line,))

    assert refusal(central.send(change("-1"))) == ("invalid", "lines[0].quantity")
    assert isinstance(central.send(change("0"))[0], CommandAccepted)


def test_items_come_down_too(central: Central) -> None:
    assert isinstance(central.send(item("POT", UNSOLD))[0], CommandAccepted)
    case = msgspec.json.encode(item("TEA", TEA)).replace(b'"quantity":"6"', b'"quantity":"-6"')
    assert refusal(central.send(central.make("DefineItem", case))) == (
        "invalid",
        "packagings[0].quantity",
    )


def test_a_command_that_cannot_be_processed_is_refused_and_the_next_goes_on(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Decision:
        raise ZeroDivisionError

    command = central.make("HoldOrder", canonical(HoldOrder(number="SO-1", reason="x")))
    with monkeypatch.context() as patch:
        patch.setattr(rules, "decide", broken)
        central.floor.tick()
        (outcome,) = central.floor.step(FromLink(at_us=central.floor.now_us, intent=command))
    kinds = [type(written.event).__name__ for written in outcome.events]
    assert kinds == ["InputQuarantined", "CommandRefused"]
    refused = outcome.events[1].event
    assert isinstance(refused, CommandRefused)
    assert (refused.command, refused.why) == (command.id, "fault")
    assert central.position().through == 1
    assert central.send(command) == [], "it is not tried again"
    assert len(central.send(order("c-1", ("TEA", 1)))) > 1


def test_erasing_by_command_leaves_a_tombstone_and_an_event(central: Central) -> None:
    central.floor.link(StorePersons(rows=(person_row("c-1", 1),)))
    kinds = [type(event).__name__ for event in central.send(ErasePerson(person="c-1"))]
    assert kinds == ["CommandAccepted", "PersonErased"]
    row = persons.get(central.floor.store.executor, "c-1")
    assert row is not None
    assert (row.salt, row.data) == (None, None)


# --- epochs -------------------------------------------------------------------------------


def test_a_new_epoch_is_journaled_kept_and_closes_the_number_blocks(floor: Floor) -> None:
    floor.place(("TEA", 1))
    opened = OpenEpoch(counter=2, nonce="ab" * 8, base=floor.head().seq, lost=7)
    (written,) = floor.link(opened).events
    assert written.event == EpochOpened(counter=2, nonce="ab" * 8, base=opened.base, lost=7)
    assert beside.epoch(floor.store.executor) == Epoch(2, "ab" * 8)
    block = floor.need(NumberBlock, "order")
    assert block.next > block.last
    floor.restart()
    assert floor.loop.heart.epoch == Epoch(2, "ab" * 8)


@pytest.mark.parametrize("counter", [1, 2])
def test_an_epoch_that_was_overtaken_is_not_opened(floor: Floor, counter: int) -> None:
    floor.link(OpenEpoch(counter=2, nonce="ab" * 8, base=0, lost=0))
    assert floor.link(OpenEpoch(counter=counter, nonce="cd" * 8, base=0, lost=0)).events == ()
    assert beside.epoch(floor.store.executor) == Epoch(2, "ab" * 8)


def test_a_new_store_has_a_first_epoch_with_a_nonce_of_its_own(floor: Floor) -> None:
    epoch = beside.epoch(floor.store.executor)
    assert epoch is not None
    assert (epoch.counter, len(epoch.nonce)) == (1, 16)
    floor.restart()
    assert floor.loop.heart.epoch == epoch


# --- persons ------------------------------------------------------------------------------


def person_row(id_: str, version: int, name: str = "Li") -> PersonRow:
    """A person's data."""
    return PersonRow(
        id=id_, version=version, salt="00" * 32, data=canonical({"name": name}), erased_at=None
    )


def tombstone(id_: str, version: int) -> PersonRow:
    """What is left of a person."""
    return PersonRow(id=id_, version=version, salt=None, data=None, erased_at=5)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ((person_row("c", 1), person_row("c", 2, "Wu")), person_row("c", 2, "Wu")),
        ((person_row("c", 2, "Wu"), person_row("c", 1)), person_row("c", 2, "Wu")),
        ((person_row("c", 1), person_row("c", 1, "Wu")), person_row("c", 1)),
        ((person_row("c", 9), tombstone("c", 3)), tombstone("c", 3)),
        ((tombstone("c", 3), person_row("c", 9)), tombstone("c", 3)),
        ((tombstone("c", 3), tombstone("c", 9)), tombstone("c", 3)),
    ],
)
def test_the_highest_version_wins_and_a_tombstone_over_all(
    floor: Floor, sent: tuple[PersonRow, ...], kept: PersonRow
) -> None:
    floor.link(StorePersons(rows=sent))
    assert persons.get(floor.store.executor, "c") == kept


def test_data_that_differ_from_what_an_event_meant_are_named(floor: Floor) -> None:
    held = person_row("c-1", 1)
    reference = persons.ref(held)
    assert reference is not None
    floor.ask(msgspec.structs.replace(order("p", ("TEA", 1)), customer=reference))
    assert persons.missing(floor.store.executor, 10) == ["c-1", "w-1", "w-2", "w-3"]
    floor.link(StorePersons(rows=(held,)))
    assert verify_store(floor.path, "hz1") == floor.head()
    for changed in ("CAST(replace(data, 'Li', 'Wu') AS BLOB)", "CAST(data AS TEXT)", "NULL"):
        floor.store.connection.execute(f"UPDATE person SET data = {changed} WHERE id = 'c-1'")
        with pytest.raises(StoreDamaged, match="person c-1 differs"):
            verify_store(floor.path, "hz1")
    floor.ask(ErasePerson(person="c-1"))
    assert persons.missing(floor.store.executor, 10) == ["w-1", "w-2", "w-3"]


# --- cursors and dead letters -------------------------------------------------------------


def test_a_cursor_is_kept_for_each_consumer(floor: Floor) -> None:
    executor = floor.store.executor
    assert beside.cursor(executor, "central") == START
    floor.link(SaveCursor(consumer="central", seq=3, hash=b"\3" * 32))
    floor.link(SaveCursor(consumer="central", seq=5, hash=b"\5" * 32))
    floor.restart()
    executor = floor.store.executor
    assert beside.cursor(executor, "central") == Position(5, b"\5" * 32)
    assert beside.cursor(executor, "webhooks") == START


def test_a_dead_letter_is_kept_as_it_came(floor: Floor) -> None:
    letter = RecordDeadLetter(direction="down", topic="t/x", reason="torn", payload=b"\0", at_us=9)
    assert floor.link(letter).events == ()
    row = "SELECT at, direction, topic, reason, payload FROM dead_letter"
    assert floor.store.connection.execute(row).fetchone() == (9, "down", "t/x", "torn", b"\0")
