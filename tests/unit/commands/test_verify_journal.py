"""``verify`` names what was changed in a site's store."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.domain.rows import KEYS, Row
from edge.errors import StoreDamaged
from edge.journal.sql import codec, table_of
from edge.service.audit import verify_store
from tallydock.stores import edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, floor

SEQ = 40


@pytest.fixture
def path(data: Path) -> Path:
    """The site's store."""
    return edge_path(data, SITE)


def first_fault(path: Path) -> StoreDamaged:
    """What ``verify`` raises."""
    with pytest.raises(StoreDamaged) as caught:
        verify_store(path, SITE)
    return caught.value


def test_a_sound_store_gives_its_head(data: Path, path: Path, call: Call) -> None:
    seq, digest, _, _ = tampering.journal(path)[-1]
    said = call("verify", "--data", data)
    assert said.code == 0
    assert said.lines[0] == f"{SITE}: ok seq {seq} head {digest.hex()}"


@pytest.mark.parametrize("column", ["hash", "subject", "body"])
def test_one_changed_byte_in_any_row_is_named(path: Path, column: str) -> None:
    for seq, digest, subject, body in tampering.journal(path):
        before = {"hash": digest, "subject": subject.encode(), "body": body}[column]
        after = tampering.flip(before, seq * 7)
        kind = "TEXT" if column == "subject" else "BLOB"
        sql = f"UPDATE journal SET {column} = CAST(? AS {kind}) WHERE seq = ?"
        assert tampering.run(path, sql, after, seq) == 1
        assert first_fault(path).seq == seq
        tampering.run(path, sql, before, seq)
    verify_store(path, SITE)


@pytest.mark.parametrize(
    "change",
    [
        "hash = CAST(hash AS TEXT)",
        "body = CAST(body AS TEXT)",
        "subject = CAST(subject AS BLOB)",
        "subject = CAST(X'ff41' AS TEXT)",
        "body = CAST(X'7bff' AS TEXT)",
        "body = X''",
        "body = X'ff'",
    ],
)
def test_what_is_not_of_its_type_is_named(path: Path, change: str) -> None:
    tampering.run(path, f"UPDATE journal SET {change} WHERE seq = ?", SEQ)
    assert first_fault(path).seq == SEQ


def test_a_changed_number_is_a_missing_row(path: Path) -> None:
    tampering.run(path, "UPDATE journal SET seq = 100000 WHERE seq = ?", SEQ)
    fault = first_fault(path)
    assert (fault.seq, fault.reason) == (SEQ, "this row is missing")


def test_a_row_in_front_of_the_first_is_named(path: Path) -> None:
    tampering.run(path, "UPDATE journal SET seq = -1 WHERE seq = 1")
    assert first_fault(path).seq == 1


def test_a_missing_row_is_named(data: Path, path: Path, call: Call) -> None:
    tampering.run(path, "DELETE FROM journal WHERE seq = ?", SEQ)
    said = call("verify", "--data", data)
    assert said.code == 3
    assert f"{SITE}: seq {SEQ}: this row is missing" in said.lines


@pytest.mark.parametrize("columns", ["hash, subject, body", "subject, body", "body", "subject"])
def test_swapped_rows_are_named_by_the_lower_one(path: Path, columns: str) -> None:
    rows = {
        seq: {"hash": digest, "subject": subject, "body": body}
        for seq, digest, subject, body in tampering.journal(path)
    }
    names = columns.split(", ")
    for here, there in ((SEQ, SEQ + 5), (SEQ + 5, SEQ)):
        values = [rows[there][name] for name in names]
        sets = ", ".join(f"{name} = ?" for name in names)
        tampering.run(path, f"UPDATE journal SET {sets} WHERE seq = ?", *values, here)
    assert first_fault(path).seq == SEQ


def test_a_chain_made_anew_over_nonsense_does_not_fold(path: Path) -> None:
    seq = next(row[0] for row in tampering.journal(path) if b'"quantity":"2"' in row[3])
    tampering.rehash_from(path, seq, b'"quantity":"2"', b'"quantity":"x"')
    fault = first_fault(path)
    assert fault.seq == seq
    assert "does not fold" in fault.reason


def test_a_chain_made_anew_differs_from_the_rows(path: Path) -> None:
    seq = next(row[0] for row in tampering.journal(path) if b'"type":"StockReceived"' in row[3])
    tampering.rehash_from(path, seq, b'"quantity":"100000"', b'"quantity":"100001"')
    assert "stock " in first_fault(path).reason


KINDS = [kind for kind in KEYS if kind.__name__ not in ("Lot", "Serial")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_changed_row_of_any_table_is_named_by_table_and_key(path: Path, kind: type[Row]) -> None:
    table, keys = table_of(kind).name, KEYS[kind]
    columns = ", ".join(f'"{name}"' for name in keys)
    with tampering.opened(path) as connection:
        key = connection.execute(f'SELECT {columns} FROM "{table}"').fetchone()
        changed = [name for name in codec(kind).fields if name not in keys]
        where = " AND ".join(f'"{name}" = ?' for name in keys)
        for name in changed:
            sql = f'UPDATE "{table}" SET "{name}" = ? WHERE {where}'
            (before,) = connection.execute(
                f'SELECT "{name}" FROM "{table}" WHERE {where}', key
            ).fetchone()
            connection.execute(sql, (_other(before), *key))
            connection.commit()
            reason = first_fault(path).reason
            assert table in reason, name
            connection.execute(sql, (before, *key))
            connection.commit()
    verify_store(path, SITE)


def _other(value: object) -> object:
    if isinstance(value, int):
        return value + 1
    return '["x"]' if value == "[]" else f"{value or ''}1"


def test_a_removed_row_is_named(path: Path) -> None:
    tampering.run(path, "DELETE FROM carton WHERE sscc = (SELECT min(sscc) FROM carton)")
    assert first_fault(path).reason.endswith("is missing")


def test_an_added_row_is_named(path: Path) -> None:
    tampering.run(path, "INSERT INTO badge SELECT site, 'EXTRA', user FROM badge")
    assert first_fault(path).reason == "badge EXTRA is not the journal's fold"


def test_personal_data_must_be_what_the_events_meant(path: Path) -> None:
    tampering.run(path, "UPDATE person SET data = replace(data, 'One', 'Two') WHERE id = 'c1'")
    tampering.run(path, "UPDATE person SET data = CAST(data AS BLOB)")
    assert first_fault(path).reason == "person c1 differs from what the events meant"


def test_an_erased_person_must_not_come_back(data: Path, path: Path) -> None:
    with floor(data) as site:
        site.erase("c1")
    back = "UPDATE person SET salt = 'ab', data = X'7b7d', erased_at = NULL WHERE id = 'c1'"
    tampering.run(path, back)
    tampering.run(path, "UPDATE person SET version = 9 WHERE id = 'c1'")
    assert first_fault(path).reason == "person c1 was erased and is there again"


def test_an_index_that_lies_is_found(path: Path) -> None:
    with tampering.opened(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX journal_by_subject ON journal (seq)'"
            " WHERE name = 'journal_by_subject'"
        )
    assert "the file is damaged" in first_fault(path).reason


@pytest.mark.parametrize("content", [b"", b"no database", bytes(8192), b"SQLite format 3\0" * 900])
def test_a_file_that_is_no_store_is_told_and_the_others_are_verified(
    data: Path, call: Call, content: bytes
) -> None:
    edge_path(data, "hz0").write_bytes(content)
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[0].startswith("hz0: ")
    assert "damaged" in said.lines[0]
    assert said.lines[1].startswith(f"{SITE}: ok")
    assert said.lines[2].startswith("central: ok")
    assert said.faults == []


def test_a_store_under_another_sites_name_is_told(data: Path, call: Call) -> None:
    edge_path(data, SITE).rename(edge_path(data, "hz2"))
    assert call("verify", "--data", data).lines[0] == "hz2: this store belongs to site 'hz1'"


def test_a_file_cut_or_overwritten_anywhere_is_told(data: Path, path: Path, call: Call) -> None:
    with tampering.opened(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 12):
        path.write_bytes(whole[:place])
        cut = call("verify", "--data", data)
        path.write_bytes(whole[:place] + b"\xa5" * 4096 + whole[place + 4096 :])
        overwritten = call("verify", "--data", data)
        assert cut.code == 3
        assert overwritten.code == 3
        assert cut.lines[1].startswith("central: ok")


def test_it_works_while_the_site_works(data: Path, call: Call) -> None:
    with floor(data) as site:
        site.pack_order("T-live")
        assert call("verify", "--data", data).lines[0].startswith(f"{SITE}: ok")
        site.store.begin()
        assert call("verify", "--data", data).code == 0
        site.store.rollback()


def test_it_works_on_the_files_of_a_killed_process(data: Path, tmp_path: Path, call: Call) -> None:
    with floor(data) as site:
        site.pack_order("T-killed")
        head = site.store.head
        left = tmp_path / "left"
        for name in (f"{SITE}.db", f"{SITE}.db-wal"):
            there = left / "edge" / name
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes((data / "edge" / name).read_bytes())
    said = call("verify", "--data", left)
    assert said.lines == [f"{SITE}: ok seq {head.seq} head {head.hash.hex()}"]


def test_a_folder_without_stores_is_a_usage_fault(tmp_path: Path, call: Call) -> None:
    said = call("verify", "--data", tmp_path)
    assert said.code == 2
    assert "there is no store" in said.faults[0]


def test_verifying_changes_no_byte(path: Path) -> None:
    before = path.read_bytes()
    verify_store(path, SITE)
    assert path.read_bytes() == before
