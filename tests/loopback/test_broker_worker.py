"""The worker thread: calls from other threads, faults, reconnecting, TLS."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import InvalidInput
from edge.ids import SystemChance
from sync.mqtt import Broker, Came, Connection, Down, Up
from sync.ports import Moment, Outgoing, Output
from sync.worker import Worker
from tests.contract.brokers import make_users, nats, until

TLS = Path(__file__).parent / "tls"
HEARS = "tallydock/v1/hz1/ack"


class Recorder:
    """An end that writes down what happens to it; ``fail`` makes the next message a fault."""

    subscriptions = (HEARS,)

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.fail = False

    def will(self, now: Moment) -> Outgoing | None:
        return None

    def connected(self, now: Moment) -> Output:
        self.happened.append("connected")
        return Output(messages=(Outgoing("tallydock/v1/hz1/events", b"hello"),))

    def disconnected(self, now: Moment) -> Output:
        self.happened.append("disconnected")
        return Output()

    def goodbye(self, now: Moment) -> Output:
        self.happened.append("goodbye")
        return Output()

    def receive(self, name: str, payload: bytes, now: Moment) -> Output:
        if self.fail:
            self.fail = False
            raise ValueError("a fault of ours")
        self.happened.append(payload.decode())
        return Output()

    def tick(self, now: Moment) -> Output:
        return Output()


def worker_for(
    end: Recorder, broker: Broker, follow: Callable[[Broker], Broker] | None = None
) -> Worker[Recorder]:
    return Worker("hz1", end, broker, SystemClock(), SystemChance(), lambda _output: None, follow)


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[dict[str, Broker]]:
    logins = make_users(tmp_path)
    with nats(tmp_path, logins) as server:
        yield {
            name: Broker(host="127.0.0.1", port=server.port, user=name, password=user.password)
            for name, user in logins.items()
        }


def test_calls_of_other_threads_are_answered_also_without_a_broker() -> None:
    nowhere = Broker(host="127.0.0.1", port=1)
    worker = worker_for(Recorder(), nowhere)
    worker.start()
    assert worker.ask(lambda end, _now: (len(end.happened), Output())).result(10) == 0

    def fails(end: Recorder, now: Moment) -> tuple[None, Output]:
        raise InvalidInput("field", end.happened, f"at {now.wall_us}")

    with pytest.raises(InvalidInput):
        worker.ask(fails).result(10)
    worker.stop()


def test_a_fault_in_one_event_starts_over(brokers: dict[str, Broker]) -> None:
    end, central = Recorder(), Recorder()
    central.subscriptions = ("tallydock/v1/+/events",)
    worker, speaker = worker_for(end, brokers["hz1"]), worker_for(central, brokers["central"])
    speaker.start()
    assert until(lambda: central.happened == ["connected"])
    worker.start()
    assert until(lambda: "hello" in central.happened)
    end.fail = True
    speaker.post(lambda _end, _now: Output(messages=(Outgoing(HEARS, b"poison"),)))
    assert until(lambda: end.happened == ["connected", "disconnected", "connected"])
    speaker.post(lambda _end, _now: Output(messages=(Outgoing(HEARS, b"fine"),)))
    assert until(lambda: end.happened[-1] == "fine")
    worker.stop()
    speaker.stop()
    assert end.happened[-1] == "goodbye"


def test_a_wrong_password_is_tried_again_and_never_connects(brokers: dict[str, Broker]) -> None:
    end = Recorder()
    right = brokers["hz1"]
    wrong = Broker(host=right.host, port=right.port, user="hz1", password="guess")
    place = [wrong]
    worker = worker_for(end, wrong, lambda _before: place[-1])
    worker.start()
    assert not until(lambda: bool(end.happened), 0.5)
    place.append(right)
    assert until(lambda: end.happened == ["connected"])
    worker.stop()


def test_what_an_old_connection_still_tells_is_not_heard() -> None:
    end, nowhere = Recorder(), Broker(host="127.0.0.1", port=1)
    worker = worker_for(end, nowhere)
    old = Connection(nowhere, "td-old", (HEARS,), None, lambda _event: True)
    for event in (Up(old), Came(old, HEARS, b"late"), Down(old, "late")):
        worker._serve(event)
    assert end.happened == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://h", Broker(host="h", port=1883)),
        ("mqtts://h:1", Broker(host="h", port=1, tls=True)),
        ("mqtt://u:p%40ss@h:2", Broker(host="h", port=2, user="u", password="p@ss")),
        ("mqtt://[::1]:3", Broker(host="::1", port=3)),
    ],
)
def test_an_address_is_read(url: str, expected: Broker) -> None:
    assert Broker.from_url(url) == expected


@pytest.mark.parametrize(
    "url", ["", "http://h", "mqtt://", "mqtt://u:secret@h:99999", "mqtt://h/x"]
)
def test_a_bad_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Broker.from_url(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Broker.from_url("mqtt://u:secret@h"))


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """Mosquitto with a certificate for localhost, signed by ``tls/ca.pem``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n"
        f"certfile {TLS / 'localhost.pem'}\nkeyfile {TLS / 'localhost.key'}\n"
    )
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert program is not None, "install mosquitto"
    child = subprocess.Popen(
        [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert until(lambda: _listens(port)), "mosquitto does not listen"
    yield port
    child.kill()
    child.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_broker_with_a_certificate_of_our_authority_is_trusted(tls_port: int) -> None:
    end = Recorder()
    worker = worker_for(end, Broker.from_url(f"mqtts://localhost:{tls_port}", TLS / "ca.pem"))
    worker.start()
    assert until(lambda: end.happened == ["connected"])
    worker.stop()


# paho leaves the socket of a failed handshake to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_certificate_or_name_is_not(
    tls_port: int, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    trusted = TLS / "ca.pem" if host == "127.0.0.1" else None
    end = Recorder()
    worker = worker_for(end, Broker.from_url(f"mqtts://{host}:{tls_port}", trusted))
    worker.start()
    assert until(lambda: "certificate verify failed" in caplog.text)
    worker.stop()
    assert end.happened == []


def test_old_tls_is_not_spoken(tls_port: int) -> None:
    from sync.mqtt import _tls

    context = _tls(Broker.from_url(f"mqtts://localhost:{tls_port}", TLS / "ca.pem"))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
