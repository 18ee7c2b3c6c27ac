"""The same inputs once more, in other batches, without a fault: the same journal (H9).

The head must be the same byte for byte, and the rows on disk the same: so crashes, refusing disks
and batches changed nothing of what the site came to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.clock import ManualClock
from edge.domain.settings import SiteSettings
from edge.domain.state import key_of
from edge.ids import Chance
from edge.service.heart import NONCE_BITS
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from tallydock.fuzz.dice import require
from tallydock.fuzz.dying import Disk, Fuse
from tallydock.fuzz.site import MortalStore, Taken
from tallydock.fuzz.watch import Watch

BATCHES = (1, 3, 50)


class GivenChance:
    """Nonces as they were drawn the first time; other chance from elsewhere."""

    def __init__(self, nonces: Sequence[int], chance: Chance) -> None:
        self._nonces, self._chance = iter(nonces), chance

    def getrandbits(self, k: int, /) -> int:
        return next(self._nonces) if k == NONCE_BITS else self._chance.getrandbits(k)

    def random(self) -> float:
        return self._chance.random()


def work_again(
    path: Path, settings: SiteSettings, taken: Sequence[Taken], chance: Chance, watch: Watch
) -> None:
    """Violation unless the inputs lead to the journal that ``watch`` has seen."""
    store = MortalStore(path, settings.site, Fuse(), Disk())
    loop = EdgeLoop(store, settings, GivenChance([entry.nonce for entry in taken], chance))
    now_us = ManualClock().now_us()
    try:
        place, size = 0, 0
        while place < len(taken):
            size += 1
            batch = taken[place : place + BATCHES[size % len(BATCHES)]]
            outcomes = loop.step([entry.input for entry in batch], now_us + size)
            _compare(outcomes, watch)
            place += len(batch)
        head = store.head
        require(head == watch.head, f"the same inputs lead to seq {head.seq}, another head")
        for kind, rows in watch.fold.rows.items():
            stored = {key_of(row)[1]: row for row in store.load_all(kind)}
            require(stored == rows, f"the same inputs lead to other {kind.__name__} rows")
    finally:
        store.close()


def _compare(outcomes: Sequence[Outcome], watch: Watch) -> None:
    """Name the first event that differs."""
    for outcome in outcomes:
        for written in outcome.events:
            seq, name = written.meta.seq, type(written.event).__name__
            known = watch.hashes[seq] if seq < len(watch.hashes) else None
            require(known == written.hash, f"the same inputs give another {name} at seq {seq}")
