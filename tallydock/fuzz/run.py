"""Running seeds, and saying what went wrong in one."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tallydock.fuzz.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a seed came to. ``error`` is None when all held; ``lines`` are its last steps."""

    seed: int
    step: int
    head: str
    story: str
    count: Counter[str]
    error: str | None
    lines: tuple[str, ...]


def run_seed(seed: int, folder: Path | None = None) -> Day:
    """One seed in a folder of its own (default: the system's place for such)."""
    place = Path(tempfile.mkdtemp(prefix=f"tallydock-{seed}-", dir=folder))
    world = World(seed, place)
    try:
        return _day(seed, world, _run(world))
    finally:
        world.close()
        shutil.rmtree(place)


def _run(world: World) -> str | None:
    """Supervisor of one seed: whatever it raises is what the seed found."""
    try:
        world.run()
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return f"{type(error).__name__} at {place}: {error}"
    return None


def _day(seed: int, world: World, error: str | None) -> Day:
    return Day(
        seed=seed,
        step=world.step,
        head=world.watch.head.hash.hex(),
        story=world.story(),
        count=Counter(world.count),
        error=error,
        lines=tuple(world.lines),
    )


def report(day: Day) -> str:
    """A failed seed as text: what, where, and the last steps before it."""
    head = f"seed {day.seed}, step {day.step}: {day.error}"
    return "\n".join((head, *(f"    {line}" for line in day.lines)))
