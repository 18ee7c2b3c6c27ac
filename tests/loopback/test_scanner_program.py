"""The scanner as a program: typed codes, the control socket, the transcript, start and end."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import DeviceError, InvalidInput
from simulators.control import ControlSocket, RemoteTrigger
from simulators.scanner import Scanner
from simulators.scanner_program import ProgramSettings, ScannerProgram, socket_of, typed_lines
from tests.contract.bench import LIMIT_S, Bench, wait_until


class Running:
    """A program in a thread of its own, with what it told."""

    def __init__(self, settings: ProgramSettings, typed: Iterable[str] = ()) -> None:
        self.stopping = threading.Event()
        self.told: list[dict[str, str]] = []
        program = ScannerProgram(settings, self._hear, SystemClock(), self.stopping)
        self.error: InvalidInput | None = None
        self._thread = threading.Thread(target=self._run, args=(program, typed))
        self._thread.start()
        wait_until(lambda: bool(self.told or self.error), "the program is ready")

    def _hear(self, line: str) -> None:
        self.told.append(json.loads(line))

    def _run(self, program: ScannerProgram, typed: Iterable[str]) -> None:
        try:
            program.run(typed)
        except InvalidInput as error:
            self.error = error

    def join(self) -> None:
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        self.stopping.set()
        self.join()


@pytest.fixture
def settings(tmp_path: Path) -> ProgramSettings:
    return ProgramSettings(
        scanner=Scanner(baud=115200),
        link=tmp_path / "scanner-1",
        transcript=tmp_path / "scanner-1.codes",
        json_lines=True,
    )


def transcript(settings: ProgramSettings) -> list[str]:
    assert settings.transcript is not None
    if not settings.transcript.exists():
        return []
    return [json.loads(line) for line in settings.transcript.read_text("utf-8").splitlines()]


@pytest.fixture
def running(settings: ProgramSettings) -> Iterator[Running]:
    running = Running(settings)
    yield running
    running.stop()


@pytest.fixture
def bench(running: Running) -> Iterator[Bench]:
    bench = Bench(running.told[0]["url"])
    bench.start().await_state("ready")
    yield bench
    bench.close()


def test_the_first_line_is_the_url_by_which_it_is_read(
    running: Running, settings: ProgramSettings
) -> None:
    assert running.told == [{"url": f"serial:{settings.link}?baud=115200&terminator=cr"}]


def test_typed_codes_are_sent_and_the_program_can_end_with_them(settings: ProgramSettings) -> None:
    ending = ProgramSettings(
        scanner=settings.scanner, link=settings.link, transcript=settings.transcript,
        json_lines=True, exit_at_eof=True,
    )  # fmt: skip
    running = Running(ending, ["]C110A<GS>21B\n", "\n", "4006381333931"])
    bench = Bench(running.told[0]["url"])
    bench.start().await_reads(2)
    running.join()
    codes = ["]C110A\x1d21B", "4006381333931"]
    assert bench.texts() == transcript(settings) == codes
    assert running.told[1:] == [{"sent": code} for code in codes]
    bench.close()
    assert list(settings.link.parent.iterdir()) == [settings.transcript]


def test_several_programs_trigger_one_scanner(bench: Bench, settings: ProgramSettings) -> None:
    def scan(name: str) -> None:
        trigger = RemoteTrigger(socket_of(settings.link), threading.Event())
        for number in range(10):
            assert trigger.scan(f"{name}{number}") == "sent"
        trigger.close()

    clients = [threading.Thread(target=scan, args=(name,)) for name in "ABC"]
    for client in clients:
        client.start()
    bench.await_reads(30)
    for client in clients:
        client.join(LIMIT_S)
    assert bench.texts() == transcript(settings)
    assert sorted(bench.texts()) == sorted(
        f"{name}{number}" for name in "ABC" for number in range(10)
    )
    for name in "ABC":
        mine = [text for text in bench.texts() if text.startswith(name)]
        assert mine == [f"{name}{number}" for number in range(10)]


def test_a_code_that_no_scanner_could_send_is_refused(
    bench: Bench, running: Running, settings: ProgramSettings
) -> None:
    trigger = RemoteTrigger(socket_of(settings.link), threading.Event())
    assert trigger.scan("A\rB") == "refused: leave out the bytes that begin or end a code"
    assert trigger.scan("9" * 7_093).startswith("refused: give at most")
    assert trigger.scan("") == "refused: give at least one character"
    assert trigger.scan("A") == "sent"
    trigger.close()
    bench.await_reads(1)
    assert bench.texts() == transcript(settings) == ["A"]
    assert [list(told) for told in running.told[1:]] == [["refused", "remedy"]] * 3 + [["sent"]]


def test_a_trigger_without_a_reader_is_told_that_the_end_came_first(
    running: Running, settings: ProgramSettings
) -> None:
    answers: list[str] = []

    def scan() -> None:
        trigger = RemoteTrigger(socket_of(settings.link), threading.Event())
        try:
            answers.append(trigger.scan("A"))
        except DeviceError as error:
            answers.append(error.reason)
        trigger.close()

    client = threading.Thread(target=scan)
    client.start()
    client.join(0.2)
    assert client.is_alive(), "no reader has the port open"
    running.stop()
    client.join(LIMIT_S)
    assert answers in (["stopped"], ["lost_scanner"])
    assert transcript(settings) == []


def test_a_client_that_leaves_early_does_not_take_its_code_back(
    running: Running, settings: ProgramSettings
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(socket_of(settings.link)))
        client.sendall(b"A\n")
    bench = Bench(running.told[0]["url"])
    bench.start().await_reads(1)
    wait_until(lambda: transcript(settings) == ["A"], "it is in the transcript")
    bench.close()


def test_a_second_scanner_at_the_same_place_is_refused(
    running: Running, settings: ProgramSettings
) -> None:
    second = Running(settings)
    second.join()
    assert second.error is not None
    assert second.error.remedy == "end the other simulator that runs there"
    leaving = threading.Event()
    leaving.set()
    trigger = RemoteTrigger(socket_of(settings.link), leaving)
    with pytest.raises(DeviceError, match="lost_scanner"):
        trigger.scan("A")  # still served by the first, which waits for a reader
    assert running.error is None


def test_a_trigger_without_a_scanner_sent_nothing(settings: ProgramSettings) -> None:
    with pytest.raises(DeviceError, match="no_scanner"):
        RemoteTrigger(socket_of(settings.link), threading.Event()).scan("A")


def test_what_a_killed_scanner_left_behind_is_replaced(settings: ProgramSettings) -> None:
    settings.link.symlink_to("/dev/pts/none")
    left = ControlSocket(socket_of(settings.link), lambda _: "sent")
    left.start()
    left.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stale:
        stale.bind(str(socket_of(settings.link)))
    running = Running(settings)
    assert running.error is None
    assert settings.link.exists()
    running.stop()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("none/scanner", "give a path in a folder that exists"),
        ("taken", "something else has this name; choose another"),
    ],
)
def test_a_place_where_no_scanner_can_be_is_refused(tmp_path: Path, name: str, remedy: str) -> None:
    (tmp_path / "taken").write_text("precious")
    running = Running(ProgramSettings(scanner=Scanner(), link=tmp_path / name))
    running.join()
    assert running.error is not None
    assert running.error.remedy == remedy
    assert (tmp_path / "taken").read_text() == "precious"


def trigger_of(settings: ProgramSettings) -> RemoteTrigger:
    return RemoteTrigger(socket_of(settings.link), threading.Event())


def test_what_a_reader_took_and_kept_the_line_open_for_is_not_taken_back(
    bench: Bench, settings: ProgramSettings
) -> None:
    trigger = trigger_of(settings)
    assert trigger.scan("A") == "sent"
    assert not trigger.take_back()
    trigger.close()
    bench.await_reads(1)
    assert transcript(settings) == ["A"]


def test_what_died_with_its_reader_is_taken_back_once(
    running: Running, settings: ProgramSettings
) -> None:
    trigger, bench = trigger_of(settings), Bench(running.told[0]["url"])
    bench.start().await_state("ready")
    assert [trigger.scan(code) for code in "AB"] == ["sent", "sent"]
    bench.close()
    wait_until(trigger.take_back, "the scanner has seen that its reader left")
    assert transcript(settings) == ["A"]
    assert trigger.take_back(), "it is taken back already"
    assert transcript(settings) == ["A"]
    assert {"taken_back": "1"} in running.told
    trigger.close()


def test_what_died_with_its_scanner_is_taken_back_at_the_next(settings: ProgramSettings) -> None:
    first = Running(settings)
    trigger, bench = trigger_of(settings), Bench(first.told[0]["url"])
    bench.start().await_state("ready")
    assert [trigger.scan(code) for code in "AB"] == ["sent", "sent"]
    first.stop()
    with pytest.raises(DeviceError, match="no_scanner"):
        trigger.take_back()
    second = Running(settings)
    assert trigger.take_back()
    assert transcript(settings) == ["A"]
    assert trigger.scan("C") == "sent"
    assert not trigger.take_back(), "this one was sent in the present life"
    assert transcript(settings) == ["A", "C"]
    trigger.close()
    second.stop()
    bench.close()


def test_nobody_takes_back_what_another_scanned(bench: Bench, settings: ProgramSettings) -> None:
    mine, theirs, late = (trigger_of(settings) for _ in range(3))
    assert [mine.scan("A"), theirs.scan("B"), late.scan("C")] == ["sent"] * 3
    bench.close()
    wait_until(late.take_back, "the scanner has seen that its reader left")
    assert not mine.take_back()
    assert transcript(settings) == ["A", "B"]
    for trigger in (mine, theirs, late):
        trigger.close()


def test_a_code_is_written_down_before_a_reader_can_have_it(
    running: Running, settings: ProgramSettings
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(socket_of(settings.link)))
        client.sendall(b"A\n")
        wait_until(lambda: transcript(settings) == ["A"], "it is written down, with no reader yet")
    running.stop()
    assert transcript(settings) == []


def test_a_deep_folder_is_no_obstacle_for_the_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    control = ControlSocket(deep / "scanner.sock", lambda text: f"got {text}")
    control.start()
    trigger = RemoteTrigger(deep / "scanner.sock", threading.Event())
    assert trigger.scan("A\x1dB") == "got A\x1dB"
    trigger.close()
    control.close()


def test_typed_lines_end_with_the_input_or_when_asked() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"A\nB\nC")
    os.close(theirs)
    assert list(typed_lines(ours, threading.Event())) == ["A", "B", "C"]
    os.close(ours)
    ours, theirs = os.pipe()
    stopped = threading.Event()
    stopped.set()
    assert list(typed_lines(ours, stopped)) == []
    os.close(ours)
    os.close(theirs)
