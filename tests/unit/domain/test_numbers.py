"""Numbers that leave the house: drawn in order from blocks, never twice, across epochs too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain import numbers
from edge.domain.events import InputQuarantined, NumberBlockOpened
from edge.domain.rows import Carton, NumberBlock
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.domain.sync_inputs import OpenEpoch
from edge.journal.registry import decode
from tests.unit.floor import SETTINGS, TEA, Floor, code

SMALL = replace(SETTINGS, number_block_size=3)


def pack_one(floor: Floor, station: str = "pack-1") -> str:
    """SSCC of a carton with one unit."""
    number = floor.place(("TEA", 1))
    floor.scan(station, code("ORDER", number))
    assert floor.verdicts(station, TEA, code("NEXT")) == ["order_complete", "order_closed"]
    return next(row.sscc for row in floor.rows(Carton) if row.fulfilment == f"{number}-1")


def check_digit_is_right(sscc: str) -> bool:
    """GS1 General Specifications 7.9.1, counted from the left."""
    return sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(sscc)) % 10 == 0


def test_a_block_is_journaled_before_its_first_number(tmp_path: Path) -> None:
    with Floor(tmp_path, SMALL) as floor:
        floor.furnish()
        numbers = [floor.place(("TEA", 1)) for _ in range(7)]
        assert numbers == [f"SO-{10_001 + index}" for index in range(7)]
        blocks = [
            event
            for event in (decode(stored).event for stored in floor.stored())
            if isinstance(event, NumberBlockOpened)
        ]
        assert [(block.first, block.last) for block in blocks] == [
            (10_001, 10_003), (10_004, 10_006), (10_007, 10_009),
        ]  # fmt: skip


def test_an_sscc_has_prefix_reference_and_check_digit(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    floor.verdicts("pack-1", TEA, code("NEXT"))
    sscc = pack_one(floor)
    assert sscc.startswith("39521234")
    assert (len(sscc), sscc[8:17]) == (18, "000000002")
    assert check_digit_is_right(sscc)


def test_an_empty_carton_uses_its_number_up(floor: Floor) -> None:
    first = floor.place(("TEA", 1))
    floor.opened("pack-1", first)
    floor.verdicts("pack-1", TEA, code("UNDO"), code("SHORT"), code("REASON", "MISSING"))
    floor.scan("pack-1", code("NEXT"))
    assert pack_one(floor)[8:17] == "000000002"


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    with Floor(tmp_path, SMALL) as floor:
        floor.furnish().place(("TEA", 1))
        floor.restart()
        assert floor.place(("TEA", 1)) == "SO-10002"


def test_a_new_epoch_leaves_out_what_the_lost_history_may_have_used(tmp_path: Path) -> None:
    with Floor(tmp_path, SMALL) as floor:
        floor.furnish().place(("TEA", 1))
        floor.link(OpenEpoch(counter=2, nonce="ab" * 8, base=floor.head().seq, lost=40))
        block = floor.need(NumberBlock, "order")
        assert block.next > block.last, "the open block is closed"
        number = floor.place(("TEA", 1))
        assert int(number.removeprefix("SO-")) > 10_003 + 40
        assert floor.need(NumberBlock, "order").epoch == 2


def test_a_block_of_another_epoch_is_not_drawn_from_even_if_it_is_open() -> None:
    state = State()
    block = NumberBlock(kind="order", epoch=1, first=10_001, last=10_003, next=10_002)
    state.load((NumberBlock, ("order",)), block)
    moment = Moment(at_us=0, today=date(2026, 9, 21), epoch=2, settings=SMALL)
    events, number = numbers.draw(state, numbers.ORDER, moment)
    assert events == (NumberBlockOpened(kind="order", epoch=2, first=10_004, last=10_006),)
    assert number == 10_004
    earlier = msgspec.structs.replace(moment, epoch=1)
    assert numbers.draw(state, numbers.ORDER, earlier) == ((), 10_002)


@settings(max_examples=30)
@given(
    st.lists(
        st.one_of(st.just("pack"), st.just("restart"), st.integers(0, 5)), min_size=1, max_size=12
    ),
    st.integers(1, 4),
)
def test_no_sscc_is_ever_given_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | int], block_size: int
) -> None:
    """Whatever restarts and epochs (an integer: so many events lost) come between."""
    settings_ = replace(SETTINGS, number_block_size=block_size)
    with Floor(tmp_path_factory.mktemp("numbers"), settings_) as floor:
        floor.furnish().opened("pack-1", floor.place(("TEA", 1)))
        floor.verdicts("pack-1", TEA, code("NEXT"))
        epoch = 1
        for step in steps:
            if step == "pack":
                pack_one(floor)
            elif step == "restart":
                floor.restart()
            else:
                epoch += 1
                base = floor.head().seq
                floor.link(OpenEpoch(counter=epoch, nonce="0" * 16, base=base, lost=int(step)))
        codes = [row.sscc for row in floor.rows(Carton)]
        assert len(codes) == 1 + steps.count("pack") == len(set(codes))
        assert all(check_digit_is_right(code_) for code_ in codes)
        floor.verify()


def test_a_prefix_that_is_used_up_sets_the_scan_aside_by_name(tmp_path: Path) -> None:
    """A prefix of 12 digits has four for the serial reference."""
    used_up = replace(SETTINGS, company_prefix="952123400000", number_block_size=10_000)
    with Floor(tmp_path, used_up) as floor:
        floor.furnish().opened("pack-1", floor.place(("TEA", 1)))
        floor.link(OpenEpoch(counter=2, nonce="0" * 16, base=floor.head().seq, lost=0))
        assert floor.verdicts("pack-1", TEA, code("NEXT")) == ["order_complete", "order_closed"]
        floor.link(OpenEpoch(counter=3, nonce="0" * 16, base=floor.head().seq, lost=0))
        number = floor.place(("TEA", 1))
        floor.scan("pack-1", code("ORDER", number))
        (outcome,) = floor.step(floor.scanning("pack-1", TEA))
        assert [type(written.event) for written in outcome.events] == [InputQuarantined]
        assert len(floor.rows(Carton)) == 1
