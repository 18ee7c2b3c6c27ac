"""A stranger's programs against the product at work on Mosquitto: they find the same last hash.

The demo works three orders over a Mosquitto that runs by the example of ``deploy/``, while that
broker's own client listens along.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.peers.test_broker_examples import mosquitto_by_example

pytestmark = pytest.mark.timeout(300)

OUTSIDE = Path(__file__).with_name("outside")
TALLYDOCK = (sys.executable, "-m", "tallydock")
WITHIN_S = 30
LOOK_EVERY_S = 0.05
WORDS = {"observer": "o" * 32, "demo": "d" * 32}


@dataclass(frozen=True)
class Worked:
    """What a run of the demo left behind; ``heard`` is what the broker's client printed."""

    data: Path
    exit_code: int
    figures: dict[str, object]
    heard: Path

    @property
    def head(self) -> str:
        return f"{self.figures['journal_seq']} {self.figures['edge_head']}"


def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(int(WITHIN_S / LOOK_EVERY_S)):
        if condition():
            return
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"in vain waited for: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@contextmanager
def child(command: list[str], output: IO[bytes] | int = subprocess.DEVNULL) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def mosquitto(folder: Path, port: int) -> list[str]:
    """The example with an observer and a user that is site and central in one; asking is logged."""
    command = mosquitto_by_example(folder, port)
    for user, word in WORDS.items():
        passwords = str(folder / "tallydock.passwd")
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, word], check=True)
    with (folder / "tallydock.acl").open("a") as grants:
        grants.write("\nuser demo\ntopic readwrite tallydock/v1/#\n")
    with (folder / "tallydock.conf").open("a") as config:
        config.write(f"\nlog_dest file {folder / 'broker.log'}\n")
        config.write("log_type subscribe\nlog_type notice\nlog_type information\n")
    return command


def ears(port: int) -> list[str]:
    program = shutil.which("mosquitto_sub")
    assert program is not None, "install mosquitto-clients"
    topics = [part for leaf in ("events", "state") for part in ("-t", f"tallydock/v1/+/{leaf}")]
    sign_in = ["-h", "127.0.0.1", "-p", str(port), "-u", "observer", "-P", WORDS["observer"]]
    return [program, *sign_in, *topics, "-q", "1", "-v"]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    """Three orders, once for this module."""
    folder, port = tmp_path_factory.mktemp("outside"), free_port()
    log, heard, data = folder / "broker.log", folder / "heard", folder / "data"
    address = f"mqtt://demo:{WORDS['demo']}@127.0.0.1:{port}"
    demo = ["demo", "--broker", address, "--data", str(data), "--port", str(free_port())]
    demo += ["--orders", "3", "--exit", "--speed", "100"]
    with heard.open("wb") as ear, child(mosquitto(folder, port)):
        until(lambda: log.exists() and "running" in log.read_text(), "the broker")
        with child(ears(port), ear):
            until(lambda: "/state" in log.read_text(), "the listener")
            done = subprocess.run([*TALLYDOCK, *demo], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return Worked(data, done.returncode, json.loads(done.stdout), heard)


@pytest.fixture(scope="module")
def site(worked: Worked) -> Iterator[str]:
    """The address of that site, at work again; its broker is gone for good."""
    config = worked.data / "private" / "edge.toml"
    url: str = json.loads((worked.data / "demo.json").read_bytes())["url"]
    command = [*TALLYDOCK, "run", "--config", str(config), "--data", str(worked.data)]
    with (worked.data / "again.log").open("wb") as log, child(command, log):
        until(lambda: answers(url), "the site")
        yield url


def answers(url: str) -> bool:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def outside(
    program: str, *arguments: object, heard: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a stranger's program: isolated, so that it cannot see ours."""
    command = [sys.executable, "-I", str(OUTSIDE / program), *map(str, arguments)]
    return subprocess.run(command, input=heard, capture_output=True, check=False, timeout=WITHIN_S)


def test_mosquitto_serves_as_the_embedded_broker_does(worked: Worked) -> None:
    figures = worked.figures
    assert (worked.exit_code, figures["verify"], figures["orders_closed"]) == (0, "ok", 3)
    assert figures["scans"] == figures["verdicts"]
    assert figures["edge_head"] == figures["central_head"]


def test_the_whole_journal_read_by_rest_has_the_printed_head(worked: Worked, site: str) -> None:
    read = outside("chain.py", site, worked.data / "private" / "token")
    assert (read.stdout.decode(), read.stderr) == (f"{worked.head}\n", b"")
    verify = [*TALLYDOCK, "verify", "--data", str(worked.data)]
    verified = subprocess.run(verify, capture_output=True, text=True, check=True).stdout
    assert verified.startswith(f"hz1: ok seq {worked.head.replace(' ', ' head ')}\n")


def test_what_the_brokers_own_client_heard_is_enough_for_the_head(worked: Worked) -> None:
    rebuilt = outside("rebuild.py", heard=worked.heard.read_bytes())
    assert (rebuilt.stdout.decode(), rebuilt.stderr) == (f"hz1 {worked.head}\n", b"")


def test_messages_heard_twice_or_after_a_step_back_are_heard_once(worked: Worked) -> None:
    heard = worked.heard.read_bytes()
    rebuilt = outside("rebuild.py", heard=heard + heard)
    assert (rebuilt.stdout.decode(), rebuilt.stderr) == (f"hz1 {worked.head}\n", b"")


def test_a_message_that_was_not_heard_is_missed(worked: Worked) -> None:
    heard = worked.heard.read_bytes().split(b"\ntallydock/v1/hz1/events ")
    sizes = [len(message) for message in heard]
    del heard[sizes.index(max(sizes))]
    rebuilt = outside("rebuild.py", heard=b"\ntallydock/v1/hz1/events ".join(heard))
    assert (rebuilt.returncode, b"was not heard" in rebuilt.stderr) == (1, True)


def test_the_strangers_program_is_short() -> None:
    lines = (OUTSIDE / "chain.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
