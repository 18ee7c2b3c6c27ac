"""What a seed decides before its first step: the site, the weather, how much goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.settings import SiteSettings
from tallydock.fuzz.broker import Weather
from tallydock.fuzz.dice import Dice

SITE = "hz1"
SCANS_MIN, FAULTS_MIN = 200, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One seed's circumstances.

    ``scans``, ``faults``: it goes on until there were so many. ``feed``: scans come as bytes of a
    scanner on the site's machine, or as facts from another box. ``step_us``: mean time between
    two steps. ``batch_max``: inputs a batch. ``site_restores``, ``central_restores``: whether
    backups are put back. ``share``: how many of the steps are faults.
    """

    settings: SiteSettings
    weather: Weather
    scans: int
    faults: int
    feed: str
    step_us: int
    batch_max: int
    site_restores: bool
    central_restores: bool
    share: float


def draw(dice: Dice) -> Plan:
    """A seed's plan."""
    stations = tuple(f"pack-{index}" for index in range(1, dice.between(2, 3) + 1))
    settings = SiteSettings(
        site=SITE,
        stations=stations,
        device_stations={f"scanner-{name}": name for name in stations},
        number_block_size=dice.pick((3, 10, 50)),
        guard_ms=dice.pick((0, 0, 300)),
        shelf_life_days_min=dice.pick((0, 30)),
        idle_minutes_max=dice.pick((2, 10, 720)),
        time_zone=dice.pick(("UTC", "Asia/Shanghai")),
    )
    rough = dice.pick((0.0, 0.5, 1.0))
    return Plan(
        settings=settings,
        weather=Weather(loss=0.15 * rough, repeat=0.15 * rough, overtake=0.3 * rough),
        scans=dice.between(SCANS_MIN, SCANS_MIN + 50),
        faults=dice.between(FAULTS_MIN, FAULTS_MIN + 10),
        feed=dice.pick(("bytes", "facts")),
        step_us=dice.pick((50_000, 300_000, 1_000_000)),
        batch_max=dice.pick((1, 4, 40)),
        site_restores=dice.happens(0.4),
        central_restores=dice.happens(0.4),
        share=dice.pick((0.04, 0.08)),
    )
