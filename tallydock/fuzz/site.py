"""One site: its process, which may die at any step, and its disk, which may refuse.

The process is put together as ``tallydock.wiring.edge`` does it, but for its threads: the loop's
queue, its timers and its outages are the real ones and are served by ``turn``; the pump runs
between the turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from edge.clock import ManualClock
from edge.domain.settings import SiteSettings
from edge.domain.state import State
from edge.ids import Chance
from edge.journal import beside
from edge.journal.reader import JournalReader
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.journal.store import EdgeStore
from edge.service.board import Board
from edge.service.heart import NONCE_BITS
from edge.service.inputs import FromLink, Input
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from edge.service.thread import LoopThread
from sync.ports import SECOND, Moment, Outgoing, Output, moment
from sync.pump import Pump, PumpSettings
from sync.uplink import CONSUMER
from tallydock.fuzz.dice import Dice, require
from tallydock.fuzz.dying import Crash, Disk, Fuse, Lives, MortalConnection
from tallydock.wiring.link_side import StoredMemory

FULL = 2
"""``PRAGMA synchronous``: a commit is on disk when it returns."""

Told = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """An input that was committed, and the nonce that gave its events their ids."""

    input: Input
    nonce: int


class MortalStore(EdgeStore):
    """The site's store over a connection that may die.

    The store must have asked for full durability; since no power is cut here, syncing itself is
    left out.
    """

    def __init__(self, path: Path, site: str, fuse: Fuse, disk: Disk) -> None:
        super().__init__(path, site, MortalConnection)
        connection = self.connection
        if not isinstance(connection, MortalConnection):
            raise TypeError("the store opened another kind of connection")
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        (checkpoint,) = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
        require((level, checkpoint) == (FULL, 0), "the store is not durable")
        connection.execute("PRAGMA synchronous=OFF")
        connection.fuse, connection.disk = fuse, disk
        self.mortal = connection


class NotedChance:
    """A source of chance that notes the nonces which the loop draws."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.nonces: list[int] = []

    def getrandbits(self, k: int, /) -> int:
        bits = self._chance.getrandbits(k)
        if k == NONCE_BITS:
            self.nonces.append(bits)
        return bits

    def random(self) -> float:
        return self._chance.random()


class NotedLoop(EdgeLoop):
    """Notes each input whose batch was committed, also when nobody was told any more."""

    def __init__(
        self, store: MortalStore, settings: SiteSettings, chance: Chance, taken: list[Taken]
    ) -> None:
        noted = NotedChance(chance)
        super().__init__(store, settings, noted)
        self._noted, self._mortal, self._taken = noted, store.mortal, taken

    def step(self, inputs: Sequence[Input], now_us: int) -> list[Outcome]:
        commits = self._mortal.commits
        self._noted.nonces.clear()
        try:
            return super().step(inputs, now_us)
        finally:
            if self._mortal.commits > commits:
                nonces = self._noted.nonces
                self._taken += (Taken(*pair) for pair in zip(inputs, nonces, strict=False))


@dataclass(frozen=True, slots=True)
class ThinAir:
    """The room that is kept for an outage, on a disk whose moods are simulated."""

    disk: Disk

    def take(self) -> None:
        """Nothing to occupy."""

    def has_room(self) -> bool:
        """Whether the disk says that it has room; it may refuse all the same."""
        return self.disk.mood in ("fine", "commit")

    def release(self) -> None:
        """Nothing to give."""


class Site:
    """See the module's docstring."""

    def __init__(
        self, settings: SiteSettings, lives: Lives, clock: ManualClock, dice: Dice
    ) -> None:
        self.settings, self.lives = settings, lives
        self.disk, self.fuse = Disk(), Fuse()
        self.taken: list[Taken] = []
        self.waiting: deque[tuple[Input, Told | None]] = deque()
        self.boots = 0
        self.wake_at_us: int | None = None
        self._clock, self._dice = clock, dice
        self.boot()

    @property
    def name(self) -> str:
        return self.settings.site

    @property
    def memory(self) -> State:
        """The loop's rows in memory."""
        return self._store.state

    def cursor(self) -> int:
        """How far central holds the journal, as the site has written it down."""
        return beside.cursor(self._executor, CONSUMER).seq

    # --- life and death ---------------------------------------------------------------------

    def boot(self) -> None:
        """A new process on the files that are there."""
        self.boots += 1
        chance = self._dice.source
        self._store = MortalStore(self.lives.path, self.name, self.fuse, self.disk)
        self._loop = NotedLoop(self._store, self.settings, chance, self.taken)
        self._loop.step([], self._clock.now_us())
        self.thread = LoopThread(self._loop, self._clock, ThinAir(self.disk))
        self.board = Board(self._loop.heart, self._clock, f"{self.boots:016x}", "sim", self.name)
        self.thread.listen(self.board)
        self._reader = open_reader(self.lives.path)
        self.journal = JournalReader(self._reader)
        self._executor = SqliteExecutor(self._reader)
        self.stored = StoredMemory(self._executor)
        settings = PumpSettings(hello_jitter_us=SECOND, app="sim")
        self.pump = Pump(self.name, self.journal, self.stored, self.stored, chance, settings)
        self.will: Outgoing | None = None

    def die(self, *, frozen: bool = False) -> None:
        """The process is gone, and with it whatever waited. ``frozen``: the disk was copied."""
        if not frozen:
            self.lives.end()
        self.fuse.snuff()
        self.disk.mood = "fine"
        self.waiting.clear()
        self._reader.close()
        self._store.close()

    def restore(self, backup: Path, taken: int) -> None:
        """The process ends, its files are replaced by older ones."""
        self.lives.restore(backup)
        self.die(frozen=True)
        del self.taken[taken:]

    def close(self) -> None:
        """End."""
        self._reader.close()
        self._store.close()

    # --- work -------------------------------------------------------------------------------

    def post(self, input_: Input, told: Told | None = None) -> None:
        """Hand an input in; ``told`` hears of its outcome, if the process lives that long."""
        self.waiting.append((input_, told))

    def turn(self, inputs_max: int, fuse: int | None = None) -> bool:
        """Serve at most ``inputs_max`` inputs as one batch; False if the process died of it."""
        if fuse is not None:
            self.fuse.light(fuse, self.lives.end)
        for _ in range(min(inputs_max, len(self.waiting))):
            input_, told = self.waiting.popleft()
            future = self.thread.submit(input_)
            if told is not None:
                future.add_done_callback(self._teller(told))
        try:
            self.thread.turn(0.0)
        except Crash:
            self.die(frozen=True)
            return False
        self.fuse.snuff()
        return True

    def _teller(self, told: Told) -> Callable[[Future[Outcome]], None]:
        def tell(future: Future[Outcome]) -> None:
            self.fuse.burn()
            told(future.result())

        return tell

    # --- the link ---------------------------------------------------------------------------

    def now(self) -> Moment:
        return moment(self._clock)

    def connect(self) -> list[Outgoing]:
        """The broker took the site in."""
        self.will = self.pump.will(self.now())
        return self.carry(self.pump.connected(self.now()))

    def carry(self, output: Output) -> list[Outgoing]:
        """What the pump wants written goes to the loop; the messages that leave."""
        self.wake_at_us = output.wake_at_us
        for intent in output.intents:
            self.post(FromLink(at_us=self._clock.now_us(), intent=intent))
        return list(output.messages)
