"""The simulated scanner counts a code if and only if a reader got it, whatever the reader does."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from edge.clock import Clock, ManualClock, SystemClock
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

    def __init__(
        self, line: PtyLine, scanner: Scanner, codes: list[str], clock: Clock | None = None
    ) -> None:
        self.stopping = threading.Event()
        self.feeder = Feeder(line, scanner, clock or SystemClock(), self.stopping)
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

    def finish_reading(self, reader: int) -> bytes:
        """Read until all is sent; what was read."""
        got = b""
        while self._thread.is_alive() or line_has_bytes(reader):
            if line_has_bytes(reader):
                got += os.read(reader, 4096)
        assert len(self.sent) == len(self._codes)
        return got

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


def test_a_reader_that_has_not_flushed_yet_is_not_trusted(line: PtyLine) -> None:
    """As a driver does that opens the port, is held up, and only then throws the input away."""
    with reader_of(line) as reader:
        sending = Sending(line, FAST, ["A"], ManualClock())
        wait_until(lambda: sending.feeder.looks > 3, "the reader has been seen")
        assert not line_has_bytes(reader)
        termios.tcflush(reader, termios.TCIFLUSH)
        assert sending.finish_reading(reader) == b"A\r"


def test_a_reader_that_never_flushes_is_trusted_after_a_second(line: PtyLine) -> None:
    clock = ManualClock()
    with reader_of(line) as reader:
        sending = Sending(line, FAST, ["A"], clock)
        wait_until(lambda: sending.feeder.looks > 3, "the reader has been seen")
        assert not line_has_bytes(reader)
        clock.advance_us(1_000_000)
        assert sending.finish_reading(reader) == b"A\r"


def test_a_code_that_was_flushed_unread_is_sent_again(line: PtyLine) -> None:
    with reader_of(line) as reader:
        termios.tcflush(reader, termios.TCIFLUSH)
        sending = Sending(line, FAST, ["ABC"])
        wait_until(lambda: bytes_waiting(reader) == 4, "the whole code is in the line")
        termios.tcflush(reader, termios.TCIFLUSH)
        assert sending.finish_reading(reader) == b"ABC\r"
        assert sending.feeder.begun_anew == 1


def test_a_code_that_was_flushed_half_way_is_sent_again(line: PtyLine) -> None:
    code = "A" * 2_000  # takes 174 ms
    with reader_of(line) as reader:
        termios.tcflush(reader, termios.TCIFLUSH)
        sending = Sending(line, FAST, [code])
        wait_until(lambda: line_has_bytes(reader), "it has begun")
        termios.tcflush(reader, termios.TCIFLUSH)
        got = sending.finish_reading(reader)
        assert got.endswith(code.encode() + b"\r")
        assert sending.feeder.begun_anew == 1


@contextmanager
def reader_of(line: PtyLine) -> Iterator[int]:
    """The reader's end, opened by hand: it flushes nothing by itself."""
    reader = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    try:
        yield reader
    finally:
        os.close(reader)


def bytes_waiting(reader: int) -> int:
    return int.from_bytes(fcntl.ioctl(reader, termios.FIONREAD, bytes(4)), sys.byteorder)


def line_has_bytes(reader: int) -> bool:
    return bool(select.select([reader], [], [], 0)[0])


def test_a_code_that_its_reader_left_unread_goes_whole_to_the_next(line: PtyLine) -> None:
    clock = ManualClock()
    with reader_of(line) as first:
        termios.tcflush(first, termios.TCIFLUSH)
        sending = Sending(line, FAST, ["ABCDEF", "GH"], clock)
        wait_until(lambda: bytes_waiting(first) == 7, "the whole code is in the line")
        assert os.read(first, 3) == b"ABC"
    wait_until(lambda: sending.feeder.begun_anew == 1, "it is known to be lost")
    with reader_of(line) as second:  # throws nothing away itself
        looks = sending.feeder.looks
        wait_until(lambda: sending.feeder.looks > looks + 1, "the reader has been seen")
        clock.advance_us(1_000_000)
        assert sending.finish_reading(second) == b"ABCDEF\rGH\r"
    assert sending.sent == ["ABCDEF", "GH"]


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
