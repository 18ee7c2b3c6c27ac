"""The hash chain (the journal's and the command log's) and the canonical bytes of an event.

    hash(n) = SHA-256(hash(n-1) as 32 bytes, 32 zero bytes before 1; then the canonical bytes of n)

The canonical bytes are the RFC 8785 JSON of the eleven keys of an event. Since keys are ASCII
and no number is a float, msgspec's sorted encoder yields exactly these bytes (the tests hold
it against an RFC 8785 implementation). The bytes that are hashed are stored and sent as they
are; nothing is ever re-encoded to be checked.
"""

from __future__ import annotations

import hashlib

import msgspec

from edge.errors import InvalidInput

ZERO_HASH = bytes(32)
EVENT_BYTES_MAX = 256 * 1024


class Position(msgspec.Struct, frozen=True, gc=False):
    """A place in a log: ``seq`` 0 with ZERO_HASH is before its first entry."""

    seq: int
    hash: bytes


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One journal row: ``body`` holds the canonical bytes that ``hash`` was made from."""

    seq: int
    hash: bytes
    body: bytes


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The eleven keys of an event; ``data`` stays raw JSON until somebody needs it."""

    actor: str | None
    causation: str | None
    data: msgspec.Raw
    id: str
    recorded_at: int
    seq: int
    site: str
    station: str | None
    subject: str
    type: str
    version: int


START = Position(0, ZERO_HASH)

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Envelope)


def link(previous: bytes, body: bytes) -> bytes:
    """Hash of an entry with canonical bytes ``body`` after one whose hash is ``previous``."""
    return hashlib.sha256(previous + body).digest()


def canonical(value: msgspec.Struct | dict[str, object]) -> bytes:
    """Sorted, compact UTF-8 JSON: RFC 8785 as long as no float and no non-ASCII key occurs."""
    return _encoder.encode(value)


def canonical_event(envelope: Envelope) -> bytes:
    """Canonical bytes of an event; InvalidInput when they exceed 256 KiB.

    ``envelope.data`` must itself be canonical bytes, since raw JSON is copied as it is.
    """
    body = _encoder.encode(envelope)
    if len(body) > EVENT_BYTES_MAX:
        raise InvalidInput("event", envelope.type, "split it: an event holds at most 256 KiB")
    return body


def open_envelope(body: bytes) -> Envelope:
    """The envelope of canonical bytes; msgspec.ValidationError or DecodeError if they are none."""
    return _decoder.decode(body)
