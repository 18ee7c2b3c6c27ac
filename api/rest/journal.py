"""The journal itself: pages of it, and a stream that follows it.

Both send the stored canonical bytes, spliced in unchanged, so that whoever reads them can
recompute the chain: hash = SHA-256(hash before as 32 bytes, then the event's bytes).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth.guard import JournalReader, identify_or_none
from api.auth.roles import Operation
from api.paging import Limit
from api.ports import EdgePorts, Queries
from api.problems import Problem, field_problem
from api.rest.shapes import ChainedEvent, Ports, RawJson, SplicedEvent, read, read_now, spliced
from edge.journal.chain import StoredEvent

router = APIRouter(tags=["journal"])

PAGE_BYTES_MAX = 4 * 1024 * 1024
STREAM_PAGE = 200
HEARTBEAT_S = 15.0
RETRY_MS = 2000

After = Annotated[int, Query(ge=0, description="The seq of the last event already known.")]


class JournalPage(BaseModel):
    """``next`` is the ``after`` of the next page; no events: the head is reached."""

    events: list[ChainedEvent]
    next: int


class SplicedPage(msgspec.Struct):
    """A JournalPage whose events are stored bytes."""

    events: list[SplicedEvent]
    next: int


@router.get("/journal", response_class=RawJson, responses={200: {"model": JournalPage}})
def read_journal(
    ports: Ports, _caller: JournalReader, after: After = 0, limit: Limit = 1000
) -> Response:
    """Events behind ``after``, oldest first; a page is also cut at 4 MiB."""

    def query(queries: Queries) -> bytes:
        events = queries.events(after=after, limit=limit, bytes_max=PAGE_BYTES_MAX)
        last = events[-1].seq if events else after
        return msgspec.json.encode(SplicedPage(spliced(events), last))

    return RawJson(read_now(ports, query))


class EventStream(StreamingResponse):
    """Server-sent events (HTML standard, section 9.2)."""

    media_type: str | None = "text/event-stream"


@router.get(
    "/stream",
    response_class=EventStream,
    responses={200: {"description": "`id` is the seq, `data` a chained event as in /journal."}},
)
async def stream(
    request: Request,
    ports: Ports,
    _caller: JournalReader,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Events as they are recorded: behind Last-Event-ID, else behind ``after``, else from now."""
    head = (await read(ports, lambda queries: queries.head())).seq
    start = _start(after, last_event_id)
    if start is not None and start > head:
        remedy = f"the journal ends at {head}: read it anew from 0"
        raise Problem("invalid", errors=[field_problem("after", str(start), remedy, "ahead")])
    frames = _frames(request, ports, head if start is None else start)
    return EventStream(frames, headers={"X-Accel-Buffering": "no"})


def _start(after: int | None, last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return after
    if not last_event_id.isdecimal() or not last_event_id.isascii():
        remedy = "send the id of an event of this stream"
        wrong = field_problem("Last-Event-ID", last_event_id, remedy, "int_parsing")
        raise Problem("invalid", errors=[wrong])
    return int(last_event_id)


async def _frames(request: Request, ports: EdgePorts, after: int) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % RETRY_MS
    while await _still_allowed(request):
        page = await read(ports, partial(_behind, after))
        for stored in page:
            yield frame(stored)
            after = stored.seq
        if not page and not await ports.growth.beyond(after, HEARTBEAT_S):
            yield b": still here\n\n"


def _behind(after: int, queries: Queries) -> Sequence[StoredEvent]:
    return queries.events(after=after, limit=STREAM_PAGE, bytes_max=PAGE_BYTES_MAX)


async def _still_allowed(request: Request) -> bool:
    """A stream outlives its token no longer than one heartbeat."""
    caller = await identify_or_none(request)
    return caller is not None and caller.may(Operation.READ_JOURNAL)


def frame(stored: StoredEvent) -> bytes:
    """One event as a frame; canonical JSON holds no line feed, so it is one data line."""
    (event,) = spliced([stored])
    return b"id: %d\ndata: %s\n\n" % (stored.seq, msgspec.json.encode(event))
