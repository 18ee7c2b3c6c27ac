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
    fields = _texts(envelope.data)
    return EventRow(
        seq=stored.seq,
        at_us=envelope.recorded_at,
        title=_title(envelope.type, language),
        detail=_detail(fields, items, language),
        actor=envelope.actor,
        station=envelope.station,
        type=envelope.type,
        version=envelope.version,
        scanned=fields.get("data"),
        data=msgspec.json.format(bytes(envelope.data), indent=2).decode("utf-8"),
        before=before.hex() if before is not None else None,
        hash=stored.hash.hex(),
        proved=before is not None and link(before, stored.body) == stored.hash,
    )


def _title(event_type: str, language: Language) -> str:
    key = f"event.{event_type}"
    return text(key, language) if key in catalogue(language) else event_type


def _texts(data: msgspec.Raw) -> dict[str, str]:
    """The fields of any event, of today or tomorrow, whose values are texts."""
    fields = msgspec.json.decode(data, type=dict[str, object])
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _detail(fields: Mapping[str, str], items: Mapping[str, Item], language: Language) -> str:
    """``Correct``, ``Notebook A5 × 2``, ``pack-1``: what the event was about."""
    if "verdict" in fields:
        return text(f"verdict.{fields['verdict']}", language)
    if "sku" in fields:
        item = items.get(fields["sku"])
        chinese = language == "zh-CN"
        name = (item.name_zh if chinese else item.name_en) if item is not None else fields["sku"]
        return f"{name} × {fields['quantity']}" if "quantity" in fields else name
    if "sscc" in fields:
        return f"…{fields['sscc'][-7:]}"
    telling = ("station", "reason", "user", "person", "external_id")
    return next((fields[name] for name in telling if name in fields), "")
