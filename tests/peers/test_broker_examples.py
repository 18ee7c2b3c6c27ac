"""The broker examples of deploy/ against the real brokers: users can say what they may, no more.

Messages go at QoS 1, as the product's do: a refused one is answered like any other and dropped.
(At QoS 0 Mosquitto closes the connection instead.)
"""

from __future__ import annotations

import queue
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PASSWORDS = {"central": "c" * 32, "hz1": "h" * 32}
WAIT_S = 20

Start = Callable[[Path, int], list[str]]


def mosquitto_by_example(folder: Path, port: int) -> list[str]:
    """The example with its places and its port changed, and no TLS on the loopback."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin") or "mosquitto"
    passwords = folder / "tallydock.passwd"
    for number, (user, password) in enumerate(PASSWORDS.items()):
        create = ["-c"] if number == 0 else []
        command = ["mosquitto_passwd", *create, "-b", str(passwords), user, password]
        subprocess.run(command, check=True, capture_output=True)
    text = (DEPLOY / "mosquitto" / "tallydock.conf").read_text(encoding="utf-8")
    text = re.sub(r"^(certfile|keyfile|tls_version) .*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listener 8883", f"listener {port} 127.0.0.1")
    text = text.replace("/etc/mosquitto/tallydock.passwd", str(passwords))
    shutil.copy(DEPLOY / "mosquitto" / "tallydock.acl", folder)
    text = text.replace("/etc/mosquitto/tallydock.acl", str(folder / "tallydock.acl"))
    config = folder / "tallydock.conf"
    config.write_text(f"user root\n{text}", encoding="utf-8")
    return [program, "-c", str(config)]


def _nats(folder: Path, port: int) -> list[str]:
    text = (DEPLOY / "nats" / "tallydock.conf").read_text(encoding="utf-8")
    text = re.sub(r"^  tls \{.*\}\n", "", text, flags=re.MULTILINE)
    text = text.replace("host: 0.0.0.0", "host: 127.0.0.1").replace("port: 8883", f"port: {port}")
    text = text.replace("port: 4222", "port: -1").replace("/var/lib/nats", str(folder / "store"))
    for user, password in PASSWORDS.items():
        text = text.replace(f"$TALLYDOCK_{user.upper()}_PASSWORD", password)
    config = folder / "tallydock.conf"
    config.write_text(text, encoding="utf-8")
    return [str(Path(sys.executable).with_name("nats-server")), "-c", str(config)]


@pytest.fixture(params=[mosquitto_by_example, _nats], ids=["mosquitto", "nats"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """The MQTT port of a broker that runs by its example."""
    start: Start = request.param
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    broker = subprocess.Popen(
        start(tmp_path, number), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert broker.stdout is not None
    try:
        lines = iter(broker.stdout.readline, "")
        assert any(
            re.search(r"mosquitto version .* running|Server is ready", line) for line in lines
        )
        yield number
    finally:
        broker.terminate()
        broker.communicate(timeout=WAIT_S)


class Listener:
    """A signed-in user that hears topics and speaks on others.

    The client's callbacks hold queues, not this object: paho closes its own sockets only when it
    is freed, and a cycle would leave that to chance.
    """

    def __init__(self, port: int, user: str, password: str, topics: list[str]) -> None:
        heard: queue.Queue[tuple[str, str]] = queue.Queue()
        events: queue.Queue[str] = queue.Queue()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(user, password)
        client.on_connect = lambda _c, _u, _f, reason, _p: events.put(str(reason))
        client.on_subscribe = lambda *_: events.put("subscribed")
        client.on_message = lambda _c, _u, m: heard.put((m.topic, m.payload.decode()))
        client.connect("127.0.0.1", port)
        client.loop_start()
        self.client, self.heard = client, heard
        self.answer = events.get(timeout=WAIT_S)
        for topic in topics if self.answer == "Success" else []:
            client.subscribe(topic)
            assert events.get(timeout=WAIT_S) == "subscribed"

    def say(self, *topics: str) -> None:
        for topic in topics:
            self.client.publish(topic, topic.rpartition("/")[2], qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., Listener]]:
    """Sign a user in: ``connect(user, *topics)``."""
    opened: list[Listener] = []

    def sign_in(user: str, *topics: str, password: str | None = None) -> Listener:
        word = PASSWORDS[user] if password is None else password
        opened.append(Listener(port, user, word, list(topics)))
        return opened[-1]

    yield sign_in
    for listener in opened:
        listener.close()


def test_site_speaks_for_itself_alone(connect: Callable[..., Listener]) -> None:
    central = connect("central", "tallydock/v1/+/events", "tallydock/v1/+/state")
    site = connect("hz1")
    site.say("tallydock/v1/hz2/events", "tallydock/v1/hz2/state", "tallydock/v1/hz1/events")
    assert central.heard.get(timeout=WAIT_S) == ("tallydock/v1/hz1/events", "events")
    site.say("tallydock/v1/hz1/state")
    assert central.heard.get(timeout=WAIT_S) == ("tallydock/v1/hz1/state", "state")


def test_site_hears_only_what_is_meant_for_it(connect: Callable[..., Listener]) -> None:
    site = connect("hz1", "tallydock/v1/+/ack", "tallydock/v1/hz2/ack", "tallydock/v1/hz1/ack")
    central = connect("central")
    central.say("tallydock/v1/hz2/ack", "tallydock/v1/hz1/events", "tallydock/v1/hz1/ack")
    assert site.heard.get(timeout=WAIT_S) == ("tallydock/v1/hz1/ack", "ack")


def test_site_cannot_forge_an_answer_of_central(connect: Callable[..., Listener]) -> None:
    site = connect("hz1", "tallydock/v1/hz1/ack", "tallydock/v1/hz1/commands")
    site.say("tallydock/v1/hz1/ack", "tallydock/v1/hz1/commands")
    connect("central").say("tallydock/v1/hz1/commands")
    assert site.heard.get(timeout=WAIT_S) == ("tallydock/v1/hz1/commands", "commands")
    assert site.heard.empty()


def test_a_wrong_password_opens_nothing(connect: Callable[..., Listener]) -> None:
    assert connect("hz1", password="wrong").answer != "Success"
