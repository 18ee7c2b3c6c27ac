"""The packer's habits against a screen that the test writes on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from edge.errors import DeviceError
from edge.ids import seeded
from simulators.bench_view import (
    Carton,
    Goods,
    Line,
    OrderHead,
    Recorded,
    Screen,
    Task,
    TaskLine,
    Verdict,
)
from simulators.numbers import command, is_gtin
from simulators.packer import PATIENCE_NS, VAIN_MAX, Packer, Person
from simulators.packer_actions import Action, Done, Habits, Heard, Scan, Wait

CAREFUL = Habits().times(0)
TEA, CUP, CHARGER = "TEA", "CUP", "CHARGER"
SLIP = Task(
    fulfilment="F1",
    scan=command("ORDER", "F1"),
    status="released",
    lines=(
        TaskLine(sku=CUP, gtin="09521234543213", tracking="none"),
        TaskLine(sku=TEA, gtin="09521234543220", tracking="expiry"),
        TaskLine(sku=CHARGER, gtin="09521234543237", tracking="serial"),
    ),
)


class Paper:
    """A BenchView whose screen, slips and shelves are what the test says."""

    def __init__(self) -> None:
        self.shown = Screen(state="signed_out")
        self.slips: list[Task] = [SLIP]
        self.shelves: dict[str, list[Goods]] = {}
        self.trouble: DeviceError | None = None
        self.heard: list[Heard] = []

    def screen(self) -> Screen:
        return self.shown

    def tasks(self) -> Sequence[Task]:
        if self.trouble is not None:
            raise self.trouble
        return self.slips

    def goods(self, sku: str) -> Sequence[Goods]:
        return self.shelves.get(sku, [])

    def show(self, state: str, verdict: str = "accepted", **more: object) -> None:
        """A new verdict on the screen, and the state after it."""
        seq = self.shown.seq + 1
        lines = more.get("lines", ())
        carton = more.get("carton")
        assert isinstance(lines, tuple)
        assert carton is None or isinstance(carton, Carton)
        self.shown = Screen(
            state=state,
            order=OrderHead(fulfilment="F1"),
            lines=lines,
            carton=carton,
            verdict=Verdict(token=verdict, recorded=Recorded(seq)),
        )


@pytest.fixture
def paper() -> Paper:
    return Paper()


def packer(
    paper: Paper, habits: Habits = CAREFUL, orders_max: int | None = None, seed: int = 1
) -> Packer:
    person = Person(station="pack-1", badge="1001", habits=habits, orders_max=orders_max)
    return Packer(person, paper, seeded(seed), paper.heard.append)


def line(sku: str, wanted: int, packed: int = 0, *, current: bool = False) -> Line:
    return Line(line=1, sku=sku, wanted=Decimal(wanted), packed=Decimal(packed), short=Decimal(0),
                current=current)  # fmt: skip


def code(action: Action) -> str:
    assert isinstance(action, Scan), action
    return action.code


def test_an_order_from_badge_to_sign_off(paper: Paper) -> None:
    person = packer(paper, orders_max=1)
    assert code(person.step(0)) == command("BADGE", "1001")
    paper.show("idle", "signed_in")
    assert code(person.step(0)) == SLIP.scan
    paper.show("packing", "order_opened", lines=(line(CUP, 2),))
    assert code(person.step(0)) == "9521234543213", "an EAN-13 symbol has 13 digits"
    paper.show("packing", lines=(line(CUP, 2, 1),))
    assert code(person.step(0)) == "9521234543213"
    paper.show(
        "complete", "order_complete", lines=(line(CUP, 2, 2),), carton=Carton(units=Decimal(2))
    )
    assert code(person.step(0)) == command("CLOSE")
    paper.show("complete", "carton_closed", lines=(line(CUP, 2, 2),))
    assert code(person.step(0)) == command("NEXT")
    paper.show("idle", "order_closed")
    assert code(person.step(0)) == command("SIGNOFF")
    paper.show("signed_out", "signed_out")
    assert person.step(0) == Done("finished")
    assert [heard.verdict for heard in paper.heard] == [
        "signed_in", "order_opened", "accepted", "order_complete", "carton_closed",
        "order_closed", "signed_out",
    ]  # fmt: skip
    assert person.tally.orders_closed == 1
    assert person.tally.mistakes == {}


def test_nothing_is_scanned_before_the_verdict_is_on_the_screen(paper: Paper) -> None:
    person = packer(paper)
    badge = person.step(0)
    person.sent(5)
    assert all(isinstance(person.step(now), Wait) for now in (6, 7, PATIENCE_NS + 4))
    again = person.step(PATIENCE_NS + 6)
    assert code(again) == code(badge), "after a long silence the packer tries once more"
    person.sent(PATIENCE_NS + 9)
    assert isinstance(person.step(PATIENCE_NS + 10), Wait)
    assert person.tally.again == 1


def test_only_an_unreadable_scan_is_made_again(paper: Paper) -> None:
    person = packer(paper)
    badge = person.step(0)
    paper.show("signed_out", "unreadable")
    assert code(person.step(0)) == code(badge)
    assert person.tally.again == 1
    paper.show("idle", "signed_in")
    assert code(person.step(0)) == SLIP.scan
    assert person.tally.again == 1


def test_labels_of_lots_and_dates_are_scanned_whole(paper: Paper) -> None:
    paper.shelves[TEA] = [
        Goods(location="carton/1", quantity=Decimal(1), lot="PACKED"),
        Goods(location="shelf/A-01-1", quantity=Decimal(0), lot="EMPTY"),
        Goods(location="shelf/A-01-1", quantity=Decimal(9), lot="L7", expiry="2027-01-31"),
    ]
    paper.show("packing", lines=(line(TEA, 1),))
    assert code(packer(paper).step(0)) == "0109521234543220" + "17270131" + "10L7"


def test_each_serial_number_is_used_once(paper: Paper) -> None:
    paper.shelves[CHARGER] = [
        Goods(location="shelf/B", quantity=Decimal(1), serial=f"S{number}") for number in range(3)
    ]
    person = packer(paper)
    scanned = []
    for packed in range(3):
        paper.show("packing", lines=(line(CHARGER, 4, packed),))
        scanned.append(code(person.step(0)))
    assert sorted(scanned) == [f"010952123454323721S{number}" for number in range(3)]
    paper.show("packing", lines=(line(CHARGER, 4, 3),))
    assert code(person.step(0)) == command("SHORT"), "none is left on the shelf"


def test_a_refused_label_is_put_away_for_another(paper: Paper) -> None:
    paper.shelves[TEA] = [
        Goods(location="shelf/A", quantity=Decimal(9), lot=lot) for lot in ("OLD", "NEW")
    ]
    person = packer(paper)
    paper.show("packing", lines=(line(TEA, 1),))
    assert code(person.step(0)).endswith("10OLD")
    paper.show("packing", "expired", lines=(line(TEA, 1),))
    assert code(person.step(0)).endswith("10NEW")


def test_goods_that_are_refused_again_and_again_are_reported_short(paper: Paper) -> None:
    person = packer(paper)
    paper.show("packing", "order_opened", lines=(line(CUP, 1),))
    scanned = []
    for _ in range(4):
        scanned.append(code(person.step(0)))
        paper.show("packing", "mismatch_class", lines=(line(CUP, 1),))
    assert scanned == ["9521234543213"] * 3 + [command("SHORT")]
    paper.show("reason", "choose_reason", lines=(line(CUP, 1),))
    assert code(person.step(0)) in (command("REASON", "MISSING"), command("REASON", "DAMAGED"))


def test_refusals_of_an_earlier_order_are_forgotten(paper: Paper) -> None:
    person = packer(paper)
    for verdicts in (["mismatch_class"] * 2, ["mismatch_class"] * 2):
        paper.show("packing", "order_opened", lines=(line(CUP, 1),))
        for verdict in verdicts:
            assert code(person.step(0)) == "9521234543213"
            paper.show("packing", verdict, lines=(line(CUP, 1),))
        assert code(person.step(0)) == "9521234543213"
        paper.show("complete", "order_complete", lines=(line(CUP, 1, 1),))
        person.step(0)
        paper.show("idle", "order_closed")
        person.step(0)


def test_the_line_that_the_screen_points_at_comes_first(paper: Paper) -> None:
    paper.shelves[TEA] = [Goods(location="shelf/A", quantity=Decimal(9), lot="L")]
    paper.show("packing", lines=(line(CUP, 1), line(TEA, 1, current=True)))
    assert code(packer(paper).step(0)).startswith("0109521234543220")
    paper.show("packing", lines=(line(CUP, 1), line(TEA, 1, 1, current=True)))
    assert code(packer(paper).step(0)) == "9521234543213"


@pytest.mark.parametrize(
    ("state", "answer"),
    [("choosing", command("CHOOSE", "1")), ("intercepted", command("CANCEL")),
     ("complete", command("NEXT"))],
)  # fmt: skip
def test_a_state_that_asks_for_a_command_gets_it(paper: Paper, state: str, answer: str) -> None:
    paper.show(state, "ambiguous_code", lines=(line(CUP, 1),))
    assert code(packer(paper).step(0)) == answer


def test_a_state_that_the_packer_does_not_know_is_looked_at_again(paper: Paper) -> None:
    paper.show("on_fire")
    assert isinstance(packer(paper).step(0), Wait)


def test_an_order_that_cannot_be_opened_is_set_aside_for_a_while(paper: Paper) -> None:
    other = Task(fulfilment="F2", scan=command("ORDER", "F2"), status="released")
    elsewhere = Task(
        fulfilment="F3", scan=command("ORDER", "F3"), status="packing", station="pack-2"
    )
    paper.slips = [SLIP, other, elsewhere]
    person = packer(paper)
    tried = []
    paper.show("idle", "signed_in")
    for _ in range(2):
        tried.append(code(person.step(0)))
        paper.show("idle", "order_already_open")
    assert sorted(tried) == sorted([SLIP.scan, other.scan])
    assert isinstance(person.step(0), Wait), "what is open elsewhere is not taken"
    assert code(person.step(0)) in tried, "later it may be free"


def test_what_is_open_here_is_gone_on_with_first(paper: Paper) -> None:
    mine = Task(fulfilment="F9", scan=command("ORDER", "F9"), status="packing", station="pack-1")
    paper.slips = [SLIP, mine]
    paper.show("idle", "signed_in")
    assert code(packer(paper).step(0)) == mine.scan


def test_without_work_the_packer_waits(paper: Paper) -> None:
    paper.slips = []
    paper.show("idle", "signed_in")
    assert isinstance(packer(paper).step(0), Wait)


def test_a_packer_whom_nothing_works_for_gives_up(paper: Paper) -> None:
    person = packer(paper)
    for _ in range(VAIN_MAX):
        assert isinstance(person.step(0), Scan)
        paper.show("signed_out", "unknown_code")
    assert person.step(0) == Done("stuck")


def test_a_scanner_that_reads_nothing_but_broken_codes_is_given_up(paper: Paper) -> None:
    person = packer(paper)
    steps = 0
    while isinstance(person.step(0), Scan):
        steps += 1
        paper.show("signed_out", "unreadable")
    assert steps == VAIN_MAX


def test_a_look_that_fails_changes_nothing(paper: Paper) -> None:
    person = packer(paper)
    person.step(0)
    paper.show("idle", "signed_in")
    paper.trouble = DeviceError("no_answer", "start it")
    for _ in range(3):
        with pytest.raises(DeviceError):
            person.step(0)
    paper.trouble = None
    assert code(person.step(0)) == SLIP.scan
    assert [heard.verdict for heard in paper.heard] == ["signed_in"], "heard once"


def test_a_scan_that_was_not_sent_is_thought_of_anew(paper: Paper) -> None:
    person = packer(paper)
    first = code(person.step(0))
    person.unsent()
    assert code(person.step(0)) == first
    assert paper.heard == []
    for _ in range(VAIN_MAX):
        person.unsent(refused=True)
    assert person.step(0) == Done("stuck")


@pytest.mark.parametrize(
    ("habits", "why"),
    [
        (Habits(1, 0, 0, 0, 0), "wrong_item"),
        (Habits(0, 1, 0, 0, 0), "one_too_many"),
        (Habits(0, 0, 1, 0, 0), "unknown_code"),
    ],
)
def test_mistakes_are_made_and_never_twice_in_a_row(paper: Paper, habits: Habits, why: str) -> None:
    person = packer(paper, habits)
    paper.show("idle", "signed_in")
    person.step(0)
    lines = (line(CUP, 2, 2), line(CHARGER, 1))
    paper.shelves[CHARGER] = [Goods(location="shelf/B", quantity=Decimal(1), serial="S")]
    paper.show("packing", "order_opened", lines=lines)
    wrong = person.step(0)
    assert isinstance(wrong, Scan)
    assert wrong.why == why
    assert wrong.code != "010952123454323721S"
    assert is_gtin(wrong.code)
    paper.show("packing", "mismatch_class", lines=lines)
    assert code(person.step(0)) == "010952123454323721S"
    assert person.tally.mistakes == {why: 1}


def test_an_item_is_taken_back_or_reported_missing_now_and_then(paper: Paper) -> None:
    for habits, expected in (
        (Habits(0, 0, 0, 1, 0), command("UNDO")),
        (Habits(0, 0, 0, 0, 1), command("SHORT")),
    ):
        person = packer(paper, habits)
        paper.show("packing", "order_opened", lines=(line(CUP, 2),))
        assert code(person.step(0)) == "9521234543213"
        paper.show("packing", "accepted", lines=(line(CUP, 2, 1),))
        assert code(person.step(0)) == expected


def test_the_same_seed_has_the_same_habits(paper: Paper) -> None:
    def pauses(seed: int) -> list[Action]:
        fresh = Paper()
        person = packer(fresh, Habits(), seed=seed)
        actions = []
        for _ in range(50):
            actions.append(person.step(0))
            fresh.show("packing", "accepted", lines=(line(CUP, 2, 1),))
        return actions

    assert pauses(1) == pauses(1)
    assert pauses(1) != pauses(2)
