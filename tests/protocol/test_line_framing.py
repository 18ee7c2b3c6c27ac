"""Line framing: whole, byte by byte, glued, split, cut, too long, by silence, held up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.barcode.framing import Frame, LineFramer, Terminator

MS = 1_000_000
ALL: tuple[Terminator, ...] = ("cr", "lf", "crlf", "etx", "tab")

SETS: tuple[tuple[Terminator, ...], ...] = (
    ("cr",), ("lf",), ("crlf",), ("etx",), ("tab",), ("cr", "lf"), ("lf", "crlf"), ("cr", "crlf"),
    ("cr", "etx"), ALL,
)  # fmt: skip

# terminators, what comes, the frames, the empty frames that are counted
EXAMPLES: list[tuple[tuple[Terminator, ...], bytes, list[Frame], int]] = [
    (("cr",), b"4006381333931\r", [Frame(b"4006381333931")], 0),
    (("cr",), b"A\rB\rC\r", [Frame(b"A"), Frame(b"B"), Frame(b"C")], 0),
    (("cr",), b"A\r\nB\r\n", [Frame(b"A"), Frame(b"B")], 0),
    (("cr",), b"A\nB\r", [Frame(b"A\nB")], 0),
    (("lf",), b"A\nB\n", [Frame(b"A"), Frame(b"B")], 0),
    (("lf",), b"A\r\nB\r\n", [Frame(b"A"), Frame(b"B")], 0),
    (("cr", "lf"), b"A\rB\nC\r\nD\r", [Frame(b"A"), Frame(b"B"), Frame(b"C"), Frame(b"D")], 0),
    (("crlf",), b"A\r\nB\rC\nD\r\n", [Frame(b"A"), Frame(b"B\rC\nD")], 0),
    (("etx",), b"\x02A\x03\x02B\rC\x03", [Frame(b"A"), Frame(b"B\rC")], 0),
    (("etx",), b"A\x03", [Frame(b"A")], 0),
    (("etx",), b"\x02A\x03\r\n\x02B\x03\r\n", [Frame(b"A"), Frame(b"B")], 0),
    (("etx",), b"\x02A\x02B\x03", [Frame(b"A", "cut"), Frame(b"B")], 0),
    (("tab",), b"A\tB C\t", [Frame(b"A"), Frame(b"B C")], 0),
    (("cr",), b"\r\r\nA\r\r", [Frame(b"A")], 3),
    (("cr", "lf"), b"\n\r\nA\r\n", [Frame(b"A")], 2),
    (("etx",), b"\x02\x03\x02A\x03", [Frame(b"A")], 1),
    (("cr",), b"]C10109521234543213\x1d10A\r", [Frame(b"]C10109521234543213\x1d10A")], 0),
    (("cr",), b"\x00\xff\r", [Frame(b"\x00\xff")], 0),
    (("cr",), b"12345678\r123456789\r12\r",
     [Frame(b"12345678"), Frame(b"12345678", "too_long"), Frame(b"12")], 0),
    (("crlf",), b"12345678\r\n1234567890123\r4\r\n12\r\n",
     [Frame(b"12345678"), Frame(b"12345678", "too_long"), Frame(b"12")], 0),
    (("etx",), b"\x02123456789\x02AB\x03", [Frame(b"12345678", "too_long"), Frame(b"AB")], 0),
]  # fmt: skip


def short(terminators: Iterable[Terminator]) -> LineFramer:
    """A framer whose limit is soon reached."""
    return LineFramer(terminators, max_frame_bytes=8)


def limit_of(data: bytes) -> int:
    return 8 if b"123456789" in data else 7089


@pytest.mark.parametrize(("terminators", "data", "frames", "noise"), EXAMPLES)
def test_a_stream_is_cut_at_its_ends(
    terminators: tuple[Terminator, ...], data: bytes, frames: list[Frame], noise: int
) -> None:
    whole = LineFramer(terminators, limit_of(data))
    assert whole.receive(data, 0) == frames
    assert whole.noise == noise


@pytest.mark.parametrize(("terminators", "data", "frames", "noise"), EXAMPLES)
def test_bytes_that_come_one_by_one_give_the_same(
    terminators: tuple[Terminator, ...], data: bytes, frames: list[Frame], noise: int
) -> None:
    single = LineFramer(terminators, limit_of(data))
    got = [frame for at, byte in enumerate(data) for frame in single.receive(bytes([byte]), at)]
    assert got == frames
    assert single.noise == noise


@pytest.mark.parametrize(("terminators", "data", "frames", "noise"), EXAMPLES)
def test_bytes_behind_the_last_end_wait_for_theirs(
    terminators: tuple[Terminator, ...], data: bytes, frames: list[Frame], noise: int
) -> None:
    trailing = LineFramer(terminators, limit_of(data))
    assert trailing.receive(data + b"XY", 0) == frames
    assert trailing.reset() == 2 + (2 if data.endswith(b"\x03\r\n") else 0)
    assert trailing.receive(data, 0) == frames, "nothing of the cut frame is left"


def test_a_frame_is_out_with_its_cr_and_does_not_wait_for_a_line_feed() -> None:
    both = LineFramer(("cr", "lf"))
    assert both.receive(b"A\r", 0) == [Frame(b"A")]
    assert both.receive(b"\nB\r", 900 * MS) == [Frame(b"B")]
    assert both.noise == 0


def test_a_frame_that_is_too_long_is_told_before_its_end() -> None:
    line = short(("cr",))
    assert line.receive(b"123456789", 0) == [Frame(b"12345678", "too_long")]
    assert line.receive(b"0" * 100_000, 0) == []
    assert line.receive(b"\rA\r", 0) == [Frame(b"A")]


def test_without_an_end_there_are_no_frames() -> None:
    with pytest.raises(ValueError, match="need an end"):
        LineFramer((), idle_gap_ms=None)


@given(
    terminators=st.sampled_from(SETS),
    data=st.lists(st.sampled_from([b"A", b"b", b"\r", b"\n", b"\t", b"\x02", b"\x03", b"12345678"]),
                  max_size=40).map(b"".join),
    cuts=st.sets(st.integers(1, 120), max_size=12),
)  # fmt: skip
def test_no_chunking_changes_the_frames(
    terminators: tuple[Terminator, ...], data: bytes, cuts: set[int]
) -> None:
    whole, chunked = short(terminators), short(terminators)
    expected = whole.receive(data, 0)
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    got: list[Frame] = []
    for start, end in itertools.pairwise(edges):
        got += chunked.receive(data[start:end], 0)
    assert (got, chunked.noise) == (expected, whole.noise)


CODES = st.lists(
    st.binary(min_size=1, max_size=30).filter(lambda code: not set(code) & set(b"\r\n\t\x02\x03")),
    min_size=1, max_size=8,
)  # fmt: skip
ENDINGS: dict[Terminator, bytes] = {
    "cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "etx": b"\x03", "tab": b"\t",
}  # fmt: skip


@given(terminator=st.sampled_from(ALL), codes=CODES, data=st.data())
def test_codes_survive_any_bursts_and_pauses(
    terminator: Terminator, codes: list[bytes], data: st.DataObject
) -> None:
    head = b"\x02" if terminator == "etx" else b""
    stream = b"".join(head + code + ENDINGS[terminator] for code in codes)
    line = LineFramer((terminator,))
    got: list[Frame] = []
    at_ns, sent = 0, 0
    while sent < len(stream):
        size = data.draw(st.integers(1, len(stream)), label="burst")
        at_ns += data.draw(st.integers(0, 500), label="pause_ms") * MS
        got += line.receive(stream[sent : sent + size], at_ns)
        got += line.tick(at_ns)
        sent += size
    assert got == [Frame(code) for code in codes]


GAP_MS = 60


@given(codes=CODES, ticking=st.booleans(), data=st.data())
def test_codes_without_an_end_are_told_apart_by_silence(
    codes: list[bytes], ticking: bool, data: st.DataObject
) -> None:
    line = LineFramer((), idle_gap_ms=GAP_MS)
    got: list[Frame] = []
    at_ns = 0
    for code in codes:
        at_ns += data.draw(st.integers(GAP_MS, 500), label="between_ms") * MS
        if ticking:
            got += line.tick(at_ns)
        for byte in code:
            at_ns += data.draw(st.integers(0, GAP_MS - 1), label="within_ms") * MS
            if ticking:
                got += line.tick(at_ns)
            got += line.receive(bytes([byte]), at_ns)
    got += line.tick(at_ns + GAP_MS * MS)
    assert got == [Frame(code) for code in codes]


@given(
    gaps=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=20),
)
def test_a_reader_that_was_held_up_never_passes_on_two_codes_as_one(
    gaps: list[tuple[int, int]],
) -> None:
    """Codes A, B, C... of one byte; the reader looks at random moments and takes what is there."""
    line = LineFramer((), idle_gap_ms=GAP_MS)
    pending, looked_ns, at_ns = b"", 0, 0
    got: list[Frame] = []
    for number, (until_look_ms, until_code_ms) in enumerate(gaps):
        at_ns += (GAP_MS + until_code_ms) * MS
        pending += bytes([ord("A") + number])
        if until_look_ms < 150:  # otherwise the reader is held up over the next code as well
            at_ns += until_look_ms * MS
            got += line.receive(pending, at_ns, looked_ns)
            pending, looked_ns = b"", at_ns
    got += line.receive(pending, at_ns, looked_ns) if pending else []
    got += line.tick(at_ns + GAP_MS * MS)
    sound = [frame.data for frame in got if frame.fault is None]
    assert all(len(data) == 1 for data in sound)
    assert b"".join(frame.data for frame in got) == bytes(range(65, 65 + len(gaps)))
    assert {frame.fault for frame in got} <= {None, "overrun"}


def test_a_terminated_code_is_no_worse_for_a_reader_that_was_held_up() -> None:
    line = LineFramer(("cr",), idle_gap_ms=GAP_MS)
    assert line.receive(b"A\rB\r", 3_000 * MS, 0) == [Frame(b"A"), Frame(b"B")]
    assert line.receive(b"C", 3_001 * MS) == []
    assert line.tick(4_000 * MS) == [Frame(b"C")]


def test_silence_ends_the_skipping_of_a_frame_that_was_too_long() -> None:
    line = LineFramer((), 8, GAP_MS)
    assert line.receive(b"123456789", 0) == [Frame(b"12345678", "too_long")]
    assert line.tick(GAP_MS * MS) == []
    assert line.receive(b"AB", 200 * MS) == []
    assert line.tick(300 * MS) == [Frame(b"AB")]
