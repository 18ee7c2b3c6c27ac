"""Waits that double. Without them, and without jitter, repeats pile up faster than they drain."""

from __future__ import annotations

from edge.ids import Chance


class Backoff:
    """``next_us()`` gives ``first_us``, then twice as much each time up to ``cap_us``.

    Each wait is drawn between ``floor`` of it and the whole: 0.0 is full jitter, 1.0 is none.
    """

    def __init__(self, first_us: int, cap_us: int, chance: Chance, floor: float = 0.5) -> None:
        assert 0 < first_us <= cap_us
        assert 0.0 <= floor <= 1.0
        self._first_us, self._cap_us, self._floor = first_us, cap_us, floor
        self._chance = chance
        self._wait_us = first_us

    def next_us(self) -> int:
        """The wait from now on; the one after it is twice as long."""
        share = self._floor + (1.0 - self._floor) * self._chance.random()
        wait_us, self._wait_us = self._wait_us, min(2 * self._wait_us, self._cap_us)
        return int(wait_us * share)

    def longest_us(self) -> int:
        """Jump to the cap: for a peer that said it cannot help for a while."""
        self._wait_us = self._cap_us
        return self.next_us()

    def reset(self) -> None:
        """There was progress."""
        self._wait_us = self._first_us
