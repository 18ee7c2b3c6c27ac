"""The supervisor with a line and a driver that fail on cue."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pytest

from devices.backoff import POLICIES, BackOff
from devices.connection import Assembly, Connection, Moment, Origins
from devices.health import STATES, remedy_of, state_of
from devices.sink import FactQueue
from devices.supervisor import Supervisor
from devices.transport.line import LineEnded
from edge.clock import ManualClock
from edge.errors import DeviceError
from edge.facts import BarcodeRead, DeviceHealth, Fact
from edge.ids import seeded
from edge.requests import Beep, Request

LIMIT_S = 20.0
END = LineEnded("ended", "no more")
GONE = DeviceError("unplugged", "plug it in")
ABSENT = DeviceError("no_device", "plug it in")


class NoWait:
    """Chance that always draws the shortest wait, so that a retry comes at once."""

    def random(self) -> float:
        return 0.0

    def getrandbits(self, k: int, /) -> int:
        return k


class ScriptedLine:
    """Each opening takes the next list: its steps are bytes to read, or the error to raise.

    An opening whose list begins with an error fails to open. After the last list it has ended.
    """

    def __init__(self, *openings: Sequence[bytes | Exception]) -> None:
        self._openings = [list(steps) for steps in openings]
        self._steps: list[bytes | Exception] = []
        self.tries = 0
        self.closed = 0
        self.waits: list[int] = []
        self.written: list[bytes] = []
        self.write_error: DeviceError | None = None

    def open(self) -> None:
        self.tries += 1
        self._steps = self._openings.pop(0) if self._openings else [END]
        if isinstance(self._steps[0], Exception):
            raise self._steps[0]

    def read(self, wait_ms: int) -> bytes:
        self.waits.append(wait_ms)
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def write(self, data: bytes) -> None:
        self.written.append(data)
        if self.write_error is not None:
            raise self.write_error

    def wake(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


class OneByteOneRead:
    """A driver for which every byte is a code; ``!`` makes it fail, ``~`` is a half code."""

    patience_ms = 70

    def __init__(self, origins: Origins, moments: list[Moment]) -> None:
        self._origins = origins
        self._moments = moments
        self._half = 0

    def receive(self, data: bytes, moment: Moment) -> Sequence[Fact]:
        self._moments.append(moment)
        if data == b"!":
            raise ZeroDivisionError("a mistake in a driver")
        self._half += data.count(b"~")
        return [
            BarcodeRead(origin=self._origins.next(moment), raw=data, data=chr(byte))
            for byte in data.replace(b"~", b"")
        ]

    def tick(self, moment: Moment) -> Sequence[Fact]:
        self._moments.append(moment)
        return []

    def request(self, request: Request) -> bytes | None:
        return None if request.signal == "silent" else b"\x07"

    def lost(self) -> int:
        return self._half


class Stand:
    """A supervisor on a scripted line, run to the line's end."""

    def __init__(self, line: ScriptedLine, clock: ManualClock | None = None) -> None:
        self.line = line
        self.clock = ManualClock() if clock is None else clock
        self.moments: list[Moment] = []
        self.queue = FactQueue(100)
        assembly = Assembly("scanner", "local", line, self._connect, self._diagnosis)
        self.supervisor = Supervisor("dev", "x:y", assembly, self.queue, self.clock, NoWait())

    def run(self) -> list[Fact]:
        """Every fact that the line's script brings about."""
        self.supervisor.start()
        facts: list[Fact] = []
        while self.supervisor.running or len(self.queue):
            fact = self.queue.take(0.01)
            facts += [] if fact is None else [fact]
        assert self.supervisor.stop(LIMIT_S)
        return facts

    def _connect(self, origins: Origins) -> Connection:
        return OneByteOneRead(origins, self.moments)

    @staticmethod
    def _diagnosis() -> Mapping[str, int]:
        return {"lamps": 4}


def told(facts: Sequence[Fact]) -> list[tuple[str, str | None] | str]:
    return [
        (fact.state, fact.reason) if isinstance(fact, DeviceHealth) else fact.data for fact in facts
    ]


def test_gone_and_back_are_said_once_however_often_it_was_tried() -> None:
    line = ScriptedLine([b"A", GONE], *[[ABSENT]] * 40, [b"B", GONE], [ABSENT], [b"C", END])
    stand = Stand(line)
    assert told(stand.run()) == [
        ("ready", None), "A", ("absent", "unplugged"), ("ready", None), "B",
        ("absent", "unplugged"), ("ready", None), "C", ("absent", "ended"),
    ]  # fmt: skip
    health = stand.supervisor.health()
    assert (line.tries, health.openings, health.reconnects) == (44, 3, 2)
    assert line.closed == line.tries, "every opening, also one that failed, is closed"


def test_a_device_that_was_never_there_is_said_to_be_absent_once() -> None:
    stand = Stand(ScriptedLine([ABSENT], [ABSENT], [b"A", END]))
    assert told(stand.run()) == [("absent", "no_device"), ("ready", None), "A", ("absent", "ended")]


def test_another_reason_of_the_same_state_is_for_the_page_only() -> None:
    refused = LineEnded("refused", "no")
    stand = Stand(ScriptedLine([ABSENT], [refused]))
    assert told(stand.run()) == [("absent", "no_device")]
    assert stand.supervisor.health().reason == "refused"


def test_a_fault_names_the_message_that_says_what_to_do() -> None:
    busy = DeviceError("busy", "end the other program")
    facts = Stand(ScriptedLine([busy], [END])).run()
    assert isinstance(facts[0], DeviceHealth)
    assert (facts[0].state, facts[0].remedy) == ("faulted", "device.busy")


def test_a_mistake_in_a_driver_is_a_fault_and_the_device_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand = Stand(ScriptedLine([b"A", b"!"], [b"B", END]))
    assert told(stand.run()) == [
        ("ready", None), "A", ("faulted", "driver_fault"), ("ready", None), "B",
        ("absent", "ended"),
    ]  # fmt: skip
    assert "ZeroDivisionError" in caplog.text


def test_every_fact_of_an_opening_has_its_own_number() -> None:
    facts = Stand(ScriptedLine([b"AB", GONE], [b"C", END])).run()
    assert [fact.origin.sequence for fact in facts] == [1, 2, 3, 4, 1, 2, 3]


def test_bytes_of_a_cut_frame_are_counted() -> None:
    stand = Stand(ScriptedLine([b"A~~", GONE], [b"~", END]))
    stand.run()
    assert stand.supervisor.health().discarded_bytes == 3


def test_the_figures_of_the_page() -> None:
    clock = ManualClock()
    stand = Stand(ScriptedLine([b"AB", b"", END]), clock)
    stand.run()
    health = stand.supervisor.health()
    assert (health.device, health.kind, health.url) == ("dev", "scanner", "x:y")
    assert (health.state, health.reason) == ("absent", "ended")
    assert (health.reads, health.faults, health.undelivered) == (2, 0, 0)
    assert health.last_byte_us == health.last_read_us == clock.now_us()
    assert health.diagnosis == {"lamps": 4}
    assert [line.partition(" ")[2] for line in stand.supervisor.trace.lines()] == ["< 4142  AB"]


class HeldUpClock(ManualClock):
    """Moves by one second at each look once it is told that the thread is held up."""

    held_up = False

    def monotonic_ns(self) -> int:
        if self.held_up:
            self.advance_us(1_000_000)
        return super().monotonic_ns()


def test_after_being_held_up_the_line_is_looked_at_without_waiting() -> None:
    clock = HeldUpClock()
    clock.held_up = True
    line = ScriptedLine([b"A", END])
    stand = Stand(line, clock)
    stand.run()
    assert line.waits[0] == 0
    assert stand.moments[0].at_ns > stand.moments[0].since_ns


def test_a_reader_that_stood_waiting_knows_the_time_of_its_bytes() -> None:
    line = ScriptedLine([b"A", END])
    stand = Stand(line)
    stand.run()
    assert line.waits == [70, 70]
    assert stand.moments[0].at_ns == stand.moments[0].since_ns


class SignalledLine(ScriptedLine):
    """Asks for signals from within its reads, when the line is surely open."""

    supervisor: Supervisor | None = None

    def read(self, wait_ms: int) -> bytes:
        data = super().read(wait_ms)
        if self.supervisor is not None:
            self.supervisor.request(Beep(device="dev", signal="wrong"))
            self.supervisor.request(Beep(device="dev", signal="silent"))
        return data


@pytest.mark.parametrize(
    ("error", "states"),
    [
        (None, [("ready", None), ("absent", "ended")]),
        (DeviceError("stalled", ""), [("ready", None), ("absent", "ended")]),
        (
            GONE,
            [("ready", None), ("absent", "unplugged"), ("ready", None), ("absent", "unplugged")],
        ),
    ],
)
def test_a_signal_is_sent_if_the_device_takes_it(
    error: DeviceError | None, states: list[tuple[str, str | None]]
) -> None:
    line = SignalledLine([b"", b"", END], [b"", END])
    line.write_error = error
    stand = Stand(line)
    line.supervisor = stand.supervisor
    assert told(stand.run())[: len(states)] == states
    assert set(line.written) == {b"\x07"}
    assert stand.supervisor.health().stalled == (2 if error and error.reason == "stalled" else 0)


def test_a_signal_to_a_device_that_is_not_there_is_dropped() -> None:
    line = ScriptedLine([b"A", END])
    stand = Stand(line)
    stand.supervisor.request(Beep(device="dev", signal="wrong"))
    stand.run()
    stand.supervisor.request(Beep(device="dev", signal="wrong"))
    assert line.written == []


def test_waits_grow_to_their_limit_and_start_small_again() -> None:
    class Always:
        def random(self) -> float:
            return 1.0

        def getrandbits(self, k: int, /) -> int:
            return k

    for reach, most_s in (("local", 3.0), ("network", 30.0)):
        policy = POLICIES["local" if reach == "local" else "network"]
        assert policy.most_s <= most_s
        backoff = BackOff(policy, Always())
        waits = [backoff.next_s() for _ in range(20)]
        assert waits[0] == policy.first_s
        assert waits == sorted(waits)
        assert waits[-1] == policy.most_s
        backoff.succeeded()
        assert backoff.next_s() == policy.first_s


def test_waits_are_spread_so_that_devices_do_not_knock_in_step() -> None:
    chance = seeded(1)
    waits = []
    for _ in range(100):
        backoff = BackOff(POLICIES["local"], chance)
        waits.append(backoff.next_s())
    assert min(waits) < 0.1 * POLICIES["local"].first_s
    assert max(waits) > 0.9 * POLICIES["local"].first_s


def test_every_reason_has_a_state_and_an_unknown_one_needs_a_person() -> None:
    assert {state_of(reason) for reason in STATES} == {"absent", "faulted"}
    assert state_of("on_fire") == "faulted"
    assert remedy_of("on_fire") == "device.on_fire"


def test_a_full_queue_holds_the_device_back() -> None:
    queue = FactQueue(1)
    facts = Stand(ScriptedLine([b"AB", END])).run()
    queue.put(facts[0])
    second = threading.Thread(target=queue.put, args=(facts[1],))
    second.start()
    second.join(0.05)
    assert second.is_alive()
    assert queue.take(0) == facts[0]
    second.join(LIMIT_S)
    assert queue.take(0) == facts[1]
    assert queue.take(0) is None
