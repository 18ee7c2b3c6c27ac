"""What central reads out of a site's events: answers to commands, persons, their erasure.

It needs little knowledge of event types for this: an answer is an event of one of two types whose
``causation`` is the command's id (SYNC.md section 6), a reference is any object with the keys
person, version and digest (section 12), and an erasure is an event of one type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from edge.journal.chain import Envelope, StoredEvent, open_envelope
from sync.central.ports import Answer, Outcome

ANSWERS: dict[str, Outcome] = {"CommandAccepted": "accepted", "CommandRefused": "refused"}


class _Whom(msgspec.Struct):
    person: str


_REFERENCE_KEYS = {"person", "version", "digest"}
_DEPTH_MAX = 16


class _Why(msgspec.Struct):
    why: str | None = None


def answers(events: Iterable[StoredEvent]) -> list[Answer]:
    """The commands that ``events`` accept or refuse."""
    marked = (event for event in events if b'"type":"Command' in event.body)
    found = (_answer(event.seq, open_envelope(event.body)) for event in marked)
    return [answer for answer in found if answer is not None]


def persons_in_events(events: Iterable[StoredEvent]) -> list[str]:
    """Ids of persons that ``events`` refer to, each once, in order."""
    bodies = (event.body for event in events if b'"digest"' in event.body)
    return list(dict.fromkeys(ref for body in bodies for ref in persons_in(body)))


def erased_in_events(events: Iterable[StoredEvent]) -> list[str]:
    """Ids of persons whose erasure ``events`` state, each once, in order."""
    marked = (event for event in events if b'"type":"PersonErased"' in event.body)
    found = (_erased(open_envelope(event.body)) for event in marked)
    return list(dict.fromkeys(person for person in found if person is not None))


def persons_in(body: bytes) -> list[str]:
    """Ids of persons that a JSON text refers to."""
    value: object = msgspec.json.decode(body)
    return list(_references(value, _DEPTH_MAX))


def _erased(envelope: Envelope) -> str | None:
    if envelope.type != "PersonErased":
        return None
    try:
        return msgspec.json.decode(envelope.data, type=_Whom).person
    except msgspec.DecodeError:
        return None


def _answer(seq: int, envelope: Envelope) -> Answer | None:
    outcome = ANSWERS.get(envelope.type)
    if outcome is None or envelope.causation is None:
        return None
    try:
        why = msgspec.json.decode(envelope.data, type=_Why).why
    except msgspec.DecodeError:
        why = None
    return Answer(command=envelope.causation, seq=seq, outcome=outcome, why=why)


def _references(value: object, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(value, dict):
        person = value.get("person")
        if value.keys() >= _REFERENCE_KEYS and isinstance(person, str):
            yield person
        for item in value.values():
            yield from _references(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item, depth - 1)
