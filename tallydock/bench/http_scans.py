"""Line 3, ``http-scans``: scans over kept-alive connections, 1, 16 or 64 stations at once.

Raw limit: the same framework around one journal row with group commit and no rules. Both are
processes of their own; so is the client, which drives one at a time.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from edge.ids import seeded
from tallydock.bench import workload
from tallydock.bench.closed_loop import Crew
from tallydock.bench.houses import free_port, serving, token_of
from tallydock.bench.measure import (
    TAIL_SAMPLES_MIN,
    WARM_UP_ROUNDS,
    Comparison,
    Finding,
    Goal,
    percentile,
    take_turns,
)
from tallydock.stores import edge_path

LINE, NAME = 3, "http-scans"
THROUGHPUT, P99 = Goal("at least", 0.6), Goal("at most", 2.0)
RAW = "one journal row, same framework"


@dataclass(frozen=True, slots=True)
class Level:
    """So many stations at once; scans a slice and rounds of the long form."""

    stations: int
    scans_long: int
    rounds_long: int


LEVELS = (Level(1, 600, 20), Level(16, 1600, 10), Level(64, 1920, 9))
SCANS_SHORT, ROUNDS_SHORT = 192, 5


def run(folder: Path, clock: Clock, *, short: bool) -> list[Finding]:
    """Throughput and tail at each level, each on a fresh store."""
    template = workload.prepared(folder)
    found: list[Finding] = []
    for level in LEVELS:
        place = folder / f"stations-{level.stations}"
        store = edge_path(place, workload.SITE)
        store.parent.mkdir(parents=True)
        shutil.copy(template, store)
        found += _level(place, clock, level, short=short)
    return found


def _level(place: Path, clock: Clock, level: Level, *, short: bool) -> list[Finding]:
    rounds, scans = (ROUNDS_SHORT, SCANS_SHORT) if short else (level.rounds_long, level.scans_long)
    token = token_of(place, clock, seeded("token"))
    with asyncio.Runner() as runner, ExitStack() as stack:
        crews = []
        for name, module, arguments, port in _servers(place):
            stack.enter_context(serving(name, place, module, arguments, port, clock))
            queues = [
                workload.packing(number, stations=level.stations)
                for number in range(level.stations)
            ]
            crew = runner.run(Crew.at(port, clock, token, queues))
            stack.callback(crew.close)
            crews.append(crew)
        house, shell = crews
        ours, raw = take_turns(
            rounds,
            (lambda _: runner.run(house.scan(scans)), lambda _: runner.run(shell.scan(scans))),
        )
        warm_up = WARM_UP_ROUNDS * scans
        tails = [percentile(crew.took_ns[warm_up:], 0.99) / 1000 for crew in crews]
    return _findings(level, ours, raw, tails, rounds * scans)


def _servers(place: Path) -> Iterator[tuple[str, str, tuple[str, ...], int]]:
    """Name, module, arguments and port of ours and of the shell."""
    port = free_port()
    config = place / "edge.toml"
    config.write_text(
        f'stations = {list(workload.STATIONS)!r}\n\n[site]\nid = "{workload.SITE}"\n\n'
        f"[web]\nport = {port}\n"
    )
    arguments = ("run", "--config", str(config), "--data", str(place))
    yield "house", "tallydock", arguments, port
    port = free_port()
    yield "shell", "tallydock.bench.shell", (str(place), str(port)), port


def _findings(
    level: Level,
    ours: tuple[float, ...],
    raw: tuple[float, ...],
    tails: list[float],
    samples: int,
) -> list[Finding]:
    name = f"{NAME} {level.stations} stations"
    return [
        Comparison(
            line=LINE, name=name, unit="scans/s", ours=ours, raw=raw, goal=THROUGHPUT, raw_name=RAW,
        ),
        Comparison(
            line=LINE, name=f"{name} p99", unit="us", ours=(tails[0],), raw=(tails[1],), goal=P99,
            raw_name=RAW, judged=samples >= TAIL_SAMPLES_MIN, note=f"of {samples} scans",
        ),
    ]  # fmt: skip
