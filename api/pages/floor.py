"""The wall and the devices: live pages over the wall view."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.auth.guard import FloorReader
from api.pages.render import embedded, labels
from api.pages.site import Site

router = APIRouter()


@router.get("/wall")
async def wall(request: Request, site: Site, caller: FloorReader) -> Response:
    """Stations, devices, link, rates, balance and exceptions at one look."""
    return site.renderer.page(
        request,
        "wall.html",
        identity=caller,
        state=embedded(await site.live.paint("wall")),
        labels=labels("wall", "live", "device", "device_state", "page.devices"),
    )


@router.get("/devices")
async def devices(request: Request, site: Site, caller: FloorReader) -> Response:
    """Every device with its condition, and what to do about it."""
    return site.renderer.page(
        request,
        "devices.html",
        identity=caller,
        state=embedded(await site.live.paint("wall")),
        labels=labels("wall", "live", "device", "device_state", "page.devices"),
    )
