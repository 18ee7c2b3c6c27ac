"""What every page route works with, and how it gets hold of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection

from api.central.ports import CentralReads
from api.live import LiveSource
from api.pages.ports import OrderBook, OrderDesk
from api.pages.render import Renderer
from edge.ids import Chance


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePages:
    """The pages' parts; ``central`` only there, ``home`` is where ``/`` leads."""

    home: str
    renderer: Renderer
    book: OrderBook
    desk: OrderDesk
    live: LiveSource
    chance: Chance
    central: CentralReads | None = None


async def site_of(connection: HTTPConnection) -> SitePages:
    """The parts that ``bound`` gave to this connection's routes."""
    site: SitePages = connection.state.site_pages
    return site


Site = Annotated[SitePages, Depends(site_of)]


def bound(site: SitePages, routers: Sequence[APIRouter]) -> APIRouter:
    """The routers as one, whose routes find ``site``."""

    async def bind(connection: HTTPConnection) -> None:
        connection.state.site_pages = site

    binding: Callable[[HTTPConnection], Awaitable[None]] = bind
    whole = APIRouter(include_in_schema=False, dependencies=[Depends(binding)])
    for router in routers:
        whole.include_router(router)
    return whole
