"""An order's events as rows that a person can open, check and compare with another copy.

Each row is proved while it is drawn: its hash is made anew from the row before it and its
bytes (edge.journal.chain). Nothing personal is in an event, so nothing has to be hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from api.language import Language
from api.pages.ports import History
from edge.domain.rows import Item
from edge.journal.chain import Envelope, StoredEvent, link
from edge.text.catalogue import catalogue, text


class _Payload(msgspec.Struct):
    """The fields of any event that are told in its row."""

    verdict: str | None = None
    sku: str | None = None
    quantity: str | None = None
    sscc: str | None = None
    station: str | None = None
    reason: str | None = None
    user: str | None = None
    why: msgspec.Raw | None = None
    person: str | None = None
    external_id: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event to show. ``scanned`` is the raw code of a scan; ``data`` is indented JSON."""

    seq: int
    at_us: int
    title: str
    detail: str
    actor: str | None
    station: str | None
    type: str
    version: int
    scanned: str | None
    data: str
    before: str | None
    hash: str
    proved: bool


def rows(history: History | None, items: Mapping[str, Item], language: Language) -> list[EventRow]:
    """Newest first; none where there is no history to tell."""
    if history is None:
        return []
    return [
        _row(event, history.before.get(event.seq), items, language)
        for event in reversed(history.events)
    ]


def _row(
    stored: StoredEvent, before: bytes | None, items: Mapping[str, Item], language: Language
) -> EventRow:
    envelope = msgspec.json.decode(stored.body, type=Envelope)
    fields = msgspec.json.decode(envelope.data, type=_Payload)
    return EventRow(
        seq=stored.seq,
        at_us=envelope.recorded_at,
        title=_title(envelope.type, language),
        detail=_detail(fields, items, language),
        actor=envelope.actor,
        station=envelope.station,
        type=envelope.type,
        version=envelope.version,
        scanned=fields.data,
        data=msgspec.json.format(bytes(envelope.data), indent=2).decode("utf-8"),
        before=before.hex() if before is not None else None,
        hash=stored.hash.hex(),
        proved=before is not None and link(before, stored.body) == stored.hash,
    )


def _title(event_type: str, language: Language) -> str:
    key = f"event.{event_type}"
    return text(key, language) if key in catalogue(language) else event_type


def _detail(fields: _Payload, items: Mapping[str, Item], language: Language) -> str:
    """``Correct``, ``Notebook A5 × 2``, ``pack-1``: what the event was about."""
    if fields.verdict is not None:
        return text(f"verdict.{fields.verdict}", language)
    if fields.sku is not None:
        item = items.get(fields.sku)
        chinese = language == "zh-CN"
        name = (item.name_zh if chinese else item.name_en) if item is not None else fields.sku
        return f"{name} × {fields.quantity}" if fields.quantity is not None else name
    told = (
        fields.sscc and f"…{fields.sscc[-7:]}",
        fields.station,
        fields.reason,
        fields.user,
        fields.person,
    )
    return next((value for value in told if value), fields.external_id or "")
