"""What every driver must survive, whatever its line is.

A new driver joins by a row in CASES: how its line is played, the URL options, and how one code
looks on the wire. Whatever a driver reads, "one fact a code, in order, none lost" holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.trace import parse_chunk
from tests.contract.bench import LIMIT_S, Bench, wait_until
from tests.contract.lines import FarEnd, ReplayFarEnd, SerialFarEnd, TcpFarEnd

FLOOD = 10_000


@dataclass(frozen=True)
class Case:
    """A driver on a line. ``plug``: whether the line can be pulled and put back."""

    name: str
    far_end: Callable[[Path], FarEnd]
    options: str
    before: bytes
    after: bytes
    plug: bool = True

    def wire(self, *codes: str) -> bytes:
        return b"".join(self.before + code.encode() + self.after for code in codes)


CASES = [
    Case("serial-cr", SerialFarEnd, "?terminator=cr", b"", b"\r"),
    Case("serial-auto-crlf", SerialFarEnd, "", b"", b"\r\n"),
    Case("serial-etx", SerialFarEnd, "?terminator=etx", b"\x02", b"\x03"),
    Case("tcp-cr", TcpFarEnd, "?terminator=cr", b"", b"\r"),
    Case("tcp-tab", TcpFarEnd, "?terminator=tab", b"", b"\t"),
    Case("replay-cr", ReplayFarEnd, "?terminator=cr&pace=fast", b"", b"\r", plug=False),
    Case("replay-lf", ReplayFarEnd, "?terminator=lf", b"", b"\n", plug=False),
]
PLUGGABLE = [case for case in CASES if case.plug]
any_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
pluggable = pytest.mark.parametrize("case", PLUGGABLE, ids=lambda case: case.name)

CODES = [f"]C1010952123454321310LOT{number}" for number in range(20)]


@pytest.fixture
def far_end(case: Case, tmp_path: Path) -> Iterator[FarEnd]:
    end = case.far_end(tmp_path)
    end.plug()
    yield end
    end.close()


@pytest.fixture
def bench(case: Case, far_end: FarEnd) -> Iterator[Bench]:
    bench = Bench(far_end.target + case.options)
    yield bench
    bench.close()


def play(case: Case, far_end: FarEnd, bench: Bench, *chunks: bytes) -> None:
    """Open the device and send; a capture has to exist before it is opened."""
    if not case.plug:
        far_end.feed(chunks)
        bench.start()
        return
    bench.start().await_state("ready")
    far_end.feed(chunks)


@any_case
def test_whole_codes_are_read_in_order(case: Case, far_end: FarEnd, bench: Bench) -> None:
    play(case, far_end, bench, *(case.wire(code) for code in CODES))
    bench.await_reads(len(CODES))
    assert bench.texts() == CODES
    assert {read.symbology for read in bench.reads()} == {"]C1"}
    assert {read.fault for read in bench.reads()} == {None}


@any_case
def test_codes_that_come_byte_by_byte_are_read(case: Case, far_end: FarEnd, bench: Bench) -> None:
    wire = case.wire(*CODES[:5])
    play(case, far_end, bench, *(wire[at : at + 1] for at in range(len(wire))))
    bench.await_reads(5)
    assert bench.texts() == CODES[:5]


@any_case
def test_codes_that_come_in_one_burst_are_read(case: Case, far_end: FarEnd, bench: Bench) -> None:
    play(case, far_end, bench, case.wire(*CODES))
    bench.await_reads(len(CODES))
    assert bench.texts() == CODES


@any_case
def test_garbage_is_one_faulty_read_and_does_no_harm(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    garbage = case.before + bytes(range(128, 256)) + case.after
    play(case, far_end, bench, case.wire("A"), garbage, case.after * 3, case.wire("B"))
    bench.await_reads(3)
    first, broken, last = bench.reads()
    assert (first.data, broken.fault, last.data) == ("A", "encoding", "B")
    assert broken.raw == bytes(range(128, 256))


@any_case
def test_a_code_that_never_ends_is_one_faulty_read(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    play(case, far_end, bench, case.wire("A"), case.wire("9" * 20_000), case.wire("B"))
    bench.await_reads(3)
    assert [read.fault for read in bench.reads()] == [None, "too_long", None]
    assert bench.texts()[2] == "B"


@any_case
def test_a_flood_into_a_slow_consumer_loses_nothing(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    codes = [f"{number:05}" for number in range(FLOOD)]
    chunks = [case.wire(*codes[at : at + 7]) for at in range(0, FLOOD, 7)]
    if not case.plug:
        far_end.feed(chunks)
        bench.start().take_slowly(FLOOD)
    else:
        bench.start().await_state("ready")
        feeder = threading.Thread(target=far_end.feed, args=(chunks,))
        feeder.start()
        bench.take_slowly(FLOOD)
        feeder.join(LIMIT_S)
    assert bench.texts() == codes


@any_case
def test_a_code_that_the_end_of_the_line_cuts_is_thrown_away_and_counted(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    half = case.before + b"1234567"
    play(case, far_end, bench, case.wire("A"), half)
    bench.await_reads(1)
    wait_until(lambda: _bytes_seen(bench) >= len(case.wire("A")) + len(half), "all bytes read")
    far_end.unplug()
    bench.await_state("absent")
    wait_until(lambda: bench.supervisor.health().discarded_bytes == 7, "the cut frame is counted")
    assert bench.texts() == ["A"]


@pluggable
def test_a_plug_that_is_pulled_and_put_back_is_told_once_each(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    play(case, far_end, bench, case.wire("A"), case.before + b"123")
    bench.await_reads(1)
    far_end.unplug()
    bench.await_state("absent")
    far_end.plug()
    bench.await_state("ready")
    far_end.feed([case.wire("B")])
    bench.await_reads(2)
    assert bench.texts() == ["A", "B"], "what was cut is not glued to what came later"
    assert [state for state, _ in bench.states()] == ["ready", "absent", "ready"]
    assert bench.supervisor.health().reconnects == 1


@pluggable
def test_each_opening_numbers_its_facts_anew(case: Case, far_end: FarEnd, bench: Bench) -> None:
    play(case, far_end, bench, case.wire("A", "B"))
    bench.await_reads(2)
    far_end.unplug()
    bench.await_state("absent")
    far_end.plug()
    bench.await_state("ready")
    origins = [fact.origin for fact in bench.facts]
    first = [origin for origin in origins if origin.connection == origins[0].connection]
    assert [origin.sequence for origin in first] == [1, 2, 3, 4]
    assert origins[-1].connection != origins[0].connection
    assert origins[-1].sequence == 1
    assert {origin.device for origin in origins} == {"bench-1"}


@pluggable
def test_a_second_opening_is_refused_and_harms_nobody(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    play(case, far_end, bench, case.wire("A"))
    bench.await_reads(1)
    second = Bench(far_end.target + case.options, device="bench-2").start()
    try:
        second.take_until(lambda: bool(second.states()), "a word about the second opening")
        assert second.states() in ([("faulted", "busy")], [("absent", "refused")])
        far_end.feed([case.wire("B", "C")])
        bench.await_reads(3)
        assert bench.texts() == ["A", "B", "C"]
        assert bench.states() == [("ready", None)]
        assert second.texts() == []
    finally:
        second.close()


@pluggable
def test_stopping_while_nothing_comes(case: Case, far_end: FarEnd, bench: Bench) -> None:
    play(case, far_end, bench)
    assert bench.supervisor.stop(LIMIT_S)
    assert bench.supervisor.health().state == "disabled"


@pluggable
def test_stopping_while_the_device_is_gone(case: Case, far_end: FarEnd, bench: Bench) -> None:
    far_end.unplug()
    bench.start().await_state("absent")
    assert bench.supervisor.stop(LIMIT_S)


@any_case
def test_stopping_while_the_consumer_takes_nothing(
    case: Case, far_end: FarEnd, bench: Bench
) -> None:
    play(case, far_end, bench, case.wire(*CODES, *CODES))
    wait_until(lambda: len(bench.queue) == 16, "the queue is full")
    assert not bench.supervisor.stop(0.05), "what was read is not dropped in silence"
    bench.queue.close()
    assert bench.supervisor.stop(LIMIT_S)
    health = bench.supervisor.health()
    bench.take_waiting()
    assert len(bench.reads()) == health.reads
    assert health.reads + health.undelivered == len(CODES) * 2


def _bytes_seen(bench: Bench) -> int:
    lines = bench.supervisor.trace.lines()
    return sum(len(parse_chunk(line).data) for line in lines)
