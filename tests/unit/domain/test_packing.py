"""Packing rules by example: class, quantity, identity, dates, and what each leaves behind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from edge.domain.commands import HoldOrder
from edge.domain.events import ItemPacked, ScanJudged
from edge.domain.rows import Carton, Fulfilment, FulfilmentLine, Lot, OrderLine, Serial, Stock
from edge.journal.registry import decode
from tests.unit.floor import (
    CREAM,
    CUP,
    GS,
    MILK,
    PHONE,
    PHONE_CASE,
    SETTINGS,
    TEA,
    TEA_CASE,
    UNSOLD,
    Floor,
    badge,
    code,
    item,
    order,
)

# Four hours before midnight of 31 January 2027 in Shanghai; eight later than in UTC.
EVENING_US = 1_801_411_200_000_000


def milk(lot: str = "L1", expiry: str = "280101") -> str:
    """The code on a bottle: GTIN, expiry, lot."""
    return f"01{MILK}17{expiry}10{lot}"


def told(judged: ScanJudged) -> tuple[str, str]:
    """The verdict and the variant of its sentences."""
    return judged.verdict, judged.why.key.removeprefix(f"why.{judged.verdict}").removeprefix(".")


def packed_lines(floor: Floor, number: str) -> list[str]:
    """What is packed of each line of an order."""
    rows = [row for row in floor.rows(OrderLine) if row.order == number]
    return [str(row.packed) for row in sorted(rows, key=lambda row: row.line)]


# --- class and quantity -------------------------------------------------------------------


def test_each_unit_counts_until_line_and_order_are_complete(floor: Floor) -> None:
    number = floor.place(("TEA", 2), ("CUP", 1))
    floor.opened("pack-1", number)
    first = floor.scan("pack-1", TEA)
    assert (first.verdict, first.count, first.sku) == ("accepted", (Decimal(1), Decimal(3)), "TEA")
    assert first.why.params["left"] == "1"
    full = floor.scan("pack-1", TEA)
    assert full.verdict == "line_complete"
    assert full.next.params["next_sku"] == "CUP"
    last = floor.scan("pack-1", CUP)
    assert (last.verdict, last.count) == ("order_complete", (Decimal(3), Decimal(3)))
    assert floor.state("pack-1") == "complete"
    assert packed_lines(floor, number) == ["2", "1"]


def test_goods_move_from_their_shelf_into_the_carton(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    floor.scan("pack-1", TEA)
    (carton,) = floor.rows(Carton)
    assert floor.need(Stock, f"carton/{carton.sscc}", "TEA", "", "").quantity == 1
    assert floor.need(Stock, "shelf/A-01-1", "TEA", "", "").quantity == 99
    assert floor.need(Stock, "supplier", "TEA", "", "").quantity == -100


def test_a_shelf_may_owe_goods_but_none_appear_from_nowhere(floor: Floor) -> None:
    """The packer holds the thing in hand: the record of the shelf is what is wrong."""
    floor.ask(item("CUP", CUP, location="Z-99-9"))
    floor.opened("pack-1", floor.place(("CUP", 1)))
    assert floor.scan("pack-1", CUP).verdict == "order_complete"
    assert floor.need(Stock, "shelf/Z-99-9", "CUP", "", "").quantity == -1


def test_wrong_item_names_the_order_that_wants_it(floor: Floor) -> None:
    mine = floor.place(("TEA", 1))
    held, first, _ = (floor.place(("CUP", 1)) for _ in range(3))
    floor.ask(HoldOrder(number=held, reason="payment"))
    floor.opened("pack-1", mine)
    judged = floor.scan("pack-1", CUP)
    assert told(judged) == ("mismatch_class", "wanted_elsewhere")
    assert judged.why.params["order"] == f"{first}-1"
    assert packed_lines(floor, mine) == ["0"]


def test_wrong_item_that_nobody_wants_goes_back_to_its_shelf(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    judged = floor.scan("pack-1", CUP)
    assert told(judged) == ("mismatch_class", "")
    assert judged.next.params["location"] == "A-01-2"


def test_what_another_line_wants_is_not_wanted_elsewhere_once_it_is_packed(floor: Floor) -> None:
    other = floor.place(("CUP", 1))
    floor.opened("pack-2", other, user=2)
    floor.opened("pack-1", floor.place(("TEA", 1)))
    assert floor.scan("pack-2", CUP).verdict == "order_complete"
    assert told(floor.scan("pack-1", CUP)) == ("mismatch_class", "")


def test_one_too_many_is_not_counted(floor: Floor) -> None:
    number = floor.place(("TEA", 1), ("CUP", 1))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", TEA, TEA, TEA) == [
        "line_complete",
        "mismatch_quantity",
        "mismatch_quantity",
    ]
    assert packed_lines(floor, number) == ["1", "0"]


def test_two_lines_of_one_item_fill_up_in_turn(floor: Floor) -> None:
    number = floor.place(("TEA", 1), ("TEA", 2))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", TEA, TEA, TEA, TEA) == [
        "line_complete",
        "accepted",
        "order_complete",
        "mismatch_quantity",
    ]
    assert packed_lines(floor, number) == ["1", "2"]


def test_a_case_counts_for_what_is_in_it(floor: Floor) -> None:
    number = floor.place(("TEA", 7))
    floor.opened("pack-1", number)
    assert floor.scan("pack-1", TEA_CASE).verdict == "accepted"
    assert packed_lines(floor, number) == ["6"]
    over = floor.scan("pack-1", TEA_CASE)
    assert told(over) == ("mismatch_quantity", "pack_size")
    assert over.why.params["quantity"] == "6"
    assert floor.scan("pack-1", TEA).verdict == "order_complete"
    assert told(floor.scan("pack-1", TEA_CASE)) == ("mismatch_quantity", "")


def test_a_case_goes_to_the_line_that_has_room_for_it(floor: Floor) -> None:
    number = floor.place(("TEA", 2), ("TEA", 6))
    floor.opened("pack-1", number)
    assert floor.scan("pack-1", TEA_CASE).verdict == "line_complete"
    assert packed_lines(floor, number) == ["0", "6"]


def test_units_of_less_than_one_are_counted_exactly(floor: Floor) -> None:
    number = floor.place(("TEA", "1.5"))
    floor.opened("pack-1", number)
    assert floor.scan("pack-1", TEA).count == (Decimal(1), Decimal("1.5"))
    assert told(floor.scan("pack-1", TEA)) == ("mismatch_quantity", "pack_size")


def test_a_gtin_that_no_item_has_is_unknown_but_valid(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    judged = floor.scan("pack-1", UNSOLD[1:], symbology="]E0")
    assert (judged.verdict, judged.reason, judged.kind) == ("unknown_code", "unknown", "item")


# --- lot, serial, expiry ------------------------------------------------------------------


def test_a_lot_is_asked_for_and_then_taken_along(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("CREAM", 2)))
    assert floor.scan("pack-1", CREAM).verdict == "needs_lot"
    assert floor.state("pack-1") == "needs"
    assert floor.scan("pack-1", "10LOT-7", symbology="]C1").verdict == "accepted"
    assert floor.scan("pack-1", f"01{CREAM}10LOT-8", symbology="]C1").verdict == "order_complete"
    (carton,) = floor.rows(Carton)
    here = {row.lot for row in floor.rows(Stock) if row.location == f"carton/{carton.sscc}"}
    assert here == {"LOT-7", "LOT-8"}


def test_expiry_may_come_with_the_code_or_from_the_known_lot(floor: Floor) -> None:
    floor.receive("MILK", 5, "B-02-1", lot="L9", expiry="2028-01-01")
    floor.opened("pack-1", floor.place(("MILK", 3)))
    assert floor.scan("pack-1", milk("L1"), symbology="]C1").verdict == "accepted"
    assert floor.scan("pack-1", f"01{MILK}10L9", symbology="]C1").verdict == "accepted"
    assert floor.scan("pack-1", f"01{MILK}10NEW", symbology="]C1").verdict == "needs_expiry"
    assert floor.scan("pack-1", "17280301", symbology="]C1").verdict == "order_complete"
    assert floor.need(Lot, "MILK", "NEW").expiry == "2028-03-01"


def test_lot_and_expiry_are_asked_for_one_after_the_other(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("MILK", 1)))
    assert floor.verdicts("pack-1", MILK) == ["needs_lot"]
    assert floor.scan("pack-1", "17280301", symbology="]C1").verdict == "needs_lot"
    assert floor.scan("pack-1", "10L5", symbology="]C1").verdict == "order_complete"
    assert floor.need(Lot, "MILK", "L5").expiry == "2028-03-01"


def test_a_lot_that_may_have_swallowed_the_rest_is_asked_for_again(floor: Floor) -> None:
    """Without separators ``10ABC17280101`` may be one lot or a lot and an expiry."""
    floor.opened("pack-1", floor.place(("CREAM", 1)))
    assert floor.scan("pack-1", f"01{CREAM}10ABC17280101").verdict == "needs_lot"
    assert floor.scan("pack-1", "10ABC", symbology="]C1").verdict == "order_complete"


def test_a_lot_that_was_received_settles_what_it_is(floor: Floor) -> None:
    floor.receive("CREAM", 5, "B-02-2", lot="ABC17280101")
    floor.opened("pack-1", floor.place(("CREAM", 1)))
    assert floor.scan("pack-1", f"01{CREAM}10ABC17280101").verdict == "order_complete"


def test_a_swallowed_lot_is_no_supply_either(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("CREAM", 1)))
    swallowed = f"01{CREAM}10ABC17280101"
    assert floor.verdicts("pack-1", CREAM, swallowed) == ["needs_lot", "needs_lot"]


def test_a_serial_is_asked_for_and_then_taken_along(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("PHONE", 1)))
    assert floor.scan("pack-1", PHONE).verdict == "needs_serial"
    assert floor.scan("pack-1", "21SN-1", symbology="]C1").verdict == "order_complete"
    packed = floor.need(Serial, "PHONE", "SN-1")
    assert packed.station == "pack-1"
    assert floor.need(Stock, f"carton/{packed.sscc}", "PHONE", "", "SN-1").quantity == 1


def test_a_serial_is_taken_from_where_it_lies(floor: Floor) -> None:
    """Whatever the item's own shelf is: a serial is in one place (H4)."""
    floor.receive("PHONE", 1, "Z-9", serial="SN-1")
    floor.opened("pack-1", floor.place(("PHONE", 1)))
    floor.scan("pack-1", f"01{PHONE}21SN-1", symbology="]C1")
    places = [row.location for row in floor.rows(Stock) if row.serial and row.quantity > 0]
    assert places == [f"carton/{floor.need(Serial, 'PHONE', 'SN-1').sscc}"]
    floor.verify()


def test_a_serial_packed_once_is_refused_wherever_it_turns_up(floor: Floor) -> None:
    first, second = floor.place(("PHONE", 1)), floor.place(("PHONE", 2))
    phone = f"01{PHONE}21SN-1"
    floor.opened("pack-1", first)
    assert floor.scan("pack-1", phone, symbology="]C1").verdict == "order_complete"
    floor.opened("pack-2", second, user=2)
    judged = floor.scan("pack-2", phone, symbology="]C1")
    assert judged.verdict == "mismatch_instance"
    assert judged.why.params["order"] == f"{first}-1"
    assert judged.why.params["station"] == "pack-1"
    assert floor.scan("pack-1", code("UNDO")).verdict == "voided"
    assert floor.scan("pack-2", phone, symbology="]C1").verdict == "accepted"


def test_a_pack_of_several_is_no_way_round_serials(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("PHONE", 4)))
    assert told(floor.scan("pack-1", PHONE_CASE)) == ("mismatch_quantity", "pack_size")


def test_serial_and_lot_of_an_item_that_is_not_tracked_are_left_aside(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    code_ = f"01{TEA}10LOT{GS}21SN"
    assert [floor.scan("pack-1", code_, symbology="]C1").verdict for _ in range(2)] == [
        "accepted",
        "order_complete",
    ]
    assert floor.rows(Serial) == []
    assert {row.lot for row in floor.rows(Stock)} == {""}


def test_another_item_ends_the_wait_for_attributes(floor: Floor) -> None:
    number = floor.place(("MILK", 1), ("TEA", 2))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", MILK, TEA) == ["needs_lot", "accepted"]
    assert floor.state("pack-1") == "packing"
    assert packed_lines(floor, number) == ["0", "1"]


@pytest.mark.parametrize("verb", ["UNDO", "CANCEL"])
def test_a_wait_can_be_dropped_and_nothing_was_packed(floor: Floor, verb: str) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1), ("MILK", 1)))
    assert floor.verdicts("pack-1", TEA, MILK, code(verb)) == [
        "line_complete",
        "needs_lot",
        "dropped",
    ]
    assert floor.state("pack-1") == "packing"
    assert floor.need(Fulfilment, "SO-10001-1").packed == 1


# --- dates --------------------------------------------------------------------------------


def test_the_day_on_the_pack_is_still_good_and_the_next_is_not(floor: Floor) -> None:
    """The walk of time begins on 21 September 2026."""
    floor.opened("pack-1", floor.place(("MILK", 3)))
    assert floor.scan("pack-1", milk(expiry="260921"), symbology="]C1").verdict == "accepted"
    judged = floor.scan("pack-1", milk(expiry="260920"), symbology="]C1")
    assert judged.verdict == "expired"
    assert judged.why.params["expiry"] == "2026-09-20"


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ("UTC", "order_complete"),
        ("Asia/Shanghai", "expired"),
        ("America/New_York", "order_complete"),
    ],
)
def test_the_day_is_that_of_the_site(tmp_path: Path, zone: str, verdict: str) -> None:
    """18:00 UTC on 31 January 2027 is 1 February in Shanghai."""
    with Floor(tmp_path, replace(SETTINGS, time_zone=zone)) as floor:
        floor.now_us = EVENING_US
        floor.furnish().opened("pack-1", floor.place(("MILK", 1)))
        assert floor.scan("pack-1", milk(expiry="270131"), symbology="]C1").verdict == verdict


def test_goods_must_keep_for_as_long_as_the_site_asks(tmp_path: Path) -> None:
    with Floor(tmp_path, replace(SETTINGS, shelf_life_days_min=10)) as floor:
        floor.furnish().opened("pack-1", floor.place(("MILK", 3)))
        assert [
            floor.scan("pack-1", milk(expiry=day), symbology="]C1").verdict
            for day in ("260930", "261001", "260920")
        ] == ["shelf_life_short", "accepted", "expired"]


# --- taking back --------------------------------------------------------------------------


def test_undo_goes_back_item_by_item_to_the_beginning(floor: Floor) -> None:
    number = floor.place(("TEA", 2), ("CUP", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, CUP, TEA)
    undo = code("UNDO")
    judged = floor.scan("pack-1", undo)
    assert (judged.verdict, judged.sku) == ("voided", "TEA")
    assert judged.next.params["location"] == "A-01-1"
    assert floor.scan("pack-1", undo).sku == "CUP"
    assert floor.scan("pack-1", undo).sku == "TEA"
    assert told(floor.scan("pack-1", undo)) == ("not_now", "nothing_to_undo")
    assert packed_lines(floor, number) == ["0", "0"]
    assert floor.need(Stock, "shelf/A-01-1", "TEA", "", "").quantity == 100


def test_undo_after_new_items_takes_back_the_newest_first(floor: Floor) -> None:
    number = floor.place(("TEA", 3), ("CUP", 2))
    floor.opened("pack-1", number)
    undo = code("UNDO")
    judged = [floor.scan("pack-1", data) for data in (TEA, CUP, undo, CUP, TEA, undo, undo, undo)]
    assert [row.sku for row in judged if row.verdict == "voided"] == ["CUP", "TEA", "CUP", "TEA"]
    assert packed_lines(floor, number) == ["0", "0"]


def test_undo_does_not_reach_into_a_closed_carton(floor: Floor) -> None:
    number = floor.place(("TEA", 3))
    floor.opened("pack-1", number)
    undo = code("UNDO")
    assert floor.verdicts("pack-1", TEA, code("CLOSE"), undo, TEA, undo, undo) == [
        "accepted",
        "carton_closed",
        "not_now",
        "accepted",
        "voided",
        "not_now",
    ]
    assert packed_lines(floor, number) == ["1"]


def test_undo_opens_a_complete_order_again(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    assert floor.verdicts("pack-1", TEA, code("UNDO")) == ["order_complete", "voided"]
    assert floor.state("pack-1") == "packing"
    assert floor.verdicts("pack-1", code("NEXT"), TEA) == ["not_now", "order_complete"]


def test_undo_takes_a_case_back_whole_and_frees_a_serial(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 6), ("PHONE", 1)))
    floor.scan("pack-1", TEA_CASE)
    floor.scan("pack-1", f"01{PHONE}21SN-1", symbology="]C1")
    assert floor.verdicts("pack-1", code("UNDO"), code("UNDO")) == ["voided", "voided"]
    assert floor.rows(Serial) == []
    assert {row.packed for row in floor.rows(FulfilmentLine)} == {Decimal(0)}


def test_undo_remembers_across_a_restart(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    floor.verdicts("pack-1", TEA, TEA)
    floor.restart()
    assert floor.verdicts("pack-1", code("UNDO"), code("UNDO")) == ["voided", "voided"]


# --- cartons ------------------------------------------------------------------------------


def test_an_item_after_a_closed_carton_opens_the_next(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("CLOSE"), TEA)
    cartons = sorted(floor.rows(Carton), key=lambda row: row.number)
    assert [(row.number, row.status, row.units) for row in cartons] == [
        (1, "closed", Decimal(1)),
        (2, "open", Decimal(1)),
    ]
    assert len({row.sscc for row in cartons}) == 2


def test_an_empty_carton_is_not_closed(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1), ("CUP", 1)))
    assert told(floor.scan("pack-1", code("CLOSE"))) == ("not_now", "carton_empty")
    assert floor.verdicts("pack-1", TEA, code("UNDO")) == ["line_complete", "voided"]
    assert told(floor.scan("pack-1", code("CLOSE"))) == ("not_now", "carton_empty")


def test_closing_a_carton_says_whether_to_go_on(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    floor.scan("pack-1", TEA)
    assert told(floor.scan("pack-1", code("CLOSE"))) == ("carton_closed", "more")
    floor.scan("pack-1", TEA)
    assert told(floor.scan("pack-1", code("CLOSE"))) == ("carton_closed", "")


# --- short --------------------------------------------------------------------------------


def test_a_short_line_needs_its_reason(floor: Floor) -> None:
    number = floor.place(("TEA", 3), ("CUP", 1))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    asked = floor.scan("pack-1", code("SHORT"))
    assert (asked.verdict, asked.sku, asked.why.params["left"]) == ("choose_reason", "TEA", "2")
    assert told(floor.scan("pack-1", code("REASON", "BORED"))) == ("choose_reason", "unknown")
    short = floor.scan("pack-1", code("REASON", "DAMAGED"))
    assert (short.verdict, short.reason) == ("short_recorded", "DAMAGED")
    line = floor.need(FulfilmentLine, f"{number}-1", 1)
    assert (line.packed, line.short, line.done) == (Decimal(1), Decimal(2), True)
    assert floor.verdicts("pack-1", TEA, CUP) == ["mismatch_quantity", "order_complete"]


def test_short_means_the_line_in_hand_else_the_first_open_one(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1), ("CUP", 2)))
    assert floor.scan("pack-1", code("SHORT")).sku == "TEA"
    assert floor.scan("pack-1", CUP).verdict == "accepted"
    assert floor.scan("pack-1", code("SHORT")).sku == "CUP"


def test_an_item_instead_of_a_reason_is_simply_packed(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    assert floor.verdicts("pack-1", code("SHORT"), TEA) == ["choose_reason", "accepted"]
    assert floor.state("pack-1") == "packing"


def test_the_last_line_short_completes_the_order(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1), ("CUP", 1)))
    floor.verdicts("pack-1", TEA, code("SHORT"))
    assert told(floor.scan("pack-1", code("REASON", "MISSING"))) == ("short_recorded", "complete")
    assert floor.state("pack-1") == "complete"
    assert told(floor.scan("pack-1", code("SHORT"))) == ("not_now", "lines_done")


# --- the record ---------------------------------------------------------------------------


def test_the_event_of_a_packed_item_says_all_that_undo_needs(floor: Floor) -> None:
    number = floor.place(("MILK", 1))
    floor.opened("pack-1", number)
    outcome = floor.one(floor.scanning("pack-1", milk("L1"), symbology="]C1"))
    packed = next(w.event for w in outcome.events if isinstance(w.event, ItemPacked))
    assert (packed.order, packed.line, packed.lot, packed.expiry, packed.source, packed.undo) == (
        number,
        1,
        "L1",
        "2028-01-01",
        "shelf/B-02-1",
        0,
    )


def test_all_events_of_a_scan_name_the_verdict_as_their_cause(floor: Floor) -> None:
    floor.ask(order("x", ("TEA", 1)))
    floor.verdicts("pack-1", badge(1), code("ORDER", "SO-10001"))
    before = floor.head().seq
    floor.scan("pack-1", TEA)
    verdict, *effects = (decode(stored) for stored in floor.stored(before))
    assert verdict.causation is None
    assert {row.causation for row in effects} == {verdict.meta.id}
    assert {row.meta.actor for row in (verdict, *effects)} == {"w-1"}
