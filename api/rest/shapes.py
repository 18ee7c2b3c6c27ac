"""Shapes that several routes share, and how routes reach their ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.paging import encode_cursor, split_page
from api.ports import EdgePorts, Queries
from edge.clock import rfc3339
from edge.journal.chain import StoredEvent

T = TypeVar("T")

QUANTITY = "Exact decimal as text, such as `3` or `2.5`."
TIME = "RFC 3339, UTC."

Quantity = Annotated[str, Field(max_length=32, description=QUANTITY, examples=["3"])]
Time = Annotated[str, Field(description=TIME, examples=["2026-11-25T18:04:27.000001Z"])]
Number = Annotated[str, Path(min_length=1, max_length=64)]
Sku = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """A request body: no conversions, and an unknown key is an error, not a silence."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Text(BaseModel):
    """A name in both languages."""

    zh: str
    en: str


class Money(BaseModel):
    """Integer minor units (cents, fen) of an ISO 4217 currency."""

    model_config = ConfigDict(strict=True, extra="forbid")
    amount_minor: int = Field(ge=0, le=10**15)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Recorded(BaseModel):
    """Where in the journal something stands; ``hash`` is the chain's, in hex."""

    seq: int
    hash: str


class Event(BaseModel):
    """An event exactly as it was hashed: the eleven keys of the journal."""

    actor: str | None
    causation: str | None
    data: dict[str, object]
    id: str
    recorded_at: int = Field(description="UTC microseconds since 1970.")
    seq: int
    site: str
    station: str | None
    subject: str
    type: str
    version: int


class ChainedEvent(BaseModel):
    """``hash`` = SHA-256(hash before as 32 bytes, then the event's RFC 8785 JSON), in hex."""

    event: Event
    hash: str


class RawJson(Response):
    """JSON bytes that are sent as they are."""

    media_type: str | None = "application/json"


class SplicedEvent(msgspec.Struct, frozen=True):
    """A stored event on its way out: the very bytes that were hashed."""

    event: msgspec.Raw
    hash: str


def spliced(events: Sequence[StoredEvent]) -> list[SplicedEvent]:
    """The events with their stored bytes."""
    return [SplicedEvent(msgspec.Raw(stored.body), stored.hash.hex()) for stored in events]


class _HistoryPage(msgspec.Struct):
    items: list[SplicedEvent]
    next_cursor: str | None


def history_page(found: Sequence[StoredEvent], limit: int) -> bytes:
    """A page of at most ``limit`` events, of which one more was asked for; JSON."""
    events, more = split_page(found, limit)
    last = encode_cursor((events[-1].seq,)) if more else None
    return msgspec.json.encode(_HistoryPage(spliced(events), last))


async def ports_of(connection: HTTPConnection) -> EdgePorts:
    """The ports of the application that serves this connection."""
    ports: EdgePorts = connection.app.state.ports
    return ports


Ports = Annotated[EdgePorts, Depends(ports_of)]


async def read(ports: EdgePorts, query: Callable[[Queries], T]) -> T:
    """Run ``query`` in a worker thread on a connection and snapshot of its own."""
    return await asyncio.to_thread(read_now, ports, query)


def read_now(ports: EdgePorts, query: Callable[[Queries], T]) -> T:
    """``read`` for callers that may block."""
    with ports.reads() as queries:
        return query(queries)


def time_or_none(at_us: int | None) -> str | None:
    """RFC 3339 of microseconds, or None."""
    return None if at_us is None else rfc3339(at_us)
