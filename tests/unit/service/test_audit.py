"""``verify``: whatever was changed in a store is named by its place."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain.rows import KEYS, Row
from edge.errors import StoreDamaged
from edge.journal.chain import Position, link
from edge.journal.sql import codec, table_of
from edge.service.audit import verify_store
from tests.unit.floor import SITE, Floor, everything
from tests.unit.journal.walks import walk


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with rows in every table, closed; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("sound")
    with Floor(folder) as floor:
        inputs = walk(floor.furnish(), 5, 120)
        floor.step(*inputs)
        floor.receive("MILK", 3, "B-02-1", lot="L7", expiry="2028-01-01")
        rows = everything(floor)
        floor.store.checkpoint(force=True)
        path = floor.path
    assert all(rows.values()), [kind.__name__ for kind, found in rows.items() if not found]
    verify_store(path, SITE)
    return path


class Tampered:
    """A copy of a sound store, its file changed by hand."""

    def __init__(self, sound: Path, folder: Path) -> None:
        self.path = Path(shutil.copy(sound, folder))
        self.connection = sqlite3.connect(self.path, isolation_level=None)

    def change(self, sql: str, *parameters: object) -> None:
        """Do something that the product never does."""
        self.connection.execute(sql, parameters)

    def finding(self) -> tuple[int | None, str]:
        """(seq, reason) of the damage that is found."""
        with pytest.raises(StoreDamaged) as damaged:
            verify_store(self.path, SITE)
        return damaged.value.seq, damaged.value.reason

    def sound(self) -> Position:
        """The head, if nothing is found."""
        return verify_store(self.path, SITE)

    def body(self, seq: int) -> bytes:
        """Content of a row."""
        read = "SELECT body FROM journal WHERE seq = ?"
        (body,) = self.connection.execute(read, (seq,)).fetchone()
        assert isinstance(body, bytes)
        return body

    def seqs(self) -> list[int]:
        """All positions."""
        return [seq for (seq,) in self.connection.execute("SELECT seq FROM journal ORDER BY seq")]


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Iterator[Tampered]:
    """A copy to tamper with."""
    tampered = Tampered(sound, tmp_path)
    yield tampered
    tampered.connection.close()


def flipped(value: bytes, place: int) -> bytes:
    """``value`` with one bit of one byte changed."""
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


# --- the journal --------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["body", "hash", "subject"])
def test_one_changed_byte_of_any_column_names_the_row(store: Tampered, column: str) -> None:
    dice = random.Random(column)
    for seq in dice.sample(store.seqs(), 25):
        read = f"SELECT CAST({column} AS BLOB), typeof({column}) FROM journal WHERE seq = ?"
        value, kind = store.connection.execute(read, (seq,)).fetchone()
        changed = flipped(value, dice.randrange(len(value)))
        write = f"UPDATE journal SET {column} = CAST(? AS {kind}) WHERE seq = ?"
        store.change(write, changed, seq)
        assert store.finding()[0] == seq
        store.change(write, value, seq)
    store.sound()


def test_a_changed_seq_is_a_missing_row(store: Tampered) -> None:
    store.change("UPDATE journal SET seq = seq + 100000 WHERE seq = 17")
    assert store.finding() == (17, "this row is missing")


def test_a_row_that_is_gone_is_named_by_its_seq(store: Tampered) -> None:
    for seq in (1, 99):
        row = store.connection.execute("SELECT * FROM journal WHERE seq = ?", (seq,)).fetchone()
        store.change("DELETE FROM journal WHERE seq = ?", seq)
        assert store.finding() == (seq, "this row is missing")
        store.change("INSERT INTO journal VALUES (?, ?, ?, ?)", *row)
    store.sound()


def test_of_two_rows_that_were_swapped_the_lower_is_named(store: Tampered) -> None:
    for low, high in ((10, 11), (3, 90)):
        store.change("UPDATE journal SET seq = -1 WHERE seq = ?", low)
        store.change("UPDATE journal SET seq = ? WHERE seq = ?", low, high)
        store.change("UPDATE journal SET seq = ? WHERE seq = -1", high)
        assert store.finding()[0] == low
        store.change("UPDATE journal SET seq = -1 WHERE seq = ?", low)
        store.change("UPDATE journal SET seq = ? WHERE seq = ?", low, high)
        store.change("UPDATE journal SET seq = ? WHERE seq = -1", high)
    store.sound()


@pytest.mark.parametrize(
    ("column", "value"),
    [("hash", "'text'"), ("body", "CAST(body AS TEXT)"), ("subject", "CAST(subject AS BLOB)")],
)
def test_a_value_of_another_type_is_damage_too(store: Tampered, column: str, value: str) -> None:
    store.change(f"UPDATE journal SET {column} = {value} WHERE seq = 20")
    assert store.finding()[0] == 20


def test_a_subject_that_is_no_text_at_all_does_not_stop_the_search(store: Tampered) -> None:
    store.change("UPDATE journal SET subject = CAST(? AS TEXT) WHERE seq = 20", b"\xff\xfe")
    assert store.finding() == (20, "the subject column differs from the content")


def _rehash(store: Tampered, start: int) -> None:
    """Chain everything from ``start`` on anew, as somebody would who knows how."""
    read = "SELECT hash FROM journal WHERE seq = ?"
    (before,) = store.connection.execute(read, (start - 1,)).fetchone()
    for seq in store.seqs()[start - 1 :]:
        before = link(before, store.body(seq))
        store.change("UPDATE journal SET hash = ? WHERE seq = ?", before, seq)


def test_a_tail_that_was_hashed_anew_is_sound_by_itself_and_has_another_head(
    store: Tampered,
) -> None:
    """Whoever holds an earlier hash (central, a signed head) sees it; the store alone cannot."""
    head, start = store.sound(), len(store.seqs())
    body = store.body(start)
    changed = body.replace(b'"actor":"w-3"', b'"actor":"w-4"')
    assert changed != body
    store.change("UPDATE journal SET body = ? WHERE seq = ?", changed, start)
    _rehash(store, start)
    forged = store.sound()
    assert forged.seq == head.seq
    assert forged.hash != head.hash


def test_an_event_that_says_to_be_elsewhere_is_named(store: Tampered) -> None:
    for old, new in (('"seq":30,', '"seq":31,'), ('"site":"hz1"', '"site":"sh2"')):
        body = store.body(30)
        changed = body.replace(old.encode(), new.encode())
        assert changed != body
        store.change("UPDATE journal SET body = ? WHERE seq = 30", changed)
        _rehash(store, 30)
        assert store.finding()[0] == 30
        store.change("UPDATE journal SET body = ? WHERE seq = 30", body)
        _rehash(store, 30)
    store.sound()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"[" * 5_000, b"{}"])
def test_content_that_is_no_event_is_named_even_if_it_chains(
    store: Tampered, content: bytes
) -> None:
    store.change("UPDATE journal SET body = ? WHERE seq = 40", content)
    _rehash(store, 40)
    seq, reason = store.finding()
    assert seq == 40
    assert "no event" in reason


def test_an_event_that_does_not_fold_is_named_even_if_it_chains(store: Tampered) -> None:
    seq = next(seq for seq in store.seqs() if b'"type":"ItemPacked"' in store.body(seq))
    body = store.body(seq)
    for old, new in ((b'"line":1,', b'"line":77,'), (b'"ItemPacked"', b'"ItemSmoked"')):
        assert old in body
        store.change("UPDATE journal SET body = ? WHERE seq = ?", body.replace(old, new), seq)
        _rehash(store, seq)
        assert store.finding()[0] == seq


def test_a_cut_tail_is_seen_in_the_rows(store: Tampered) -> None:
    store.change("DELETE FROM journal WHERE seq > 100")
    seq, reason = store.finding()
    assert seq is None
    assert "fold" in reason or "missing" in reason


# --- the projections ----------------------------------------------------------------------


def _shown(kind: type[Row], row: Row) -> str:
    return "/".join(str(getattr(row, name)) for name in KEYS[kind])


def _rows(store: Tampered, kind: type[Row]) -> list[Row]:
    form = codec(kind)
    found = store.connection.execute(form.select_all, (SITE,)).fetchall()
    return [form.load(values) for values in found]


@pytest.mark.parametrize("kind", KEYS)
def test_a_changed_missing_or_added_row_is_named_by_table_and_key(
    store: Tampered, kind: type[Row]
) -> None:
    form, name = codec(kind), table_of(kind).name
    row = _rows(store, kind)[0]
    key = tuple(getattr(row, field) for field in KEYS[kind])
    place = " AND ".join(f'"{field}" = ?' for field in KEYS[kind])

    store.change(form.delete, SITE, *key)
    assert store.finding() == (None, f"{name} {_shown(kind, row)} is missing")
    store.change(form.upsert, *form.dump(SITE, row))
    store.sound()

    for field in form.fields:
        if field in KEYS[kind]:
            continue
        before = store.connection.execute(
            f'SELECT "{field}" FROM "{name}" WHERE site = ? AND {place}', (SITE, *key)
        ).fetchone()[0]
        changed = before + 1 if isinstance(before, int) else f"{before or ''}1"
        store.change(f'UPDATE "{name}" SET "{field}" = ? WHERE {place}', changed, *key)
        _, reason = store.finding()
        assert name in reason
        store.change(form.upsert, *form.dump(SITE, row))

    store.change(f'UPDATE "{name}" SET "{KEYS[kind][0]}" = ? WHERE {place}', "another", *key)
    _, reason = store.finding()
    assert reason.startswith(name)


def test_a_row_of_another_site_is_not_this_sites_affair(store: Tampered) -> None:
    store.change("INSERT INTO badge (site, badge, \"user\") VALUES ('sh2', '1', 'w-1')")
    store.sound()


@pytest.mark.parametrize("value", ["'seven'", "'NaN'", "'1E+9'", "x'00'", "7"])
def test_a_quantity_that_is_none_is_named_by_its_table(store: Tampered, value: str) -> None:
    store.change(f"UPDATE stock SET quantity = {value} WHERE location = 'supplier'")
    _, reason = store.finding()
    assert reason.startswith("stock ")


# --- the file -----------------------------------------------------------------------------


def test_bytes_that_sqlite_cannot_read_are_damage(store: Tampered) -> None:
    store.connection.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        for place in range(4096, size, 4096):
            file.seek(place)
            file.write(b"\xff" * 64)
    store.finding()


def test_a_file_that_is_no_store_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "hz1.db"
    path.write_bytes(b"hello" * 1000)
    with pytest.raises(StoreDamaged, match="damaged"):
        verify_store(path, SITE)


def test_a_store_can_be_verified_while_it_is_written(floor: Floor) -> None:
    assert verify_store(floor.path, SITE) == floor.head()
    floor.place(("TEA", 1))
    assert verify_store(floor.path, SITE) == floor.head()
