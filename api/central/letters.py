"""What did not fit: messages nobody could use, events that fell off a site's history."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from api.auth.guard import JournalReader
from api.central.ports import CentralQueries, Letter
from api.central.shapes import Ports, SiteFilter, read_now
from api.paging import LIMIT_DEFAULT, Limit, Page
from api.rest.letters import DeadLetter, shown
from api.rest.shapes import ChainedEvent, RawJson, SplicedEvent, Time, spliced
from edge.clock import rfc3339

router = APIRouter(tags=["exceptions"])


class LetterShown(DeadLetter):
    """A message that could not be used, and the site that its topic names."""

    site: str


class Orphan(ChainedEvent):
    """An event that central held and the site's present history, after ``epoch``, has not."""

    site: str
    epoch: int
    orphaned_at: Time


class _RawOrphan(SplicedEvent, frozen=True):
    site: str
    epoch: int
    orphaned_at: str


class _RawPage(msgspec.Struct):
    items: list[_RawOrphan]
    next_cursor: str | None = None


@router.get("/dead-letters")
def list_letters(
    ports: Ports, _caller: JournalReader, limit: Limit = LIMIT_DEFAULT
) -> Page[LetterShown]:
    """The latest messages that could not be used, newest first; older ones are counted only."""
    letters = read_now(ports, lambda queries: queries.letters(limit))
    return Page(items=[_letter(letter) for letter in letters], next_cursor=None)


@router.get("/orphans", response_class=RawJson, responses={200: {"model": Page[Orphan]}})
def list_orphans(
    ports: Ports, _caller: JournalReader, site: SiteFilter = None, limit: Limit = LIMIT_DEFAULT
) -> Response:
    """The latest events that fell off, newest first, for a person to settle."""

    def query(queries: CentralQueries) -> bytes:
        items = []
        for owner, orphan in queries.orphans(site, limit):
            (chained,) = spliced([orphan.event])
            at = rfc3339(orphan.orphaned_at)
            items.append(_RawOrphan(chained.event, chained.hash, owner, orphan.epoch, at))
        return msgspec.json.encode(_RawPage(items))

    return RawJson(read_now(ports, query))


def _letter(letter: Letter) -> LetterShown:
    kept = shown(letter.at, letter.direction, letter.topic, letter.reason, letter.payload)
    return LetterShown(**kept.model_dump(), site=letter.site)
