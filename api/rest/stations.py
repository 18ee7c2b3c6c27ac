"""Stations: list, the live view of one, the work that waits for it, and scans."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.auth.gate import gate_of
from api.auth.guard import FloorReader, Scanner
from api.idempotency import IdempotencyKey
from api.language import negotiate
from api.paging import LIMIT_DEFAULT, CursorText, Limit, Page
from api.ports import Queries
from api.rest.floor import wall_lists, wall_page
from api.rest.shapes import Body, Ports, Quantity, RawJson, Recorded, Text, read
from api.rest.view_shapes import StationShown, StationView
from edge.codes.commands import build
from edge.domain.rows import Fulfilment, FulfilmentStatus, Tracking

router = APIRouter(prefix="/stations", tags=["stations"])

Station = Annotated[str, Path(min_length=1, max_length=64)]


class ScanBody(Body):
    """``data`` is the text that a scanner sends, U+001D for GS; ``symbology`` the AIM id."""

    data: str = Field(max_length=8192, examples=["]C1010952123400001810L7"])
    symbology: str | None = Field(default=None, max_length=8, examples=["]C1"])


class ScanAnswer(BaseModel):
    """The one verdict of this scan; ``reason`` says why a code could not be used."""

    verdict: str
    reason: str | None
    message: str
    next: str
    session: StationView
    recorded: Recorded


class LineOfWork(BaseModel):
    """What is wanted of one item."""

    line: int
    sku: str
    gtin: str | None
    name: Text | None
    tracking: Tracking
    location: str | None
    quantity: Quantity
    quantity_packed: Quantity
    quantity_short: Quantity


class Work(BaseModel):
    """A fulfilment that this station has open or may open; scanning ``scan`` opens it."""

    fulfilment: str
    scan: str
    order: str
    status: FulfilmentStatus
    station: str | None
    quantity: Quantity
    quantity_packed: Quantity
    quantity_short: Quantity
    lines: list[LineOfWork]


@router.get("", response_class=RawJson, responses={200: {"model": Page[StationShown]}})
async def list_stations(
    ports: Ports, _caller: FloorReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Response:
    """All stations with who is there and the last verdict."""
    return wall_page(wall_lists(await ports.views.wall_view()).stations, limit, cursor)


@router.get("/{station}", response_class=RawJson, responses={200: {"model": StationView}})
async def show_station(station: Station, ports: Ports, _caller: FloorReader) -> Response:
    """The live view of a station, as its page gets it."""
    return RawJson(await ports.views.station_view(station))


@router.get("/{station}/work")
async def list_work(
    station: Station, ports: Ports, _caller: FloorReader, limit: Limit = 20
) -> Page[Work]:
    """What is open at this station, then what any station may open, oldest first."""
    await ports.views.station_view(station)

    def query(queries: Queries) -> list[Work]:
        return [_work(queries, row) for row in queries.work(station, limit)]

    return Page(items=await read(ports, query), next_cursor=None)


class _ScanReply(msgspec.Struct):
    verdict: str
    reason: str | None
    message: str
    next: str
    session: msgspec.Raw
    recorded: dict[str, int | str]


@router.post("/{station}/scans", response_class=RawJson, responses={200: {"model": ScanAnswer}})
async def scan(
    station: Station,
    body: ScanBody,
    request: Request,
    ports: Ports,
    _caller: Scanner,
    idempotency: IdempotencyKey,
    accept_language: Annotated[str | None, Header()] = None,
) -> Response:
    """Take one scan as if a scanner of this station had sent it; every scan gets a verdict."""
    outcome = await ports.commands.scan(
        station,
        text=body.data,
        symbology=body.symbology,
        language=negotiate(accept_language, gate_of(request).language),
        idempotency=idempotency,
    )
    reply = _ScanReply(
        verdict=outcome.verdict,
        reason=outcome.reason,
        message=outcome.message,
        next=outcome.next,
        session=msgspec.Raw(outcome.session),
        recorded={"seq": outcome.recorded.seq, "hash": outcome.recorded.hash.hex()},
    )
    return RawJson(msgspec.json.encode(reply))


def _work(queries: Queries, row: Fulfilment) -> Work:
    lines = queries.fulfilment_lines(row.number)
    items = queries.items({line.sku for line in lines})
    shown = []
    for line in lines:
        item = items[line.sku]
        shown.append(
            LineOfWork(
                line=line.line,
                sku=line.sku,
                gtin=item.gtin,
                name=Text(zh=item.name_zh, en=item.name_en),
                tracking=item.tracking,
                location=item.location or None,
                quantity=str(line.wanted),
                quantity_packed=str(line.packed),
                quantity_short=str(line.short),
            )
        )
    return Work(
        fulfilment=row.number,
        scan=build("ORDER", row.number),
        order=row.order,
        status=row.status,
        station=row.station,
        quantity=str(row.wanted),
        quantity_packed=str(row.packed),
        quantity_short=str(row.short),
        lines=shown,
    )
