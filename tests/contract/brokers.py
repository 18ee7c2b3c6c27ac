"""The brokers under test behind one face: a fake, the embedded NATS server, Mosquitto."""

from __future__ import annotations

import contextlib
import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from edge.clock import SystemClock
from edge.ids import SystemChance
from sync.broker import EmbeddedBroker
from sync.broker_conf import User, grants, users
from sync.mqtt import Broker, Came, Connection, Down, Happening, Up
from sync.ports import Outgoing
from tests.contract.fake_broker import FakeBroker

WAIT_S = 10.0
SITES = ("hz1", "hz2")


class Client(Protocol):
    """One connection."""

    def publish(self, message: Outgoing) -> None: ...

    def received(self) -> list[tuple[str, bytes]]: ...

    def is_alive(self) -> bool: ...

    def close(self) -> None: ...

    def break_off(self) -> None: ...


class BrokerUnderTest(Protocol):
    """``login`` None uses the user's right password."""

    def connect(
        self,
        user: str,
        subscriptions: Sequence[str] = (),
        will: Outgoing | None = None,
        client_id: str | None = None,
        login: str | None = None,
    ) -> Client | None: ...


def make_users(folder: Path) -> dict[str, User]:
    """Two sites, central, and a listener."""
    return users(SITES, {"ear": "observer"}, folder / "passwords.json", SystemChance())


def until(condition: Callable[[], bool], wait_s: float = WAIT_S) -> bool:
    """Poll ``condition``; False if it does not come true in time."""
    for _ in range(int(wait_s / 0.01)):
        if condition():
            return True
        time.sleep(0.01)
    return condition()


class RealClient:
    """The product's own binding, its happenings collected."""

    def __init__(
        self, broker: Broker, client_id: str, subscriptions: Sequence[str], will: Outgoing | None
    ) -> None:
        self._events: queue.Queue[Happening] = queue.Queue()
        self._messages: list[tuple[str, bytes]] = []
        self._up = self._down = False
        self._connection = Connection(broker, client_id, subscriptions, will, self._tell)
        self._lock = threading.Lock()
        self._connection.open()

    def came_up(self) -> bool:
        until(lambda: self._look() or self._up or self._down)
        return self._up and not self._down

    def publish(self, message: Outgoing) -> None:
        self._connection.publish(message)

    def received(self) -> list[tuple[str, bytes]]:
        self._look()
        return list(self._messages)

    def is_alive(self) -> bool:
        self._look()
        return self._up and not self._down

    def close(self) -> None:
        self._connection.close()

    def break_off(self) -> None:
        """Cut the line under the client, without a DISCONNECT."""
        line = self._connection._client.socket()
        assert isinstance(line, socket.socket)
        line.shutdown(socket.SHUT_RDWR)

    def _tell(self, event: Happening) -> bool:
        self._events.put(event)
        return True

    def _look(self) -> bool:
        with self._lock, contextlib.suppress(queue.Empty):
            while True:
                event = self._events.get_nowait()
                if isinstance(event, Came):
                    self._messages.append((event.topic, event.payload))
                elif isinstance(event, Up):
                    self._up = True
                elif isinstance(event, Down):
                    self._down = True
        return False


class RealBroker:
    """A broker on a port; closes every client at the end."""

    def __init__(self, port: int, logins: dict[str, User]) -> None:
        self.port, self._logins = port, logins
        self._clients: list[RealClient] = []
        self._count = 0

    def address(self, user: str, login: str | None = None) -> Broker:
        password = self._logins[user].password if login is None else login
        return Broker(host="127.0.0.1", port=self.port, user=user, password=password)

    def connect(
        self,
        user: str,
        subscriptions: Sequence[str] = (),
        will: Outgoing | None = None,
        client_id: str | None = None,
        login: str | None = None,
    ) -> Client | None:
        self._count += 1
        name = client_id or f"test-{user}-{self._count}"
        # A client without subscriptions would get no SUBACK to wait for: it takes its own.
        own = subscriptions or grants(self._logins[user]).subscribe[:1]
        client = RealClient(self.address(user, login), name, own, will)
        self._clients.append(client)
        return client if client.came_up() else None

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Fake:
    """``FakeBroker`` with the same users."""

    def __init__(self, logins: dict[str, User]) -> None:
        self._logins, self._count = logins, 0
        self._broker = FakeBroker(
            {name: grants(user) for name, user in logins.items()},
            {name: user.password for name, user in logins.items()},
        )

    def connect(
        self,
        user: str,
        subscriptions: Sequence[str] = (),
        will: Outgoing | None = None,
        client_id: str | None = None,
        login: str | None = None,
    ) -> Client | None:
        self._count += 1
        password = self._logins[user].password if login is None else login
        name = client_id or f"test-{user}-{self._count}"
        return self._broker.connect(user, password, name, subscriptions, will)


@contextlib.contextmanager
def nats(folder: Path, logins: dict[str, User]) -> Iterator[EmbeddedBroker]:
    """The embedded broker."""
    broker = EmbeddedBroker(folder / "broker", logins.values(), SystemClock())
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Mosquitto:
    """Mosquitto as a child, configured as SYNC.md section 8 says, with our grants."""

    def __init__(self, folder: Path, logins: dict[str, User]) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        for number, user in enumerate(logins.values()):
            create = ["-c"] if number == 0 else []
            subprocess.run(
                [
                    "mosquitto_passwd",
                    *create,
                    "-b",
                    str(folder / "users"),
                    user.name,
                    user.password,
                ],
                check=True,
            )
        (folder / "grants").write_text("\n".join(map(_mosquitto_grants, logins.values())))
        (folder / "mosquitto.conf").write_text(
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {folder / 'users'}\nacl_file {folder / 'grants'}\n"
            "persistence false\nmax_queued_messages 0\nmax_inflight_messages 1000\n"
        )
        self.start()

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program is not None, "install mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert until(self._listens), "mosquitto does not listen"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _mosquitto_grants(user: User) -> str:
    granted = grants(user)
    lines = [f"user {user.name}"]
    lines += [f"topic write {name}" for name in granted.publish]
    lines += [f"topic read {name}" for name in granted.subscribe]
    return "\n".join(lines) + "\n"
