"""Both ends on a perfect wire, in virtual time; tests disturb it where they want."""

from __future__ import annotations

from collections.abc import Callable

from edge.ids import seeded
from sync.central.inbox import Inbox
from sync.central.memory import MemoryStore
from sync.central.ports import CentralStore, SiteCursor
from sync.envelope import Message, decode
from sync.ports import SECOND, Moment, Notice, Outgoing, Output
from sync.pump import Pump, PumpSettings
from sync.topics import UP, place
from tests.simulation.sync.heart import FakeHeart

WALL_US = 1_790_000_000_000_000
ROUNDS_MAX = 2000


class SiteEnd:
    """A pump and its heart; ``sent`` keeps every message that it published."""

    def __init__(self, exchange: Exchange, heart: FakeHeart, seed: int) -> None:
        self.exchange, self.heart = exchange, heart
        self.sent: list[Message] = []
        self.notices: list[Notice] = []
        self.wake_at_us: int | None = None
        self._seed = seed
        self.boot()

    def boot(self) -> None:
        """A new process over the same disk."""
        self._seed += 1000
        settings = PumpSettings(hello_jitter_us=0, app="1.2.3")
        self.pump = Pump(
            self.heart.site, self.heart, self.heart, self.heart, seeded(self._seed), settings
        )

    def connect(self) -> None:
        self.pump.will(self.exchange.now())
        self.did(self.pump.connected(self.exchange.now()))
        self.did(self.pump.tick(self.exchange.now()))

    def grew(self) -> None:
        self.did(self.pump.journal_grew(self.heart.head(), self.exchange.now()))

    def did(self, output: Output) -> None:
        self.exchange.net.extend(output.messages)
        self.sent += [message_of(message) for message in output.messages]
        self.notices += output.notices
        self.wake_at_us = output.wake_at_us
        for intent in output.intents:
            self.heart.perform(intent)
        if output.intents:
            self.grew()

    def record(self, events: int = 1) -> None:
        for number in range(events):
            self.heart.record("ScanJudged", {"number": number})
        self.grew()


class Exchange:
    """``lose`` decides which messages the wire drops; ``heard`` keeps what central published."""

    def __init__(self, store: CentralStore | None = None, site: str = "hz1") -> None:
        self.steady_us = 0
        self.net: list[Outgoing] = []
        self.heard: list[Message] = []
        self.notices: list[Notice] = []
        self.lose: Callable[[Outgoing], bool] = lambda _message: False
        self.store: CentralStore = MemoryStore() if store is None else store
        self.central_wake_us: int | None = None
        self.boot_central()
        self.inbox.add_site(site)
        self.site = SiteEnd(self, FakeHeart(site, seeded(1)), 1)
        self.sites = [self.site]

    def boot_central(self) -> None:
        self.inbox = Inbox(self.store, seeded(99))

    def now(self) -> Moment:
        return Moment(self.steady_us, WALL_US + self.steady_us)

    def central_did(self, output: Output) -> None:
        self.net.extend(output.messages)
        self.heard += [message_of(message) for message in output.messages]
        self.notices += output.notices
        self.central_wake_us = output.wake_at_us

    def deliver(self, message: Outgoing) -> None:
        where = place(message.topic)
        assert where is not None
        if where.leaf in UP:
            self.central_did(self.inbox.receive(message.topic, message.payload, self.now()))
            return
        for end in self.sites:
            if end.heart.site == where.site and end.pump.link.state != "offline":
                end.did(end.pump.receive(message.topic, message.payload, self.now()))

    def settle(self) -> None:
        """Deliver until nothing is on the wire; time stands still."""
        for _ in range(ROUNDS_MAX):
            if not self.net:
                return
            message = self.net.pop(0)
            if not self.lose(message):
                self.deliver(message)
        raise AssertionError("the two ends talk without end")

    def pass_time(self, us: int, step_us: int = SECOND // 4) -> None:
        """Let time pass; both ends are ticked when they asked for it."""
        end_us = self.steady_us + us
        while self.steady_us < end_us:
            self.steady_us = min(end_us, self.steady_us + step_us)
            for end in self.sites:
                if end.wake_at_us is not None and end.wake_at_us <= self.steady_us:
                    end.did(end.pump.tick(self.now()))
            if self.central_wake_us is not None and self.central_wake_us <= self.steady_us:
                self.central_did(self.inbox.tick(self.now()))
            self.settle()

    def start(self) -> None:
        """Connect the site and let both ends agree."""
        self.site.connect()
        self.pass_time(SECOND)

    def cursor(self, site: str = "hz1") -> SiteCursor:
        with self.store.transaction() as tx:
            cursor = tx.log.cursor(site)
        assert cursor is not None
        return cursor

    def agrees(self, end: SiteEnd | None = None) -> bool:
        end = end or self.site
        cursor = self.cursor(end.heart.site)
        head = end.heart.head()
        return (cursor.through, cursor.hash) == (head.seq, head.hash)


def message_of(outgoing: Outgoing) -> Message:
    where = place(outgoing.topic)
    assert where is not None
    return decode(outgoing.payload, where)
