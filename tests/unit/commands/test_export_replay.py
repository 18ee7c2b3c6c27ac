"""``export`` gives the very bytes that were hashed; ``replay`` compares rows with their fold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tallydock.stores import edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, build, floor


def test_an_export_is_enough_to_rebuild_the_chain(data: Path, call: Call) -> None:
    said = call("export", "--data", data)
    before = bytes(32)
    for seq, line in enumerate(said.lines, 1):
        body, _, rest = line.removeprefix('{"event":').rpartition(',"hash":"')
        before = hashlib.sha256(before + body.encode()).digest()
        assert rest == f'{before.hex()}"}}'
        assert json.loads(line)["event"]["seq"] == seq
    assert before == tampering.journal(edge_path(data, SITE))[-1][1]


def test_an_export_begins_behind_a_place(data: Path, call: Call) -> None:
    last = len(tampering.journal(edge_path(data, SITE)))
    assert len(call("export", "--data", data, "--after", last - 2).lines) == 2
    assert call("export", "--data", data, "--after", last).lines == []


def test_an_export_works_while_the_site_works(data: Path, call: Call) -> None:
    with floor(data) as site:
        site.pack_order("T-live")
        assert len(call("export", "--data", data).lines) == site.store.head.seq


def test_the_site_must_be_named_when_there_are_two(data: Path, call: Call) -> None:
    build(data, orders=0, site="hz2")
    said = call("export", "--data", data)
    assert said.code == 2
    assert "one of hz1, hz2" in said.faults[0]
    assert call("export", "--data", data, "--site", "hz2").code == 0
    assert call("export", "--data", data, "--site", "hz3").code == 2
    assert call("export", "--data", data, "--site", "../hz1").code == 2


def test_a_file_that_is_no_store_exits_3(data: Path, call: Call) -> None:
    edge_path(data, SITE).write_bytes(b"nothing")
    assert call("export", "--data", data).code == 3
    assert call("replay", "--data", data).code == 3


def test_equal_rows_are_told_with_the_rate(data: Path, call: Call) -> None:
    said = call("replay", "--data", data)
    assert said.code == 0
    assert said.lines[0].endswith("the stored rows are equal")
    told = json.loads(call("replay", "--data", data, "--json").lines[0])
    assert told["equal"] is True
    assert told["events"] == len(tampering.journal(edge_path(data, SITE)))
    assert told["rows"] > 10
    assert told["events_per_s"] > 0


def test_a_row_that_differs_is_named(data: Path, call: Call) -> None:
    tampering.run(edge_path(data, SITE), "UPDATE item SET name_en = 'Other' WHERE sku = 'SKU-1'")
    said = call("replay", "--data", data)
    assert said.code == 1
    assert said.lines[0].endswith("item SKU-1 is not the journal's fold")


def test_a_damaged_journal_is_not_replayed(data: Path, call: Call) -> None:
    tampering.run(edge_path(data, SITE), "DELETE FROM journal WHERE seq = 7")
    said = call("replay", "--data", data)
    assert said.code == 3
    assert "seq 7: this row is missing" in said.faults[0]
