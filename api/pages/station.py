"""The station's screen, and the sheet of command codes that hangs at the bench."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.auth.guard import FloorReader
from api.pages import code128
from api.pages.render import embedded, labels
from api.pages.site import Site
from edge.codes.commands import build

# Verb and argument of each code of the sheet, in the order in which a packer needs them.
SHEET: tuple[tuple[str, str | None], ...] = (
    ("NEXT", None),
    ("CLOSE", None),
    ("UNDO", None),
    ("SHORT", None),
    ("REASON", "MISSING"),
    ("REASON", "DAMAGED"),
    ("REASON", "EXPIRED"),
    ("REASON", "OTHER"),
    ("CHOOSE", "1"),
    ("CHOOSE", "2"),
    ("CANCEL", None),
    ("TAKEOVER", None),
    ("HELP", None),
    ("SIGNOFF", None),
)

# What the page says by itself, when no verdict can be had.
EMBEDDED = (
    "verdict.not_recorded",
    "why.not_recorded",
    "next.not_recorded",
)

router = APIRouter(prefix="/stations/{station}")

Station = Annotated[str, Path(min_length=1, max_length=64)]


class _Named(msgspec.Struct):
    station: str


@router.get("")
async def station_page(
    request: Request, station: Station, site: Site, caller: FloorReader
) -> Response:
    """The screen with its first picture; everything after comes by the live channel."""
    picture = await site.live.paint(f"station/{station}")
    return site.renderer.page(
        request,
        "station.html",
        identity=caller,
        station=station,
        state=embedded(picture),
        labels=labels("bench", "command", "live", *EMBEDDED),
        codes=embedded(msgspec.json.encode(command_codes())),
    )


@router.get("/codes")
async def code_sheet(
    request: Request, station: Station, site: Site, caller: FloorReader
) -> Response:
    """A sheet to print: every step of a shift as a barcode."""
    await site.live.paint(f"station/{station}")
    codes = [(name, code, *code128.path(code)) for name, code in command_codes().items()]
    return site.renderer.page(request, "codes.html", identity=caller, station=station, codes=codes)


def command_codes() -> dict[str, str]:
    """``undo`` -> ``TD-UNDO-D``, ``reason_missing`` -> ...; the names are keys of labels."""
    return {
        "_".join(filter(None, (verb, argument))).lower(): build(verb, argument)
        for verb, argument in SHEET
    }
