"""Sites: how far central agrees with each, its copy of their journals, answers to commands."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.guard import FloorReader, JournalReader, SiteWriter
from api.central.ports import CentralQueries, Site
from api.central.shapes import (
    SITE_PATTERN,
    CommandShown,
    Ports,
    SiteId,
    SiteShown,
    command_shown,
    read,
    read_now,
    site_shown,
)
from api.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    split_page,
)
from api.rest.journal import PAGE_BYTES_MAX, After, JournalPage, SplicedPage
from api.rest.shapes import Body, Number, RawJson, spliced
from edge.errors import NotFound

router = APIRouter(prefix="/sites", tags=["sites"])


@router.get("")
def list_sites(
    ports: Ports, _caller: FloorReader, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[SiteShown]:
    """All sites, by name."""
    key = decode_cursor(cursor, str)
    after = str(key[0]) if key is not None else ""
    found = read_now(ports, lambda queries: [row for row in queries.sites() if row.site > after])
    rows, more = split_page(found[: limit + 1], limit)
    last = encode_cursor((rows[-1].site,)) if more else None
    return Page(items=[site_shown(row) for row in rows], next_cursor=last)


@router.get("/{site}")
def show_site(site: SiteId, ports: Ports, _caller: FloorReader) -> SiteShown:
    """One site."""
    return site_shown(read_now(ports, lambda queries: _site(queries, site)))


class SiteDraft(Body):
    """A site to be; its broker login is made with ``tallydock central add-site``."""

    site: str = Field(pattern=SITE_PATTERN)


@router.post("", status_code=201)
async def add_site(draft: SiteDraft, ports: Ports, caller: SiteWriter) -> SiteShown:
    """Make a site known, so that central takes its messages; one that is known stays as it is."""
    await ports.desk.add_site(draft.site, actor=caller.actor)
    return site_shown(await read(ports, lambda queries: _site(queries, draft.site)))


@router.post("/{site}/unfence", status_code=200)
async def unfence_site(site: SiteId, ports: Ports, caller: SiteWriter) -> SiteShown:
    """Two machines claimed to be this site and a person has stopped one: trust it again."""
    await ports.desk.unfence(site, actor=caller.actor)
    return site_shown(await read(ports, lambda queries: _site(queries, site)))


@router.get("/{site}/commands/{command}")
def show_command(site: SiteId, command: Number, ports: Ports, _caller: FloorReader) -> CommandShown:
    """What became of a command."""
    given = read_now(ports, lambda queries: queries.command(site, command))
    if given is None:
        raise NotFound("command", command, "no such command of this site")
    return command_shown(given)


@router.get("/{site}/journal", response_class=RawJson, responses={200: {"model": JournalPage}})
def read_journal(
    site: SiteId, ports: Ports, _caller: JournalReader, after: After = 0, limit: Limit = 1000
) -> Response:
    """Central's copy of the site's journal, the very bytes, behind ``after``."""

    def query(queries: CentralQueries) -> bytes:
        _site(queries, site)
        events = queries.events(site, after=after, limit=limit, bytes_max=PAGE_BYTES_MAX)
        last = events[-1].seq if events else after
        return msgspec.json.encode(SplicedPage(spliced(events), last))

    return RawJson(read_now(ports, query))


def _site(queries: CentralQueries, site: str) -> Site:
    found = next((row for row in queries.sites() if row.site == site), None)
    if found is None:
        raise NotFound("site", site, "no such site: GET /api/v1/sites lists them")
    return found
