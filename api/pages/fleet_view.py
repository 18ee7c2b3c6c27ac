"""The fleet view: central's sites as the JSON that its page shows, worst first.

{"boot", "version", "at", "name",
 "sites": [{"id", "standing": fenced|unheard|rebuilding|behind|level, "through", "head",
            "lag", "heard_at"|null, "hash", "projected", "app", "epoch", "orphans",
            "refusals", "skew_us"|null, "commands", "acked"}],
 "dead_letters": [{"at", "site", "direction", "topic", "reason", "bytes"}]}
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Literal, get_args

import msgspec

from api.central.ports import CentralReads, Letter, Site
from api.live import Subscriber
from edge.clock import Clock, rfc3339
from edge.errors import NotFound
from edge.ids import Chance, hex_bits

TOPIC = "fleet"
LETTERS_MAX = 20
ORPHANS_MAX = 100

Standing = Literal["fenced", "unheard", "rebuilding", "behind", "level"]
"""fenced: two writers claim the site; unheard: no link; behind: its copy lags."""

WORST_FIRST: tuple[Standing, ...] = get_args(Standing)


class SiteShown(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the fleet's table."""

    id: str
    standing: Standing
    through: int
    head: int
    lag: int
    heard_at: str | None
    hash: str
    projected: int
    app: str
    epoch: int
    orphans: int
    refusals: int
    skew_us: int | None
    commands: int
    acked: int


class LetterShown(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter; its payload is shown on the site's page."""

    at: str
    site: str
    direction: str
    topic: str
    reason: str
    bytes: int


class FleetView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture."""

    boot: str
    version: int
    at: str
    name: str
    sites: tuple[SiteShown, ...]
    dead_letters: tuple[LetterShown, ...]


class FleetPainter:
    """Central's live source: one topic, painted twice a second while somebody looks."""

    repainted: Collection[str] = frozenset({TOPIC})

    def __init__(self, reads: CentralReads, clock: Clock, chance: Chance, name: str) -> None:
        self._reads, self._clock, self._name = reads, clock, name
        self._boot = hex_bits(64, chance)
        self._version = 0

    async def paint(self, topic: str) -> bytes:
        """The picture of this moment; NotFound for another topic."""
        if topic != TOPIC:
            raise NotFound("topic", topic, TOPIC)
        self._version += 1
        return msgspec.json.encode(await asyncio.to_thread(self._paint, self._version))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Nothing but the repainting changes this picture."""
        del subscriber
        return lambda: None

    def _paint(self, version: int) -> FleetView:
        with self._reads() as queries:
            sites, letters = queries.sites(), queries.letters(LETTERS_MAX)
            fallen = Counter(name for name, _ in queries.orphans(None, ORPHANS_MAX))
        shown = [_shown(site, fallen[site.site]) for site in sites]
        return FleetView(
            boot=self._boot,
            version=version,
            at=rfc3339(self._clock.now_us()),
            name=self._name,
            sites=tuple(
                sorted(shown, key=lambda site: (WORST_FIRST.index(site.standing), site.id))
            ),
            dead_letters=tuple(_letter(letter) for letter in letters),
        )


def standing_of(site: Site) -> Standing:
    """The worst that can be said of a site."""
    if site.fenced:
        return "fenced"
    if not site.online:
        return "unheard"
    if site.condition == "rebuilding":
        return "rebuilding"
    behind = site.condition == "lagging" or site.head > site.through
    return "behind" if behind else "level"


def _shown(site: Site, orphans: int) -> SiteShown:
    return SiteShown(
        id=site.site,
        standing=standing_of(site),
        through=site.through,
        head=site.head,
        lag=max(0, site.head - site.through),
        heard_at=rfc3339(site.heard_at) if site.heard_at is not None else None,
        hash=site.hash.hex(),
        projected=site.projected,
        app=site.app,
        epoch=site.epoch,
        orphans=orphans,
        refusals=site.refusals,
        skew_us=site.skew_us,
        commands=site.commands,
        acked=site.commands_acked,
    )


def _letter(letter: Letter) -> LetterShown:
    return LetterShown(
        at=rfc3339(letter.at),
        site=letter.site,
        direction=letter.direction,
        topic=letter.topic,
        reason=letter.reason,
        bytes=len(letter.payload),
    )
