"""The lines of the bench, each in a module of its own, and a run of some of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from edge.clock import Clock
from edge.errors import InvalidInput
from tallydock.bench import catch_up, durable_scans, http_scans, llrp, scan_to_verdict, verify
from tallydock.bench.machine import Machine, look, syncs_per_second
from tallydock.bench.measure import Finding


class Line(Protocol):
    """Measures in an empty ``folder`` of its own; ``short``: fewer repetitions."""

    def __call__(self, folder: Path, clock: Clock, *, short: bool) -> Sequence[Finding]: ...


LINES: dict[int, tuple[str, Line]] = {
    module.LINE: (module.NAME, module.run)
    for module in (durable_scans, scan_to_verdict, http_scans, verify, llrp, catch_up)
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found, and on which machine; ``short`` runs judge no tails."""

    machine: Machine
    short: bool
    findings: tuple[Finding, ...]


def chosen(text: str | None) -> tuple[int, ...]:
    """The numbers in ``1,3,7``; all when there is no text; InvalidInput for a line not known."""
    if text is None:
        return tuple(LINES)
    numbers = tuple(int(part) if part.strip().isdecimal() else 0 for part in text.split(","))
    if any(number not in LINES for number in numbers):
        known = ", ".join(f"{number} {name}" for number, (name, _) in LINES.items())
        raise InvalidInput("--lines", text, f"some of: {known}")
    return numbers


def measure(
    folder: Path,
    clock: Clock,
    numbers: Sequence[int],
    *,
    short: bool,
    began: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run the lines in turn below ``folder``, which must be on a disk; it is left as it was.

    ``began`` is told the name of each line before it runs.
    """
    machine = look(folder, clock)
    findings: list[Finding] = []
    for number in numbers:
        name, run = LINES[number]
        began(name)
        with tempfile.TemporaryDirectory(prefix=f"bench-{number}-", dir=folder) as place:
            findings += run(Path(place), clock, short=short)
    machine = replace(
        machine, load_after=os.getloadavg()[0], syncs_after=syncs_per_second(folder, clock)
    )
    return Report(machine, short, tuple(findings))
