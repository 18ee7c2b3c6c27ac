"""What a packer can do next, how long a hand takes for it, and how careful it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edge.ids import Chance

MISTAKES = frozenset({"wrong_item", "one_too_many", "unknown_code"})

# Pauses in ms, least and most, by what the hand has to do; others are as for an item.
PAUSES: dict[str, tuple[int, int]] = {
    "badge": (600, 1_500),
    "order": (1_500, 4_000),
    "item": (1_200, 4_000),
    "command": (700, 1_800),
    "again": (800, 1_600),
}


@dataclass(frozen=True, slots=True)
class Habits:
    """How often, of the moments when it is possible, the packer does something unplanned."""

    wrong_item: float = 0.03
    one_too_many: float = 0.04
    unknown_code: float = 0.015
    undo: float = 0.02
    short: float = 0.01

    def times(self, factor: float) -> Habits:
        """The habits of somebody more (factor below 1) or less careful."""
        return Habits(
            wrong_item=self.wrong_item * factor,
            one_too_many=self.one_too_many * factor,
            unknown_code=self.unknown_code * factor,
            undo=self.undo * factor,
            short=self.short * factor,
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """Scan ``code`` after a pause; ``why`` names the intention, or the mistake."""

    code: str
    why: str
    pause_ms: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later."""

    pause_ms: int


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Tell the scanner that nothing is seen of its last code: who took it died with it."""


@dataclass(frozen=True, slots=True)
class Done:
    """The packer goes home. ``reason``: finished, or stuck."""

    reason: str


Action = Scan | Wait | TakeBack | Done


@dataclass(frozen=True, slots=True)
class Heard:
    """A scan and its verdict."""

    code: str
    why: str
    verdict: str
    seq: int


@dataclass(slots=True)
class Tally:
    """What the packer did. ``again``: scans that were repeated, ``mistakes``: those refused."""

    orders_closed: int = 0
    scans: int = 0
    again: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)


def pause_for(why: str, chance: Chance) -> int:
    """How long the hand takes (ms)."""
    least, most = PAUSES.get(why, PAUSES["item"])
    return least + int((most - least) * chance.random())
