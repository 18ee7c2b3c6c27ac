"""One seed: a day at the site in which much goes wrong, then calm, until all agree.

Each step is one thing that happens: a scan, a click, a batch, a message, a tick, a fault. After
it, what it touched is checked (``watch``, ``far_watch``, ``promises``); after each death, and at
the end, everything is.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

from edge.clock import ManualClock
from edge.domain.sync_inputs import Epoch
from edge.ids import seeded
from sync.ports import Outgoing, Output
from tallydock.fuzz import plan as plans
from tallydock.fuzz.broker import Broker, goes_up
from tallydock.fuzz.calm import calm_down, check_end
from tallydock.fuzz.customs import Due
from tallydock.fuzz.desk import Desk
from tallydock.fuzz.dice import Dice, require
from tallydock.fuzz.dying import Lives
from tallydock.fuzz.far_side import FarSide
from tallydock.fuzz.far_watch import FarWatch
from tallydock.fuzz.faults import Faults
from tallydock.fuzz.office import Headquarters, Office
from tallydock.fuzz.packers import Packer
from tallydock.fuzz.pages import check_page
from tallydock.fuzz.promises import Promises
from tallydock.fuzz.scanners import DistantScanner, Scanner, SerialScanner
from tallydock.fuzz.site import Site
from tallydock.fuzz.watch import Watch

STEPS_MAX = 6000
LINES_KEPT = 30
TIMER_WAIT_NS = 1_000_000_000


class World:
    """See the module's docstring. ``folder`` is for this seed alone."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.dice = Dice(seeded(f"house {seed}"))
        self.plan = plans.draw(self.dice)
        self.clock = ManualClock()
        self.count: Counter[str] = Counter()
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.step = 0
        self._story = hashlib.sha256()
        self.folder = folder
        self._errors: list[str] = []
        self._build()

    def _build(self) -> None:
        dice, clock, plan = self.dice, self.clock, self.plan
        name = plan.settings.site
        self.site = Site(plan.settings, Lives(self.folder, "site", dice), clock, dice)
        self.far = FarSide(name, Lives(self.folder, "central", dice), clock, dice.source)
        self.watch = Watch(self.site.lives.path, plan.settings)
        self.far_watch = FarWatch(self.far.lives.path, name)
        self.broker = Broker(name, plan.weather, dice, self.count)
        self.promises = Promises()
        self.desk = Desk(self.site, self.promises, clock, dice)
        self.office = Office(self.desk, self.watch, dice)
        self.staff = Headquarters(self.office, self.far, self.watch, name, dice)
        self.scanners = {station: self._scanner(station) for station in plan.settings.stations}
        self.packers = [
            Packer(station, scanner, self.desk, self.watch, dice)
            for station, scanner in self.scanners.items()
        ]
        self.faults = Faults(self)
        self.site_online = False
        self.torn_since: Epoch | None = None
        self._due_since: dict[tuple[str, Due], int] = {}

    def _scanner(self, station: str) -> Scanner:
        kind = SerialScanner if self.plan.feed == "bytes" else DistantScanner
        return kind(f"scanner-{station}", self.site, self.promises, self.clock, self.dice)

    # --- one seed ---------------------------------------------------------------------------

    def run(self) -> None:
        """From the first scan to the calm end; Violation names what broke."""
        handler = ErrorNotes(self._errors)
        logging.getLogger().addHandler(handler)
        try:
            self._furnish()
            while not self._enough():
                require(self.step < STEPS_MAX, "the day never ends")
                self._begin_step()
                self._one_step()
                self.check_errors()
            calm_down(self)
            check_end(self)
        finally:
            logging.getLogger().removeHandler(handler)

    def close(self) -> None:
        """Close all files."""
        self.watch.look_away()
        self.far_watch.look_away()
        self.site.close()
        self.far.close()

    def story(self) -> str:
        """A digest of all that happened; the same seed has the same story."""
        return self._story.hexdigest()

    def _enough(self) -> bool:
        return self.count["scans"] >= self.plan.scans and self.count["faults"] >= self.plan.faults

    def _begin_step(self) -> None:
        self.step += 1
        self.clock.advance_us(self.dice.below(2 * self.plan.step_us))
        self.faults.pass_by()

    def tell(self, line: str) -> None:
        """Note what happens, for the report and the story."""
        entry = f"{self.step} {self.clock.monotonic_ns() // 1_000_000} ms: {line}"
        self.lines.append(entry)
        self._story.update(entry.encode())

    def _furnish(self) -> None:
        self.office.furnish()
        while not self.desk.idle or self.site.waiting:
            self.desk.carry_on()
            self.serve(50, None)
        self.connect()

    def _one_step(self) -> None:
        if self.dice.happens(self.plan.share):
            self.faults.strike()
            return
        self.dice.weighed(
            (
                (34, self._scan),
                (14, self.carry_on),
                (45 if self.plan.batch_max == 1 else 22, self._serve),
                (18, lambda: self.broker.deliver(self.arrive)),
                (3, self.tick),
                (3, lambda: self.far_does("ticks", lambda: self.far.inbox.tick(self.far.now()))),
                (4, self._office_acts),
                (3, self._staff_acts),
            )
        )()

    # --- what happens at the site -----------------------------------------------------------

    def _scan(self) -> None:
        packer = self.dice.pick(self.packers)
        text = packer.act()
        self.count["scans"] += 1
        self.tell(f"{packer.station} scans {text!r}")
        packer.scanner.carry_on()

    def carry_on(self, *, calm: bool = False) -> None:
        """Scanners and pages send what waits."""
        for scanner in self.scanners.values():
            scanner.carry_on(calm=calm)
        self.desk.carry_on(calm=calm)

    def _office_acts(self) -> None:
        self.tell(f"the office: {self.office.act()}")
        self.desk.carry_on()

    def _serve(self) -> None:
        fuse = self.faults.fuse_of_site()
        self.serve(self.dice.between(1, self.plan.batch_max), fuse)

    def serve(self, inputs_max: int, fuse: int | None) -> None:
        """One turn of the loop, and all that can be checked of it."""
        head = self.watch.head.seq
        count = min(inputs_max, len(self.site.waiting))
        alive = self.site.turn(inputs_max, fuse)
        self.tell(f"the site serves {count}" + ("" if alive else " and dies"))
        if not alive:
            self.count["faults"] += 1
            self.count["site died"] += 1
            self.site_died(head)
            return
        self._look(head)
        journal = self.site.journal.head()
        self.publish(self.site.carry(self.site.pump.journal_grew(journal, self.site.now())))

    def _look(self, head: int) -> None:
        fresh = self.watch.catch_up(self.site.memory)
        self.count["events"] += len(fresh)
        self.promises.check_recent(self.watch, head)
        self.promises.check_outages(fresh)
        self._check_cursor()
        self._check_timers()
        if fresh:
            if self.dice.happens(0.3):
                self.watch.check_rules()
            if self.dice.happens(0.1):
                self.watch.check_memory(self.site.memory)
            if self.dice.happens(0.1):
                check_page(self.site, self.watch, self.dice.pick(self.packers).station)

    def _check_cursor(self) -> None:
        """The site takes for acknowledged only what central has held (H8)."""
        saved, acked = self.site.cursor(), self.site.pump.link.acked.seq
        held = self.far_watch.highest
        require(max(saved, acked) <= held, f"the site believes in {saved}, {acked}; it was {held}")

    def _check_timers(self) -> None:
        """What was due a second ago was served, unless the disk refuses."""
        now_us, now_ns = self.clock.now_us(), self.clock.monotonic_ns()
        due = [timer for timer in self.watch.customs.timers.items() if timer[1].at_us <= now_us]
        since = {timer: self._due_since.get(timer, now_ns) for timer in due}
        self._due_since = since if self.site.thread.disk_ok else {}
        latest_ns = now_ns - TIMER_WAIT_NS
        late = [name for (name, _), at_ns in self._due_since.items() if at_ns < latest_ns]
        require(not late, f"nobody looked after {late}, who were idle")

    def site_died(self, head: int) -> None:
        """The site's process is gone; a new one starts, and everything promised is there."""
        self.site_left()
        self.watch.look_away()
        self.site.lives.bury()
        self.site.boot()
        self.watch.look_at(self.site.lives.path)
        self._due_since.clear()
        self.promises.site_died()
        self._look(head)
        self.watch.check_memory(self.site.memory)
        self.watch.check_all()
        self.promises.check_all(self.watch)
        self.desk.site_died()
        for scanner in self.scanners.values():
            scanner.site_died()

    # --- the link ---------------------------------------------------------------------------

    def publish(self, messages: list[Outgoing]) -> None:
        """The site sends, if it has a connection."""
        if self.site_online:
            self.broker.publish(messages)

    def connect(self) -> None:
        """The site connects, unless the network is cut."""
        if not self.site_online and not self.faults.cut:
            self.site_online = True
            self.tell("the site connects")
            self.publish(self.site.connect())

    def lose_site(self) -> None:
        """The site's connection breaks, and it notices."""
        self.site_left()
        self.site.carry(self.site.pump.disconnected(self.site.now()))

    def site_left(self) -> None:
        """The broker finds that the site is gone, and publishes its will."""
        if self.site_online and self.site.will is not None:
            self.broker.publish([self.site.will])
        self.site_online = False

    def tick(self) -> None:
        """Time passes for the link; whoever is off-line tries to connect."""
        if not self.site_online:
            self.connect()
        self.publish(self.site.carry(self.site.pump.tick(self.site.now())))
        if not self.far.online and not self.faults.far_cut:
            self.far.online = True
            self.far_does("connects", lambda: self.far.inbox.tick(self.far.now()))

    def arrive(self, message: Outgoing) -> None:
        """A message reaches whom it is for, if they are there."""
        if goes_up(message):
            if self.far.online:
                inbox, now = self.far.inbox, self.far.now()
                self.far_does(
                    f"gets {message.topic.rpartition('/')[2]}",
                    lambda: inbox.receive(message.topic, message.payload, now),
                )
        elif self.site_online:
            output = self.site.pump.receive(message.topic, message.payload, self.site.now())
            self.publish(self.site.carry(output))

    # --- central ----------------------------------------------------------------------------

    def _staff_acts(self) -> None:
        what, call = self.staff.act()
        self.far_does(f"is asked: {what}", call)

    def far_does(self, what: str, call: Callable[[], Output]) -> None:
        """Central does something; then look at what it holds."""
        messages = self.far.does(call, self.faults.fuse_of_central())
        self.tell(f"central {what}" + ("" if messages is not None else " and dies"))
        if messages is None:
            self.count["faults"] += 1
            self.count["central died"] += 1
            self.far_died()
        elif self.far.online:
            self.broker.publish(messages)
        self.look_far()

    def far_died(self) -> None:
        """Central's process is gone; a new one starts."""
        self.far_watch.look_away()
        self.far.lives.bury()
        self.far.boot()
        self.far_watch.look_at(self.far.lives.path)
        self.look_far()
        if self.dice.happens(0.4):
            self.far_watch.check_all()

    def look_far(self) -> None:
        """Central's log is the beginning of the journal, its rows are the fold."""
        epoch = self.site.stored.site_epoch()
        if self.torn_since is not None and epoch != self.torn_since:
            self.torn_since = None
        self.far_watch.look(self.watch, epoch, torn=self.torn_since is not None)
        if self.dice.happens(0.05):
            self.far_watch.check_rows(self.watch)

    def check_errors(self) -> None:
        """Nothing was logged as an error."""
        require(not self._errors, "; ".join(self._errors[:2]))


class ErrorNotes(logging.Handler):
    """Whatever the product logs as an error is one."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        self._errors.append(f"{record.getMessage()}: {cause!r}")
