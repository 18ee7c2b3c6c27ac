"""The one thread that runs a sans-IO end (pump or inbox) over a broker.

Everything reaches the end through one queue: what the broker's connection tells, what other threads
ask, and time. So the end needs no lock, and what it decides depends on the order of one queue
only. The connection is made anew for ever, after 1 s to 30 s with full jitter.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edge.clock import Clock
from edge.ids import Chance, hex_bits
from sync.backoff import Backoff
from sync.mqtt import Broker, Came, Connection, Happening, Up
from sync.ports import SECOND, Moment, Outgoing, Output, moment

RECONNECT_US = (1 * SECOND, 30 * SECOND)
QUEUE_MAX = 1024
WAIT_MAX_S = 60.0

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class End(Protocol):
    """A sans-IO end of the exchange; see ``sync.pump.Pump``."""

    @property
    def subscriptions(self) -> Sequence[str]: ...

    def will(self, now: Moment) -> Outgoing | None: ...

    def connected(self, now: Moment) -> Output: ...

    def disconnected(self, now: Moment) -> Output: ...

    def goodbye(self, now: Moment) -> Output: ...

    def receive(self, name: str, payload: bytes, now: Moment) -> Output: ...

    def tick(self, now: Moment) -> Output: ...


AnyEnd = TypeVar("AnyEnd", bound=End)


@dataclass(frozen=True, slots=True)
class Call:
    """Something another thread wants done on this one."""

    run: Callable[[], None]


class Worker(Generic[AnyEnd]):
    """Runs ``end``. ``carry`` gets each output whose intents or notices are not empty.

    ``follow`` is asked before each attempt to connect where the broker is now.

    ``name`` stands in the client id: ``td-{name}-{16 hex}``, new at each start of the process,
    since any user may connect with any client id and throw its holder out.
    """

    def __init__(
        self,
        name: str,
        end: AnyEnd,
        broker: Broker,
        clock: Clock,
        chance: Chance,
        carry: Callable[[Output], None],
        follow: Callable[[Broker], Broker] | None = None,
    ) -> None:
        self._end, self._broker, self._clock, self._carry = end, broker, clock, carry
        self._follow = follow
        self._client_id = f"td-{name}-{hex_bits(64, chance)}"
        self._events: queue.Queue[Happening | Call] = queue.Queue()
        self._connection: Connection | None = None
        self._online = self._stopping = False
        self._retry = Backoff(*RECONNECT_US, chance, floor=0.0)
        self._retry_at_us = 0
        self._wake_at_us: int | None = None
        self._told: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"link-{name}", daemon=True)

    # --- other threads ----------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self, wait_s: float = 5.0) -> None:
        """Say goodbye to the broker and end the thread."""
        self._events.put(Call(self._stop))
        self._thread.join(wait_s)

    def waiting(self) -> int:
        """How many events wait to be served."""
        return self._events.qsize()

    def post(self, action: Callable[[AnyEnd, Moment], Output]) -> None:
        """Run ``action`` on the worker's thread; its output is carried out like any other."""
        self._events.put(Call(lambda: self._carry_out(action(self._end, self._now()))))

    def ask(self, action: Callable[[AnyEnd, Moment], tuple[Result, Output]]) -> Future[Result]:
        """Like ``post``, with a result.

        A supervisor of the action: whatever it raises is the future's.
        """
        answer: Future[Result] = Future()

        def run() -> None:
            try:
                result, output = action(self._end, self._now())
            except Exception as error:
                answer.set_exception(error)
            else:
                self._carry_out(output)
                answer.set_result(result)

        self._events.put(Call(run))
        return answer

    def _tell(self, event: Happening) -> bool:
        """Called by paho's thread; False when the queue is full, after a moment.

        Only what comes from the broker is held back; other threads of this process never wait.
        """
        if self._events.qsize() >= QUEUE_MAX:
            time.sleep(0.1)
            return False
        self._events.put(event)
        return True

    # --- the worker's thread ----------------------------------------------------------------

    def _run(self) -> None:
        """A supervisor: a fault in one event is logged, and the exchange starts over."""
        while not self._stopping:
            try:
                self._turn()
            except Exception:
                logger.exception("link: an event failed; connecting anew")
                self._drop("internal error")
        self._drop("stopped")

    def _turn(self) -> None:
        """Serve one event, or time."""
        now = self._now()
        if self._connection is None and now.steady_us >= self._retry_at_us:
            self._connect(now)
            return
        try:
            event = self._events.get(timeout=self._wait_s(now))
        except queue.Empty:
            self._carry_out(self._end.tick(self._now()))
            return
        self._serve(event)
        if self._wake_at_us is not None and self._now().steady_us >= self._wake_at_us:
            self._carry_out(self._end.tick(self._now()))

    def _serve(self, event: Happening | Call) -> None:
        if isinstance(event, Call):
            event.run()
        elif event.connection is not self._connection:
            return
        elif isinstance(event, Came):
            self._up()  # a broker may deliver before it confirms the subscriptions
            self._carry_out(self._end.receive(event.topic, event.payload, self._now()))
        elif isinstance(event, Up):
            self._up()
        else:
            self._drop(event.why)

    def _connect(self, now: Moment) -> None:
        if self._follow is not None:
            self._broker = self._follow(self._broker)
        connection = Connection(
            self._broker, self._client_id, self._end.subscriptions, self._end.will(now), self._tell
        )
        self._connection = connection
        try:
            connection.open()
        except OSError as error:
            self._drop(str(error))

    def _up(self) -> None:
        if self._online:
            return
        self._online, self._told = True, None
        self._retry.reset()
        logger.info("link: connected to %s:%d", self._broker.host, self._broker.port)
        self._carry_out(self._end.connected(self._now()))

    def _drop(self, why: str) -> None:
        """Forget the connection and wait before the next; say each reason once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if self._online:
            self._online = False
            self._carry_out(self._end.disconnected(self._now()))
        if why != self._told and not self._stopping:
            self._told = why
            logger.warning("link: no connection (%s); trying again", why)
        self._retry_at_us = self._now().steady_us + self._retry.next_us()

    def _stop(self) -> None:
        self._stopping = True
        if self._online and self._connection is not None:
            output = self._end.goodbye(self._now())
            self._online = False
            self._connection.close(output.messages)

    def _carry_out(self, output: Output) -> None:
        self._wake_at_us = output.wake_at_us
        if output.intents or output.notices:
            self._carry(output)
        if self._online and self._connection is not None:
            for message in output.messages:
                self._connection.publish(message)

    def _wait_s(self, now: Moment) -> float:
        times = [] if self._wake_at_us is None else [self._wake_at_us]
        if self._connection is None:
            times.append(self._retry_at_us)
        wait_us = min(times, default=now.steady_us + int(WAIT_MAX_S * SECOND)) - now.steady_us
        return min(max(wait_us / SECOND, 0.0), WAIT_MAX_S)

    def _now(self) -> Moment:
        return moment(self._clock)
