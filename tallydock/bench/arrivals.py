"""When scans come: at random, as from many people who do not know of each other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from edge.ids import Chance
from tallydock.bench.measure import NS_PER_S


def poisson(a_second: float, seconds: float, chance: Chance) -> Iterator[int]:
    """Offsets in nanoseconds within ``seconds``, ``a_second`` on average, each gap on its own."""
    at_s = 0.0
    while True:
        at_s -= math.log(1.0 - chance.random()) / a_second
        if at_s >= seconds:
            return
        yield round(at_s * NS_PER_S)
