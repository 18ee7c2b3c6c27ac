"""What a site's operator decides, as far as the rules depend on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from edge.clock import EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """Settings of one site.

    ``site``: its name on the link, ``[a-z0-9][a-z0-9-]{0,31}``. ``number_prefix``: what its
    order numbers begin with. ``company_prefix``: GS1 company prefix, 7 to 10 digits, for its
    SSCCs. ``guard_ms``: an identical frame of one device within this time is a repeat (0: off).
    ``shelf_life_days_min``: goods must keep at least so long. ``idle_minutes_max``: a station
    that nobody uses is signed out after it.
    """

    site: str
    number_prefix: str = "SO"
    company_prefix: str = "9521234"
    sscc_extension: int = 3
    number_block_size: int = 1000
    time_zone: str = "UTC"
    guard_ms: int = 0
    shelf_life_days_min: int = 0
    idle_minutes_max: int = 720
    stations: tuple[str, ...] = ()
    device_stations: dict[str, str] = field(default_factory=dict)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of one decision: time, calendar day at the site, number epoch."""

    at_us: int
    today: date
    epoch: int
    settings: SiteSettings


# Clocks are moved by whole quarters of an hour, so within one the day does not change.
QUARTER_US = 15 * 60 * 1_000_000


def local_day(at_us: int, zone: ZoneInfo) -> date:
    """Calendar day at the site."""
    return _day_of_quarter(at_us // QUARTER_US, zone)


@lru_cache(64)
def _day_of_quarter(quarter: int, zone: ZoneInfo) -> date:
    return (EPOCH + timedelta(microseconds=quarter * QUARTER_US)).astimezone(zone).date()
