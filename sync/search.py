"""Finding the newest entry that two journals share, by asking for hashes at spread points."""

from __future__ import annotations

from collections.abc import Callable

from sync.envelope import POINTS_MAX


def spread(low: int, high: int) -> list[int]:
    """At most 32 numbers of [``low``, ``high``): first, last, and equal steps between.

    32 points cut a range to a 31st, so 5 rounds find the ancestor among 10 million.
    """
    assert low < high
    last = high - 1
    step = max(1, -(-(last - low) // (POINTS_MAX - 1)))
    numbers = list(range(low, last, step))
    return [*numbers, last]


def points(low: int, high: int, hash_at: Callable[[int], bytes | None]) -> list[tuple[int, str]]:
    """(seq, hash) over [``low``, ``high``); entries whose hash is no longer kept are left out."""
    found = ((seq, hash_at(seq)) for seq in spread(low, high))
    return [(seq, value.hex()) for seq, value in found if value is not None]
