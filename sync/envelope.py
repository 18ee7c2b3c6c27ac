"""The envelope (SYNC.md section 3): one frozen struct a kind, and its bytes.

A payload is a UTF-8 JSON object, or the zlib stream of one (RFC 1950) from 2 KiB on; the
first byte tells. Unknown keys are ignored. What cannot be read raises ``BadMessage``, whose
``reason`` is the token under which the message is counted and kept as a dead letter.
"""

from __future__ import annotations

import zlib
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from edge.domain.sync_inputs import Epoch
from edge.errors import PeerError
from sync.topics import KINDS, Place

VERSION = 1
MESSAGE_BYTES_MAX = 1024 * 1024
COMPRESS_FROM_BYTES = 2 * 1024
POINTS_MAX = 32
EVENTS_MAX = 500
COMMANDS_MAX = 16
PERSONS_MAX = 100

Reason = Literal[
    "oversized", "malformed", "unknown_version", "unknown_kind", "misplaced", "foreign_site"
]

Number = Annotated[int, Meta(ge=0, le=2**53)]
HashText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Token = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=256)]


class BadMessage(PeerError):
    """A payload that is not a message of this protocol, on this topic."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason


class Common(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """``session``: 64 random bits of one exchange, echoed by answers; ``sent_at``: UTC us."""

    site: Token
    session: Token
    epoch: Epoch
    sent_at: int
    v: int = VERSION


class WirePosition(msgspec.Struct, frozen=True, kw_only=True):
    """How far the site followed the command log."""

    epoch: Epoch
    through: Number
    hash: HashText


class Hello(Common, frozen=True, kw_only=True, tag="hello"):
    """Where do you stand? ``points`` are (seq, hash) of this journal, ascending."""

    head: Number
    points: Annotated[list[tuple[Number, HashText]], Meta(max_length=POINTS_MAX)]
    position: WirePosition
    app: Text = ""


class Events(Common, frozen=True, kw_only=True, tag="events"):
    """Consecutive entries; each element is the canonical bytes that were hashed."""

    first_seq: Annotated[int, Meta(ge=1, le=2**53)]
    prev_hash: HashText
    last_hash: HashText
    position: WirePosition
    events: Annotated[list[Raw], Meta(max_length=EVENTS_MAX)]


class Welcome(Common, frozen=True, kw_only=True, tag="welcome"):
    """Central stands at ``through``; the common ancestor is at ``lo`` or above, below ``hi``."""

    through: Number
    hash: HashText
    lo: Number
    hi: Number
    credit: Number
    fenced: bool = False


class Ack(Common, frozen=True, kw_only=True, tag="ack"):
    """``seq`` and ``why`` come with ``refused`` only."""

    status: Literal["ok", "gap", "hello", "refused"]
    through: Number
    hash: HashText
    credit: Number
    seq: Number | UnsetType = UNSET
    why: Text | UnsetType = UNSET


class WireCommand(msgspec.Struct, frozen=True, kw_only=True):
    """One command; ``sig`` (Ed25519 over its hash) is reserved for signed commands."""

    id: Token
    type: Token
    data: Raw
    version: Number = 1
    sig: Text | UnsetType = UNSET


class Commands(Common, frozen=True, kw_only=True, tag="commands"):
    """Consecutive commands, the first of which has ``first_number``; ``epoch`` is theirs."""

    first_number: Annotated[int, Meta(ge=1, le=2**53)]
    prev_hash: HashText
    commands: Annotated[list[WireCommand], Meta(max_length=COMMANDS_MAX)]


class Need(Common, frozen=True, kw_only=True, tag="need"):
    """Persons whose row the sender lacks."""

    ids: Annotated[list[Token], Meta(max_length=PERSONS_MAX)]


class WirePerson(msgspec.Struct, frozen=True, kw_only=True):
    """``salt`` and ``data``, or ``erased_at``."""

    id: Token
    version: Number
    salt: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){1,64}\Z")] | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    erased_at: Number | UnsetType = UNSET


class Persons(Common, frozen=True, kw_only=True, tag="persons"):
    """Rows that the receiver asked for."""

    rows: Annotated[list[WirePerson], Meta(max_length=PERSONS_MAX)]


class State(Common, frozen=True, kw_only=True, tag="state"):
    """Birth and will of one connection; retained, and never more than a light on a page."""

    online: bool
    connection: Token
    since: Number


Message = Hello | Events | Welcome | Ack | Commands | Need | Persons | State


class _Header(msgspec.Struct, frozen=True):
    v: int
    kind: str
    site: str


_encoder = msgspec.json.Encoder()
_header = msgspec.json.Decoder(_Header)
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_EVERY_KIND = frozenset[str]().union(*KINDS.values())


def encode(message: Message) -> bytes:
    """Payload of ``message``; it is the sender's fault, and an error, to exceed 1 MiB."""
    text = _encoder.encode(message)
    assert len(text) <= MESSAGE_BYTES_MAX, f"{type(message).__name__} of {len(text)} bytes"
    return text if len(text) < COMPRESS_FROM_BYTES else zlib.compress(text, 1)


def inflate(payload: bytes) -> bytes:
    """JSON text of a payload; never makes more than 1 MiB out of it."""
    if len(payload) > MESSAGE_BYTES_MAX:
        raise BadMessage("oversized", f"{len(payload)} bytes")
    if payload[:1] != b"\x78":
        return payload
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(payload, MESSAGE_BYTES_MAX + 1)
    except zlib.error as error:
        raise BadMessage("malformed", str(error)) from error
    if len(text) > MESSAGE_BYTES_MAX:
        raise BadMessage("oversized", "more than 1 MiB once inflated")
    if not stream.eof or stream.unused_data:
        raise BadMessage("malformed", "a zlib stream that is cut or followed by something")
    return text


def decode(payload: bytes, place: Place) -> Message:
    """The message in ``payload``, which came on the topic of ``place``; BadMessage if none."""
    text = inflate(payload)
    try:
        header = _header.decode(text)
        _accept(header, place)
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage("malformed", str(error)) from error


def _accept(header: _Header, place: Place) -> None:
    if header.v != VERSION:
        raise BadMessage("unknown_version", str(header.v))
    if header.kind not in _EVERY_KIND:
        raise BadMessage("unknown_kind", header.kind[:64])
    if header.kind not in KINDS[place.leaf]:
        raise BadMessage("misplaced", f"{header.kind} on {place.leaf}")
    if header.site != place.site:
        raise BadMessage("foreign_site", header.site[:64])
