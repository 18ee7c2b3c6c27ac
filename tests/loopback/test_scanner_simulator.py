"""The simulated scanner counts a code if and only if a reader got it, whatever the reader does."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from edge.clock import SystemClock
from simulators.feeder import Feeder
from simulators.pty_line import PtyLine
from simulators.scanner import SUFFIXES, Scanner, Suffix
from tests.contract.bench import LIMIT_S, Bench, wait_until

FAST = Scanner(baud=115200)

# A reader in a process of its own: opens the port as a driver does, reports each frame on a line.
READER = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True, timeout=None)
print("open", flush=True)
frame = b""
while True:
    byte = port.read(1)
    if byte == b"\\r":
        print(frame.decode(), flush=True)
        frame = b""
    else:
        frame += byte
"""


class Sending:
    """A feeder at work in a thread of its own."""

    def __init__(self, line: PtyLine, scanner: Scanner, codes: list[str]) -> None:
        self.stopping = threading.Event()
        self.feeder = Feeder(line, scanner, SystemClock(), self.stopping)
        self.sent: list[str] = []
        self._codes = codes
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for code in self._codes:
            if self.feeder.send(code):
                self.sent.append(code)

    def finish(self) -> list[str]:
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive(), f"only {len(self.sent)} codes were sent"
        return self.sent

    def stop(self) -> list[str]:
        self.stopping.set()
        return self.finish()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[PtyLine]:
    line = PtyLine(tmp_path / "scanner")
    line.plug()
    yield line
    line.unplug()


class ReaderProcess:
    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", READER, str(path)], stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()
        wait_until(lambda: bool(self.lines), "the reader has the port open")

    def _collect(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            self.lines.append(text.rstrip("\n"))

    @property
    def codes(self) -> list[str]:
        return self.lines[1:]

    def await_codes(self, count: int) -> None:
        wait_until(lambda: len(self.codes) >= count, f"{count} codes are read")

    def kill(self) -> list[str]:
        self._process.kill()
        self._process.wait()
        self._thread.join(LIMIT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self.codes


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_driver_reads_what_the_scanner_sends(line: PtyLine, suffix: Suffix) -> None:
    scanner = Scanner(baud=115200, suffix=suffix)
    codes = ["]C1010952123454321310LOT\x1d21A", "4006381333931", "TD-UNDO-D"]
    bench = Bench(scanner.url(str(line.link)))
    bench.start()
    sending = Sending(line, scanner, codes)
    bench.await_reads(3)
    assert sending.finish() == codes
    assert bench.texts() == codes
    bench.close()


def test_a_code_waits_for_a_reader(line: PtyLine) -> None:
    sending = Sending(line, FAST, ["A"])
    assert sending.sent == []
    reader = ReaderProcess(line.link)
    assert sending.finish() == ["A"]
    reader.await_codes(1)
    assert reader.kill() == ["A"]


def test_without_a_reader_a_stopped_scanner_sent_nothing(line: PtyLine) -> None:
    assert Sending(line, FAST, ["A"]).stop() == []
    assert line.unread() == 0


def test_a_reader_that_flushes_late_still_gets_the_whole_code(line: PtyLine) -> None:
    """As a driver does that opens the port, is held up, and only then throws the input away."""
    reader = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    sending = Sending(line, FAST, ["A" * 50, "B"])
    wait_until(lambda: line_has_bytes(reader), "bytes came after a second of trust")
    termios.tcflush(reader, termios.TCIFLUSH)
    got = b""
    while not got.endswith(b"B\r"):
        got += os.read(reader, 4096)
    assert sending.finish() == ["A" * 50, "B"]
    assert got.split(b"\r").count(b"A" * 50) == 1
    os.close(reader)


def line_has_bytes(reader: int) -> bool:
    return bool(select.select([reader], [], [], 0)[0])


def test_a_reader_that_never_flushes_is_trusted_too(line: PtyLine) -> None:
    reader = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    sending = Sending(line, FAST, ["A"])
    assert os.read(reader, 1) == b"A"
    assert os.read(reader, 1) == b"\r"
    assert sending.finish() == ["A"]
    os.close(reader)


def test_a_code_that_its_reader_left_unread_goes_whole_to_the_next(line: PtyLine) -> None:
    first = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    termios.tcflush(first, termios.TCIFLUSH)
    sending = Sending(line, FAST, ["ABCDEF", "GH"])
    assert os.read(first, 3)[:1] == b"A"
    wait_until(lambda: line.link.exists() and line_has_bytes(first), "more is there")
    os.close(first)
    second = ReaderProcess(line.link)
    assert sending.finish() == ["ABCDEF", "GH"]
    second.await_codes(2)
    assert second.kill() == ["ABCDEF", "GH"]
    assert sending.feeder.begun_anew >= 1


def test_readers_that_are_killed_get_every_code_exactly_once(line: PtyLine) -> None:
    """Kills land anywhere in a code; at 9600 baud most of them cut one.

    A killed reader reports a frame only after it took the whole of it, so what it held in its
    memory unreported counts as sent and is missing here: at most one code a kill.
    """
    codes = [f"CODE-{number:04}" for number in range(60)]
    sending = Sending(line, Scanner(baud=9600), codes)
    got: list[list[str]] = []
    for kill_after in (7, 11, 5, 9):
        reader = ReaderProcess(line.link)
        reader.await_codes(kill_after)
        got.append(reader.kill())
    last = ReaderProcess(line.link)
    sent = sending.finish()
    assert sent == codes
    wait_until(lambda: bool(last.codes) and last.codes[-1] == codes[-1], "the last is read")
    got.append(last.kill())
    read = [code for part in got for code in part]
    assert len(read) == len(set(read)), "none twice"
    assert read == sorted(set(read) & set(codes)), "none cut, glued or out of order"
    assert len(codes) - len(read) <= 4, "at most the one that each killed reader held"


def test_a_plug_that_is_pulled_leads_to_a_new_port_at_the_same_path(line: PtyLine) -> None:
    port = serial.Serial(str(line.link), exclusive=True, timeout=0)
    line.unplug()
    assert not line.link.is_symlink()
    with pytest.raises(serial.SerialException):
        port.read(1)
    port.close()
    line.plug()
    assert line.link.is_symlink()
    with serial.Serial(str(line.link), exclusive=True, timeout=5) as again:
        wait_until(lambda: line.events().reader, "the reader is seen")
        line.write(b"A\r", 1000)
        assert again.read(2) == b"A\r"


def test_what_the_reader_sends_is_heard(line: PtyLine) -> None:
    sending = Sending(line, FAST, [])
    sending.finish()
    with serial.Serial(str(line.link), exclusive=True) as port:
        port.write(b"\x07x\x07")
        wait_until(heard(sending.feeder, 2), "two bells")


def heard(feeder: Feeder, bells: int) -> Callable[[], bool]:
    def look() -> bool:
        feeder.look()
        return feeder.beeps == bells

    return look


def test_the_line_is_raw_for_readers_that_set_nothing(line: PtyLine) -> None:
    reader = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    assert not termios.tcgetattr(reader)[3] & (termios.ICANON | termios.ECHO)
    assert not termios.tcgetattr(reader)[0] & termios.ICRNL
    tty.setraw(reader)
    os.close(reader)
