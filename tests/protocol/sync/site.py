"""A pump alone, driven by hand."""

from __future__ import annotations

import msgspec

from edge.ids import seeded
from sync.envelope import (
    Ack,
    Events,
    Hello,
    Message,
    Welcome,
    encode,
)
from sync.ports import Moment, Output
from sync.pump import Pump, PumpSettings
from sync.topics import Leaf, topic
from tests.protocol.sync.exchange import message_of
from tests.simulation.sync.heart import FakeHeart

SITE = "hz1"


class Site:
    """A pump alone, with a heart whose intents the test performs."""

    def __init__(self, events: int = 0, jitter_us: int = 0) -> None:
        self.steady_us = 0
        self.heart = FakeHeart(SITE, seeded(5))
        for number in range(events):
            self.heart.record("ScanJudged", {"number": number})
        settings = PumpSettings(hello_jitter_us=jitter_us)
        self.pump = Pump(SITE, self.heart, self.heart, self.heart, seeded(6), settings)
        self.out = Output()
        self.last: list[Message] = []

    def now(self) -> Moment:
        return Moment(self.steady_us, 1_790_000_000_000_000 + self.steady_us)

    def did(self, output: Output) -> list[Message]:
        self.out = output
        self.last = [message_of(message) for message in output.messages]
        return self.last

    def connect(self) -> list[Message]:
        self.pump.will(self.now())
        self.did(self.pump.connected(self.now()))
        return self.after(0)

    def after(self, us: int) -> list[Message]:
        self.steady_us += us
        return self.did(self.pump.tick(self.now()))

    def hears(self, leaf: Leaf, message: Message) -> list[Message]:
        return self.did(self.pump.receive(topic(SITE, leaf), encode(message), self.now()))

    def hello(self) -> Hello:
        return next(m for m in self.last if isinstance(m, Hello))

    def welcome(self, through: int, lo: int = 0, hi: int = 1, **changes: object) -> list[Message]:
        """Central's answer to the present session, right in all that is not changed."""
        digest = self.heart.hash_at(through)
        answer = Welcome(
            site=SITE,
            session=self.pump._up.session,
            epoch=self.heart.site_epoch(),
            sent_at=self.steady_us,
            through=through,
            hash=(digest or b"\xee" * 32).hex(),
            lo=lo,
            hi=hi,
            credit=8,
        )
        return self.hears("ack", msgspec.structs.replace(answer, **changes))

    def ack(self, through: int, **changes: object) -> list[Message]:
        digest = self.heart.hash_at(through)
        answer = Ack(
            site=SITE,
            session=self.pump._up.session,
            epoch=self.heart.site_epoch(),
            sent_at=self.steady_us,
            status="ok",
            through=through,
            hash=(digest or b"\xee" * 32).hex(),
            credit=8,
        )
        return self.hears("ack", msgspec.structs.replace(answer, **changes))

    def grows(self, events: int) -> list[Message]:
        for number in range(events):
            self.heart.record("ScanJudged", {"grown": number})
        return self.did(self.pump.journal_grew(self.heart.head(), self.now()))


def flowing(events: int = 0, acked: int = 0) -> Site:
    site = Site(events)
    site.connect()
    site.welcome(acked)
    return site


def batches(messages: list[Message]) -> list[tuple[int, int]]:
    """(first seq, count) of the events messages."""
    return [(m.first_seq, len(m.events)) for m in messages if isinstance(m, Events)]
