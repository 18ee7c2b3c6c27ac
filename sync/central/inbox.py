"""Central's end of the exchange, as one sans-IO object (SYNC.md sections 5, 6, 7 and 12).

Each message is served in one transaction of the ``CentralStore``; what it leads to is in the
``Output`` and is to be published after that transaction, never before. If the store raises,
nothing happened and nothing is to be sent: the site will repeat. What lives outside the store
(presence, waits, what was sent) may be lost at any time. One thread at a time may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
from msgspec import UNSET

from edge.domain.sync_inputs import PersonRow
from edge.errors import NotFound
from edge.ids import Chance, hex_bits
from sync.central import catch_up, log
from sync.central.commands import CommandDesk, SiteTimer
from sync.central.credit import credit_for
from sync.central.events import answers
from sync.central.persons import PersonDesk
from sync.central.ports import (
    CentralStore,
    CentralTransaction,
    CommandLog,
    Erasures,
    Order,
    SiteCursor,
)
from sync.central.presence import Presence
from sync.central.views import SiteView
from sync.command_chain import canonical_data
from sync.dead_letters import DeadLetters
from sync.envelope import (
    Ack,
    BadMessage,
    Events,
    Hello,
    Message,
    Need,
    Persons,
    State,
    Welcome,
    decode,
)
from sync.mail import Mail
from sync.ports import MINUTE, Moment, Output
from sync.timers import Timers
from sync.topics import UP, check_site, everyones, place

REFUSALS_UNTIL_ALERT = 3
CATCH_UP_RETRY_US = 1 * MINUTE


Keep = Callable[[bytes], None]


class Inbox:
    """See the module's docstring. ``waiting``: messages that wait to be served; sets the credit."""

    subscriptions = tuple(everyones(leaf) for leaf in UP)

    def __init__(
        self, store: CentralStore, chance: Chance, erasures: Erasures | None = None
    ) -> None:
        self.waiting = 0
        self.dead_letters = DeadLetters("up")
        self._store, self._mail, self._erasures = store, Mail(), erasures
        self._timers: Timers[SiteTimer] = Timers()
        session = hex_bits(64, chance)
        self.commands = CommandDesk(session, chance, self._mail, self._timers)
        self.persons = PersonDesk(
            session, chance, self._mail, self._timers, self.commands, self._note_erasure
        )
        self._presence: dict[str, Presence] = {}
        with store.transaction() as tx:
            for site in tx.log.sites():
                self._timers.set(("catch_up", site), 0)
                self._timers.set(("need", site), 0)

    # --- what people and programs ask -------------------------------------------------------

    def add_site(self, site: str) -> None:
        """Make a site known; messages of unknown sites are dead letters."""
        with self._store.transaction() as tx:
            tx.log.add_site(check_site(site))

    def give_command(
        self,
        site: str,
        kind: str,
        version: int,
        data: bytes,
        now: Moment,
        keep: Keep | None = None,
    ) -> tuple[Order, Output]:
        """Send ``site`` a command; it may refuse it with an event. InvalidInput on bad ``data``.

        ``keep`` gets the order's id within the transaction.
        """
        self._mail.drop()
        data = canonical_data(data)
        with self._store.transaction() as tx:
            self._known(tx, site)
            order = self.commands.give(tx, site, kind, version, data, now)
            self.persons.mentioned(tx, site, data, now)
            self.commands.send_new(tx, site, now)
            if keep is not None:
                keep(order.id.encode())
        return order, self._finish()

    def put_person(self, person: str, data: bytes) -> PersonRow:
        """Keep a person's data (canonical JSON) as a new version; Conflict if erased."""
        with self._store.transaction() as tx:
            return self.persons.put(tx, person, data)

    def erase_person(self, person: str, now: Moment, keep: Keep | None = None) -> Output:
        """Destroy a person's data here and at every site that has to do with them.

        ``keep`` gets these sites, a JSON list, within the transaction.
        """
        self._mail.drop()
        with self._store.transaction() as tx:
            sites = self.persons.erase(tx, person, now)
            for site in sites:
                self.commands.send_new(tx, site, now)
            if keep is not None:
                keep(msgspec.json.encode(sites))
        return self._finish()

    def settle_erasures(self, now: Moment) -> None:
        """After a start: whom this store holds again and who was erased before is erased anew."""
        if self._erasures is None:
            return
        with self._store.transaction() as tx:
            self.persons.settle(tx, self._erasures.entries(), now)
        self._mail.drop()

    def unfence(self, site: str, now: Moment) -> None:
        """A person made sure that one writer is left; follow its epochs again."""
        with self._store.transaction() as tx:
            cursor = self._known(tx, site)
            free = replace(cursor, fenced=False, unfenced_at_us=now.wall_us)
            tx.log.save_cursor(site, free)

    def sites(self, now: Moment) -> list[SiteView]:
        """Every known site as a page shows it."""
        with self._store.transaction() as tx:
            return [self._view(tx, site, now) for site in tx.log.sites()]

    # --- what happens -----------------------------------------------------------------------

    def receive(self, name: str, payload: bytes, now: Moment) -> Output:
        """A message came on topic ``name``."""
        self._mail.drop()
        where = place(name)
        if where is None or where.leaf not in UP:
            self._bury("", name, "foreign_site", payload, now)
            return self._finish()
        try:
            message = decode(payload, where)
        except BadMessage as error:
            self._bury(where.site, name, error.reason, payload, now)
            return self._finish()
        with self._store.transaction() as tx:
            cursor = tx.log.cursor(where.site)
            reason = "unknown_site" if cursor is None else self._serve(tx, cursor, message, now)
        if reason is not None:
            self._bury(where.site, name, reason, payload, now)
        return self._finish()

    def tick(self, now: Moment) -> Output:
        """Time passed. Harmless at any moment, needed at ``wake_at_us``."""
        self._mail.drop()
        for timer in self._timers.due(now.steady_us):
            if self._timers.take(timer, now.steady_us):
                with self._store.transaction() as tx:
                    self._serve_timer(tx, timer, now)
        return self._finish()

    # --- messages ---------------------------------------------------------------------------

    def _serve(
        self, tx: CentralTransaction, cursor: SiteCursor, message: Message, now: Moment
    ) -> str | None:
        """Act on a message; the reason why it is a dead letter, or None."""
        presence = self._presence_of(message.site)
        match message:
            case State():
                presence.state(message)
            case Hello():
                presence.app = message.app
                repeated = self._hear(presence, message, now)
                return self._hello(tx, cursor, message, now, repeated=repeated)
            case Events():
                repeated = self._hear(presence, message, now)
                return self._events(tx, cursor, message, now, repeated=repeated)
            case Need():
                self.persons.answer(tx, message, cursor.epoch, now)
            case Persons():
                self.persons.take(tx, message)
        return None

    def _hear(self, presence: Presence, message: Hello | Events, now: Moment) -> bool:
        presence.hear(message.sent_at, now)
        skew_us = presence.skew_alert(now)
        if skew_us is not None:
            self._mail.tell("skew", message.site, f"{skew_us // 1000} ms")
        return presence.repeats.seen(message.session, message.sent_at)

    def _hello(
        self,
        tx: CentralTransaction,
        cursor: SiteCursor,
        hello: Hello,
        now: Moment,
        *,
        repeated: bool,
    ) -> str | None:
        site = hello.site
        self.commands.position(tx, site, hello.position)
        if not repeated and hello.head != cursor.head:
            cursor = replace(cursor, head=hello.head)
            tx.log.save_cursor(site, cursor)
        meeting = log.meet(tx, site, cursor, hello)
        if log.may_adopt(cursor, hello, meeting):
            cursor = self._adopt_or_fence(tx, cursor, hello, meeting.lo, now)
        self._send_welcome(hello, cursor, meeting, now)
        if self._presence_of(site).greets_anew(hello.session):
            self.commands.repeat(tx, site, now)
            self._timers.ensure(("need", site), now.steady_us)
        return "replayed" if repeated else None

    def _adopt_or_fence(
        self, tx: CentralTransaction, cursor: SiteCursor, hello: Hello, lo: int, now: Moment
    ) -> SiteCursor:
        site = hello.site
        if cursor.fenced:
            return cursor
        if log.climbs_too_fast(tx, site, cursor, now):
            cursor = replace(cursor, fenced=True)
            tx.log.save_cursor(site, cursor)
            self._mail.tell("fenced", site, f"epoch {hello.epoch.counter}: two writers?")
            return cursor
        lost = cursor.through - lo
        adopted = log.adopt(tx, site, cursor, hello, lo, now)
        self.commands.open_epoch(tx, site, self.commands.log(tx, site).epoch.counter + 1)
        if lost:
            self._mail.tell("orphans", site, f"{lost} events after {lo}")
        if adopted.condition != "level":
            self._timers.set(("catch_up", site), now.steady_us)
        return adopted

    def _events(
        self,
        tx: CentralTransaction,
        cursor: SiteCursor,
        batch: Events,
        now: Moment,
        *,
        repeated: bool,
    ) -> str | None:
        site = batch.site
        self.commands.position(tx, site, batch.position)
        taken = log.take(tx, site, cursor, batch)
        if taken.fresh:
            tx.commands.record_answers(site, answers(taken.fresh))
            self.persons.learn(tx, site, taken.fresh, now)
            self._presence_of(site).refusals = 0
        if taken.cursor.condition == "lagging" and cursor.condition == "level":
            self._mail.tell("lagging", site, f"projections stop at {taken.cursor.projected}")
            self._timers.set(("catch_up", site), now.steady_us + CATCH_UP_RETRY_US)
        if taken.status == "refused":
            self._note_refusal(site, taken)
        self._send_ack(batch, taken, now)
        self.commands.send_new(tx, site, now)
        return "replayed" if repeated and not taken.fresh else None

    def _note_refusal(self, site: str, taken: log.Taken) -> None:
        presence = self._presence_of(site)
        presence.refusals += 1
        if presence.refusals == REFUSALS_UNTIL_ALERT:
            self._mail.tell("refused", site, f"seq {taken.seq}: {taken.why}")

    def _send_welcome(
        self, hello: Hello, cursor: SiteCursor, meeting: log.Meeting, now: Moment
    ) -> None:
        welcome = Welcome(
            site=hello.site,
            session=hello.session,
            epoch=cursor.epoch,
            sent_at=self._mail.stamp(now),
            through=cursor.through,
            hash=cursor.hash.hex(),
            lo=meeting.lo,
            hi=meeting.hi,
            credit=credit_for(self.waiting),
            fenced=cursor.fenced and hello.epoch != cursor.epoch,
        )
        self._mail.send("ack", welcome)

    def _send_ack(self, batch: Events, taken: log.Taken, now: Moment) -> None:
        ack = Ack(
            site=batch.site,
            session=batch.session,
            epoch=taken.cursor.epoch,
            sent_at=self._mail.stamp(now),
            status=taken.status,
            through=taken.cursor.through,
            hash=taken.cursor.hash.hex(),
            credit=credit_for(self.waiting),
            seq=UNSET if taken.seq is None else taken.seq,
            why=UNSET if taken.why is None else taken.why,
        )
        self._mail.send("ack", ack)

    # --- timers -----------------------------------------------------------------------------

    def _serve_timer(self, tx: CentralTransaction, timer: SiteTimer, now: Moment) -> None:
        kind, site = timer
        cursor = tx.log.cursor(site)
        if cursor is None:
            return
        if kind == "catch_up":
            self._catch_up(tx, site, cursor, now)
        elif self._presence_of(site).is_parked(now):
            return
        elif kind == "commands":
            self.commands.repeat(tx, site, now)
        else:
            self.persons.ask(tx, site, cursor.epoch, now)

    def _catch_up(self, tx: CentralTransaction, site: str, cursor: SiteCursor, now: Moment) -> None:
        if cursor.condition == "level":
            return
        match catch_up.step(tx, site, cursor):
            case catch_up.Step.MORE:
                self._timers.set(("catch_up", site), now.steady_us)
            case catch_up.Step.STUCK:
                self._timers.set(("catch_up", site), now.steady_us + CATCH_UP_RETRY_US)
            case catch_up.Step.LEVEL:
                self._mail.tell("level", site, "projections are level with the log")

    # --- small things -----------------------------------------------------------------------

    def _note_erasure(self, person: str, at_us: int) -> None:
        if self._erasures is not None:
            self._erasures.note(person, at_us)

    def _bury(self, site: str, name: str, reason: str, payload: bytes, now: Moment) -> None:
        letter = self.dead_letters.take(name, reason, payload, now)
        if letter is not None:
            with self._store.transaction() as tx:
                tx.letters.keep(site, letter)

    def _known(self, tx: CentralTransaction, site: str) -> SiteCursor:
        cursor = tx.log.cursor(site)
        if cursor is None:
            raise NotFound("site", site, "name a site that was added to central")
        return cursor

    def _presence_of(self, site: str) -> Presence:
        return self._presence.setdefault(site, Presence())

    def _view(self, tx: CentralTransaction, site: str, now: Moment) -> SiteView:
        cursor, presence = self._known(tx, site), self._presence_of(site)
        commands = tx.commands.log(site) or CommandLog(epoch=cursor.epoch)
        return SiteView(
            site=site,
            online=presence.online,
            heard_at_us=presence.heard_wall_us,
            app=presence.app,
            epoch=cursor.epoch,
            through=cursor.through,
            hash=cursor.hash,
            head=max(cursor.head, cursor.through),
            projected=cursor.projected,
            condition=cursor.condition,
            fenced=cursor.fenced,
            refusals=presence.refusals,
            skew_us=presence.skew.us(now),
            commands=commands.length,
            commands_acked=commands.acked,
        )

    def _finish(self) -> Output:
        return self._mail.collect(self._timers.next_us())
