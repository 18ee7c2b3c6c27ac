"""What stands on the wall as lists: devices and exceptions; and lists of parts to come."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.auth.guard import FloorReader
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.rest.shapes import Ports, RawJson
from api.rest.view_shapes import DeviceShown, ExceptionShown

router = APIRouter()


class WallLists(msgspec.Struct):
    """The lists of a wall view, their rows as they came."""

    stations: list[msgspec.Raw] = []
    devices: list[msgspec.Raw] = []
    exceptions: list[msgspec.Raw] = []


class _RawPage(msgspec.Struct):
    items: list[msgspec.Raw]
    next_cursor: str | None


def wall_page(rows: list[msgspec.Raw], limit: int, cursor: str | None) -> Response:
    """A page of one of the wall's lists. They are short, so the cursor counts rows."""
    after = decode_cursor(cursor, int)
    start = max(0, int(after[0])) if after is not None else 0
    page, more = split_page(rows[start : start + limit + 1], limit)
    next_cursor = encode_cursor((start + limit,)) if more else None
    return RawJson(msgspec.json.encode(_RawPage(list(page), next_cursor)))


def wall_lists(view: bytes) -> WallLists:
    """The lists of a wall view's JSON."""
    return msgspec.json.decode(view, type=WallLists)


@router.get(
    "/devices",
    tags=["devices"],
    response_class=RawJson,
    responses={200: {"model": Page[DeviceShown]}},
)
async def list_devices(
    ports: Ports, _caller: FloorReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Response:
    """All devices with their condition."""
    return wall_page(wall_lists(await ports.views.wall_view()).devices, limit, cursor)


@router.get(
    "/exceptions",
    tags=["exceptions"],
    response_class=RawJson,
    responses={200: {"model": Page[ExceptionShown]}},
)
async def list_exceptions(
    ports: Ports, _caller: FloorReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Response:
    """What a supervisor should look at, as it stands on the wall."""
    return wall_page(wall_lists(await ports.views.wall_view()).exceptions, limit, cursor)


class NothingYet(BaseModel):
    """An empty list: the part of the house that fills it is not built yet."""

    items: list[str]
    next_cursor: str | None


@router.get("/gates", tags=["later"], name="list_gates")
@router.get("/shipments", tags=["later"], name="list_shipments")
@router.get("/invoices", tags=["later"], name="list_invoices")
@router.get("/labels", tags=["later"], name="list_labels")
async def list_nothing(
    _caller: FloorReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> NothingYet:
    """Always empty in this version."""
    decode_cursor(cursor, int)
    return NothingYet(items=[], next_cursor=None)
