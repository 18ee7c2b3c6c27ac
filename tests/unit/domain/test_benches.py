"""People and orders at benches: signing in, opening, putting aside, taking over, being stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.domain.commands import (
    AddUser,
    CancelOrder,
    ChangeOrder,
    HoldOrder,
    LineChange,
    ReleaseOrder,
)
from edge.domain.events import ScanJudged
from edge.domain.rows import Carton, Fulfilment, Order, Role, Session, Timer
from edge.domain.sessions import IDLE_TIMER
from edge.errors import Conflict
from edge.quantity import ZERO
from edge.service.inputs import TimerDue
from tests.unit.floor import CUP, MILK, SETTINGS, TEA, TWIN, Floor, badge, code, person

MINUTE_US = 60_000_000


def told(judged: ScanJudged) -> tuple[str, str]:
    """The verdict and the variant of its sentences."""
    return judged.verdict, judged.why.key.removeprefix(f"why.{judged.verdict}").removeprefix(".")


# --- people -------------------------------------------------------------------------------


def test_nothing_goes_before_somebody_signed_in(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    assert (
        floor.verdicts("pack-1", TEA, code("ORDER", number), code("NEXT")) == ["not_signed_in"] * 3
    )
    assert floor.need(Fulfilment, f"{number}-1").station is None


def test_help_is_called_by_anyone(floor: Floor) -> None:
    assert floor.scan("pack-1", code("HELP")).verdict == "help_called"


def test_a_badge_that_is_nobodys_changes_nothing(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    assert told(floor.scan("pack-1", badge(9))) == ("unknown_code", "badge")
    assert floor.need(Session, "pack-1").user == "w-1"


@pytest.mark.parametrize(("role", "active"), [("auditor", True), ("packer", False)])
def test_who_may_not_pack_does_not_sign_in(floor: Floor, role: Role, active: bool) -> None:
    floor.ask(
        AddUser(
            user="w-4", badge="4", role=role, language="en", person=person("w-4"), active=active
        )
    )
    assert told(floor.scan("pack-1", badge(4))) == ("unknown_code", "badge")


def test_a_new_badge_takes_the_place_of_the_old_one(floor: Floor) -> None:
    lost = AddUser(user="w-1", badge="11", role="packer", language="en", person=person("w-1"))
    floor.ask(lost)
    assert floor.verdicts("pack-1", badge(1), badge(11)) == ["unknown_code", "signed_in"]


def test_a_badge_belongs_to_one_user(floor: Floor) -> None:
    with pytest.raises(Conflict, match="belongs to w-1"):
        floor.ask(
            AddUser(user="w-5", badge="1", role="packer", language="en", person=person("w-5"))
        )


def test_the_same_badge_again_says_that_it_is_known(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 2)))
    floor.scan("pack-1", TEA)
    assert told(floor.scan("pack-1", badge(1))) == ("signed_in", "again")
    assert floor.scan("pack-1", TEA).verdict == "order_complete"


def test_another_user_goes_on_with_the_order_in_hand(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    assert told(floor.scan("pack-1", badge(2))) == ("taken_over", "here")
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.station, fulfilment.packer) == ("pack-1", "w-2")
    assert floor.verdicts("pack-1", code("UNDO"), TEA, TEA) == [
        "voided",
        "accepted",
        "order_complete",
    ]


def test_another_user_at_a_free_station_simply_signs_in(floor: Floor) -> None:
    assert floor.verdicts("pack-1", badge(1), badge(2)) == ["signed_in", "signed_in"]
    session = floor.need(Session, "pack-1")
    assert (session.user, session.state) == ("w-2", "idle")


def test_one_person_may_stand_at_two_stations(floor: Floor) -> None:
    assert floor.scan("pack-1", badge(1)).verdict == "signed_in"
    assert floor.scan("pack-2", badge(1)).verdict == "signed_in"


def test_signing_off_puts_the_order_aside(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", TEA, code("SIGNOFF"), TEA) == [
        "accepted",
        "signed_out",
        "not_signed_in",
    ]
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.status, fulfilment.station) == ("released", None)
    floor.opened("pack-2", number, user=2)
    assert floor.scan("pack-2", TEA).verdict == "order_complete"


def test_the_session_speaks_the_language_of_who_signed_in(floor: Floor) -> None:
    floor.ask(AddUser(user="w-2", badge="2", role="packer", language="zh-CN", person=person("w-2")))
    floor.verdicts("pack-1", badge(1))
    assert floor.need(Session, "pack-1").language == "en"
    floor.verdicts("pack-1", badge(2))
    assert floor.need(Session, "pack-1").language == "zh-CN"


# --- the idle timer -----------------------------------------------------------------------


def _due(floor: Floor, minutes: int) -> int:
    floor.now_us += minutes * MINUTE_US
    due = TimerDue(at_us=floor.now_us, kind=IDLE_TIMER, subject="pack-1")
    return len(floor.one(due).events)


def test_a_station_that_nobody_uses_is_signed_out_and_its_order_put_aside(tmp_path: Path) -> None:
    with Floor(tmp_path, replace(SETTINGS, idle_minutes_max=30)) as floor:
        number = floor.furnish().place(("TEA", 2))
        floor.opened("pack-1", number)
        assert _due(floor, 29) == 0, "too early: nothing happens"
        floor.scan("pack-1", TEA)
        assert _due(floor, 2) == 1, "somebody scanned meanwhile: the timer moves"
        assert floor.state("pack-1") == "packing"
        assert _due(floor, 30) == 3
        assert floor.state("pack-1") == "signed_out"
        assert floor.need(Fulfilment, f"{number}-1").station is None
        assert floor.rows(Timer) == []
        assert _due(floor, 30) == 0, "it fires once"


def test_a_timer_of_a_station_that_is_signed_out_just_goes(tmp_path: Path) -> None:
    with Floor(tmp_path, replace(SETTINGS, idle_minutes_max=30)) as floor:
        floor.furnish().verdicts("pack-1", badge(1), code("SIGNOFF"))
        assert len(floor.rows(Timer)) == 1
        assert _due(floor, 31) == 1
        assert floor.rows(Timer) == []


# --- opening and closing ------------------------------------------------------------------


def test_an_order_opens_by_its_own_number_or_its_fulfilments(floor: Floor) -> None:
    first, second = floor.place(("TEA", 1)), floor.place(("TEA", 1))
    floor.scan("pack-1", badge(1))
    assert floor.scan("pack-1", code("ORDER", first)).fulfilment == f"{first}-1"
    floor.scan("pack-2", badge(2))
    assert floor.scan("pack-2", code("ORDER", f"{second}-1")).fulfilment == f"{second}-1"
    assert floor.need(Order, first).status == "packing"


def test_an_order_nobody_knows_is_unknown(floor: Floor) -> None:
    floor.scan("pack-1", badge(1))
    judged = floor.scan("pack-1", code("ORDER", "SO-77777"))
    assert told(judged) == ("unknown_code", "order")
    assert judged.why.params["code"] == "SO-77777"


def test_one_order_at_a_time(floor: Floor) -> None:
    first, second = floor.place(("TEA", 1)), floor.place(("TEA", 1))
    floor.opened("pack-1", first)
    assert told(floor.scan("pack-1", code("ORDER", first))) == ("not_now", "same_order")
    assert told(floor.scan("pack-1", code("ORDER", second))) == ("not_now", "order_open")


def test_an_order_is_closed_with_its_carton(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", code("NEXT"), TEA, code("NEXT")) == [
        "not_now",
        "order_complete",
        "order_closed",
    ]
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.status, fulfilment.cartons, fulfilment.station) == ("packed", 1, None)
    assert [row.status for row in floor.rows(Carton)] == ["closed"]
    assert floor.need(Order, number).status == "packed"
    assert floor.state("pack-1") == "idle"
    assert told(floor.scan("pack-1", code("ORDER", number))) == ("not_now", "packed")


def test_an_empty_carton_is_given_up_when_the_order_is_closed(floor: Floor) -> None:
    number = floor.place(("TEA", 1), ("CUP", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("CLOSE"), CUP, code("UNDO"))
    floor.verdicts("pack-1", code("SHORT"), code("REASON", "MISSING"))
    closed = floor.scan("pack-1", code("NEXT"))
    assert (closed.verdict, closed.why.params["cartons"]) == ("order_closed", "1")
    assert sorted((row.number, row.status) for row in floor.rows(Carton)) == [
        (1, "closed"),
        (2, "void"),
    ]
    assert floor.need(Order, number).status == "packed"


def test_an_order_of_which_nothing_was_there_waits_for_a_decision(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", code("SHORT"), code("REASON", "MISSING"))
    assert floor.scan("pack-1", code("NEXT")).verdict == "order_closed"
    order = floor.need(Order, number)
    assert (order.status, order.reason, order.resume_status) == ("held", "short", "packed")
    assert floor.rows(Carton) == []
    assert told(floor.scan("pack-1", code("ORDER", number))) == ("not_now", "packed")


def test_an_empty_carton_given_up_leaves_an_all_short_order_without_any(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", TEA, code("UNDO"), code("SHORT"), code("REASON", "DAMAGED"))
    assert floor.scan("pack-1", code("NEXT")).verdict == "order_closed"
    assert floor.need(Fulfilment, f"{number}-1").cartons == 0
    assert [row.status for row in floor.rows(Carton)] == ["void"]


# --- two stations -------------------------------------------------------------------------


def test_an_order_put_aside_goes_on_elsewhere_in_the_same_carton(floor: Floor) -> None:
    number = floor.place(("TEA", 3))
    floor.opened("pack-1", number)
    assert floor.verdicts("pack-1", TEA, code("CANCEL")) == ["accepted", "order_suspended"]
    assert floor.need(Order, number).status == "released"
    floor.opened("pack-2", number, user=2)
    assert floor.verdicts("pack-2", code("UNDO"), TEA, TEA) == [
        "not_now",
        "accepted",
        "order_complete",
    ]
    (carton,) = floor.rows(Carton)
    assert carton.units == 3


def test_an_order_that_is_open_elsewhere_can_be_taken_over(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.scan("pack-2", badge(2))
    busy = floor.scan("pack-2", code("ORDER", number))
    assert (busy.verdict, busy.why.params["station"]) == ("order_already_open", "pack-1")
    taken = floor.scan("pack-2", code("TAKEOVER"))
    assert (taken.verdict, taken.fulfilment) == ("taken_over", f"{number}-1")
    assert floor.state("pack-1") == "idle"
    assert floor.scan("pack-1", TEA).verdict == "no_open_order"
    assert floor.verdicts("pack-2", TEA, code("NEXT")) == ["order_complete", "order_closed"]


def test_what_was_let_go_meanwhile_is_simply_opened(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.verdicts("pack-2", badge(2), code("ORDER", number))
    floor.scan("pack-1", code("CANCEL"))
    assert floor.scan("pack-2", code("TAKEOVER")).verdict == "order_opened"


def test_only_what_was_just_found_can_be_taken_over(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-2", badge(2))
    assert told(floor.scan("pack-2", code("TAKEOVER"))) == ("not_now", "nothing_offered")
    floor.verdicts("pack-2", code("ORDER", number), "hello")
    assert floor.scan("pack-2", code("TAKEOVER")).verdict == "taken_over", "help does not forget it"


def test_what_was_closed_meanwhile_cannot_be_taken_over(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-2", badge(2), code("ORDER", number))
    floor.verdicts("pack-1", TEA, code("NEXT"))
    assert told(floor.scan("pack-2", code("TAKEOVER"))) == ("not_now", "nothing_offered")


def test_a_take_over_ends_a_wait_at_the_other_station(floor: Floor) -> None:
    number = floor.place(("MILK", 1))
    floor.opened("pack-1", number)
    assert floor.scan("pack-1", MILK).verdict == "needs_lot"
    floor.verdicts("pack-2", badge(2), code("ORDER", number), code("TAKEOVER"))
    session = floor.need(Session, "pack-1")
    assert (session.state, session.pending, session.fulfilment) == ("idle", None, None)


# --- stopped orders -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "verdict", "status"),
    [
        (HoldOrder(number="SO-10001", reason="payment"), "order_on_hold", "held"),
        (CancelOrder(number="SO-10001", reason="customer"), "order_cancelled", "cancelled"),
    ],
)
def test_a_stopped_order_is_refused_at_the_next_scan(
    floor: Floor, stop: HoldOrder | CancelOrder, verdict: str, status: str
) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.ask(stop)
    assert floor.state("pack-1") == "intercepted"
    assert floor.verdicts("pack-1", TEA, code("UNDO"), code("NEXT")) == [verdict] * 3
    assert floor.scan("pack-1", code("CANCEL")).verdict == "order_suspended"
    fulfilment = floor.need(Fulfilment, f"{number}-1")
    assert (fulfilment.status, fulfilment.station) == (status, None)
    assert fulfilment.packed == 1, "what is packed stays where it is"
    assert floor.scan("pack-1", code("ORDER", number)).verdict == verdict


def test_a_held_order_goes_on_where_it_was_once_released(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.ask(HoldOrder(number=number, reason="payment"))
    floor.ask(ReleaseOrder(number=number))
    assert floor.need(Order, number).status == "packing"
    assert floor.state("pack-1") == "packing"
    assert floor.scan("pack-1", TEA).verdict == "order_complete"


def test_an_order_put_aside_while_held_is_free_once_released(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.ask(HoldOrder(number=number, reason="payment"))
    floor.scan("pack-1", code("CANCEL"))
    floor.ask(ReleaseOrder(number=number))
    assert floor.need(Fulfilment, f"{number}-1").status == "released"
    assert floor.need(Order, number).status == "released"
    floor.opened("pack-2", number, user=2)


@pytest.mark.parametrize("waiting", [(MILK,), (code("SHORT"),), (TWIN,)])
def test_a_stop_ends_whatever_the_station_waits_for(floor: Floor, waiting: tuple[str]) -> None:
    number = floor.place(("MILK", 1))
    floor.opened("pack-1", number)
    floor.verdicts("pack-1", *waiting)
    floor.ask(HoldOrder(number=number, reason="payment"))
    session = floor.need(Session, "pack-1")
    assert (session.state, session.pending, session.choices) == ("intercepted", None, ())


def test_a_draft_is_not_on_the_floor_yet(floor: Floor) -> None:
    number = floor.place(("TEA", 1), draft=True)
    floor.scan("pack-1", badge(1))
    assert told(floor.scan("pack-1", code("ORDER", number))) == ("order_on_hold", "draft")
    floor.ask(ReleaseOrder(number=number))
    assert floor.scan("pack-1", code("ORDER", number)).verdict == "order_opened"


def test_an_open_order_that_shrinks_is_complete_and_one_that_grows_is_not(floor: Floor) -> None:
    number = floor.place(("TEA", 2))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    floor.ask(ChangeOrder(number=number, lines=(LineChange(line=1, quantity=1 + ZERO),)))
    assert floor.state("pack-1") == "complete"
    floor.ask(ChangeOrder(number=number, lines=(LineChange(line=1, quantity=3 + ZERO),)))
    assert floor.state("pack-1") == "packing"
    assert floor.verdicts("pack-1", TEA, TEA) == ["accepted", "order_complete"]


# --- codes with two meanings --------------------------------------------------------------


def test_the_packer_chooses_between_two_readings(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TWIN-8", 1), ("TWIN-E", 1)))
    asked = floor.scan("pack-1", TWIN)
    assert asked.verdict == "ambiguous_code"
    assert (asked.why.params["choice_1"], asked.why.params["choice_2"]) == ("TWIN-8", "TWIN-E")
    second = floor.scan("pack-1", code("CHOOSE", "2"))
    assert (second.verdict, second.sku) == ("line_complete", "TWIN-E")
    floor.scan("pack-1", TWIN)
    first = floor.scan("pack-1", code("CHOOSE", "1"))
    assert (first.verdict, first.sku) == ("order_complete", "TWIN-8")


def test_a_choice_that_is_none_asks_again(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TWIN-8", 1)))
    floor.scan("pack-1", TWIN)
    assert told(floor.scan("pack-1", code("CHOOSE", "3"))) == ("not_now", "no_such_choice")
    assert floor.state("pack-1") == "choosing"
    assert floor.scan("pack-1", code("CHOOSE", "1")).verdict == "order_complete"


def test_the_next_scan_decides_an_open_choice(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TWIN-8", 1), ("TEA", 1)))
    assert floor.verdicts("pack-1", TWIN, TEA) == ["ambiguous_code", "line_complete"]
    assert floor.state("pack-1") == "packing"


def test_an_order_found_in_use_ends_an_open_choice(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.scan("pack-2", badge(2))
    assert floor.verdicts("pack-2", TWIN, code("ORDER", number), code("TAKEOVER")) == [
        "ambiguous_code",
        "order_already_open",
        "taken_over",
    ]


def test_a_choice_survives_a_restart(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TWIN-8", 1)))
    floor.scan("pack-1", TWIN)
    floor.restart()
    assert floor.scan("pack-1", code("CHOOSE", "1")).verdict == "order_complete"


# --- one scan, one verdict ----------------------------------------------------------------


def test_what_the_scanner_flags_as_sent_again_is_counted_once(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 3)))
    floor.scan("pack-1", TEA)
    assert floor.scan("pack-1", TEA, retransmit=True).verdict == "repeat_read"
    assert floor.scan("pack-1", CUP, retransmit=True).verdict == "mismatch_class", "not the same"
    assert floor.scan("pack-1", TEA).verdict == "accepted"


def test_the_guard_time_is_off_by_default(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 10)))
    at_us = floor.tick()
    scans = [replace(floor.scanning("pack-1", TEA), at_us=at_us) for _ in range(10)]
    outcomes = floor.step(*scans)
    verdicts = [o.judged[1].verdict for o in outcomes if o.judged]
    assert verdicts == ["accepted"] * 9 + ["order_complete"]


def test_within_the_guard_time_the_same_frame_is_a_repeat(tmp_path: Path) -> None:
    with Floor(tmp_path, replace(SETTINGS, guard_ms=500)) as floor:
        floor.furnish().opened("pack-1", floor.place(("TEA", 5), ("CUP", 5)))
        first = floor.scanning("pack-1", TEA)
        found = [floor.judged(first).verdict]
        for data, later_us in ((TEA, 499_999), (CUP, 500_000), (TEA, 500_001), (TEA, 1_000_001)):
            scan = replace(floor.scanning("pack-1", data), at_us=first.at_us + later_us)
            found.append(floor.judged(scan).verdict)
        assert found == ["accepted", "repeat_read", "accepted", "accepted", "accepted"]


def test_a_clock_set_back_makes_no_repeats(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 3)))
    floor.scan("pack-1", TEA)
    floor.now_us -= 60 * MINUTE_US
    assert floor.verdicts("pack-1", TEA, TEA) == ["accepted", "order_complete"]


def test_a_copy_of_a_judged_scan_is_dropped_without_a_verdict(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 5)))
    scan = floor.scanning("pack-1", TEA)
    assert floor.judged(scan).verdict == "accepted"
    head = floor.head()
    again = floor.one(scan)
    assert (again.events, again.result) == ((), {"dropped": "duplicate"})
    floor.restart()
    assert floor.one(scan).events == (), "a restart does not forget it"
    assert floor.head() == head


def test_a_copy_within_the_same_batch_is_dropped_too(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 5)))
    scan = floor.scanning("pack-1", TEA)
    assert [len(outcome.events) > 0 for outcome in floor.step(scan, scan)] == [True, False]


def test_a_device_that_is_opened_anew_counts_from_one_again(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 5)))
    for connection in ("a", "b"):
        for sequence in (1, 2):
            scan = floor.scanning("pack-1", TEA, connection=connection, sequence=sequence)
            assert floor.judged(scan).verdict == "accepted"


def test_scans_without_a_sequence_are_never_taken_for_copies(floor: Floor) -> None:
    """The page has no sequence: its key makes a repeated request harmless."""
    floor.opened("pack-1", floor.place(("TEA", 3)))
    scan = floor.scanning("pack-1", TEA, sequence=0, connection="", device="page/pack-1")
    assert [floor.judged(scan).verdict for _ in range(2)] == ["accepted", "accepted"]
