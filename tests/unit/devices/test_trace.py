"""The trace: bounded, readable, and what it says can be played again."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.trace import Chunk, Trace, format_chunk, parse_chunk
from devices.transport.line import LineEnded
from devices.transport.replay import ReplayTransport
from edge.errors import DeviceError, InvalidInput

AT_US = 1_790_000_000_000_000


def test_a_chunk_is_one_line_that_a_person_can_read() -> None:
    chunk = Chunk(AT_US + 1, "<", b"]C110A\x1d21B\r")
    line = format_chunk(chunk)
    assert line == "2026-09-21T14:13:20.000001Z < 5d43313130411d3231420d  ]C110A.21B."
    assert parse_chunk(line) == chunk


def test_the_oldest_chunks_make_room() -> None:
    trace = Trace(chunks_max=2)
    for number in range(5):
        trace.add(AT_US, ">", bytes([number]))
    assert [parse_chunk(line).data for line in trace.lines()] == [b"\x03", b"\x04"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2026-09-21T14:13:20Z <",
        "yesterday < 41",
        "2026-09-21T14:13:20Z < 4",
        "2026-09-21T14:13:20 < 41",
        "2026-09-21T14:13:20Z = 41",
    ],
)
def test_a_line_that_is_no_chunk_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput, match=r"capture\.line"):
        parse_chunk(line)


def test_a_trace_can_be_played_again(tmp_path: Path) -> None:
    trace = Trace()
    trace.add(AT_US, "<", b"A\r")
    trace.add(AT_US + 1_000, ">", b"\x07")
    trace.add(AT_US + 2_000, "<", b"B\r")
    capture = tmp_path / "bench.trace"
    capture.write_text("# from bench 1\n\n" + "\n".join(trace.lines()))
    player = ReplayTransport(capture, paced=False)
    player.open()
    assert [player.read(0), player.read(0)] == [b"A\r", b"B\r"]
    with pytest.raises(LineEnded):
        player.read(0)


def test_the_pauses_are_kept_and_a_clock_set_back_is_none(tmp_path: Path) -> None:
    capture = tmp_path / "bench.trace"
    chunks = [Chunk(AT_US, "<", b"A"), Chunk(AT_US - 9_000, "<", b"B"), Chunk(AT_US, "<", b"C")]
    capture.write_text("\n".join(format_chunk(chunk) for chunk in chunks))
    player = ReplayTransport(capture)
    player.open()
    assert [player.read(1), player.read(1)] == [b"A", b"B"]
    assert player.read(1) == b"", "8 ms are still to wait"
    assert player.read(8) == b"C"


def test_a_capture_that_is_none_is_not_opened_again_and_again(tmp_path: Path) -> None:
    capture = tmp_path / "bench.trace"
    capture.write_text("4006381333931\n")
    with pytest.raises(LineEnded, match="bad_capture"):
        ReplayTransport(capture).open()
    with pytest.raises(DeviceError, match="no_device") as missing:
        ReplayTransport(tmp_path / "none").open()
    assert missing.value.retry
