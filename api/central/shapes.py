"""Shapes of central's answers, and how its routes reach their ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from api.central.ports import (
    CentralPorts,
    CentralQueries,
    CommandState,
    Condition,
    Given,
    Site,
)
from api.rest.shapes import Time, time_or_none
from edge.clock import rfc3339

T = TypeVar("T")

SITE_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
SiteId = Annotated[str, Path(pattern=SITE_PATTERN)]
SiteFilter = Annotated[str | None, Query(pattern=SITE_PATTERN)]


class SiteShown(BaseModel):
    """A site; ``lag`` is how far central's copy is behind the head that the site last named."""

    site: str
    online: bool
    heard_at: Time | None
    app: str
    epoch: int
    through: int
    hash: str
    head: int
    lag: int
    projected: int
    condition: Condition
    fenced: bool
    refusals: int
    skew_us: int | None
    commands: int
    commands_acked: int


class CommandGiven(BaseModel):
    """The site will decide; ask for its answer under ``Location``."""

    command_id: str
    site: str


class CommandShown(BaseModel):
    """What became of a command; ``seq`` is the site's event that answered it."""

    command_id: str
    site: str
    type: str
    given_at: Time
    state: CommandState
    why: str | None = Field(description="Why the site refused.")
    seq: int | None


def site_shown(site: Site) -> SiteShown:
    """A site as the API shows it."""
    return SiteShown(
        site=site.site,
        online=site.online,
        heard_at=time_or_none(site.heard_at),
        app=site.app,
        epoch=site.epoch,
        through=site.through,
        hash=site.hash.hex(),
        head=site.head,
        lag=max(0, site.head - site.through),
        projected=site.projected,
        condition=site.condition,
        fenced=site.fenced,
        refusals=site.refusals,
        skew_us=site.skew_us,
        commands=site.commands,
        commands_acked=site.commands_acked,
    )


def command_shown(given: Given) -> CommandShown:
    """A command as the API shows it."""
    return CommandShown(
        command_id=given.id,
        site=given.site,
        type=given.type,
        given_at=rfc3339(given.given_at),
        state=given.state,
        why=given.why,
        seq=given.seq,
    )


async def ports_of(connection: HTTPConnection) -> CentralPorts:
    """The ports of the application that serves this connection."""
    ports: CentralPorts = connection.app.state.ports
    return ports


Ports = Annotated[CentralPorts, Depends(ports_of)]


async def read(ports: CentralPorts, query: Callable[[CentralQueries], T]) -> T:
    """Run ``query`` in a worker thread on a snapshot of its own."""
    return await asyncio.to_thread(read_now, ports, query)


def read_now(ports: CentralPorts, query: Callable[[CentralQueries], T]) -> T:
    """``read`` for callers that may block."""
    with ports.reads() as queries:
        return query(queries)
