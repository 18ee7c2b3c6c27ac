"""Chance in the shapes that a simulation needs; one source, so that one seed gives one story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from edge.ids import Chance

T = TypeVar("T")


class Violation(AssertionError):
    """Something that must hold does not."""


def require(holds: object, complaint: str) -> None:
    """Violation with ``complaint`` unless ``holds``."""
    if not holds:
        raise Violation(complaint)


class Dice:
    """Draws from a source of chance."""

    def __init__(self, chance: Chance) -> None:
        self.source = chance

    def happens(self, share: float) -> bool:
        """True in ``share`` of all cases."""
        return self.source.random() < share

    def below(self, limit: int) -> int:
        """0 to ``limit`` - 1."""
        return int(self.source.random() * limit)

    def between(self, least: int, most: int) -> int:
        """``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)

    def pick(self, things: Sequence[T]) -> T:
        """One of ``things``."""
        return things[self.below(len(things))]

    def weighed(self, things: Sequence[tuple[int, T]]) -> T:
        """One of (weight, thing)."""
        left = self.source.random() * sum(weight for weight, _ in things)
        for weight, thing in things:
            left -= weight
            if left < 0:
                return thing
        return things[-1][1]

    def some(self, things: Sequence[T], count: int) -> list[T]:
        """``count`` different ones of ``things``, or all."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]

    def noise(self, size: int) -> bytes:
        """``size`` random bytes."""
        return self.source.getrandbits(8 * size).to_bytes(size, "big") if size else b""
