"""The journal's way up: asks central where it stands, then sends what follows.

Sans-IO. The states and their meaning are in ``sync.states``; each method below is one row of the
table in SYNC.md section 4, and every change of state goes through ``_go``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from msgspec import UNSET, Raw

from edge.domain.sync_inputs import Epoch, OpenEpoch, SaveCursor
from edge.ids import Chance, hex_bits
from edge.journal.chain import Position, StoredEvent
from sync.backoff import Backoff
from sync.batch import Batch, next_batch
from sync.envelope import EVENTS_MAX, Ack, Events, Hello, Welcome, WirePosition
from sync.flight import Flight
from sync.mail import Mail
from sync.ports import MINUTE, MS, SECOND, JournalReader, Moment, SiteState
from sync.search import points
from sync.states import TRANSITIONS, Cause, State
from sync.timers import Timers

HELLO_WAIT_US = (1 * SECOND, 60 * SECOND)
PATIENCE_US = (5 * SECOND, 60 * SECOND)
GATHER_US = 50 * MS
IDLE_US = 60 * SECOND
GO_BACK_EVERY_US = 500 * MS
CURSOR_EVERY_US = 1 * SECOND
REPORT_US = 100 * MS
REFUSED_PAUSE_US = 1 * MINUTE
REFUSALS_UNTIL_ALERT = 3

CONSUMER = "central"


class Timer(Enum):
    HELLO = auto()
    FORK = auto()
    STALL = auto()
    IDLE = auto()
    GATHER = auto()
    CURSOR = auto()
    REPORT = auto()


class Uplink:
    """One site's sending end; ``site`` and ``app`` stand in its messages."""

    def __init__(
        self,
        site: str,
        app: str,
        journal: JournalReader,
        memory: SiteState,
        chance: Chance,
        mail: Mail,
    ) -> None:
        self.state = State.OFFLINE
        self.fenced = False
        self.last_ack_us: int | None = None
        self.head = journal.head()
        self.flight = Flight()
        self.timers: Timers[Timer] = Timers()
        self.session = hex_bits(64, chance)
        self._site, self._app = site, app
        self._journal, self._memory, self._chance, self._mail = journal, memory, chance, mail
        self._hello_wait = Backoff(*HELLO_WAIT_US, chance)
        self._patience = Backoff(*PATIENCE_US, chance)
        self._fork_wait = Backoff(*HELLO_WAIT_US, chance)
        self._low, self._high = 0, self.head.seq + 1
        self._fork: OpenEpoch | None = None
        self._stalls = self._refusals = 0
        self._unsent_since_us = self._went_back_us = 0
        self._reported: WirePosition | None = None

    # --- what happens outside ---------------------------------------------------------------

    def connected(self, jitter_us: int, now: Moment) -> None:
        self._go(Cause.CONNECTED)
        self._hello_wait.reset()
        self._ask(now.steady_us + int(jitter_us * self._chance.random()))

    def disconnected(self) -> None:
        self._go(Cause.DISCONNECTED)
        self.timers.cancel_all()

    def journal_grew(self, head: Position, now: Moment) -> None:
        """``head`` may be old news: the loop and the reader do not wait for each other."""
        if head.seq > self.head.seq:
            if self.flight.sent.seq >= self.head.seq:
                self._unsent_since_us = now.steady_us
            self.head = head

    def welcome(self, answer: Welcome, now: Moment) -> bool:
        """Central said where it stands; False when the answer makes no sense for this journal."""
        stands = Position(answer.through, bytes.fromhex(answer.hash))
        self.fenced = answer.fenced
        if answer.epoch == self._memory.site_epoch() and self._is_mine(stands):
            self._flow_from(stands, answer.credit, now)
        elif answer.fenced:
            self._go(Cause.FENCED)
            self.timers.set(Timer.HELLO, now.steady_us + self._hello_wait.longest_us())
        elif answer.lo >= answer.hi or answer.lo > self.head.seq:
            return False
        elif answer.hi - answer.lo > 1:
            self._narrow(answer.lo, answer.hi, now)
        else:
            self._open_epoch(answer, now)
        return True

    def commands_came(self, now: Moment, *, known: bool) -> None:
        """The command position may move without an event; central must hear of it all the same.

        ``known``: every command is behind us already, so our last report did not arrive.
        """
        if known:
            self._reported = None
        self.timers.ensure(Timer.REPORT, now.steady_us + REPORT_US)

    def ack(self, answer: Ack, now: Moment) -> bool:
        """Central took, or did not take, a batch; whether that was news."""
        through = Position(answer.through, bytes.fromhex(answer.hash))
        mine = self._is_mine(through)
        self.flight.credit = answer.credit
        if answer.status == "refused":
            self._refused(answer, now)
        elif answer.status == "ok" and mine:
            return self._progress(through, now)
        elif answer.status == "gap" and mine and through.seq >= self.flight.acked.seq:
            self._gap(through, now)
        else:
            self._go(Cause.DISAGREE)
            self._ask(now.steady_us + self._hello_wait.next_us())
        return True

    def tick(self, now: Moment) -> None:
        """Serve the timers that are due."""
        if self.state is State.FORKING:
            self._look_for_epoch(now)
        for timer in self.timers.due(now.steady_us):
            if self.timers.take(timer, now.steady_us):
                self._serve(timer, now)

    def flow(self, now: Moment) -> None:
        """Send as much as window, credit and the gathering of small batches allow."""
        while self.state is State.FLOWING and self._may_send(now):
            batch = next_batch(self._journal, self.flight.sent)
            if batch.events:
                self._send(batch, now)
            elif batch.corrupt_seq is not None:
                self._corrupt(batch.corrupt_seq, "stored entry does not fit its hash", now)
            else:
                self.timers.ensure(Timer.GATHER, now.steady_us + GATHER_US)
                break
        if self.state is State.FLOWING:
            self._mind_the_silence(now)

    @property
    def backlog(self) -> int:
        """Entries that central has not acknowledged."""
        return max(0, self.head.seq - self.flight.acked.seq)

    def _serve(self, timer: Timer, now: Moment) -> None:
        match timer:
            case Timer.HELLO:
                self._hello(now)
            case Timer.FORK:
                self._intend_fork(now)
            case Timer.STALL:
                self._stalled(now)
            case Timer.IDLE:
                self._go(Cause.IDLE)
                self._ask(now.steady_us)
                self._hello(now)
            case Timer.CURSOR:
                self._save_cursor()
            case Timer.REPORT:
                self._report(now)
            case Timer.GATHER:
                pass  # whoever ticks calls ``flow`` next

    # --- asking -----------------------------------------------------------------------------

    def _go(self, cause: Cause) -> None:
        self.state = TRANSITIONS[self.state][cause]

    def _ask(self, at_us: int, low: int = 0) -> None:
        """Begin a new session with a hello at ``at_us``."""
        self.session = hex_bits(64, self._chance)
        self.head = self._journal.head()
        self._low, self._high = low, self.head.seq + 1
        for timer in (Timer.STALL, Timer.IDLE, Timer.GATHER):
            self.timers.cancel(timer)
        self.timers.set(Timer.HELLO, at_us)

    def _hello(self, now: Moment) -> None:
        low, high = min(self._low, self.head.seq), min(self._high, self.head.seq + 1)
        self._reported = self._position()
        hello = Hello(
            site=self._site,
            session=self.session,
            epoch=self._memory.site_epoch(),
            sent_at=self._mail.stamp(now),
            head=self.head.seq,
            points=points(low, high, self._journal.hash_at),
            position=self._reported,
            app=self._app,
        )
        self._mail.send("events", hello)
        self.timers.set(Timer.HELLO, now.steady_us + self._hello_wait.next_us())

    def _flow_from(self, stands: Position, credit: int, now: Moment) -> None:
        self._go(Cause.LEVEL)
        self.timers.cancel(Timer.HELLO)
        if stands.seq > self.flight.acked.seq:
            self._heard_progress(now)
        self.flight.start(stands, credit)
        self._unsent_since_us = now.steady_us - GATHER_US
        self.last_ack_us = now.wall_us
        self.timers.set(Timer.IDLE, now.steady_us + IDLE_US)
        self.timers.ensure(Timer.CURSOR, now.steady_us + CURSOR_EVERY_US)

    def _narrow(self, low: int, high: int, now: Moment) -> None:
        """Ask again between two points; at once if that is a smaller range than before."""
        self._go(Cause.SEARCH)
        smaller = high - low < self._high - self._low
        self._low, self._high = low, high
        if smaller:
            self._hello(now)

    # --- forking ----------------------------------------------------------------------------

    def _open_epoch(self, answer: Welcome, now: Moment) -> None:
        self._go(Cause.FORK)
        counter = max(self._memory.site_epoch().counter, answer.epoch.counter) + 1
        lost = max(0, answer.through - answer.lo)
        nonce = hex_bits(64, self._chance)
        self._fork = OpenEpoch(counter=counter, nonce=nonce, base=answer.lo, lost=lost)
        self._mail.tell("fork", self._site, f"epoch {counter} from {answer.lo}, {lost} fell off")
        self.timers.cancel(Timer.HELLO)
        self._fork_wait.reset()
        self._intend_fork(now)

    def _intend_fork(self, now: Moment) -> None:
        """Ask the heart; again after a while, since it ignores what is done already."""
        if self._fork is not None:
            self._mail.intend(self._fork)
            self.timers.set(Timer.FORK, now.steady_us + self._fork_wait.next_us())

    def _look_for_epoch(self, now: Moment) -> None:
        fork = self._fork
        if fork is not None and self._memory.site_epoch() >= Epoch(fork.counter, ""):
            self._fork = None
            self._go(Cause.EPOCH_OPENED)
            self.timers.cancel(Timer.FORK)
            self._ask(now.steady_us, low=fork.base)

    # --- flowing ----------------------------------------------------------------------------

    def _may_send(self, now: Moment) -> bool:
        waiting = self.head.seq - self.flight.sent.seq
        if waiting <= 0 or not self.flight.is_open():
            return False
        ready_us = self._unsent_since_us + GATHER_US
        if self.flight.is_empty() or waiting >= EVENTS_MAX or now.steady_us >= ready_us:
            return True
        self.timers.set(Timer.GATHER, ready_us)
        return False

    def _send(self, batch: Batch, now: Moment) -> None:
        size = self._send_events(batch.events, now)
        self.flight.add(batch.last, size)
        self._unsent_since_us = now.steady_us
        self.timers.set(Timer.IDLE, now.steady_us + IDLE_US)

    def _report(self, now: Moment) -> None:
        """Say the command position with an empty batch, unless something carries it anyway."""
        if self.state is not State.FLOWING:
            return
        if not self.flight.is_empty():
            self.timers.set(Timer.REPORT, now.steady_us + REPORT_US)
        elif self.backlog == 0 and self._position() != self._reported:
            self._send_events((), now)

    def _send_events(self, events: Sequence[StoredEvent], now: Moment) -> int:
        """Send what follows the last one sent; the payload's size."""
        before = self.flight.sent
        last_hash = events[-1].hash if events else before.hash
        self._reported = self._position()
        message = Events(
            site=self._site,
            session=self.session,
            epoch=self._memory.site_epoch(),
            sent_at=self._mail.stamp(now),
            first_seq=before.seq + 1,
            prev_hash=before.hash.hex(),
            last_hash=last_hash.hex(),
            position=self._reported,
            events=[Raw(event.body) for event in events],
        )
        return self._mail.send("events", message)

    def _progress(self, through: Position, now: Moment) -> bool:
        self._go(Cause.PROGRESS)
        self.last_ack_us = now.wall_us
        if not self.flight.acknowledge(through):
            return False
        self._heard_progress(now)
        return True

    def _heard_progress(self, now: Moment) -> None:
        self._stalls = self._refusals = 0
        self._patience.reset()
        self._hello_wait.reset()
        self.timers.cancel(Timer.STALL)
        self.timers.set(Timer.IDLE, now.steady_us + IDLE_US)
        self.timers.ensure(Timer.CURSOR, now.steady_us + CURSOR_EVERY_US)

    def _gap(self, through: Position, now: Moment) -> None:
        self._go(Cause.GAP)
        if self.flight.acknowledge(through):
            self._heard_progress(now)
        if now.steady_us >= self._went_back_us + GO_BACK_EVERY_US:
            self._went_back_us = now.steady_us
            self.flight.go_back()

    def _mind_the_silence(self, now: Moment) -> None:
        """Wait for an answer while something is on its way, or for credit while there is none."""
        parked = self.flight.credit == 0 and self.backlog > 0
        if self.flight.is_empty() and not parked:
            self.timers.cancel(Timer.STALL)
        elif not self.timers.is_set(Timer.STALL):
            self.timers.set(Timer.STALL, now.steady_us + self._patience.next_us())

    def _stalled(self, now: Moment) -> None:
        self._stalls += 1
        if self._stalls < 2 and self.flight.credit > 0:
            self._go(Cause.STALLED)
            self.flight.go_back()
        else:
            self._stalls = 0
            self._go(Cause.STALLED_AGAIN)
            self._ask(now.steady_us)
            self._hello(now)

    # --- refused ----------------------------------------------------------------------------

    def _refused(self, answer: Ack, now: Moment) -> None:
        seq = answer.through + 1 if answer.seq is UNSET else answer.seq
        self._corrupt(seq, "central refused it" if answer.why is UNSET else answer.why, now)

    def _corrupt(self, seq: int, why: str, now: Moment) -> None:
        """Stop before ``seq``; say so at the first time, and once more when it stays so."""
        self._go(Cause.CORRUPT)
        self._refusals += 1
        if self._refusals in (1, REFUSALS_UNTIL_ALERT):
            kind = "corrupt" if self._refusals == 1 else "corrupt_still"
            self._mail.tell(kind, self._site, f"seq {seq}: {why}")
        for timer in (Timer.STALL, Timer.GATHER):
            self.timers.cancel(timer)
        self.timers.set(Timer.IDLE, now.steady_us + REFUSED_PAUSE_US)

    # --- small things -----------------------------------------------------------------------

    def _is_mine(self, position: Position) -> bool:
        held = self.flight.hash_at(position.seq) or self._journal.hash_at(position.seq)
        return held == position.hash

    def _position(self) -> WirePosition:
        position = self._memory.command_position()
        return WirePosition(
            epoch=position.epoch, through=position.through, hash=position.hash.hex()
        )

    def _save_cursor(self) -> None:
        acked = self.flight.acked
        self._mail.intend(SaveCursor(consumer=CONSUMER, seq=acked.seq, hash=acked.hash))
