"""``verify`` compares central with its sites, and names what was changed in central's store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.ids import seeded
from sync.central.inbox import Inbox
from sync.ports import Moment
from tallydock.stores import central_path, edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, acknowledge, build, central, floor

SEQ = 40
OTHER_SITE = "body = CAST(replace(body, 'hz1', 'hz2') AS BLOB)"
FIRST = "hash, subject, body FROM central_log WHERE seq = 1"


@pytest.fixture
def path(data: Path) -> Path:
    """Central's store."""
    return central_path(data)


def give_commands(data: Path, count: int) -> None:
    """Central gives the site commands that are still on their way."""
    with central(data) as opened:
        inbox = Inbox(opened, seeded(3))
        for index in range(count):
            body = b'{"number":"SO-%d","reason":"test"}' % index
            inbox.give_command(SITE, "CancelOrder", 1, body, Moment(wall_us=2, steady_us=2))


def test_equal_stores_are_fine(data: Path, call: Call) -> None:
    give_commands(data, 3)
    said = call("verify", "--data", data)
    assert said.code == 0
    site, copy = said.lines
    assert copy == site.replace(SITE, "central") + f" ({SITE})"


def test_central_behind_is_told_and_fine(data: Path, call: Call) -> None:
    with floor(data) as site:
        before = site.store.head.seq
        site.pack_order("T-more")
        more = site.store.head.seq - before
    said = call("verify", "--data", data)
    assert said.code == 0
    assert said.lines[-1] == f"central: behind by {more} ({SITE})"


def test_a_tail_made_anew_is_named_where_it_parts(data: Path, call: Call) -> None:
    """Nothing but the actor changes, so that the chain and the rows of the site fit."""
    path = edge_path(data, SITE)
    seq = next(row[0] for row in tampering.journal(path) if b'"type":"StockReceived"' in row[3])
    tampering.rehash_from(path, seq, b'"actor":"user/test"', b'"actor":"user/evil"')
    said = call("verify", "--data", data)
    assert said.code == 1
    assert said.lines[0].startswith(f"{SITE}: ok")
    assert said.lines[-1] == f"central: seq {seq}: another hash than {SITE} holds ({SITE})"


def test_a_tail_made_anew_and_longer_is_named_too(data: Path, call: Call) -> None:
    path = edge_path(data, SITE)
    with floor(data) as site:
        site.pack_order("T-more")
    seq = tampering.journal(path)[50][0]
    tampering.rehash_from(path, seq, b'"causation":', b'"causatiom":')
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[-1] == f"central: seq {seq}: another hash than {SITE} holds ({SITE})"


def test_a_restored_backup_is_cut_off(data: Path, tmp_path: Path, call: Call) -> None:
    with floor(data) as site:
        before = site.store.head.seq
        shutil.copy(edge_path(data, SITE), tmp_path / "backup")
        site.pack_order("T-more")
        after, events = site.store.head.seq, site.events()
    with central(data) as opened:
        acknowledge(opened, events)
    shutil.copy(tmp_path / "backup", edge_path(data, SITE))
    for name in ("-wal", "-shm"):
        Path(f"{edge_path(data, SITE)}{name}").unlink(missing_ok=True)
    said = call("verify", "--data", data)
    assert said.code == 1
    assert said.lines[-1] == f"{SITE}: cut off after seq {before}; central holds {after}"


def test_a_cut_tail_is_named_by_its_rows_and_by_central(data: Path, call: Call) -> None:
    held = len(tampering.journal(edge_path(data, SITE)))
    tampering.run(edge_path(data, SITE), "DELETE FROM journal WHERE seq > ?", SEQ)
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[-1] == f"{SITE}: cut off after seq {SEQ}; central holds {held}"


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        (f"UPDATE central_log SET {OTHER_SITE} WHERE seq = 40", 40),
        ("UPDATE central_log SET hash = zeroblob(32) WHERE seq = 40", 40),
        ("UPDATE central_log SET body = CAST(body AS TEXT) WHERE seq = 40", 40),
        ("UPDATE central_log SET seq = 4000 WHERE seq = 40", 40),
        ("UPDATE central_log SET subject = subject || 'x' WHERE seq = 40", 40),
        ("UPDATE central_log SET subject = CAST(subject AS BLOB) WHERE seq = 40", 40),
        ("DELETE FROM central_log WHERE seq = 40", 40),
        ("DELETE FROM central_log WHERE seq >= 40", 40),
        (f"INSERT INTO central_log SELECT site, 900, {FIRST}", None),
        ("UPDATE central_cursor SET hash = zeroblob(32)", None),
        ("UPDATE central_cursor SET through = through - 1", None),
        ("UPDATE central_cursor SET projected = projected - 1", None),
        ("UPDATE central_cursor SET projected = projected + 1", None),
        ("UPDATE stock SET quantity = '1' WHERE location = 'supplier'", None),
        ("DELETE FROM carton", None),
        ("INSERT INTO timer SELECT site, kind, 'x', due_at FROM timer", None),
        ("INSERT INTO central_command_answer VALUES ('hz1', 'x', 3, 'accepted', NULL)", None),
        ("UPDATE central_command SET data = CAST(replace(data, 'SO-1', 'SO-7') AS BLOB)", None),
        ("UPDATE central_command SET type = 'HoldOrder'", None),
        ("UPDATE central_command SET version = 2", None),
        ("UPDATE central_command_number SET hash = zeroblob(32) WHERE number = 2", None),
        ("DELETE FROM central_command_number WHERE number = 1", None),
        ("DELETE FROM central_command_number WHERE number = 3", None),
        ("DELETE FROM central_command WHERE place = 2", None),
        ("UPDATE central_command_log SET length = 2", None),
        ("UPDATE central_command_log SET hash = zeroblob(32)", None),
        ("UPDATE central_command_log SET counter = counter + 1", None),
    ],
)  # fmt: skip
def test_a_change_in_centrals_store_is_named(
    data: Path, path: Path, call: Call, change: str, seq: int | None
) -> None:
    give_commands(data, 3)
    assert tampering.run(path, change) > 0
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[0].startswith(f"{SITE}: ok")
    assert said.lines[1].startswith("central: " if seq is None else f"central: seq {seq}: ")
    assert said.lines[1].endswith(f"({SITE})")
    assert said.faults == []


def test_a_command_given_outside_the_log_is_named(data: Path, path: Path, call: Call) -> None:
    give_commands(data, 2)
    copied = "INSERT INTO central_command SELECT site, 'x', 9, type, version, data, at"
    tampering.run(path, f"{copied} FROM central_command WHERE place = 1")
    said = call("verify", "--data", data)
    assert said.lines[1] == f"central: command x was given and is not in the log ({SITE})"


def test_whom_a_site_erased_central_must_not_know(data: Path, path: Path, call: Call) -> None:
    with floor(data) as site:
        site.erase("c1")
        events = site.events()
    with central(data) as opened:
        acknowledge(opened, events)
    assert call("verify", "--data", data).code == 0
    tampering.run(path, "INSERT INTO central_person VALUES ('c1', 1, 'ab', X'7b7d', NULL)")
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[1] == f"central: person c1 was erased and is there again ({SITE})"


def test_rows_that_are_being_rebuilt_are_not_looked_at(data: Path, path: Path, call: Call) -> None:
    tampering.run(path, "DELETE FROM carton")
    tampering.run(path, "UPDATE central_cursor SET condition = 'rebuilding', projected = 0")
    assert call("verify", "--data", data).code == 0


def test_two_sites_are_compared_each_on_its_own(data: Path, call: Call) -> None:
    build(data, orders=1, site="hz2")
    with floor(data, "hz2") as site:
        site.erase("c9")
    said = call("verify", "--data", data)
    assert said.code == 0
    assert [line.split(" head")[0] for line in said.lines] == [
        f"{SITE}: ok seq 75", "hz2: ok seq 34",
        "central: ok seq 75", "central: ok seq 33", "central: behind by 1 (hz2)",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" * 900])
def test_a_central_that_cannot_be_read_leaves_the_sites(
    data: Path, path: Path, call: Call, content: bytes
) -> None:
    path.write_bytes(content)
    said = call("verify", "--data", data)
    assert said.code == 3
    assert said.lines[0].startswith(f"{SITE}: ok")
    assert said.lines[1].startswith("central: the file is damaged: ")


def test_central_cut_or_overwritten_anywhere_is_told(data: Path, path: Path, call: Call) -> None:
    with tampering.opened(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 12):
        path.write_bytes(whole[:place])
        cut = call("verify", "--data", data)
        path.write_bytes(whole[:place] + b"\xa5" * 4096 + whole[place + 4096 :])
        overwritten = call("verify", "--data", data)
        assert (cut.code, overwritten.code) == (3, 3)
        assert cut.lines[0].startswith(f"{SITE}: ok")


def test_json_says_the_same_to_programs(data: Path, call: Call) -> None:
    tampering.run(edge_path(data, SITE), "DELETE FROM journal WHERE seq = ?", SEQ)
    said = call("verify", "--data", data, "--json")
    site, copy = map(json.loads, said.lines)
    assert said.code == 3
    assert site == {
        "store": SITE, "site": SITE, "state": "damaged", "seq": SEQ, "head": None,
        "reason": "this row is missing",
    }  # fmt: skip
    assert copy["store"] == "central"
    assert copy["state"] == "ok"
    assert len(copy["head"]) == 64
