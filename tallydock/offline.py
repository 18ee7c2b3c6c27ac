"""Writing to a site's store while its service is stopped, by way of its own loop.

The store's lock keeps this and the service apart. What is written takes the same path as in the
service (decide, journal, fold, one commit), so nothing tells the two apart afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from edge.clock import Clock
from edge.domain import rules
from edge.domain.commands import Command
from edge.domain.kernel import Decision
from edge.domain.settings import SiteSettings
from edge.errors import StoreLocked
from edge.ids import Chance
from edge.journal import queries
from edge.journal.queries import Queries
from edge.journal.store import EdgeStore
from edge.service.audit import damage_named
from edge.service.inputs import Ask, Input, Origin
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome

ACTOR = "cli"


class OfflineSite:
    """A site whose store this process owns for now."""

    def __init__(self, store: EdgeStore, settings: SiteSettings, clock: Clock, chance: Chance):
        self._loop = EdgeLoop(store, settings, chance)
        self.path, self.site = store.path, settings.site
        self.clock, self.chance = clock, chance

    def step(self, *inputs: Input) -> list[Outcome]:
        """One unit of work; raises the first error, and then it is for the caller to have made
        sure that the other inputs may stand without that one.
        """
        outcomes = self._loop.step(inputs, self.clock.now_us())
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
        return outcomes

    def ask(self, command: Command) -> dict[str, str]:
        """Record what follows from ``command``; its result."""
        return self.step(self.asked(command))[0].result

    def asked(self, command: Command) -> Ask:
        """The input that ``command`` is when a person gives it here."""
        origin = Origin(actor=ACTOR)
        return Ask(at_us=self.clock.now_us(), command=command, origin=origin)

    def consider(self, command: Command) -> Decision:
        """What would follow from ``command``; nothing is recorded. Raises like ``ask``."""
        heart = self._loop.heart
        heart.begin()
        try:
            moment = heart.moment(self.clock.now_us())
            return heart.settled(partial(rules.decide, heart.store.state, command, moment))
        finally:
            heart.undo()

    @contextmanager
    def reads(self) -> Iterator[Queries]:
        """Reads of what is committed."""
        with queries.snapshot(self.path, self.site) as opened:
            yield opened


@contextmanager
def opened(
    path: Path, settings: SiteSettings, clock: Clock, chance: Chance
) -> Iterator[OfflineSite]:
    """The site of the store at ``path``, made if it is new.

    Raises StoreLocked while the service runs, StoreDamaged when the file is no store of the site.
    """
    with damage_named(settings.site):
        try:
            store = EdgeStore(path, settings.site)
        except StoreLocked as error:
            raise StoreLocked(
                f"{path} is in use: stop the service, or go through it with --url and --token-file"
            ) from error
    try:
        yield OfflineSite(store, settings, clock, chance)
    finally:
        store.close()


def settings_without_file(path: Path, site: str) -> SiteSettings:
    """Settings of a site whose configuration is not at hand.

    What must not change by accident is the prefix of its order numbers: it is taken from the
    orders that are there.
    """
    settings = SiteSettings(site=site)
    if not path.is_file():
        return settings
    with damage_named(site), queries.snapshot(path, site) as reads:
        for order in reads.orders(limit=1):
            prefix = order.number.rpartition("-")[0]
            return SiteSettings(site=site, number_prefix=prefix)
    return settings
