"""Order entry: placing once, naming faults, changing, holding, cancelling, files all or nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from edge.domain.commands import (
    AddUser,
    Batch,
    CancelOrder,
    ChangeOrder,
    Command,
    HoldOrder,
    LineChange,
    LineWanted,
    PlaceOrder,
    ReceiveStock,
    ReleaseOrder,
)
from edge.domain.entry import LINES_MAX, LINES_PER_EVENT
from edge.domain.rows import Fulfilment, FulfilmentLine, Item, Order, OrderLine, User
from edge.errors import Conflict, InvalidInput, NotFound, SeveralInvalid
from edge.journal.chain import EVENT_BYTES_MAX
from tests.unit.floor import CUP, TEA, TEA_CASE, UNSOLD, Floor, code, item, order, person


def placing(*lines: LineWanted, external_id: str = "x") -> PlaceOrder:
    """An order of these lines."""
    return PlaceOrder(channel="shop", external_id=external_id, customer=None, lines=lines)


def change(number: str, line: int, quantity: int | str, sku: str | None = None) -> ChangeOrder:
    """A change of one line."""
    one = LineChange(line=line, quantity=Decimal(quantity), sku=sku)
    return ChangeOrder(number=number, lines=(one,))


def quantities(floor: Floor, number: str) -> list[tuple[str, str]]:
    """(sku, wanted) of the lines on the floor."""
    rows = [row for row in floor.rows(FulfilmentLine) if row.order == number]
    return [(row.sku, str(row.wanted)) for row in sorted(rows, key=lambda row: row.line)]


# --- placing ------------------------------------------------------------------------------


def test_the_same_channel_and_external_id_is_the_same_order(floor: Floor) -> None:
    first = floor.ask(order("4711", ("TEA", 1)))
    head = floor.head()
    again = floor.ask(order("4711", ("CUP", 9)))
    assert again == {"number": first["number"], "repeated": "true"}
    assert floor.head() == head, "nothing was recorded"
    other = floor.ask(msgspec.structs.replace(order("4711", ("TEA", 1)), channel="market"))
    assert other["number"] != first["number"]


def test_the_same_order_twice_in_one_batch_is_placed_once(floor: Floor) -> None:
    asks = [floor.asking(order("4711", ("TEA", 1))) for _ in range(2)]
    numbers = [outcome.result["number"] for outcome in floor.step(*asks)]
    assert len(set(numbers)) == 1
    assert len(floor.rows(Order)) == 1


def test_a_placed_order_is_released_as_one_fulfilment(floor: Floor) -> None:
    number = floor.place(("TEA", 2), ("CUP", "1.5"))
    assert floor.need(Order, number).status == "released"
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.lines, fulfilment.wanted) == (2, Decimal("3.5"))
    assert quantities(floor, number) == [("TEA", "2"), ("CUP", "1.5")]


def test_a_line_may_name_its_item_by_gtin_also_of_a_case(floor: Floor) -> None:
    lines = (
        LineWanted(quantity=Decimal(2), gtin=CUP),
        LineWanted(quantity=Decimal("1.50"), gtin=TEA_CASE),
    )
    number = floor.ask(placing(*lines))["number"]
    assert quantities(floor, number) == [("CUP", "2"), ("TEA", "9")]


def test_a_price_stays_with_its_line(floor: Floor) -> None:
    line = LineWanted(quantity=Decimal(1), sku="TEA", price_minor=1250, currency="CNY")
    number = floor.ask(placing(line))["number"]
    row = floor.need(OrderLine, number, 1)
    assert (row.price_minor, row.currency) == (1250, "CNY")


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        (LineWanted(quantity=Decimal(1), sku="NONE"), "lines[1].sku", "NONE"),
        (LineWanted(quantity=Decimal(1), gtin=UNSOLD), "lines[1].gtin", UNSOLD),
        (LineWanted(quantity=Decimal(1)), "lines[1].sku", ""),
    ],
)
def test_an_unknown_item_is_named_with_its_remedy(
    floor: Floor, line: LineWanted, field: str, value: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        floor.ask(placing(LineWanted(quantity=Decimal(1), sku="TEA"), line))
    assert (refused.value.field, refused.value.value) == (field, value)
    assert refused.value.remedy
    assert floor.rows(Order) == []


def test_an_order_without_lines_or_with_too_many_is_refused(floor: Floor) -> None:
    line = LineWanted(quantity=Decimal(1), sku="TEA")
    for lines in ((), (line,) * (LINES_MAX + 1)):
        with pytest.raises(InvalidInput, match=f"1 to {LINES_MAX}"):
            floor.ask(placing(*lines))


def test_five_thousand_lines_are_several_events_of_one_transaction(floor: Floor) -> None:
    before = floor.head().seq
    lines = tuple(
        LineWanted(quantity=Decimal(1 + index % 7), sku=("TEA", "CUP")[index % 2])
        for index in range(5_000)
    )
    outcome = floor.one(floor.asking(placing(*lines)))
    kinds = [type(written.event).__name__ for written in outcome.events]
    extra = 5_000 // LINES_PER_EVENT - 1
    assert kinds == [
        "NumberBlockOpened",
        "OrderPlaced",
        *["OrderLinesAdded"] * extra,
        "FulfilmentReleased",
        *["FulfilmentLinesAdded"] * extra,
    ]
    assert max(len(stored.body) for stored in floor.stored(before)) <= EVENT_BYTES_MAX
    number = outcome.result["number"]
    assert floor.need(Order, number).lines == 5_000
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.lines, fulfilment.wanted) == (5_000, sum(line.quantity for line in lines))
    assert len(floor.rows(OrderLine)) == len(floor.rows(FulfilmentLine)) == 5_000


def test_a_refused_order_uses_no_number_up(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.place(("NONE", 1))
    assert floor.place(("TEA", 1)) == "SO-10001"


# --- changing -----------------------------------------------------------------------------


def test_a_quantity_can_be_set_down_to_what_is_packed_and_no_further(floor: Floor) -> None:
    number = floor.place(("TEA", 5))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, TEA)
    with pytest.raises(Conflict) as refused:
        floor.ask(change(number, 1, 1))
    assert refused.value.field == "lines[0].quantity"
    assert "2" in refused.value.remedy
    floor.ask(change(number, 1, 2))
    assert floor.state("pack-1") == "complete"
    assert quantities(floor, number) == [("TEA", "2")]


def test_what_was_reported_short_counts_as_done_too(floor: Floor) -> None:
    number = floor.place(("TEA", 3), ("CUP", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("SHORT"), code("REASON", "MISSING"))
    with pytest.raises(Conflict):
        floor.ask(change(number, 1, 2))


def test_a_line_can_be_added_and_taken_out(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.ask(change(number, 0, 2, "CUP"))
    floor.ask(change(number, 1, 0))
    assert quantities(floor, number) == [("TEA", "0"), ("CUP", "2")]
    assert floor.need(Order, number).lines == 2
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", TEA, CUP) == ["mismatch_class", "accepted"]


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ((LineChange(line=7, quantity=Decimal(1)),), "lines[0].line"),
        ((LineChange(line=0, quantity=Decimal(1), sku="NONE"),), "lines[0].sku"),
        ((LineChange(line=1, quantity=Decimal(1)),) * 2, "lines[1].line"),
        ((), "lines"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_field(
    floor: Floor, lines: tuple[LineChange, ...], field: str
) -> None:
    number = floor.place(("TEA", 2))
    with pytest.raises(InvalidInput) as refused:
        floor.ask(ChangeOrder(number=number, lines=lines))
    assert refused.value.field == field
    assert quantities(floor, number) == [("TEA", "2")]


def test_a_draft_changes_without_the_floor_and_goes_there_as_it_is_then(floor: Floor) -> None:
    number = floor.place(("TEA", 1), ("CUP", 1), draft=True)
    floor.ask(change(number, 1, 4))
    floor.ask(change(number, 2, 0))
    assert floor.rows(Fulfilment) == []
    floor.ask(ReleaseOrder(number=number))
    assert floor.need(Order, number).status == "released"
    assert quantities(floor, number) == [("TEA", "4")]


def test_a_draft_that_wants_nothing_is_not_released(floor: Floor) -> None:
    number = floor.place(("TEA", 1), draft=True)
    floor.ask(change(number, 1, 0))
    with pytest.raises(Conflict):
        floor.ask(ReleaseOrder(number=number))


def test_a_packed_order_is_not_changed_any_more(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("NEXT"))
    with pytest.raises(Conflict, match="packed"):
        floor.ask(change(number, 1, 2))


def test_an_order_held_after_its_fulfilment_was_closed_is_not_changed_either(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", code("SHORT"), code("REASON", "MISSING"), code("NEXT"))
    assert floor.need(Order, number).status == "held"
    with pytest.raises(Conflict, match="packed"):
        floor.ask(change(number, 1, 2))


# --- stopping -----------------------------------------------------------------------------


def test_cancel_is_refused_once_a_carton_is_closed(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.scan("pack-1", code("CLOSE"))
    with pytest.raises(Conflict, match="1 carton"):
        floor.ask(CancelOrder(number=number, reason="customer"))
    assert floor.need(Order, number).status == "packing"


def test_cancel_is_taken_while_the_carton_is_open(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.ask(CancelOrder(number=number, reason="customer"))
    row = floor.need(Order, number)
    assert (row.status, row.reason) == ("cancelled", "customer")


def test_cancelled_and_held_twice_is_once(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    stops: tuple[Command, ...] = (
        HoldOrder(number=number, reason="payment"),
        CancelOrder(number=number, reason="customer"),
    )
    for stop in stops:
        floor.ask(stop)
        head = floor.head()
        assert floor.ask(stop)["repeated"] == "true"
        assert floor.head() == head


def test_a_cancelled_order_stays_so(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.ask(CancelOrder(number=number, reason="customer"))
    for command in (
        HoldOrder(number=number, reason="x"),
        ReleaseOrder(number=number),
        change(number, 1, 1),
    ):
        with pytest.raises(Conflict):
            floor.ask(command)


def test_a_packed_order_is_not_cancelled_but_can_be_held_and_released(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("NEXT"))
    with pytest.raises(Conflict):
        floor.ask(CancelOrder(number=number, reason="customer"))
    floor.ask(HoldOrder(number=number, reason="address"))
    floor.ask(ReleaseOrder(number=number))
    assert floor.need(Order, number).status == "packed"
    assert floor.need(Fulfilment, f"{number}-1").status == "packed"


@pytest.mark.parametrize("reason", ["", "x" * 65])
def test_a_stop_needs_a_reason_of_sensible_length(floor: Floor, reason: str) -> None:
    number = floor.place(("TEA", 1))
    for command in (
        HoldOrder(number=number, reason=reason),
        CancelOrder(number=number, reason=reason),
    ):
        with pytest.raises(InvalidInput, match="reason"):
            floor.ask(command)


def test_only_what_is_held_or_a_draft_can_be_released(floor: Floor) -> None:
    with pytest.raises(Conflict, match="not held"):
        floor.ask(ReleaseOrder(number=floor.place(("TEA", 1))))


@pytest.mark.parametrize(
    "command",
    [
        HoldOrder(number="SO-1", reason="x"),
        CancelOrder(number="SO-1", reason="x"),
        ReleaseOrder(number="SO-1"),
        change("SO-1", 1, 1),
    ],
)
def test_an_order_nobody_knows_is_not_found(floor: Floor, command: Command) -> None:
    with pytest.raises(NotFound) as refused:
        floor.ask(command)
    assert (refused.value.field, refused.value.value) == ("number", "SO-1")


# --- files: all or nothing ----------------------------------------------------------------


def test_a_batch_holds_in_itself(floor: Floor) -> None:
    """A row may build on rows before it; a repeated row counts once."""
    result = floor.ask(
        Batch(
            commands=(
                item("POT", UNSOLD),
                ReceiveStock(location="E-1", sku="POT", quantity=Decimal(4)),
                order("a", ("POT", 1)),
                order("b", ("POT", 2)),
                order("a", ("POT", 1)),
            )
        )
    )
    assert result == {"count": "5", "repeated": "1"}
    assert [row.number for row in floor.rows(Order)] == ["SO-10001", "SO-10002"]


def test_a_batch_with_faults_names_each_row_and_applies_none(floor: Floor) -> None:
    head = floor.head()
    with pytest.raises(SeveralInvalid) as refused:
        floor.ask(
            Batch(
                commands=(
                    item("POT", UNSOLD),
                    item("PAN", TEA),
                    order("a", ("POT", 1), ("NONE", 1)),
                    ReceiveStock(location="B-2", sku="MILK", quantity=Decimal(1)),
                )
            )
        )
    assert [(fault.field, fault.value) for fault in refused.value.faults] == [
        ("rows[1].gtin", TEA),
        ("rows[2].lines[1].sku", "NONE"),
        ("rows[3].lot", ""),
    ]
    assert floor.head() == head
    assert floor.row(Item, "POT") is None


def test_a_batch_of_people(floor: Floor) -> None:
    new = AddUser(user="w-7", badge="7", role="packer", language="en", person=person("w-7"))
    taken = AddUser(user="w-8", badge="7", role="packer", language="en", person=person("w-8"))
    with pytest.raises(SeveralInvalid) as refused:
        floor.ask(Batch(commands=(new, taken)))
    assert [fault.field for fault in refused.value.faults] == ["rows[1].badge"]
    floor.ask(Batch(commands=(new,)))
    assert floor.need(User, "w-7").badge == "7"


def test_a_large_batch_asks_for_its_rows_together(floor: Floor) -> None:
    """Two hundred orders on a cold cache: the number of rounds does not grow with them."""
    floor.restart()
    commands = tuple(order(f"o-{index}", ("TEA", 1), ("CUP", 2)) for index in range(200))
    assert floor.ask(Batch(commands=commands)) == {"count": "200", "repeated": "0"}
    assert len(floor.rows(Order)) == 200
