"""One site, one hostile broker, one central, in one thread and in virtual time, from one seed.

The product's own pump and inbox run over a fake heart and a real store. Messages are lost,
doubled, reordered and delivered days later; the broker forgets all; connections break; both
machines crash at any step and are restored from backups, and central is wiped. Checked after each
step of central:

    its log is the beginning of the site's journal (unless a restore was not noticed yet);
    nothing is applied twice; what it committed stays in its log or is named as an orphan.

At the end, when the faults stop: central equals the site, the projections equal central's log,
every command had its effect once, every person is known or erased at both ends.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable

import msgspec

from edge.domain.sync_inputs import PersonRow
from edge.ids import hex_bits
from edge.journal.chain import StoredEvent, canonical, open_envelope
from sync.central.inbox import Inbox
from sync.central.ports import CentralTransaction, SiteCursor
from sync.ports import SECOND, Moment, Outgoing, Output
from sync.pump import Pump, PumpSettings
from sync.topics import UP, place
from tests.simulation.sync.crashes import Crash, CrashingStore
from tests.simulation.sync.heart import FakeHeart
from tests.simulation.sync.stores import StoreUnderTest

SITE = "hz1"
NET_MAX = 40
FAULT_STEPS = 500
CALM_STEPS = 4000
WALL_US = 1_790_000_000_000_000


class World:
    """See the module's docstring. ``heart`` lets a test plant a site's mistake."""

    def __init__(
        self, seed: int, under_test: StoreUnderTest, heart: type[FakeHeart] = FakeHeart
    ) -> None:
        self.rng = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.under_test = under_test
        self.step_us = self.rng.choice((50_000, 250_000, 250_000, 1_500_000))
        self.steady_us = 0
        self.net: list[Outgoing] = []
        self.grave: list[Outgoing] = []
        self.mirror: list[StoredEvent] = []
        self.ids: set[str] = set()
        self.given: set[str] = set()
        self.people: list[str] = []
        self.torn = self.calm = self.restored = False
        self.heart = heart(SITE, self.rng)
        self.boot_central()
        self.inbox.add_site(SITE)
        self.blank = (under_test.backup(), frozenset[str]())
        self.saved_central = self.blank
        self.saved_site = self.heart.disk.copy()
        self.boot_site()

    # --- running ----------------------------------------------------------------------------

    def run(self) -> Counter[str]:
        """Faults first, then calm until both ends agree; AssertionError names what broke."""
        for step in itertools.count():
            self.calm = step > FAULT_STEPS
            if self.calm and self.is_done():
                break
            assert step < FAULT_STEPS + CALM_STEPS, "stuck: one end never gets the rest"
            self.steady_us += self.rng.randrange(2 * self.step_us)
            self.step()
            del self.net[NET_MAX:]
        self.check_end()
        self.faults.update(events=len(self.mirror), commands=len(self.given))
        return self.faults

    def step(self) -> None:
        dice = self.rng.random()
        if dice < 0.25:
            self.site_did(self.pump.tick(self.now()))
        elif dice < 0.36:
            self.heart_step()
        elif dice < 0.45:
            self.central_does(lambda: self.inbox.tick(self.now()))
        elif dice < 0.80:
            self.deliver_one()
        elif not self.calm:
            self.trouble(dice)
        elif self.pump.link.state == "offline":
            self.connect()
        elif self.pump.link.fenced:
            self.choose()

    def choose(self) -> None:
        """The person whom a fenced site waits for: there is one writer, go on."""
        self.faults["fenced"] += 1
        self.inbox.unfence(SITE, self.now())

    def trouble(self, dice: float) -> None:
        if dice < 0.82:
            if self.grave:
                self.faults["late delivery"] += 1
                self.deliver(self.rng.choice(self.grave))
        elif dice < 0.92:
            self.work()
        else:
            self.fault(self.rng.random())

    def now(self) -> Moment:
        return Moment(self.steady_us, WALL_US + self.steady_us)

    # --- the network ------------------------------------------------------------------------

    def deliver_one(self) -> None:
        if not self.net:
            return
        index = 0
        if self.rng.random() < (0.02 if self.calm else 0.3):
            index = self.rng.randrange(len(self.net))
        message, luck = self.net.pop(index), 1.0 if self.calm else self.rng.random()
        self.faults.update(reorder=index > 0, drop=luck < 0.15, duplicate=0.15 <= luck < 0.30)
        if luck < 0.30:
            self.grave.append(message)
        if luck >= 0.15:
            self.deliver(message)

    def deliver(self, message: Outgoing) -> None:
        where = place(message.topic)
        assert where is not None
        if where.leaf in UP:
            self.central_does(
                lambda: self.inbox.receive(message.topic, message.payload, self.now())
            )
        elif self.pump.link.state != "offline":
            self.site_did(self.pump.receive(message.topic, message.payload, self.now()))

    # --- the site ---------------------------------------------------------------------------

    def boot_site(self) -> None:
        self.heart.intents.clear()
        settings = PumpSettings(hello_jitter_us=SECOND, app="sim")
        self.pump = Pump(SITE, self.heart, self.heart, self.heart, self.rng, settings)
        self.connect()

    def connect(self) -> None:
        self.pump.will(self.now())
        self.site_did(self.pump.connected(self.now()))

    def site_did(self, output: Output) -> None:
        self.net.extend(output.messages)
        self.heart.intents.extend(output.intents)

    def heart_step(self) -> None:
        """The loop's thread writes what waits, and tells the pump of the new head."""
        epoch = self.heart.disk.epoch
        try:
            for _ in range(self.rng.randint(1, 16)):
                self.heart.perform_one()
        except Crash:
            self.boot_site()
        self.torn = self.torn and self.heart.disk.epoch == epoch
        self.site_did(self.pump.journal_grew(self.heart.head(), self.now()))

    # --- central ----------------------------------------------------------------------------

    def boot_central(self) -> None:
        self.store = CrashingStore(self.under_test.store)
        self.inbox = Inbox(self.store, self.rng)

    def central_does(self, call: Callable[[], Output]) -> None:
        luck = 1.0 if self.calm else self.rng.random()
        if luck < 0.02:
            self.store.fuse = "before" if luck < 0.01 else "after"
        try:
            output = call()
        except Crash:
            self.faults["central crash"] += 1
            self.boot_central()
        else:
            self.net.extend(output.messages)
        self.store.fuse = None
        self.check_central()

    # --- work -------------------------------------------------------------------------------

    def work(self) -> None:
        luck = self.rng.random()
        if luck < 0.75:
            for _ in range(self.rng.randint(1, 5)):
                self.heart.record("ScanJudged", {"luck": self.rng.getrandbits(32)})
        elif luck < 0.80:
            person = self.new_person()
            self.heart.disk.persons[person] = PersonRow(
                id=person, version=1, salt="00" * 32, data=b'{"name":"x"}', erased_at=None
            )
            self.heart.refer(person)
        elif luck < 0.92:
            self.central_does(lambda: self.give("Do", canonical({"luck": int(luck * 1e6)})))
        elif luck < 0.97 or not self.people:
            self.central_does(self.order_for_a_person)
        else:
            person = self.rng.choice(self.people)
            self.central_does(lambda: self.inbox.erase_person(person, self.now()))

    def new_person(self) -> str:
        self.people.append(hex_bits(32, self.rng))
        return self.people[-1]

    def give(self, kind: str, data: bytes) -> Output:
        order, output = self.inbox.give_command(SITE, kind, 1, data, self.now())
        self.given.add(order.id)
        return output

    def order_for_a_person(self) -> Output:
        row = self.inbox.put_person(self.new_person(), b'{"name":"y"}')
        reference = {"person": row.id, "version": row.version, "digest": row.digest()}
        return self.give("Deliver", canonical({"customer": reference}))

    # --- faults -----------------------------------------------------------------------------

    def fault(self, luck: float) -> None:
        if luck < 0.10:
            self.saved_site = self.heart.disk.copy()
        elif luck < 0.20:
            self.saved_central = (self.under_test.backup(), frozenset(self.given))
        elif luck < 0.40:
            self.faults["broker lost all"] += 1
            self.net.clear()
            if luck < 0.30:
                self.pump.disconnected(self.now())
        elif luck < 0.60:
            self.faults["reconnect"] += 1
            self.connect() if self.pump.link.state == "offline" else None
        elif luck < 0.75:
            self.faults["site crash"] += 1
            self.boot_site()
        elif luck < 0.78:
            self.faults["site restored"] += 1
            self.torn = self.restored = True
            self.heart.disk = self.saved_site.copy()
            self.boot_site()
        elif luck < 0.81:
            self.faults["central restored"] += 1
            self.restore_central(self.blank if self.rng.random() < 0.3 else self.saved_central)
        else:
            self.faults["central crash"] += 1
            self.boot_central()

    def restore_central(self, saved: tuple[object, frozenset[str]]) -> None:
        backup, given = saved
        self.restored = True
        self.given = set(given)
        self.under_test.restore(backup)
        self.boot_central()
        self.mirror, self.ids = [], set()
        self.check_central()

    # --- checks -----------------------------------------------------------------------------

    def check_central(self) -> None:
        with self.store.transaction() as tx:
            cursor = tx.log.cursor(SITE)
            assert cursor is not None
            self.cut_mirror(tx, cursor)
            for event in tx.log.read(SITE, len(self.mirror), cursor.through):
                self.mirror.append(event)
                id_ = open_envelope(event.body).id
                assert id_ not in self.ids, "applied twice"
                self.ids.add(id_)
        assert cursor.through == len(self.mirror), "cursor and log differ"
        if self.torn or cursor.epoch != self.heart.disk.epoch:
            return
        assert self.heart.hash_at(cursor.through) == cursor.hash, "not a prefix"

    def cut_mirror(self, tx: CentralTransaction, cursor: SiteCursor) -> None:
        """What left the log since the last look must be among the orphans."""
        kept = min(len(self.mirror), cursor.through)
        while kept and tx.log.hash_at(SITE, kept) != self.mirror[kept - 1].hash:
            kept -= 1
        lost = self.mirror[kept:]
        if not lost:
            return
        named = {orphan.hash for orphan in tx.log.orphans(SITE, 1_000_000)}
        assert {event.hash for event in lost} <= named, "a committed event vanished"
        self.faults["orphans"] += len(lost)
        self.ids -= {open_envelope(event.body).id for event in lost}
        del self.mirror[kept:]

    def is_done(self) -> bool:
        link = self.pump.link
        if link.state != "online" or link.backlog or self.net or self.heart.intents:
            return False
        with self.store.transaction() as tx:
            cursor, commands = tx.log.cursor(SITE), tx.commands.log(SITE)
            known = self.restored or not (
                tx.persons.missing(SITE, 1) or tx.persons.unconfirmed() or self.heart.missing(1)
            )
        assert cursor is not None
        level = cursor.condition == "level" and cursor.hash == self.heart.head().hash
        obeyed = commands is None or commands.acked == commands.length
        return known and level and obeyed

    def check_end(self) -> None:
        journal = self.heart.disk.journal
        assert [event.body for event in self.mirror] == [event.body for event in journal]
        assert self.under_test.folded(SITE) == [event.hash for event in journal]
        effects = Counter(
            msgspec.json.decode(open_envelope(event.body).data, type=dict[str, str])["of"]
            for event in journal
            if b'"type":"Effect"' in event.body
        )
        assert max(effects.values(), default=1) == 1, "a command had two effects"
        assert self.given <= effects.keys(), "a command had no effect"
