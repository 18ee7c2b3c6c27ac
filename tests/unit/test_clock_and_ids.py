"""Time as text, clocks that tests drive, and identities from chance."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import ManualClock, SystemClock, from_rfc3339, rfc3339
from edge.ids import SystemChance, hex_bits, seeded, uuid7

# From 1970 to the end of the year 9999, which is as far as datetime goes.
moments = st.integers(0, 253_402_300_799_999_999)


@given(moments)
def test_rfc3339_reads_back_to_the_microsecond(at_us: int) -> None:
    text = rfc3339(at_us)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    assert from_rfc3339(text) == at_us


def test_other_zones_are_read_and_none_is_refused() -> None:
    assert from_rfc3339("2026-11-25T18:04:27+08:00") == from_rfc3339("2026-11-25T10:04:27Z")
    with pytest.raises(ValueError, match="no time zone"):
        from_rfc3339("2026-11-25T18:04:27")
    with pytest.raises(ValueError, match="yesterday"):
        from_rfc3339("yesterday")


def test_a_manual_clock_moves_only_when_told_to() -> None:
    clock = ManualClock(1_000)
    assert (clock.now_us(), clock.monotonic_ns()) == (1_000, 0)
    clock.advance_us(5)
    assert (clock.now_us(), clock.monotonic_ns()) == (1_005, 5_000)
    clock.set_wall_us(1)
    assert (clock.now_us(), clock.monotonic_ns()) == (1, 5_000)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance_us(-1)


def test_the_system_clock_is_utc_and_its_monotonic_half_does_not_run_back() -> None:
    clock = SystemClock()
    assert rfc3339(clock.now_us())[:2] == f"{datetime.now(UTC):%Y}"[:2]
    assert clock.monotonic_ns() <= clock.monotonic_ns()


@given(st.integers(0, (1 << 48) * 1000 - 1), st.integers())
def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond(at_us: int, seed: int) -> None:
    text = uuid7(at_us, seeded(seed))
    value = uuid.UUID(text)
    assert str(value) == text
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == at_us // 1000


def test_ids_of_one_millisecond_differ_in_all_random_bits_over_time() -> None:
    chance = seeded(7)
    ids = [uuid.UUID(uuid7(0, chance)).int for _ in range(500)]
    ones, zeros = 0, 0
    for value in ids:
        ones, zeros = ones | value, zeros | ~value
    random_bits = ((1 << 12) - 1) << 64 | ((1 << 62) - 1)
    assert ones & zeros & ((1 << 128) - 1) == random_bits


def test_hex_bits_are_padded_and_the_same_for_the_same_seed() -> None:
    assert len(hex_bits(64, SystemChance())) == 16
    assert hex_bits(256, seeded("a")) == hex_bits(256, seeded("a")) != hex_bits(256, seeded("b"))


class Zeros:
    """A source that always draws zero."""

    def getrandbits(self, k: int, /) -> int:
        return 0

    def random(self) -> float:
        return 0.0


def test_leading_zeros_are_kept() -> None:
    assert hex_bits(16, Zeros()) == "0000"
    assert uuid7(0, Zeros()) == "00000000-0000-7000-8000-000000000000"


def test_system_chance_gives_bits_and_a_fraction() -> None:
    chance = SystemChance()
    assert 0 <= chance.getrandbits(8) < 256
    assert 0.0 <= chance.random() < 1.0
