"""Central's own pages: the fleet of sites, and one site with what fell off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth.guard import FloorReader
from api.central.ports import CentralReads, Letter, OrphanEvent
from api.central.ports import Site as CentralSite
from api.pages.fleet_view import TOPIC, Standing, standing_of
from api.pages.render import embedded, labels
from api.pages.site import Site
from api.problems import Problem
from edge.journal.chain import Envelope

ORPHANS_MAX = 200
LETTERS_MAX = 200

router = APIRouter(prefix="/sites")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSite:
    """All that the page of a site shows."""

    row: CentralSite
    standing: Standing
    orphans: Sequence[tuple[OrphanEvent, Envelope]]
    letters: Sequence[Letter]


@router.get("")
async def sites(request: Request, site: Site, caller: FloorReader) -> Response:
    """All sites, worst first, and the last dead letters."""
    return site.renderer.page(
        request,
        "sites.html",
        identity=caller,
        state=embedded(await site.live.paint(TOPIC)),
        labels=labels("fleet", "live"),
    )


@router.get("/{name}")
async def one_site(
    request: Request,
    site: Site,
    caller: FloorReader,
    name: Annotated[str, Path(min_length=1, max_length=32)],
) -> Response:
    """One site: where it stands, the events that fell off, its dead letters."""
    picture = await run_in_threadpool(_read, site.central, name)
    return site.renderer.page(request, "site.html", identity=caller, picture=picture)


def _read(reads: CentralReads | None, name: str) -> OneSite:
    if reads is None:
        raise Problem("not_found")
    with reads() as queries:
        found = next((row for row in queries.sites() if row.site == name), None)
        if found is None:
            raise Problem("not_found")
        return OneSite(
            row=found,
            standing=standing_of(found),
            orphans=[
                (orphan, msgspec.json.decode(orphan.event.body, type=Envelope))
                for _, orphan in queries.orphans(name, ORPHANS_MAX)
            ],
            letters=[letter for letter in queries.letters(LETTERS_MAX) if letter.site == name],
        )
