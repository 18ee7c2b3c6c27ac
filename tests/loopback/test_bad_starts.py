"""What keeps a service from starting is told in one line, with the remedy and an exit code."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal.chain import ZERO_HASH, link
from tallydock.stores import central_path, edge_path
from tests.loopback.test_cli_service import SITE, Service, tallydock
from tests.unit.commands import tampering, warehouse

SITE_TOML = """stations = ["pack-1"]
[site]
id = "hz1"
[web]
port = {port}
"""
CENTRAL_TOML = """sites = ["hz1"]
[web]
port = {port}
[broker]
url = "mqtt://127.0.0.1:1"
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('[site]\nid = "hz1"\nnumber_prefx = "A"\n', "did you mean site.number_prefix?"),
        ('[site]\nid = "hz1"\n[wed]\nport = 1\n', "did you mean web?"),
        ('[site]\nid = "hz1"\n[devices.s1]\nurl = "x"\nstaton = "p"\n', "devices.s1.station?"),
        ('[site]\nid = "hz1"\n[devices.s1]\nurl = "x"\nstation = "p9"\n', "one of pack-1"),
        ('[site]\nid = "hz1"\n[web]\nport = "high"\n', "web.port"),
        ('[site\nid = "hz1"\n', "no TOML"),
    ],
)
def test_a_mistyped_configuration_names_the_key_and_the_nearest(
    tmp_path: Path, wrong: str, told: str
) -> None:
    config = tmp_path / "site.toml"
    config.write_text(f'stations = ["pack-1"]\n{wrong}')
    said = tallydock("run", "--config", config, "--data", tmp_path / "data")
    assert (said.returncode, said.stdout) == (2, "")
    assert told in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("command", "content"), [("run", SITE_TOML), ("central", CENTRAL_TOML)])
def test_a_port_in_use_is_named_before_the_store_is_touched(
    tmp_path: Path, taken: int, command: str, content: str
) -> None:
    config = tmp_path / "some.toml"
    config.write_text(content.format(port=taken))
    said = tallydock(command, "--config", config, "--data", tmp_path / "data")
    assert said.returncode == 2
    assert f"web.port: '{taken}'" in said.stderr
    assert "choose another port" in said.stderr
    assert not (tmp_path / "data").exists()


def test_the_demo_names_its_port_too(tmp_path: Path, taken: int) -> None:
    said = tallydock("demo", "--data", tmp_path / "demo", "--port", taken)
    assert said.returncode == 2
    assert f"--port: '{taken}'" in said.stderr
    assert not (tmp_path / "demo").exists()


def test_a_second_writer_of_a_store_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    service = Service(tmp_path)
    try:
        other = tmp_path / "other.toml"
        other.write_text(SITE_TOML.format(port=0))
        second = tallydock("run", "--config", other, "--data", service.data)
        assert (second.returncode, "in use" in second.stderr) == (2, True)
        file = tmp_path / "items.csv"
        file.write_text("sku,name_zh,name_en\nTEA,茶,Tea\n")
        assert tallydock("import", "items", file, *service.place).returncode == 0
    finally:
        service.stop()


def test_a_second_central_on_one_store_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "central.toml"
    config.write_text(CENTRAL_TOML.format(port=0))
    with warehouse.central(tmp_path):
        pass
    lock = tmp_path / "central.lock"
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = tallydock("central", "--config", config, "--data", tmp_path)
    assert (said.returncode, "in use" in said.stderr) == (2, True)


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stores of two sites that worked."""
    data = tmp_path_factory.mktemp("two")
    for site in (SITE, "sh2"):
        warehouse.build(data / site, orders=2, site=site)
    (data / "edge").mkdir()
    for site in (SITE, "sh2"):
        for file in edge_path(data / site, site).parent.iterdir():
            shutil.copy(file, data / "edge")
    return data


def test_a_damaged_row_is_named_and_the_rest_can_still_be_read(
    two_sites: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(two_sites / "edge", tmp_path / "data" / "edge")).parent
    path = edge_path(data, SITE)
    rows = tampering.journal(path)
    seq, _, _, body = rows[20]
    tampering.run(path, "UPDATE journal SET body = ? WHERE seq = ?", tampering.flip(body, 30), seq)
    said = tallydock("verify", "--data", data, "--json")
    assert said.returncode == 3
    found = {entry["store"]: entry for entry in map(json.loads, said.stdout.splitlines())}
    assert (found[SITE]["state"], found[SITE]["seq"]) == ("damaged", seq)
    assert found["sh2"]["state"] == "ok"
    exported = tallydock("export", "--data", data, "--site", SITE)
    assert len(exported.stdout.splitlines()) >= seq - 1
    known = ZERO_HASH
    for line, row in zip(exported.stdout.splitlines()[: seq - 1], rows, strict=False):
        known = link(known, row[3])
        assert json.loads(line)["hash"] == known.hex()


def test_a_service_does_not_go_on_behind_a_damaged_end(two_sites: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(two_sites / "edge", tmp_path / "data" / "edge")).parent
    path = edge_path(data, SITE)
    seq, _, _, body = tampering.journal(path)[-1]
    tampering.run(path, "UPDATE journal SET body = ? WHERE seq = ?", tampering.flip(body, 30), seq)
    config = tmp_path / "site.toml"
    config.write_text(SITE_TOML.format(port=0))
    said = tallydock("run", "--config", config, "--data", data)
    assert said.returncode == 3
    assert f"{SITE}: seq {seq}: " in said.stderr
    assert "Traceback" not in said.stderr


def test_a_file_that_is_no_store_is_told(tmp_path: Path) -> None:
    for path, content, command in (
        (edge_path(tmp_path, SITE), SITE_TOML, "run"),
        (central_path(tmp_path), CENTRAL_TOML, "central"),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"this was a store once " * 400)
        config = tmp_path / f"{command}.toml"
        config.write_text(content.format(port=0))
        said = tallydock(command, "--config", config, "--data", tmp_path)
        assert said.returncode == 3, said.stderr
        assert "the file is damaged" in said.stderr
        assert "Traceback" not in said.stderr
