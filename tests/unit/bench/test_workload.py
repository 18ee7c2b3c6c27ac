"""What the bench scans: believable, varied, the same for both sides; and how it is replayed."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from edge.ids import seeded
from edge.journal.sqlite import open_reader, open_writer
from edge.journal.store import EdgeStore
from edge.service.audit import verify_store, walk_chain
from edge.service.loop import EdgeLoop
from tallydock.bench import journals, workload
from tallydock.bench.arrivals import poisson
from tallydock.bench.measure import NS_PER_S
from tallydock.bench.replaying import RecordingConnection, replay
from tallydock.bench.windows import Growing

ORDERS, SCANS = 64, 400


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with 64 orders."""
    return workload.prepared(tmp_path_factory.mktemp("template"), ORDERS)


def test_every_scan_is_another_one_and_nearly_all_are_accepted(template: Path) -> None:
    inputs = workload.inputs(SCANS, ORDERS)
    assert len({scan.command.data for scan in inputs}) > 0.6 * SCANS
    with closing(EdgeStore(template, workload.SITE, RecordingConnection)) as store:
        loop = EdgeLoop(store, workload.SETTINGS, seeded("x"))
        outcomes = loop.step(inputs, workload.START_US)
        verdicts = Counter(judged[1].verdict for one in outcomes if (judged := one.judged))
    assert sum(verdicts.values()) == SCANS
    refused = SCANS - sum(
        verdicts[name] for name in ("accepted", "line_complete", "order_complete", "order_opened")
    )
    assert 0 < refused < 0.06 * SCANS


def test_recorded_statements_make_of_the_same_store_the_same_store(tmp_path: Path) -> None:
    paths = [workload.prepared(tmp_path / name, ORDERS) for name in ("one", "two")]
    with closing(EdgeStore(paths[0], workload.SITE, RecordingConnection)) as store:
        connection = store.connection
        assert isinstance(connection, RecordingConnection)
        connection.take()
        loop = EdgeLoop(store, workload.SETTINGS, seeded("x"))
        for start in range(0, SCANS, 50):
            loop.step(workload.inputs(SCANS, ORDERS)[start : start + 50], workload.START_US)
        statements, head = connection.take(), store.head
    with closing(open_writer(paths[1])) as bare:
        replay(bare, statements)
    assert sum(statement.commits for statement in statements) == SCANS // 50
    assert verify_store(paths[1], workload.SITE) == head


def test_a_lengthened_journal_chains(tmp_path: Path) -> None:
    source = journals.worked(tmp_path, 50)
    long = journals.lengthened(source, tmp_path / "long.db", 2500)
    with closing(open_reader(long)) as connection:
        events = list(walk_chain(connection, workload.SITE))
    assert [event.seq for event in events] == list(range(1, 2501))


def test_a_growing_journal_shows_no_more_than_it_is_told(template: Path) -> None:
    with closing(EdgeStore(template, workload.SITE)) as store:
        growing = Growing(store.journal)
        assert (growing.head().seq, growing.read(0, 10, 1000)) == (0, [])
        assert growing.grow(3).hash == store.journal.hash_at(3)
        assert [event.seq for event in growing.read(1, 10, 1_000_000)] == [2, 3]
        assert (growing.hash_at(3), growing.hash_at(4)) == (growing.head().hash, None)
        with pytest.raises(ValueError, match="no event"):
            growing.grow(10**9)


def test_arrivals_are_in_order_within_their_time_and_as_many_as_asked() -> None:
    offsets = list(poisson(320, 20.0, seeded("arrivals")))
    assert offsets == sorted(offsets)
    assert 0 < offsets[0] < offsets[-1] < 20 * NS_PER_S
    assert 6000 < len(offsets) < 6800
    gaps = [after - before for before, after in pairwise(offsets)]
    assert max(gaps) > 5 * NS_PER_S / 320
