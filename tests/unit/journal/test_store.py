"""The store's unit of work: time that never runs back, undoing, locks, schema, batching."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.events import TimerSet
from edge.domain.rows import Stock, Timer
from edge.errors import StoreDamaged, StoreLocked
from edge.journal import beside, migrations, tables
from edge.journal.chain import START, ZERO_HASH, Position, open_envelope
from edge.journal.reader import JournalReader
from edge.journal.sqlite import WAL_BYTES_MAX
from edge.journal.store import EdgeStore
from edge.service.inputs import Input
from tests.unit.floor import MILK, START_US, TEA, Floor, badge, code, everything
from tests.unit.journal.events import recomputed
from tests.unit.journal.walks import walk


def recorded_times(floor: Floor) -> list[int]:
    """``recorded_at`` of every event."""
    return [open_envelope(row.body).recorded_at for row in floor.stored()]


# --- time ---------------------------------------------------------------------------------


def test_recorded_at_never_runs_back_also_across_a_restart(floor: Floor) -> None:
    floor.scan("pack-1", badge(1))
    latest = floor.now_us
    floor.now_us -= 3_600_000_000
    floor.scan("pack-1", "hello")
    assert recorded_times(floor)[-1] == latest
    floor.restart()
    floor.scan("pack-1", "hello")
    times = recorded_times(floor)
    assert times[-1] == latest
    assert times == sorted(times)
    floor.now_us = latest + 5
    floor.scan("pack-1", "hello")
    assert recorded_times(floor)[-1] > latest


# --- undoing ------------------------------------------------------------------------------


def _record(store: EdgeStore, name: str) -> Position:
    event = TimerSet(kind="k", subject=name, due_at=1)
    store.record(
        event, at_us=START_US, id_=name, actor=None, station=None, causation=None
    )  # fmt: skip
    store.state.put(Timer(kind="k", subject=name, due_at=1))
    return store.head


def test_a_unit_that_is_given_up_leaves_nothing_in_memory_or_on_disk(floor: Floor) -> None:
    store, head = floor.store, floor.head()
    for flushed in (False, True):
        store.begin()
        assert _record(store, "a").seq == head.seq + 1
        if flushed:
            store.flush()
            assert store.journal.head() != head
        store.rollback()
        assert (store.head, store.journal.head()) == (head, head)
        assert not store.state.knows((Timer, ("k", "a")))
    store.begin()
    committed = _record(store, "b")
    store.commit()
    store.rollback()
    assert store.head == committed
    assert recomputed(floor.stored()) == committed.hash


def test_events_of_the_open_unit_are_found_by_seq(floor: Floor) -> None:
    store, head = floor.store, floor.head()
    store.begin()
    _record(store, "a")
    pending = store.event(head.seq + 1)
    assert pending is not None
    assert pending.hash == store.head.hash
    store.flush()
    assert store.event(head.seq + 1) == pending
    store.rollback()
    assert store.event(head.seq + 1) is None


# --- who may open it ----------------------------------------------------------------------


def test_a_second_writer_is_refused_and_readers_are_not(floor: Floor) -> None:
    with pytest.raises(StoreLocked, match="in use"):
        EdgeStore(floor.path, "hz1")
    reader = JournalReader.open(floor.path)
    assert reader.head() == floor.head()
    reader.close()


def test_a_reader_cannot_write(floor: Floor) -> None:
    reader = JournalReader.open(floor.path)
    with pytest.raises(sqlite3.OperationalError):
        reader._connection.execute("DELETE FROM journal")
    reader.close()


def test_a_store_of_another_site_is_refused_and_left_free(tmp_path: Path) -> None:
    with Floor(tmp_path) as floor:
        path = floor.path
    with pytest.raises(StoreDamaged, match="belongs to site 'hz1'"):
        EdgeStore(path, "sh2")
    EdgeStore(path, "hz1").close()


def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    with Floor(tmp_path) as floor:
        floor.store.connection.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
    with pytest.raises(StoreDamaged, match="schema 999 is newer"):
        EdgeStore(floor.path, "hz1")


# --- migrations ---------------------------------------------------------------------------


def _two_more_schemas(monkeypatch: pytest.MonkeyPatch, *, second_fails: bool) -> None:
    def first(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE timer RENAME COLUMN due_at TO at")

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE timer RENAME COLUMN at TO due_at")
        if second_fails:
            raise ZeroDivisionError

    today = tables.SCHEMA_VERSION
    monkeypatch.setitem(migrations.MIGRATIONS, today, first)
    monkeypatch.setitem(migrations.MIGRATIONS, today + 1, second)
    monkeypatch.setattr(tables, "SCHEMA_VERSION", today + 2)


def test_an_older_store_is_brought_up_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Floor(tmp_path) as floor:
        floor.furnish().opened("pack-1", floor.place(("TEA", 2)))
        head = floor.head()
    _two_more_schemas(monkeypatch, second_fails=False)
    with Floor(tmp_path) as floor:
        schema = "SELECT value FROM meta WHERE name = 'schema'"
        version = str(tables.SCHEMA_VERSION)
        assert floor.store.connection.execute(schema).fetchone() == (version,)
        assert floor.verify() == head
        assert floor.scan("pack-1", TEA).verdict == "accepted"


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Floor(tmp_path) as floor:
        head = floor.furnish().head()
    with monkeypatch.context() as patch:
        _two_more_schemas(patch, second_fails=True)
        with pytest.raises(ZeroDivisionError):
            EdgeStore(floor.path, "hz1")
    with Floor(tmp_path) as again:
        assert again.verify() == head


def test_every_schema_below_todays_has_a_migration() -> None:
    """The chain of migrations has no gap, once there is a first release to come from."""
    versions = sorted(migrations.MIGRATIONS)
    assert versions == list(range(tables.SCHEMA_VERSION - len(versions), tables.SCHEMA_VERSION))


# --- reading ------------------------------------------------------------------------------


def test_reading_past_a_cursor_keeps_to_number_and_bytes_but_never_stands_still(
    floor: Floor,
) -> None:
    reader, all_ = floor.store.journal, floor.stored()
    assert reader.read(3, 2, 1 << 30) == all_[3:5]
    size = len(all_[0].body)
    assert reader.read(0, 100, size) == all_[:1]
    assert reader.read(0, 100, 1) == all_[:1]
    assert reader.read(0, 100, size + len(all_[1].body)) == all_[:2]
    assert reader.read(len(all_), 10, 1 << 30) == []


def test_hashes_are_found_by_seq_and_zero_is_before_all(floor: Floor) -> None:
    reader, head = floor.store.journal, floor.head()
    assert reader.hash_at(0) == ZERO_HASH
    assert reader.hash_at(head.seq) == head.hash
    assert reader.hash_at(head.seq + 1) is None
    assert reader.at(head.seq + 1) is None


def test_an_empty_journal_stands_at_the_start(tmp_path: Path) -> None:
    with Floor(tmp_path) as floor:
        assert floor.head() == floor.store.journal.head() == START


def test_events_are_found_by_their_subjects_in_order(floor: Floor) -> None:
    number = floor.place(("TEA", 1))
    floor.opened("pack-1", number)
    floor.scan("pack-1", TEA)
    subjects = [f"order/{number}", f"fulfilment/{number}-1"]
    found = floor.store.journal.of_subjects(subjects, 0, 100)
    named = [row for row in floor.stored() if open_envelope(row.body).subject in subjects]
    assert found == named
    assert len(found) > 5
    assert floor.store.journal.of_subjects(subjects, found[1].seq, 2) == found[2:4]


# --- batching -----------------------------------------------------------------------------


def _run(folder: Path, inputs: list[Input], cuts: list[int]) -> Floor:
    floor = Floor(folder).furnish()
    edges = [0, *sorted(set(cuts)), len(inputs)]
    for start, end in itertools.pairwise(edges):
        floor.step(*inputs[start:end])
    return floor


@settings(max_examples=25)
@given(st.data(), st.integers(0, 2**32))
def test_head_and_rows_do_not_depend_on_how_inputs_are_batched(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, seed: int
) -> None:
    """Nor on the clock being set back, by which the walk's inputs are dated."""
    folder = tmp_path_factory.mktemp("batching")
    with Floor(folder / "template") as template:
        inputs = walk(template.furnish(), seed, 80)
    cuts = data.draw(st.lists(st.integers(1, len(inputs) - 1), max_size=20))
    with (
        _run(folder / "alone", inputs, list(range(1, len(inputs)))) as alone,
        _run(folder / "batched", inputs, cuts) as batched,
    ):
        assert batched.verify() == alone.head() == batched.head()
        assert everything(batched) == everything(alone)
        assert recomputed(batched.stored()) == batched.head().hash
        times = recorded_times(batched)
        assert times == sorted(times)


def test_a_shelf_that_runs_empty_within_a_batch_owes_goods_afterwards(floor: Floor) -> None:
    """Goods removed and asked for again in one unit, with other rows to be loaded between."""
    floor.receive("MILK", 1, "B-02-1", lot="L1", expiry="2028-01-01")
    floor.opened("pack-1", floor.place(("MILK", 2)))
    milk = f"01{MILK}10L1"
    floor.step(
        floor.scanning("pack-1", milk, symbology="]C1"),
        floor.scanning("pack-1", code("CLOSE")),
        floor.scanning("pack-1", milk, symbology="]C1"),
    )
    assert floor.need(Stock, "shelf/B-02-1", "MILK", "L1", "").quantity == -1


# --- damage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xa5" * 8000])
def test_a_file_that_is_no_store_is_not_opened_and_stays_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "hz1.db"
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="the file is damaged"):
            EdgeStore(path, "hz1")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("change", "back", "reason"),
    [
        ("DELETE FROM journal WHERE seq = {last} - 1", 1, "this row is missing"),
        ("UPDATE journal SET body = X'7b' WHERE seq = {last}", 0, "do not match"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = {last}", 0, "do not match"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = {last} - 1", 0, "do not match"),
        ("UPDATE journal SET body = 'text' WHERE seq = {last}", 0, "no event"),
    ],
)
def test_a_journal_whose_end_is_damaged_is_not_continued(
    tmp_path: Path, change: str, back: int, reason: str
) -> None:
    floor = Floor(tmp_path)
    floor.furnish()
    last, path = floor.store.head.seq, floor.path
    floor.store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change.format(last=last))
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=reason) as caught:
            EdgeStore(path, floor.store.site)
        assert caught.value.seq == last - back


def test_a_large_wal_is_checkpointed_once_and_then_written_over(floor: Floor) -> None:
    """Its file is cut down when it is begun anew; if it were not, each commit would checkpoint."""
    asked: list[str] = []
    floor.store.connection.set_trace_callback(asked.append)
    for _ in range(2):
        asked.clear()
        floor.store.begin()
        beside.keep_dead_letter(
            floor.store.executor, START_US, "up", "topic", "large", bytes(WAL_BYTES_MAX)
        )
        floor.store.commit()
        for _ in range(5):
            floor.store.checkpoint()
            floor.scan("pack-1", "hello")
        assert sum("wal_checkpoint" in sql for sql in asked) == 1
