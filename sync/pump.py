"""The site's end of the exchange with central, as one sans-IO object (SYNC.md sections 4, 6, 12).

Feed it what happens (``connected``, ``receive``, ``journal_grew``, ``tick``, ...) and do what the
``Output`` says: publish its messages in order, hand its intents to the heart's loop, call
``tick`` at ``wake_at_us``. It reads the journal, and what the heart remembers, through the ports of
``sync.ports``; it writes nothing. One thread at a time may use it.

Nothing here looks at a PUBACK, a retained message or a broker's session: they move no cursor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.errors import InvalidInput
from edge.ids import Chance, hex_bits
from edge.journal.chain import Position
from sync.dead_letters import DeadLetters
from sync.downlink import Downlink
from sync.envelope import (
    Ack,
    BadMessage,
    Commands,
    Message,
    Need,
    Persons,
    Welcome,
    decode,
    encode,
)
from sync.envelope import (
    State as StateMessage,
)
from sync.mail import Mail
from sync.ports import SECOND, JournalReader, Moment, Outgoing, Output, PersonReader, SiteState
from sync.repeats import Repeats
from sync.states import State
from sync.topics import DOWN, check_site, place, topic
from sync.uplink import Uplink


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpSettings:
    """``hello_jitter_us`` spreads thousands of sites after a broker's restart."""

    hello_jitter_us: int = 5 * SECOND
    app: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """What the wall shows of the link. ``dead_letters`` counts since the process started."""

    state: Literal["online", "asking", "offline"]
    backlog: int
    acked: Position
    last_ack_us: int | None
    dead_letters: int
    fenced: bool
    refused: bool


class Pump:
    """See the module's docstring."""

    def __init__(
        self,
        site: str,
        journal: JournalReader,
        memory: SiteState,
        persons: PersonReader,
        chance: Chance,
        settings: PumpSettings | None = None,
    ) -> None:
        self.site = check_site(site)
        self.dead_letters = DeadLetters("down")
        self._settings = settings or PumpSettings()
        self._memory, self._chance = memory, chance
        self._mail = Mail()
        self._up = Uplink(site, self._settings.app, journal, memory, chance, self._mail)
        self._down = Downlink(site, memory, persons, chance, self._mail)
        self._repeats = Repeats()
        self._connection, self._since_us = "", 0

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Topics to subscribe to, QoS 1, after each connect and before ``connected``."""
        return tuple(topic(self.site, leaf) for leaf in DOWN)

    @property
    def link(self) -> LinkView:
        """The link as a person sees it."""
        state = self._up.state
        return LinkView(
            state="online"
            if state is State.FLOWING
            else "offline"
            if state is State.OFFLINE
            else "asking",
            backlog=self._up.backlog,
            acked=self._up.flight.acked,
            last_ack_us=self._up.last_ack_us,
            dead_letters=self.dead_letters.total(),
            fenced=self._up.fenced,
            refused=state is State.REFUSED,
        )

    # --- the connection ---------------------------------------------------------------------

    def will(self, now: Moment) -> Outgoing:
        """Begin a connection: the last will to register with the broker before connecting."""
        self._connection, self._since_us = hex_bits(64, self._chance), now.wall_us
        last_words = encode(self._presence(online=False, now=now))
        return Outgoing(topic(self.site, "state"), last_words, retain=True)

    def connected(self, now: Moment) -> Output:
        """The broker accepted connection and subscriptions."""
        self._mail.send("state", self._presence(online=True, now=now), retain=True)
        self._up.connected(self._settings.hello_jitter_us, now)
        self._down.look_for_needs(now)
        return self._finish(now)

    def goodbye(self, now: Moment) -> Output:
        """A clean end: the broker sends no will after a DISCONNECT, so say it ourselves."""
        if self._up.state is not State.OFFLINE:
            self._mail.send("state", self._presence(online=False, now=now), retain=True)
        return self.disconnected(now)

    def disconnected(self, now: Moment) -> Output:
        """The connection is gone; whatever was under way is forgotten."""
        self._up.disconnected()
        self._down.timers.cancel_all()
        return self._finish(now)

    # --- what happens -----------------------------------------------------------------------

    def receive(self, name: str, payload: bytes, now: Moment) -> Output:
        """A message came on topic ``name``."""
        where = place(name)
        if where is None or where.site != self.site or where.leaf not in DOWN:
            self._bury(name, "foreign_site", payload, now)
            return self._finish(now)
        try:
            message = decode(payload, where)
        except BadMessage as error:
            self._bury(name, error.reason, payload, now)
            return self._finish(now)
        reason = self._handle(message, now) if self._up.state is not State.OFFLINE else None
        if reason is not None:
            self._bury(name, reason, payload, now)
        return self._finish(now)

    def journal_grew(self, head: Position, now: Moment) -> Output:
        """The heart committed; ``head`` is the journal's last entry."""
        self._up.journal_grew(head, now)
        if self._up.state is not State.OFFLINE:
            self._down.look_for_needs(now)
        return self.tick(now)

    def tick(self, now: Moment) -> Output:
        """Time passed. Harmless at any moment, needed at ``wake_at_us``."""
        self._up.tick(now)
        if self._up.state is not State.OFFLINE:
            self._down.tick(self._up.session, now)
        return self._finish(now)

    # --- inside -----------------------------------------------------------------------------

    def _handle(self, message: Message, now: Moment) -> str | None:
        """Act on a message; the reason why it is a dead letter, or None."""
        repeated = self._repeats.seen(message.session, message.sent_at)
        match message:
            case Welcome() | Ack():
                return self._answer(message, now, repeated=repeated)
            case Commands():
                return self._commands(message, now)
            case Persons():
                self._down.persons(message, now)
            case Need():
                self._down.answer(message, self._up.session, now)
        return None

    def _commands(self, message: Commands, now: Moment) -> str | None:
        try:
            news = self._down.commands(message)
        except InvalidInput:
            return "impossible"
        self._up.commands_came(now, known=not news)
        return None

    def _answer(self, message: Welcome | Ack, now: Moment, *, repeated: bool) -> str | None:
        if message.session != self._up.session:
            return "replayed"
        if isinstance(message, Welcome):
            if self._up.state is not State.ASKING:
                return "replayed" if repeated else None
            return None if self._up.welcome(message, now) else "impossible"
        if self._up.state is not State.FLOWING:
            return None
        return "replayed" if not self._up.ack(message, now) and repeated else None

    def _bury(self, name: str, reason: str, payload: bytes, now: Moment) -> None:
        letter = self.dead_letters.take(name, reason, payload, now)
        if letter is not None:
            self._mail.intend(letter)

    def _presence(self, *, online: bool, now: Moment) -> StateMessage:
        return StateMessage(
            site=self.site,
            session=self._up.session,
            epoch=self._memory.site_epoch(),
            sent_at=self._mail.stamp(now),
            online=online,
            connection=self._connection,
            since=self._since_us,
        )

    def _finish(self, now: Moment) -> Output:
        self._up.flow(now)
        times = [self._up.timers.next_us(), self._down.timers.next_us()]
        return self._mail.collect(min((at for at in times if at is not None), default=None))
