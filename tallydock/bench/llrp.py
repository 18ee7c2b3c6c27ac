"""Line 13, ``llrp``: reports of tags, from bytes to facts. This release reads no RFID yet."""

from __future__ import annotations

from pathlib import Path

from edge.clock import Clock
from tallydock.bench.measure import Finding, NotYet

LINE, NAME = 13, "llrp"
WILL_MEASURE = (
    "reports of 1, 100, 10,000 and 50,000 tags decoded to frozen facts, against a strict decoder"
    " that returns tuples: at least 0.4 of its rate; a tag of 50,000 at most 1.1 times one of 100"
)


def run(folder: Path, clock: Clock, *, short: bool) -> list[Finding]:
    """There is no reader of RFID to measure."""
    return [NotYet(line=LINE, name=NAME, note=f"nothing to measure yet; will be: {WILL_MEASURE}")]
