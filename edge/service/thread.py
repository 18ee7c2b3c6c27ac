"""The thread that owns the loop: a bounded queue in front, listeners behind.

Everything that waits when a step begins is one batch; the next batch forms while this one is
synced, so there is no timer and nothing to tune. A full queue holds its callers back: a scan is
never dropped. Between steps the thread runs what needs the loop's connection (painting views),
checkpoints the store when idle, and turns due timers into inputs.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from edge.clock import Clock
from edge.domain.rows import Timer
from edge.errors import StoreError, TallydockError
from edge.service.inputs import Input, OutageEnded, TimerDue
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome

QUEUE_MAX = 1024
BATCH_MAX = 256
IDLE_S = 0.25
TIMERS_EVERY_NS = 1_000_000_000
T = TypeVar("T")

logger = logging.getLogger(__name__)


class Stopped(TallydockError):
    """The loop has ended; nothing more is taken in."""


class Listener(Protocol):
    """Called on the loop's thread after each commit, and when the disk fails or recovers."""

    def committed(self, outcomes: Sequence[Outcome]) -> None: ...

    def disk(self, ok: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class _Posted:
    """An input, and how to tell who waits for its outcome; ``last``: after the listeners."""

    input: Input
    tell: Callable[[Outcome], None]
    fail: Callable[[Exception], None]
    last: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """A function to run between two steps, and how to tell its caller that it will not."""

    run: Callable[[], None]
    fail: Callable[[Exception], None]


def _nobody(_: object) -> None:
    """Nobody waits."""


def _tell(future: Future[Outcome], outcome: Outcome) -> None:
    """Somebody who gave up waiting is not told."""
    if future.set_running_or_notify_cancel():
        future.set_result(outcome)


def _settle(future: Future[T], function: Callable[[], T]) -> None:
    """Supervisor of what callers want run: whatever it raises is theirs."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function()
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _fail(future: Future[T], error: Exception) -> None:
    if not future.done() and future.set_running_or_notify_cancel():
        future.set_exception(error)


class LoopThread:
    """Runs an ``EdgeLoop``; all methods may be called from any thread."""

    def __init__(self, loop: EdgeLoop, clock: Clock, reserve: Reserve) -> None:
        self._loop, self._clock, self._reserve = loop, clock, reserve
        self._queue: queue.Queue[_Posted | _Call | None] = queue.Queue(QUEUE_MAX)
        self._listeners: list[Listener] = []
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)
        self._outage: tuple[int, int] | None = None
        self._look_at_timers_ns = 0
        self._in_hand: Sequence[_Posted | _Call] = ()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin to take inputs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end; waits for it."""
        self._queue.put(None)
        self._thread.join()

    def listen(self, listener: Listener) -> None:
        """Add a listener; call before ``start``."""
        self._listeners.append(listener)

    @property
    def alive(self) -> bool:
        """Whether the loop still runs."""
        return self._thread.is_alive()

    @property
    def depth(self) -> int:
        """How many inputs wait."""
        return self._queue.qsize()

    @property
    def disk_ok(self) -> bool:
        """Whether the last write succeeded."""
        return self._outage is None

    def submit(self, input_: Input) -> Future[Outcome]:
        """Hand in an input; its outcome comes once it is on disk. Blocks on a full queue."""
        future: Future[Outcome] = Future()
        self._post(_Posted(input_, partial(_tell, future), partial(_fail, future)))
        return future

    def answer(self, input_: Input, answering: Callable[[Outcome], T]) -> Future[T]:
        """Hand in an input; what ``answering`` makes of its outcome, on the loop's thread.

        Everybody else is told before, so a picture that is painted then shows the outcome.
        """
        future: Future[T] = Future()

        def tell(outcome: Outcome) -> None:
            _settle(future, lambda: answering(outcome))

        self._post(_Posted(input_, tell, partial(_fail, future), last=True))
        return future

    def call(self, function: Callable[[], T]) -> Future[T]:
        """Run ``function`` on the loop's thread, between two steps."""
        future: Future[T] = Future()

        self._post(_Call(partial(_settle, future, function), partial(_fail, future)))
        return future

    def _post(self, item: _Posted | _Call) -> None:
        if self._ended.is_set():
            raise Stopped("the loop has ended")
        self._queue.put(item)
        if self._ended.is_set():  # it ended meanwhile and may not have seen this one
            self._refuse_waiting(Stopped("the loop has ended"))

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        """Supervisor: if the loop itself fails, whoever waits is told, and nothing hangs."""
        reason = Stopped("the loop has ended")
        try:
            while self.turn():
                pass
            self._last_words()
            self._loop.heart.store.checkpoint(force=True)
        except Exception as error:
            reason = Stopped(f"the loop has ended: {error}")
            raise
        finally:
            self._ended.set()
            for item in self._in_hand:
                item.fail(reason)
            self._refuse_waiting(reason)

    def turn(self, wait_s: float = IDLE_S) -> bool:
        """Serve what waits, or what comes within ``wait_s``, as one batch; False: it is the end.

        Whoever has not called ``start`` may bring a thread of their own (the simulation does).
        """
        self._fire_timers(self._clock.now_us())
        try:
            first = self._queue.get(timeout=wait_s)
        except queue.Empty:
            self._idle()
            return True
        batch, calls, going_on = self._gather(first)
        self._in_hand = (*batch, *calls)
        if batch:
            self._step(batch)
        for call in calls:
            call.run()
        self._in_hand = ()
        return going_on

    def _gather(self, first: _Posted | _Call | None) -> tuple[list[_Posted], list[_Call], bool]:
        batch: list[_Posted] = []
        calls: list[_Call] = []
        item = first
        while item is not None:
            if isinstance(item, _Posted):
                batch.append(item)
            else:
                calls.append(item)
            if len(batch) >= BATCH_MAX:
                return batch, calls, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, calls, True
        return batch, calls, False

    def _step(self, batch: Sequence[_Posted]) -> None:
        if self._outage is not None:
            self._recover()
        now_us = self._clock.now_us()
        outcomes = self._loop.step([posted.input for posted in batch], now_us)
        failed = [outcome for outcome in outcomes if isinstance(outcome.error, StoreError)]
        if failed:
            self._disk_failed(now_us, len(failed))
        told = list(zip(batch, outcomes, strict=True))
        for posted, outcome in told:
            if not posted.last:
                posted.tell(outcome)
        self._tell(lambda listener: listener.committed(outcomes))
        for posted, outcome in told:
            if posted.last:
                posted.tell(outcome)
        self._loop.heart.store.checkpoint()

    def _idle(self) -> None:
        if self._outage is not None:
            self._recover()
        else:
            self._loop.heart.store.checkpoint(force=True)

    def _fire_timers(self, now_us: int) -> None:
        """Once a second, also under load; a timer's row is changed by its own input.

        Timers hang on the wall clock, looking does not: a clock set back must not stop it.
        """
        now_ns = self._clock.monotonic_ns()
        if self._outage is not None or now_ns < self._look_at_timers_ns:
            return
        self._look_at_timers_ns = now_ns + TIMERS_EVERY_NS
        try:
            rows = self._loop.heart.store.load_all(Timer)
        except sqlite3.DatabaseError:
            logger.exception("the timers cannot be read")
            self._disk_failed(now_us, 0)
            return
        due = [
            _Posted(TimerDue(at_us=now_us, kind=row.kind, subject=row.subject), _nobody, _nobody)
            for row in rows
            if isinstance(row, Timer) and row.due_at <= now_us
        ]
        if due:
            self._step(due)

    def _tell(self, say: Callable[[Listener], None]) -> None:
        """Supervisor of the listeners: what is on disk stays so, whatever they make of it."""
        for listener in self._listeners:
            try:
                say(listener)
            except Exception:
                logger.exception("a listener of the loop failed")

    # --- the disk refuses to write ---------------------------------------------------------

    def _disk_failed(self, now_us: int, refused: int) -> None:
        began_us, before = self._outage or (now_us, 0)
        self._outage = (began_us, before + refused)
        self._tell(lambda listener: listener.disk(False))

    def _recover(self) -> None:
        """Once there is room, record the outage; when that is on disk, the disk writes again."""
        if self._outage is None or not self._reserve.has_room():
            return
        self._record_outage(self._outage)

    def _last_words(self) -> None:
        """An outage that lasts to the end is recorded in the room that was kept for that."""
        if self._outage is not None:
            self._reserve.release()
            self._record_outage(self._outage)

    def _record_outage(self, outage: tuple[int, int]) -> None:
        began_us, refused = outage
        now_us = self._clock.now_us()
        ended = OutageEnded(at_us=now_us, began_at_us=began_us, refused=refused)
        (outcome,) = self._loop.step([ended], now_us)
        if outcome.error is not None:
            return
        self._outage = None
        self._reserve.take()
        self._tell(lambda listener: listener.disk(True))
        self._tell(lambda listener: listener.committed([outcome]))

    def _refuse_waiting(self, error: Stopped) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if item is not None:
                item.fail(error)


class Reserve(Protocol):
    """Room on the disk that is kept for recording an outage."""

    def take(self) -> None:
        """Occupy the room; does nothing when the disk has none."""
        ...

    def has_room(self) -> bool:
        """Whether the disk has as much room again, beside what is occupied."""
        ...

    def release(self) -> None:
        """Give the room free."""
        ...
