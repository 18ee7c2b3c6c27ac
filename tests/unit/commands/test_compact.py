"""After erasing and compacting, no file of a store holds a trace of the person (H11)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edge.ids import seeded
from edge.journal import persons, queries
from edge.journal.sqlite import SqliteExecutor, StoreLock, open_reader
from sync.central.inbox import Inbox
from sync.ports import Moment
from tallydock.stores import central_path, edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, acknowledge, central, floor

NAME = "Zyxandra Quellmoor"
DATA = b'{"name":"Zyxandra Quellmoor","phone":"+99 555 0199","address":"7 Nowhere Lane"}'
TRACES = (b"Zyxandra", b"Quellmoor", b"555 0199", b"Nowhere")
NOW = Moment(wall_us=1_790_000_000_000_000, steady_us=1)


def found(folder: Path, traces: Sequence[bytes]) -> set[str]:
    """Names of the files under ``folder`` in which any of ``traces`` stands."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(trace in path.read_bytes() for trace in traces)}


def import_customer(data: Path, call: Call) -> None:
    """The person as a customer of an order, and as somebody who may sign in."""
    file = data / "in.csv"
    file.write_text(f"customer,name,phone,address\nC-9,{NAME},+99 555 0199,7 Nowhere Lane\n")
    assert call("import", "customers", file, "--data", data).code == 0
    file.write_text("external_id,customer,sku,quantity\nE-9,C-9,SKU-1,1\n")
    assert call("import", "orders", file, "--data", data).code == 0
    file.write_text("correct horse battery")
    more = ("--role", "packer", "--name", NAME, "--password-file", file)
    assert call("user", "add", "zyx", "--data", data, *more).code == 0
    file.unlink()


def erase_all(data: Path, left: Path) -> list[bytes]:
    """Erase the person, as a SQLite does that overwrites nothing, and kill the process; traces."""
    with queries.snapshot(edge_path(data, SITE), SITE) as reads:
        user = reads.credentials("login", "zyx")[0][1]
    with closing(open_reader(edge_path(data, SITE))) as connection:
        known = persons.rows(SqliteExecutor(connection), ["C-9", user])
    with floor(data) as site:
        site.store.connection.execute("PRAGMA secure_delete=OFF")
        site.erase("C-9")
        site.erase(user)
        shutil.copytree(data, left)
        events = site.events()
    with central(left) as opened:
        acknowledge(opened, events)
    return [*TRACES, *(row.salt.encode() for row in known if row.salt is not None)]


def test_at_a_site_nothing_is_left_of_an_erased_person(
    data: Path, tmp_path: Path, call: Call
) -> None:
    import_customer(data, call)
    left = tmp_path / "left"
    traces = erase_all(data, left)
    assert len(traces) == len(TRACES) + 2
    assert found(left, traces), "what is only deleted would be seen"
    assert call("compact", "--data", left).code == 0
    assert found(left, traces) == set()
    assert call("verify", "--data", left).code == 0
    with queries.snapshot(edge_path(left, SITE), SITE) as reads:
        assert reads.is_erased("C-9")


def test_at_central_nothing_is_left_either(data: Path, call: Call) -> None:
    with central(data) as opened:
        inbox = Inbox(opened, seeded(5))
        row = inbox.put_person("C-9", DATA)
        order = b'{"channel":"x","customer":{"digest":"%s","person":"C-9","version":1}}'
        body = order % (row.digest() or "").encode()
        inbox.give_command(SITE, "PlaceOrder", 1, body, NOW)
        inbox.erase_person("C-9", NOW)
    assert row.salt is not None
    assert call("compact", "--data", data).code == 0
    assert found(data, (*TRACES, row.salt.encode())) == set()
    said = call("verify", "--data", data)
    assert said.code == 0
    assert tampering.run(central_path(data), "UPDATE central_person SET version = version") == 1


def test_what_is_alive_stays_and_files_shrink(data: Path, call: Call) -> None:
    path = edge_path(data, SITE)
    before = tampering.journal(path)
    with tampering.opened(path) as connection:
        letters = [(index, b"\x00" * 4096) for index in range(500)]
        sql = "INSERT INTO dead_letter VALUES (?, 0, 'up', '', '', ?)"
        connection.executemany(sql, letters)
        connection.execute("DELETE FROM dead_letter")
    said = call("compact", "--data", data, "--json")
    told = {entry["store"]: entry for entry in map(json.loads, said.lines)}
    assert set(told) == {SITE, "central"}
    assert told[SITE]["bytes_after"] < told[SITE]["bytes_before"] - 1_000_000
    assert told[SITE]["bytes_after"] == path.stat().st_size
    assert tampering.journal(path) == before
    assert call("verify", "--data", data).code == 0


@pytest.mark.parametrize("held", ["edge", "central"])
def test_a_store_in_use_is_left_alone_and_the_other_done(data: Path, call: Call, held: str) -> None:
    path = edge_path(data, SITE) if held == "edge" else central_path(data)
    lock = StoreLock(path)
    said = call("compact", "--data", data)
    lock.release()
    assert said.code == 2
    assert f"{path} is in use" in said.faults[0]
    assert len(said.lines) == 1


def test_a_store_that_is_read_is_left_as_it_is(data: Path, call: Call) -> None:
    with closing(open_reader(edge_path(data, SITE))) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM journal").fetchall()
        with floor(data) as site:
            site.erase("nobody")
        said = call("compact", "--data", data)
    assert said.code == 2
    assert "somebody reads this store" in said.faults[0]
    assert call("compact", "--data", data).code == 0


def test_a_damaged_store_is_told_and_the_other_done(data: Path, call: Call) -> None:
    edge_path(data, SITE).write_bytes(b"SQLite format 3\0" + b"\xa5" * 8000)
    said = call("compact", "--data", data)
    assert said.code == 3
    assert said.lines[0].startswith("central: ")


def test_a_folder_without_stores_is_a_usage_fault(tmp_path: Path, call: Call) -> None:
    assert call("compact", "--data", tmp_path).code == 2
