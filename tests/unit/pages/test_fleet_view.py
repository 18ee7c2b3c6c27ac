"""The fleet view: sites worst first, and what is said of each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest

from api.central.ports import CentralQueries, Site
from api.pages.fleet_view import FleetPainter, FleetView, standing_of
from edge.clock import ManualClock
from edge.errors import NotFound
from edge.ids import seeded
from tests.browser.stock_room import FleetQueries, fill, fill_central
from tests.unit.api.central_fakes import CentralWorld, site_row
from tests.unit.api.fakes import World

LEVEL: Site = replace(
    site_row("hz1", through=9, head=9), online=True, condition="level", fenced=False
)


@pytest.mark.parametrize(
    ("site", "standing"),
    [
        (LEVEL, "level"),
        (replace(LEVEL, head=10), "behind"),
        (replace(LEVEL, condition="lagging"), "behind"),
        (replace(LEVEL, condition="rebuilding", head=10), "rebuilding"),
        (replace(LEVEL, online=False, condition="rebuilding"), "unheard"),
        (replace(LEVEL, fenced=True, online=False), "fenced"),
    ],
)
def test_worst_that_can_be_said_is_said(site: Site, standing: str) -> None:
    assert standing_of(site) == standing


@pytest.fixture
def painter() -> FleetPainter:
    central, world = CentralWorld(), World()
    fill(world, 1_790_000_000_000_000)
    fill_central(central, world, 1_790_000_000_000_000)
    assert isinstance(central.queries, FleetQueries)

    @contextmanager
    def reads() -> Iterator[CentralQueries]:
        yield central.queries

    return FleetPainter(reads, ManualClock(), seeded(1), "Central")


def test_view_lists_sites_worst_first_with_orphans_and_letters(painter: FleetPainter) -> None:
    view = msgspec.json.decode(asyncio.run(painter.paint("fleet")), type=FleetView)
    assert [site.id for site in view.sites] == ["wh1", "xa1", "nb1", "hz1"]
    assert [site.orphans for site in view.sites] == [1, 0, 0, 0]
    assert view.sites[2].lag == 1204
    assert [letter.reason for letter in view.dead_letters] == ["foreign_site"]
    again = msgspec.json.decode(asyncio.run(painter.paint("fleet")), type=FleetView)
    assert (again.boot, again.version) == (view.boot, view.version + 1)


def test_there_is_no_other_topic(painter: FleetPainter) -> None:
    with pytest.raises(NotFound):
        asyncio.run(painter.paint("wall"))
