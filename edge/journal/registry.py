"""Between payloads and stored bytes: encoding what is written, decoding what was.

A stored event of an older version goes through upcasters, one from each version to the next,
until it has the version of today; a type that this release does not know is ``UnknownEvent``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from edge.domain.events import REGISTRY, Event
from edge.domain.kernel import Meta, subject_of
from edge.errors import TallydockError
from edge.journal.chain import Envelope, StoredEvent, canonical, canonical_event, open_envelope

Upcaster = Callable[[dict[str, object]], dict[str, object]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, version n) -> what makes data of version n + 1 of data of version n."""


class UnknownEvent(TallydockError):
    """An event of a type or version that a newer release wrote."""

    def __init__(self, seq: int, type_: str, version: int) -> None:
        super().__init__(f"seq {seq}: {type_} version {version} is not known to this release")
        self.seq, self.type, self.version = seq, type_, version


@dataclass(frozen=True, slots=True)
class Recorded:
    """A payload with what stands around it."""

    meta: Meta
    event: Event
    subject: str
    causation: str | None


_decoders = {key: msgspec.json.Decoder(kind) for key, kind in REGISTRY.items()}


def encode(
    event: Event, *, site: str, seq: int, at_us: int, id_: str,
    actor: str | None, station: str | None, causation: str | None,
) -> tuple[str, bytes]:  # fmt: skip
    """Subject and canonical bytes of an event; InvalidInput above 256 KiB."""
    subject = subject_of(event)
    envelope = Envelope(
        actor=actor,
        causation=causation,
        data=msgspec.Raw(canonical(event)),
        id=id_,
        recorded_at=at_us,
        seq=seq,
        site=site,
        station=station,
        subject=subject,
        type=type(event).__name__,
        version=type(event).VERSION,
    )
    return subject, canonical_event(envelope)


def decode(stored: StoredEvent) -> Recorded:
    """The payload of a stored event; UnknownEvent, or msgspec.ValidationError if it is damaged."""
    envelope = open_envelope(stored.body)
    return Recorded(
        meta=Meta(
            seq=envelope.seq,
            at_us=envelope.recorded_at,
            actor=envelope.actor,
            station=envelope.station,
            id=envelope.id,
        ),
        event=_payload(envelope),
        subject=envelope.subject,
        causation=envelope.causation,
    )


def _payload(envelope: Envelope) -> Event:
    decoder = _decoders.get((envelope.type, envelope.version))
    if decoder is not None:
        return decoder.decode(envelope.data)
    version = envelope.version
    data = msgspec.json.decode(envelope.data, type=dict[str, object])
    while (upcast := UPCASTERS.get((envelope.type, version))) is not None:
        data, version = upcast(data), version + 1
    kind = REGISTRY.get((envelope.type, version))
    if kind is None:
        raise UnknownEvent(envelope.seq, envelope.type, envelope.version)
    return msgspec.convert(data, kind)
