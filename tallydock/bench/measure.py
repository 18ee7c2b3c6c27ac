"""How two contestants are compared so that the figures mean something.

Only ratios taken within one run travel to another machine: contestant and raw limit take turns
in short slices, each round gives a ratio, and the median of these is judged. Which of the two
goes first changes from round to round, so that a drift favours neither. Nothing is judged when
the raw side itself was unsteady, or the machine was busy with something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Literal

from edge.clock import Clock

ROUNDS_MIN = 5
WARM_UP_ROUNDS = 1
UNSTEADY = 2.0
TAIL_SAMPLES_MIN = 10_000
NS_PER_S = 1_000_000_000

Outcome = Literal["pass", "fail", "noisy", "told", "not yet"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and greatest of several values."""

    least: float
    middle: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), median(values), max(values))

    @property
    def unsteady(self) -> bool:
        """The greatest is more than twice the least."""
        return self.greatest > UNSTEADY * self.least


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio must be: at least or at most ``limit``."""

    sense: Literal["at least", "at most"]
    limit: float

    def reached(self, ratio: float) -> bool:
        """Whether ``ratio`` is good enough."""
        return ratio >= self.limit if self.sense == "at least" else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.sense == 'at least' else '<='} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One goal of one line: the values of both sides round by round, in ``unit``.

    ``judged`` is False where there were too few samples to judge by.
    """

    line: int
    name: str
    unit: str
    goal: Goal
    ours: tuple[float, ...]
    raw: tuple[float, ...]
    raw_name: str
    judged: bool = True
    note: str = ""

    @property
    def ratio(self) -> Spread:
        """Ours to raw, round by round."""
        return Spread.of([mine / limit for mine, limit in zip(self.ours, self.raw, strict=True)])

    def outcome(self, *, machine_busy: bool) -> Outcome:
        """Pass or fail, unless there is a reason not to judge."""
        if not self.judged:
            return "told"
        if machine_busy or Spread.of(self.raw).unsteady:
            return "noisy"
        return "pass" if self.goal.reached(self.ratio.middle) else "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """A line whose subject this release does not have."""

    line: int
    name: str
    note: str


Finding = Comparison | NotYet

Side = Callable[[int], float]
"""Does the slice of a round (0, 1, ...) and returns its value, such as a rate."""


def take_turns(rounds: int, sides: Sequence[Side]) -> tuple[tuple[float, ...], ...]:
    """The values of each side over ``rounds`` rounds that follow one of warming up.

    Round 0 is the warm-up; a side is called for each round exactly once, in order.
    """
    if rounds < ROUNDS_MIN:
        raise ValueError(f"{rounds} rounds: fewer than {ROUNDS_MIN} say nothing")
    values: list[list[float]] = [[] for _ in sides]
    for number in range(WARM_UP_ROUNDS + rounds):
        order = list(zip(values, sides, strict=True))
        for kept, side in order if number % 2 == 0 else reversed(order):
            value = side(number)
            if number >= WARM_UP_ROUNDS:
                kept.append(value)
    return tuple(tuple(kept) for kept in values)


def rate(clock: Clock, amount: int, work: Callable[[], object]) -> float:
    """How many of ``amount`` things a second ``work`` does."""
    began_ns = clock.monotonic_ns()
    work()
    return amount * NS_PER_S / max(1, clock.monotonic_ns() - began_ns)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lies (nearest rank)."""
    ranked = sorted(values)
    rank = next(n for n in count() if n + 1 >= share * len(ranked))
    return ranked[rank]
