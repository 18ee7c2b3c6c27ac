"""How long to wait before a lost line is opened again.

Exponential with full jitter: the n-th wait is drawn evenly from 0 to first * 2^n, at most the
limit, for ever. A warehouse whose power came back must not have forty devices knock in step, and a
cable that is put back must not wait for an operator.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.connection import Reach
from edge.ids import Chance


@dataclass(frozen=True, slots=True)
class Policy:
    """The first and the longest wait, in seconds."""

    first_s: float
    most_s: float


POLICIES: dict[Reach, Policy] = {
    "local": Policy(first_s=0.1, most_s=2.0),  # with the opening itself: back within 3 s
    "network": Policy(first_s=0.5, most_s=30.0),
}


class BackOff:
    """Counts failed openings in a row and draws the next wait."""

    def __init__(self, policy: Policy, chance: Chance) -> None:
        self._policy = policy
        self._chance = chance
        self._limit_s = policy.first_s

    def next_s(self) -> float:
        """Seconds to wait now; the following wait may be twice as long."""
        wait_s = self._chance.random() * self._limit_s
        self._limit_s = min(self._limit_s * 2, self._policy.most_s)
        return wait_s

    def succeeded(self) -> None:
        """The line proved itself; the next failure starts from the first wait."""
        self._limit_s = self._policy.first_s
