"""Central's worker: the inbox on its thread, which owns the store, over a broker.

Whatever pages and programs want of the store goes through this thread too, as a call with a
future; so there is one writer and no lock order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

import msgspec

from edge.clock import Clock
from edge.domain.sync_inputs import PersonRow
from edge.ids import Chance
from sync.central.inbox import Inbox, Keep
from sync.central.ports import CentralStore, CentralTransaction, Erasures, Once
from sync.central.views import SiteView
from sync.mqtt import Broker
from sync.ports import Moment, Notice, Outgoing, Output, moment
from sync.topics import CENTRAL
from sync.worker import Worker

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class CentralEnd:
    """The inbox as the worker runs it: central has no will, and asks nothing on connecting."""

    def __init__(
        self, store: CentralStore, chance: Chance, erasures: Erasures | None = None
    ) -> None:
        self.inbox = Inbox(store, chance, erasures)
        self.waiting: Callable[[], int] = int

    @property
    def subscriptions(self) -> Sequence[str]:
        return self.inbox.subscriptions

    def will(self, now: Moment) -> Outgoing | None:
        return None

    def connected(self, now: Moment) -> Output:
        return self.inbox.tick(now)

    def disconnected(self, now: Moment) -> Output:
        return self.inbox.tick(now)

    def goodbye(self, now: Moment) -> Output:
        return Output()

    def receive(self, name: str, payload: bytes, now: Moment) -> Output:
        self.inbox.waiting = self.waiting()
        return self.inbox.receive(name, payload, now)

    def tick(self, now: Moment) -> Output:
        return self.inbox.tick(now)


class CentralService:
    """``notify`` tells people, on the worker's thread. Futures carry results and errors.

    ``follow``: see ``sync.worker.Worker``.
    """

    def __init__(
        self,
        store: CentralStore,
        broker: Broker,
        clock: Clock,
        chance: Chance,
        notify: Callable[[Notice], None],
        erasures: Erasures | None = None,
        follow: Callable[[Broker], Broker] | None = None,
    ) -> None:
        self._notify = notify
        self._end, self._store = CentralEnd(store, chance, erasures), store
        self._end.inbox.settle_erasures(moment(clock))
        self._worker = Worker(CENTRAL, self._end, broker, clock, chance, self._carry, follow)
        self._end.waiting = self._worker.waiting

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        """End the thread; the store may be closed then."""
        self._worker.stop()

    def add_site(self, site: str) -> Future[None]:
        """Make a site known."""
        return self._ask(lambda inbox, _now: inbox.add_site(site))

    def give_command(
        self, site: str, kind: str, version: int, data: bytes, once: Once | None = None
    ) -> Future[str]:
        """Send ``site`` a command; the future has its id once it is stored."""

        def give(inbox: Inbox, now: Moment, keep: Keep | None) -> tuple[bytes, Output]:
            order, output = inbox.give_command(site, kind, version, data, now, keep)
            return order.id.encode(), output

        return self._once(once, give, lambda kept: kept.decode())

    def put_person(self, person: str, data: bytes) -> Future[PersonRow]:
        """Keep a person's data; the row's version and digest make the reference."""
        return self._ask(lambda inbox, _now: inbox.put_person(person, data))

    def erase_person(self, person: str, once: Once | None = None) -> Future[list[str]]:
        """Destroy a person's data everywhere; the sites that were told."""

        def erase(inbox: Inbox, now: Moment, keep: Keep | None) -> tuple[bytes, Output]:
            told: list[bytes] = []

            def tell(sites: bytes) -> None:
                told.append(sites)
                if keep is not None:
                    keep(sites)

            output = inbox.erase_person(person, now, tell)
            return told[0], output

        return self._once(once, erase, lambda kept: msgspec.json.decode(kept, type=list[str]))

    def _once(
        self,
        once: Once | None,
        act: Callable[[Inbox, Moment, Keep | None], tuple[bytes, Output]],
        read: Callable[[bytes], Result],
    ) -> Future[Result]:
        """Act, unless the same request did before; nothing comes between on the one thread."""

        def run(end: CentralEnd, now: Moment) -> tuple[Result, Output]:
            if once is None:
                answer, output = act(end.inbox, now, None)
                return read(answer), output
            with self._store.transaction():
                earlier = once.earlier()
            if earlier is not None:
                return read(earlier), end.inbox.tick(now)
            answer, output = act(end.inbox, now, once.keep)
            return read(answer), output

        return self._worker.ask(run)

    def unfence(self, site: str) -> Future[None]:
        """A person made sure that ``site`` has one writer."""
        return self._ask(lambda inbox, now: inbox.unfence(site, now))

    def sites(self) -> Future[list[SiteView]]:
        """All sites as a page shows them."""
        return self._ask(lambda inbox, now: inbox.sites(now))

    def dead_letter_counts(self) -> Future[dict[str, int]]:
        """Messages that nobody could use since the process started, by reason."""
        return self._ask(lambda inbox, _now: dict(inbox.dead_letters.counts))

    def read(self, query: Callable[[CentralTransaction], Result]) -> Future[Result]:
        """Run ``query`` in a transaction of its own."""

        def run(_inbox: Inbox, _now: Moment) -> Result:
            with self._store.transaction() as tx:
                return query(tx)

        return self._ask(run)

    def _ask(self, action: Callable[[Inbox, Moment], Result]) -> Future[Result]:
        """An action that sends nothing; the tick after it keeps the wake-up time right."""
        return self._worker.ask(lambda end, now: (action(end.inbox, now), end.inbox.tick(now)))

    def _carry(self, output: Output) -> None:
        for notice in output.notices:
            logger.warning("central: %s at %s: %s", notice.kind, notice.site, notice.about)
            self._notify(notice)
