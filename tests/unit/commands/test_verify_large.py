"""A journal of 100,000 events: what was changed is named in any row, in bounded memory."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import StoreDamaged
from edge.service.audit import verify_store
from tallydock.stores import edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, acknowledge, central, floor

EVENTS = 100_000
ROWS_TRIED = 12
MEMORY_MAX_KIB = 1_000_000

Stored = int | str | bytes

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with that many events, and central that holds them."""
    data = tmp_path_factory.mktemp("large")
    with floor(data) as site:
        site.open_for_business()
        index = 0
        while site.store.head.seq < EVENTS:
            index += 1
            site.pack_order(f"T-{index}")
        events = site.events()
    with central(data) as opened:
        for first in range(0, len(events), 500):
            acknowledge(opened, events[: first + 500])
    return data


def fault_of(path: Path) -> StoreDamaged:
    """The first fault of the store."""
    with pytest.raises(StoreDamaged) as caught:
        verify_store(path, SITE)
    return caught.value


def _changed(stored: Stored, place: int) -> Stored:
    if isinstance(stored, int):
        return stored + EVENTS * 2
    if isinstance(stored, str):
        return tampering.flip(stored.encode(), place).decode("utf-8", "replace")
    return tampering.flip(stored, place)


@pytest.mark.parametrize("column", ["seq", "hash", "subject", "body"])
def test_a_changed_byte_is_named_in_any_row(large: Path, column: str) -> None:
    path, chance = edge_path(large, SITE), random.Random(column)
    rows = tampering.journal(path)
    for _ in range(ROWS_TRIED):
        seq, digest, subject, body = chance.choice(rows)
        place = chance.randrange(1 << 16)
        columns: dict[str, Stored] = {
            "seq": seq, "hash": digest, "subject": subject, "body": body,
        }  # fmt: skip
        stored = columns[column]
        changed = _changed(stored, place)
        update = f"UPDATE journal SET {column} = ? WHERE seq = ?"
        assert tampering.run(path, update, changed, seq)
        found = fault_of(path).seq
        tampering.run(path, update, stored, changed if column == "seq" else seq)
        assert found == seq
    verify_store(path, SITE)


def test_a_tail_made_anew_is_named_against_central(large: Path, call: Call) -> None:
    path = edge_path(large, SITE)
    seq = 70_000
    body = tampering.journal(path)[seq - 1][3]
    old = b'"causation":'
    tampering.rehash_from(path, seq, old, b'"causatiom":')
    said = call("verify", "--data", large)
    tampering.rehash_from(path, seq, b'"causatiom":', old)
    assert said.code == 3
    assert said.lines[-1] == f"central: seq {seq}: another hash than {SITE} holds ({SITE})"
    assert tampering.journal(path)[seq - 1][3] == body
    verify_store(path, SITE)


def test_it_is_verified_in_bounded_memory(large: Path) -> None:
    command = [sys.executable, "-m", "tallydock", "verify", "--data", str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    used_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[1].startswith("central: ok seq 100")
    assert used_kib < MEMORY_MAX_KIB
