"""The envelope: round trips, limits, and every way in which a payload can be wrong."""

from __future__ import annotations

import json
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from edge.domain.sync_inputs import Epoch
from sync.envelope import (
    COMPRESS_FROM_BYTES,
    MESSAGE_BYTES_MAX,
    Ack,
    BadMessage,
    Commands,
    Events,
    Hello,
    Message,
    Need,
    Persons,
    State,
    Welcome,
    WireCommand,
    WirePerson,
    WirePosition,
    decode,
    encode,
    inflate,
)
from sync.topics import Leaf, Place

EPOCH = Epoch(3, "a1c4a1c4a1c4a1c4")
HASH = "ab" * 32
POSITION = WirePosition(epoch=EPOCH, through=18, hash=HASH)
BODY = b'{"z":1,"a":"\xc3\xa9","nested":{"k":[1,2]}}'


def hello(**changes: object) -> Hello:
    made = Hello(
        site="hz1",
        session="9f31c02b7a5e1d44",
        epoch=EPOCH,
        sent_at=1_790_000_000_123_456,
        head=5200,
        points=[(0, "00" * 32), (5200, HASH)],
        position=POSITION,
        app="1.4.2",
    )
    return msgspec.structs.replace(made, **changes)


def events(bodies: list[bytes]) -> Events:
    return Events(
        site="hz1",
        session="s",
        epoch=EPOCH,
        sent_at=1,
        first_seq=4711,
        prev_hash=HASH,
        last_hash=HASH,
        position=POSITION,
        events=[Raw(body) for body in bodies],
    )


EVERY_KIND: list[tuple[Leaf, Message]] = [
    ("events", hello()),
    ("events", events([BODY])),
    (
        "ack",
        Welcome(
            site="hz1", session="s", epoch=EPOCH, sent_at=1, through=4710, hash=HASH,
            lo=4160, hi=5200, credit=8,
        ),
    ),
    (
        "ack",
        Ack(
            site="hz1", session="s", epoch=EPOCH, sent_at=1, status="refused", through=5,
            hash=HASH, credit=0, seq=6, why="no event",
        ),
    ),
    (
        "commands",
        Commands(
            site="hz1", session="s", epoch=EPOCH, sent_at=1, first_number=19, prev_hash=HASH,
            commands=[WireCommand(id="c1", type="CancelOrder", data=Raw(b'{"number":"1"}'))],
        ),
    ),
    ("events", Need(site="hz1", session="s", epoch=EPOCH, sent_at=1, ids=["p1"])),
    (
        "commands",
        Persons(
            site="hz1", session="s", epoch=EPOCH, sent_at=1,
            rows=[
                WirePerson(id="p1", version=2, salt="00ff", data=Raw(b'{"name":"x"}')),
                WirePerson(id="p2", version=1, erased_at=7),
            ],
        ),
    ),
    (
        "state",
        State(
            site="hz1", session="s", epoch=EPOCH, sent_at=1, online=True,
            connection="7c20", since=1,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("leaf", "message"), EVERY_KIND)
def test_a_message_comes_back_as_it_was_sent(leaf: Leaf, message: Message) -> None:
    assert decode(encode(message), Place("hz1", leaf)) == message


def test_the_wire_is_the_documented_json() -> None:
    sent = json.loads(encode(hello()))
    assert sent == {
        "v": 1,
        "kind": "hello",
        "site": "hz1",
        "session": "9f31c02b7a5e1d44",
        "epoch": [3, "a1c4a1c4a1c4a1c4"],
        "sent_at": 1_790_000_000_123_456,
        "head": 5200,
        "points": [[0, "00" * 32], [5200, HASH]],
        "position": {"epoch": [3, "a1c4a1c4a1c4a1c4"], "through": 18, "hash": HASH},
        "app": "1.4.2",
    }


def test_optional_keys_are_left_out() -> None:
    _, welcome = EVERY_KIND[2]
    _, ack = EVERY_KIND[3]
    assert "seq" not in json.loads(encode(msgspec.structs.replace(ack, seq=msgspec.UNSET)))
    assert "why" not in json.loads(encode(welcome))


@pytest.mark.parametrize("padding", [0, 4000])
def test_the_bytes_of_an_event_are_not_touched(padding: int) -> None:
    body = BODY[:-1] + b',"pad":"' + b"x" * padding + b'"}'
    payload = encode(events([body, BODY]))
    assert (payload[:1] == b"{") is (padding == 0)
    received = decode(payload, Place("hz1", "events"))
    assert isinstance(received, Events)
    assert [bytes(raw) for raw in received.events] == [body, BODY]


def test_large_messages_are_compressed_and_small_ones_are_not() -> None:
    small = encode(hello(app="x"))
    large = encode(events([b'{"x":"' + b"y" * COMPRESS_FROM_BYTES + b'"}']))
    assert small[:1] == b"{"
    assert large[:1] == b"\x78"
    assert zlib.decompress(large)[:1] == b"{"


def test_unknown_keys_are_ignored() -> None:
    text = json.loads(encode(hello())) | {"later": {"key": 1}}
    assert decode(json.dumps(text).encode(), Place("hz1", "events")) == hello()


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(encode(hello())) | changes).encode()


BOMB = zlib.compress(b"{" + b" " * (MESSAGE_BYTES_MAX + 1) + b"}", 9)
COMPRESSED = zlib.compress(encode(hello()), 1)


@pytest.mark.parametrize(
    ("reason", "payload"),
    [
        ("oversized", b"{" + b" " * MESSAGE_BYTES_MAX + b"}"),
        ("oversized", BOMB),
        ("malformed", b""),
        ("malformed", b"no json"),
        ("malformed", b"[]"),
        ("malformed", b'{"v":1}'),
        ("malformed", b"\x78\x9c not deflate"),
        ("malformed", COMPRESSED[:-1]),
        ("malformed", COMPRESSED + b"x"),
        ("malformed", encode(hello()) + b"x"),
        ("malformed", encode(hello()).replace(b"hz1", b"hz\xff")),
        ("malformed", b'{"v":1,"kind":"hello","site":"hz1","head":' + b"[" * 100_000),
        ("malformed", changed(head=-1)),
        ("malformed", changed(head="1")),
        ("malformed", changed(epoch=[1, "short"])),
        ("malformed", changed(points=[[0, "0"]])),
        ("malformed", changed(points=[[0, "00" * 32]] * 33)),
        ("malformed", changed(session="")),
        ("unknown_version", changed(v=2)),
        ("unknown_kind", changed(kind="bonjour")),
        ("misplaced", changed(kind="welcome")),
        ("foreign_site", changed(site="hz2")),
    ],
)
def test_a_bad_payload_is_named(reason: str, payload: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(payload, Place("hz1", "events"))
    assert caught.value.reason == reason


def test_every_cut_of_a_payload_is_malformed() -> None:
    for payload in (encode(hello()), COMPRESSED):
        for length in range(len(payload)):
            with pytest.raises(BadMessage) as caught:
                decode(payload[:length], Place("hz1", "events"))
            assert caught.value.reason == "malformed"


@given(st.binary(max_size=200))
def test_noise_is_never_more_than_a_bad_message(noise: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(noise, Place("hz1", "events"))


@given(st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_is_read_or_refused(at: int, value: int) -> None:
    for payload in (bytearray(encode(hello())), bytearray(COMPRESSED)):
        payload[at % len(payload)] = value
        try:
            message = decode(bytes(payload), Place("hz1", "events"))
        except BadMessage:
            continue
        assert isinstance(message, Hello | Events | Need | Persons)


def test_a_bomb_is_not_inflated() -> None:
    with pytest.raises(BadMessage, match="oversized"):
        inflate(zlib.compress(bytes(50 * MESSAGE_BYTES_MAX), 9))


def test_a_message_above_the_limit_is_the_senders_error() -> None:
    with pytest.raises(AssertionError):
        encode(events([b'"' + b"x" * MESSAGE_BYTES_MAX + b'"']))
