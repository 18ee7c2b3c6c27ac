"""The command line beside a real service: through it where it owns the store, past it to read."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SITE = "hz1"
PASSWORD = "correct horse battery"
UP_WITHIN_S = 30
LOOK_EVERY_S = 0.05


def tallydock(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command line as a process of its own."""
    command = [sys.executable, "-m", "tallydock", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )


class Service:
    """``tallydock run`` on a store with one admin and one token that may do all."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.secret = folder / "password"
        self.secret.write_text(PASSWORD)
        self.token_file = folder / "token"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "site.toml"
        self.config.write_text(
            f'stations = ["pack-1"]\n[site]\nid = "{SITE}"\nnumber_prefix = "WH"\n'
            f"[web]\nport = {self.port}\n"
        )
        self.log = folder / "log"
        self.prepare()
        self.process = self.start()

    @property
    def place(self) -> tuple[object, ...]:
        """Options that name the running service."""
        return ("--url", f"http://127.0.0.1:{self.port}", "--token-file", self.token_file)

    def prepare(self) -> None:
        """What an operator does before the first start."""
        place = ("--data", self.data, "--config", self.config)
        admin = ("--role", "admin", "--password-file", self.secret)
        assert tallydock("user", "add", "ann", *admin, *place).returncode == 0
        made = tallydock("user", "token", "robot", "--scopes", "all", "--days", "1", *place)
        self.token_file.write_text(made.stdout)

    def start(self) -> subprocess.Popen[bytes]:
        """Start, and wait until it answers."""
        arguments = ["run", "--config", str(self.config), "--data", str(self.data)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tallydock", *arguments], stdout=log, stderr=log
            )
        for _ in range(int(UP_WITHIN_S / LOOK_EVERY_S)):
            if process.poll() is not None or self._answers():
                break
            time.sleep(LOOK_EVERY_S)
        assert self._answers(), self.log.read_text()
        return process

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End it as systemd does."""
        self.process.terminate()
        self.process.wait(timeout=30)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for the tests of this module."""
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    running.stop()


def test_a_file_goes_through_the_service(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("Artikel;name_zh;name_en\nTEA;茶;Tea\nCUP;杯;Cup\n")
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\nArtikel = "sku"\n')
    checked = tallydock("import", "items", file, "--map", mapping, "--dry-run", *service.place)
    assert checked.stdout == "2 items checked, nothing applied\n"
    done = tallydock("import", "items", file, "--map", mapping, *service.place, "--json")
    assert json.loads(done.stdout) == {
        "kind": "items", "count": 2, "repeated": 0, "applied": True,
    }  # fmt: skip
    file.write_text("external_id,sku,quantity\nE-1,TEA,1\n")
    assert tallydock("import", "orders", file, *service.place).stdout == "1 orders imported\n"
    again = tallydock("import", "orders", file, *service.place)
    assert again.stdout == "1 orders imported (1 were there before)\n"


def test_wrong_cells_are_named_as_without_the_service(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("sku,name_zh,name_en\nA B,茶,Tea\nX,,y\n")
    through = tallydock("import", "items", file, *service.place)
    alone = tallydock("import", "items", file, "--data", tmp_path, "--site", SITE)
    assert through.returncode == alone.returncode == 1
    assert through.stdout == alone.stdout
    assert through.stdout.count("\n") == 2


def test_users_are_kept_through_the_service(service: Service) -> None:
    more = ("--password-file", service.secret, *service.place)
    added = tallydock("user", "add", "bob", "--role", "packer", "--badge", "42", *more)
    assert added.stdout.startswith("bob  packer  active  badge code TD-BADGE-42-")
    assert tallydock("user", "password", "bob", *more).stdout == "bob has a new password\n"
    assert tallydock("user", "disable", "bob", *service.place).returncode == 0
    listed = tallydock("user", "list", *service.place).stdout.splitlines()
    assert listed == ["ann  admin  active", "bob  packer  disabled", "robot  admin  active"]
    wish = ("user", "token", "handheld", "--scopes", "scan", "--days", "2")
    made = tallydock(*wish, "--login", "ann", *service.place, "--json")
    assert len(json.loads(made.stdout)["token"]) == 64
    assert "--login" in tallydock(*wish, *service.place).stderr
    last = tallydock("user", "disable", "ann", *service.place)
    assert (last.returncode, "last admin" in last.stderr) == (2, True)


def test_who_may_not_is_told(service: Service, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("0" * 64)
    said = tallydock("user", "list", "--url", service.place[1], "--token-file", wrong)
    assert said.returncode == 2
    assert "token" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_token_does_not_travel_in_clear(service: Service) -> None:
    far = ("--url", "http://dock.example:8080", "--token-file", service.token_file)
    assert "use https" in tallydock("user", "list", *far).stderr


def test_nobody_there_is_told(service: Service) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    said = tallydock("user", "list", "--url", nowhere, "--token-file", service.token_file)
    assert said.returncode == 2
    assert "does not answer" in said.stderr


def test_what_reads_needs_no_leave_of_the_service(service: Service) -> None:
    place = ("--data", service.data)
    verified = tallydock("verify", *place)
    assert verified.returncode == 0
    assert verified.stdout.startswith(f"{SITE}: ok seq ")
    seq = int(verified.stdout.split()[3])
    assert len(tallydock("export", *place).stdout.splitlines()) >= seq
    assert tallydock("replay", *place).returncode == 0
    assert "ann  admin  active" in tallydock("user", "list", *place).stdout


def test_what_writes_past_the_service_is_refused(service: Service, tmp_path: Path) -> None:
    place = ("--data", service.data)
    file = tmp_path / "items.csv"
    file.write_text("sku,name_zh,name_en\nPEN,笔,Pen\n")
    for command in (
        ("import", "items", file), ("user", "disable", "robot"), ("compact",),
    ):  # fmt: skip
        said = tallydock(*command, *place)
        assert said.returncode == 2
        assert "in use" in said.stderr


def test_after_a_kill_the_store_is_whole_and_free(tmp_path: Path) -> None:
    service = Service(tmp_path)
    file = tmp_path / "items.csv"
    file.write_text("sku,name_zh,name_en\nTEA,茶,Tea\n")
    assert tallydock("import", "items", file, *service.place).returncode == 0
    service.kill()
    place = ("--data", service.data)
    assert tallydock("verify", *place).returncode == 0
    assert tallydock("import", "items", file, *place).returncode == 0
    assert tallydock("compact", *place).returncode == 0
    assert tallydock("verify", *place).returncode == 0
