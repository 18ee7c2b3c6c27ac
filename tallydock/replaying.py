"""Folding a site's journal from its beginning, and comparing the outcome with the stored rows."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from edge.errors import StoreDamaged
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.service.audit import compare_rows, damage_named, fold_chain


@dataclass(frozen=True, slots=True)
class Replay:
    """``events`` were folded into ``rows`` rows; ``difference`` names the first row that is not so.

    ``seconds`` is the fold alone, with reading and checking the chain.
    """

    site: str
    events: int
    head: str
    rows: int
    seconds: float
    events_per_s: int
    equal: bool
    difference: str | None


def replay(path: Path, site: str, clock: Clock) -> Replay:
    """Raises StoreDamaged when the journal does not chain or does not fold."""
    with damage_named(site), closing(open_reader(path)) as connection:
        connection.execute("BEGIN")
        before_ns = clock.monotonic_ns()
        head, folded = fold_chain(connection, site)
        seconds = (clock.monotonic_ns() - before_ns) / 1e9
        try:
            compare_rows(SqliteExecutor(connection), site, folded)
            difference = None
        except StoreDamaged as damaged:
            difference = damaged.reason
    return Replay(
        site=site,
        events=head.seq,
        head=head.hash.hex(),
        rows=sum(map(len, folded.values())),
        seconds=round(seconds, 6),
        events_per_s=round(head.seq / seconds) if seconds > 0 else 0,
        equal=difference is None,
        difference=difference,
    )
