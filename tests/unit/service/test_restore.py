"""A store from a backup takes the tail that it lost over from somebody who still has it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.domain.commands import ErasePerson
from edge.domain.person import PersonDetails
from edge.errors import StoreDamaged
from edge.journal import queries
from edge.journal.chain import StoredEvent
from edge.journal.store import EdgeStore
from edge.service.audit import verify_store
from edge.service.inputs import SavePerson
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


def test_who_was_erased_since_the_backup_is_erased_again(tmp_path: Path) -> None:
    with Floor(tmp_path) as floor:
        floor.furnish()
        floor.one(SavePerson(at_us=1, person="c1", data=PersonDetails(name="Somebody")))
        floor.store.checkpoint(force=True)
        backup = tmp_path / "backup" / f"{SITE}.db"
        backup.parent.mkdir()
        shutil.copy(floor.path, backup)
        behind = floor.store.head.seq
        floor.ask(ErasePerson(person="c1"))
        tail = floor.store.journal.read(behind, 1_000, 1 << 30)
    store = EdgeStore(backup, SITE)
    take_over(store, tail)
    store.close()
    with queries.snapshot(backup, SITE) as reads:
        assert reads.is_erased("c1")
    verify_store(backup, SITE)
