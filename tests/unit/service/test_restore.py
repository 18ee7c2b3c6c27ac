"""A store from a backup takes the tail that it lost over from somebody who still has it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import StoreDamaged
from edge.journal.chain import StoredEvent
from edge.journal.store import EdgeStore
from edge.service.audit import verify_store
from edge.service.restore import take_over
from tests.unit.floor import CUP, SITE, TEA, Floor, badge, code, order


def _history(folder: Path) -> tuple[Path, list[StoredEvent]]:
    """A backup taken in the middle of a shift, and the events that came after it."""
    with Floor(folder) as floor:
        floor.furnish()
        floor.ask(order("1", ("TEA", 2), ("CUP", 1)))
        floor.scan("pack-1", badge(1))
        backup = folder / "backup" / f"{SITE}.db"
        backup.parent.mkdir()
        floor.store.checkpoint(force=True)
        shutil.copy(floor.path, backup)
        behind = floor.store.head.seq
        floor.scan("pack-1", code("ORDER", "SO-10001"))
        for scanned in (TEA, TEA, CUP, code("NEXT")):
            floor.scan("pack-1", scanned)
        tail = floor.store.journal.read(behind, 1_000, 1 << 30)
        return backup, tail


def test_the_lost_tail_continues_the_same_history(tmp_path: Path) -> None:
    backup, tail = _history(tmp_path)
    store = EdgeStore(backup, SITE)
    assert take_over(store, tail) == len(tail) > 5
    store.close()
    assert verify_store(backup, SITE) == verify_store(tmp_path / f"{SITE}.db", SITE)


@pytest.mark.parametrize("place", [0, 3])
def test_what_does_not_continue_the_chain_leaves_the_store_as_it_was(
    tmp_path: Path, place: int
) -> None:
    backup, tail = _history(tmp_path)
    before = verify_store(backup, SITE)
    tail[place] = replace(tail[place], hash=bytes(32))
    store = EdgeStore(backup, SITE)
    with pytest.raises(StoreDamaged, match=f"seq {tail[place].seq}"):
        take_over(store, tail)
    store.close()
    assert verify_store(backup, SITE) == before
