"""Topics, waits, timers, the search, the window, the command chain."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from edge.domain.sync_inputs import (
    COMMANDS_START,
    ApplyCommand,
    CommandPosition,
    Epoch,
    PersonRow,
    position_after,
    supersedes,
)
from edge.errors import InvalidInput
from edge.ids import seeded
from edge.journal.chain import ZERO_HASH, Position, link
from sync.backoff import Backoff
from sync.central.credit import CREDIT_FULL, QUEUE_EASY, QUEUE_FULL, credit_for
from sync.command_chain import ChainedCommand, canonical_data, command_hash
from sync.flight import WINDOW_BATCHES, WINDOW_BYTES, Flight
from sync.repeats import Repeats
from sync.search import points, spread
from sync.timers import Timers
from sync.topics import check_site, everyones, place, topic

EPOCH = Epoch(2, "b" * 16)


@pytest.mark.parametrize("site", ["hz1", "a", "0", "a-b", "x" * 32])
def test_a_topic_says_whose_it_is(site: str) -> None:
    where = place(topic(check_site(site), "ack"))
    assert where == (site, "ack")


@pytest.mark.parametrize("site", ["", "-a", "A", "a.b", "a/b", "a+", "#", "x" * 33, "central", "é"])
def test_a_name_that_cannot_stand_in_a_topic_is_refused(site: str) -> None:
    with pytest.raises(InvalidInput):
        check_site(site)
    assert place(f"tallydock/v1/{site}/ack") is None


@pytest.mark.parametrize(
    "name",
    ["", "tallydock/v1/hz1", "tallydock/v2/hz1/ack", "x/tallydock/v1/hz1/ack",
     "tallydock/v1/hz1/ack/more", "tallydock/v1/hz1/else", everyones("ack")],
)  # fmt: skip
def test_other_topics_are_none_of_ours(name: str) -> None:
    assert place(name) is None


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 1.0]))
def test_waits_double_up_to_the_cap_and_start_over(seed: int, floor: float) -> None:
    wait = Backoff(1000, 60_000, seeded(seed), floor)
    bounds = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    for bound in bounds:
        assert floor * bound - 1 <= wait.next_us() <= bound
    wait.reset()
    assert wait.next_us() <= 1000
    assert wait.longest_us() >= floor * 60_000 - 1


def test_a_timer_that_was_cancelled_by_another_is_not_taken() -> None:
    timers: Timers[str] = Timers()
    timers.set("late", 20)
    timers.set("early", 10)
    timers.ensure("early", 99)
    assert timers.next_us() == 10
    assert timers.due(25) == ["early", "late"]
    timers.cancel("late")
    assert timers.take("early", 25)
    assert not timers.take("late", 25)
    assert not timers.take("early", 25)
    assert timers.next_us() is None


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_points_are_spread_from_first_to_last(low: int, width: int) -> None:
    numbers = spread(low, low + width)
    assert len(numbers) <= 32
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (low, low + width - 1)


@given(st.integers(0, 10**7))
def test_the_ancestor_of_ten_million_entries_is_found_in_five_rounds(ancestor: int) -> None:
    low, high, rounds = 0, 10**7 + 1, 0
    while high - low > 1:
        rounds += 1
        numbers = spread(low, high)
        low = max(number for number in numbers if number <= ancestor)
        high = min((number for number in numbers if number > ancestor), default=high)
    assert low == ancestor
    assert rounds <= 5


def test_entries_without_a_kept_hash_make_no_point() -> None:
    kept = {0: bytes(32), 5: b"\x05" * 32}
    assert points(0, 6, kept.get) == [(0, "00" * 32), (5, "05" * 32)]


def test_the_window_counts_batches_and_bytes() -> None:
    flight = Flight()
    flight.start(Position(10, b"a"), 99)
    for number in range(WINDOW_BATCHES):
        assert flight.is_open()
        flight.add(Position(11 + number, b"%d" % number), 10)
    assert not flight.is_open()
    assert flight.acknowledge(Position(12, b"1"))
    assert flight.is_open()
    flight.add(Position(30, b"z"), WINDOW_BYTES)
    assert not flight.is_open()
    flight.go_back()
    assert flight.is_open()
    assert flight.sent == Position(12, b"1")
    assert not flight.acknowledge(Position(11, b"0"))


def test_what_central_holds_already_is_not_sent() -> None:
    flight = Flight()
    flight.start(Position(0, ZERO_HASH), 8)
    flight.add(Position(5, b"5"), 1)
    assert flight.acknowledge(Position(9, b"9"))
    assert flight.sent == flight.acked == Position(9, b"9")
    assert flight.is_empty()


def test_no_credit_closes_the_window() -> None:
    flight = Flight()
    flight.start(Position(0, ZERO_HASH), 0)
    assert not flight.is_open()
    flight.credit = 1
    flight.add(Position(1, b"x"), 1)
    assert not flight.is_open()


def test_credit_falls_with_the_queue() -> None:
    offered = [credit_for(waiting) for waiting in range(QUEUE_FULL + 1)]
    assert offered[: QUEUE_EASY + 1] == [CREDIT_FULL] * (QUEUE_EASY + 1)
    assert offered == sorted(offered, reverse=True)
    assert offered[-2:] == [1, 0]


def test_an_old_message_is_told_from_a_new_one() -> None:
    repeats = Repeats()
    assert not repeats.seen("a", 10)
    assert repeats.seen("a", 10)
    assert not repeats.seen("a", 11)
    assert repeats.seen("a", 9)
    assert not repeats.seen("b", 5)
    assert repeats.seen("a", 99)
    assert not repeats.seen("b", 6)


@given(
    st.dictionaries(
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        max_size=6,
    )
)
def test_a_commands_hash_is_over_canonical_json(data: dict[str, object]) -> None:
    raw = canonical_data(json.dumps(data).encode())
    command = ChainedCommand(
        site="hz1", epoch=EPOCH, number=7, id="c", type="Do", version=1, data=Raw(raw)
    )
    plain = {
        "site": "hz1", "epoch": list(EPOCH), "number": 7, "id": "c", "type": "Do",
        "version": 1, "data": data,
    }  # fmt: skip
    expected = hashlib.sha256(b"\x07" * 32 + rfc8785.dumps(json.loads(json.dumps(plain)))).digest()
    assert command_hash(b"\x07" * 32, command) == expected


LARGE = b'{"a":"' + b"x" * 300_000 + b'"}'


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b'{"a":1.5}', b'{"a":[{"b":2.0}]}', LARGE])
def test_data_that_has_no_canonical_form_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        canonical_data(data)


def command(epoch: Epoch, number: int, prev_hash: bytes) -> ApplyCommand:
    return ApplyCommand(
        epoch=epoch, number=number, prev_hash=prev_hash, hash=link(prev_hash, b"x"),
        id="c", type="Do", version=1, data=b"{}",
    )  # fmt: skip


def test_a_command_follows_by_number_and_hash_within_an_epoch() -> None:
    at = CommandPosition(EPOCH, 4, b"\x04" * 32)
    good = command(EPOCH, 5, at.hash)
    assert position_after(at, good) == CommandPosition(EPOCH, 5, good.hash)
    assert position_after(at, command(EPOCH, 6, at.hash)) is None
    assert position_after(at, command(EPOCH, 4, at.hash)) is None
    assert position_after(at, command(EPOCH, 5, b"\x05" * 32)) is None
    assert position_after(at, command(Epoch(2, "c" * 16), 5, at.hash)) is None


def test_a_higher_epoch_starts_at_one() -> None:
    at = CommandPosition(EPOCH, 4, b"\x04" * 32)
    higher = Epoch(3, "c" * 16)
    first = command(higher, 1, ZERO_HASH)
    assert position_after(at, first) == CommandPosition(higher, 1, first.hash)
    assert position_after(at, command(higher, 5, at.hash)) is None
    assert position_after(at, command(Epoch(1, "c" * 16), 1, ZERO_HASH)) is None
    assert position_after(COMMANDS_START, first) is not None


def test_the_higher_version_wins_and_a_tombstone_wins_over_all() -> None:
    def row(version: int, erased_at: int | None = None) -> PersonRow:
        gone = erased_at is not None
        return PersonRow(
            id="p",
            version=version,
            salt=None if gone else "00",
            data=None if gone else b"{}",
            erased_at=erased_at,
        )

    assert supersedes(row(1), None)
    assert supersedes(row(2), row(1))
    assert not supersedes(row(1), row(1))
    assert supersedes(row(0, erased_at=5), row(9))
    assert not supersedes(row(10), row(0, erased_at=5))
    assert row(1).digest() == hashlib.sha256(b"\x00{}").hexdigest()
    assert row(1, erased_at=1).digest() is None
