"""``import`` applies a whole file or names every wrong cell of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.journal import queries
from tallydock.importing import with_our_headings
from tallydock.stores import edge_path
from tests.unit.commands import tampering
from tests.unit.commands.conftest import Call
from tests.unit.commands.warehouse import SITE, floor

ITEMS = (
    "sku,name_zh,name_en,gtin,location\n"
    "TEA,茶,Tea,09521234543244,A-1\n"
    "CUP,杯,Cup,,A-2\n"
)  # fmt: skip
CONFIG = """
stations = ["pack-1"]
[site]
id = "hz1"
number_prefix = "WH"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A CSV file to be written."""
    return tmp_path / "file.csv"


def head(data: Path) -> int:
    """Where the journal ends."""
    return len(tampering.journal(edge_path(data, SITE)))


def test_items_are_imported_into_a_new_store(tmp_path: Path, file: Path, call: Call) -> None:
    file.write_text(ITEMS)
    said = call("import", "items", file, "--data", tmp_path, "--site", SITE)
    assert said == (0, ["2 items imported"], [])
    with queries.snapshot(edge_path(tmp_path, SITE), SITE) as opened:
        assert opened.items(["TEA", "CUP"])["TEA"].name_zh == "茶"
    assert call("verify", "--data", tmp_path).code == 0


def test_every_wrong_cell_is_named_and_nothing_applied(data: Path, file: Path, call: Call) -> None:
    file.write_text("sku,name_zh,name_en,gtin\nGOOD,好,Good,\nBAD SKU,坏,Bad,\nX,,Y,\nZ,z,z,123\n")
    before = head(data)
    said = call("import", "items", file, "--data", data, "--json")
    told = [
        (fault["row"], fault["column"], fault["value"]) for fault in map(json.loads, said.lines)
    ]
    assert said.code == 1
    assert told == [(3, "sku", "BAD SKU"), (4, "name_zh", ""), (5, "gtin", "123")]
    assert all(json.loads(line)["remedy"] for line in said.lines)
    assert head(data) == before


def test_people_read_row_column_value_and_remedy(data: Path, file: Path, call: Call) -> None:
    file.write_text("sku,quantity,location\nNONE,1,A-1\nSKU-1,x,A-1\nSKU-1,1,A-1\nNEVER,2,A-1\n")
    said = call("import", "stock", file, "--data", data)
    assert said.code == 1
    assert said.lines[0].startswith(f"{file}: row 3, column quantity: 'x': ")
    file.write_text("sku,quantity,location\nNONE,1,A-1\nSKU-1,1,A-1\nNEVER,2,A-1\n")
    said = call("import", "stock", file, "--data", data)
    assert said.lines == [
        f"{file}: row 2, column sku: 'NONE': import the item first",
        f"{file}: row 4, column sku: 'NEVER': import the item first",
    ]


def test_a_dry_run_asks_the_rules_and_writes_nothing(data: Path, file: Path, call: Call) -> None:
    before = head(data)
    file.write_text("sku,quantity,location\nNONE,1,A-1\n")
    assert call("import", "stock", file, "--data", data, "--dry-run").code == 1
    file.write_text("sku,quantity,location\nSKU-1,1,A-1\n")
    said = call("import", "stock", file, "--data", data, "--dry-run")
    assert said == (0, ["1 stock checked, nothing applied"], [])
    assert head(data) == before


def test_a_dry_run_makes_no_store(tmp_path: Path, file: Path, call: Call) -> None:
    file.write_text(ITEMS)
    folder = tmp_path / "new"
    assert call("import", "items", file, "--data", folder, "--site", SITE, "--dry-run").code == 0
    assert not folder.exists()


def test_orders_name_customers_that_are_known(data: Path, file: Path, call: Call) -> None:
    file.write_text("customer,name,phone\nC-7,Example Person,555\n")
    assert call("import", "customers", file, "--data", data).lines == ["1 customers imported"]
    file.write_text("external_id,customer,sku,quantity\nE-1,C-7,SKU-1,2\nE-1,C-7,SKU-2,1\n")
    said = call("import", "orders", file, "--data", data)
    assert said == (0, ["1 orders imported"], [])
    again = call("import", "orders", file, "--data", data, "--json")
    assert json.loads(again.lines[0]) == {
        "kind": "orders", "count": 1, "repeated": 1, "applied": True,
    }  # fmt: skip
    file.write_text("external_id,customer,sku,quantity\nE-2,C-8,SKU-1,2\n")
    assert "column customer: 'C-8'" in call("import", "orders", file, "--data", data).lines[0]
    assert call("verify", "--data", data).code == 0


def test_an_erased_customer_stops_the_whole_file(data: Path, file: Path, call: Call) -> None:
    with floor(data) as site:
        site.erase("c1")
    file.write_text("customer,name\nC-7,Example Person\nc1,Customer One\n")
    said = call("import", "customers", file, "--data", data)
    assert said.code == 1
    remedy = "this person was erased; use another id"
    assert said.lines == [f"{file}: row 3, column customer: 'c1': {remedy}"]
    with queries.snapshot(edge_path(data, SITE), SITE) as opened:
        assert opened.person("C-7") is None


def test_order_numbers_keep_the_prefix_of_the_site(tmp_path: Path, file: Path, call: Call) -> None:
    config = tmp_path / "site.toml"
    config.write_text(CONFIG)
    file.write_text(ITEMS)
    call("import", "items", file, "--data", tmp_path, "--config", config)
    for number, place in ((1, ("--config", config)), (2, ("--site", SITE))):
        file.write_text(f"external_id,sku,quantity\nE-{number},TEA,1\n")
        assert call("import", "orders", file, "--data", tmp_path, *place).code == 0
    with queries.snapshot(edge_path(tmp_path, SITE), SITE) as opened:
        assert {order.number for order in opened.orders()} == {"WH-10001", "WH-10002"}
    said = call("import", "items", file, "--data", tmp_path, "--config", config, "--site", "hz2")
    assert said.code == 2


def test_a_map_gives_our_names_to_their_headings(data: Path, file: Path, call: Call) -> None:
    mapping = file.with_suffix(".toml")
    mapping.write_text('[columns]\nArtikel = "sku"\nMenge = "quantity"\nFach = "location"\n')
    file.write_text("Artikel;Menge;Fach\nSKU-1;5;B-1\n")
    assert call("import", "stock", file, "--data", data, "--map", mapping).code == 0
    assert call("import", "stock", file, "--data", data).code == 1


@pytest.mark.parametrize(
    "text", ["columns = 3", "[columns]\na = 1\n", "[other]\n", "x", "[columns"]
)
def test_a_map_that_is_none_is_refused(data: Path, file: Path, call: Call, text: str) -> None:
    mapping = file.with_suffix(".toml")
    mapping.write_text(text)
    file.write_text(ITEMS)
    said = call("import", "items", file, "--data", data, "--map", mapping)
    assert said.code == 2
    assert "--map" in said.faults[0]


@pytest.mark.parametrize(
    ("content", "renamed"),
    [
        (b"\xef\xbb\xbfa;b;c,d\r\n1;2\r\n", b"sku;b;c,d\n1;2\r\n"),
        (b'" a ",b\n1,2', b"sku,b\n1,2"),
        (b"a", b"sku"),
        (b"", b""),
        (b"\xff,a\n", b"\xff,a\n"),
    ],
)
def test_headings_are_renamed_in_the_file_itself(content: bytes, renamed: bytes) -> None:
    ours = with_our_headings(content, {"a": "sku"})
    assert ours.replace(b'"', b"") == renamed.replace(b'"', b"")
    assert with_our_headings(content, {}) == content


def test_a_store_in_use_is_left_alone(data: Path, file: Path, call: Call) -> None:
    file.write_text(ITEMS)
    with floor(data):
        said = call("import", "items", file, "--data", data)
    assert said.code == 2
    assert "stop the service, or go through it with --url" in said.faults[0]


def test_a_damaged_store_exits_3(data: Path, file: Path, call: Call) -> None:
    file.write_text(ITEMS)
    edge_path(data, SITE).write_bytes(b"no store")
    assert call("import", "items", file, "--data", data).code == 3


def test_prices_are_not_there_yet(data: Path, file: Path, call: Call) -> None:
    said = call("import", "prices", file, "--data", data)
    assert said.code == 2
    assert "prices" in said.faults[0]


def test_a_file_that_is_not_there_is_named(data: Path, call: Call) -> None:
    said = call("import", "items", data / "none.csv", "--data", data)
    assert said.code == 2
    assert "none.csv" in said.faults[0]


def test_one_must_say_where(file: Path, call: Call) -> None:
    file.write_text(ITEMS)
    assert "--data" in call("import", "items", file).faults[0]
    assert "--token-file" in call("import", "items", file, "--url", "http://127.0.0.1:1").faults[0]
