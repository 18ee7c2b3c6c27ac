"""A packer: works through orders with a scanner, looks at the screen, and errs with a seed.

Sans-IO: ``step`` looks through a BenchView and says what the packer does next; the scan, the pause
and the network are the runner's. The packer knows what a person at the bench knows: the screen,
the slips, the labels on the goods. Nothing is scanned before the last scan has its verdict on the
screen; the same code is scanned again only if the screen says ``unreadable``, or if it says
nothing for a long time. When site or scanner went away in between, a screen that is back and still
shows nothing means that the scan died with them: it is taken back, and the packer goes on.

    signed_out --badge--> idle --slip--> packing --item...--> complete --CLOSE, NEXT--> idle ...
       needs: the label that has it   reason: REASON-x   choosing: CHOOSE-1   intercepted: CANCEL
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.errors import DeviceError
from edge.ids import Chance
from simulators.bench_view import BenchView, Screen
from simulators.goods import Reach, line_in_hand, one_of
from simulators.numbers import command
from simulators.packer_actions import (
    MISTAKES,
    Action,
    Done,
    Habits,
    Heard,
    Scan,
    TakeBack,
    Tally,
    Wait,
    pause_for,
)

REASONS = ("MISSING", "DAMAGED")
VAIN_LINE_MAX = 3  # refusals of one line's goods, then it is reported short
VAIN_MAX = 8  # refusals in a row of what should have worked, then the packer gives up
SLIPS_IN_REACH = 3
LOOK_MS = 50
NO_WORK_MS = 2_000
PATIENCE_NS = 20_000_000_000
DOUBT_NS = 1_000_000_000

PACKED = frozenset({"accepted", "line_complete", "order_complete"})
PROGRESS = PACKED | {
    "signed_in", "signed_out", "order_opened", "taken_over", "order_suspended", "order_closed",
    "carton_closed", "voided", "dropped", "choose_reason", "short_recorded", "help_called",
}  # fmt: skip


@dataclass(slots=True)
class _Asked:
    """A scan whose verdict is not on the screen yet; ``before`` is the screen's seq until then.

    ``doubtful``: site or scanner was away since; ``back_ns``: since when the screen is to be seen.
    """

    scan: Scan
    before: int
    at_ns: int
    doubtful: bool = False
    back_ns: int | None = None

    def doubt(self) -> None:
        self.doubtful, self.back_ns = True, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who packs where. ``orders_max``: after so many closed orders the packer signs off."""

    station: str
    badge: str
    habits: Habits = field(default_factory=Habits)
    orders_max: int | None = None


class Packer:
    """One person at one station. ``hear`` is told of each scan with its verdict."""

    def __init__(
        self, person: Person, view: BenchView, chance: Chance, hear: Callable[[Heard], None]
    ) -> None:
        self.tally = Tally()
        self._person = person
        self._view = view
        self._chance = chance
        self._hear = hear
        self._reach = Reach(view, chance)
        self._asked: _Asked | None = None
        self._set_aside: set[str] = set()
        self._vain = 0
        self._vain_on_line: Counter[str] = Counter()
        self._last: Scan | None = None
        self._may_undo = False

    def step(self, now_ns: int) -> Action:
        """Look at the screen and decide what comes next. DeviceError: nothing is to be seen."""
        screen = self._screen()
        action: Action | None = None
        if self._asked is not None:
            if screen.seq == self._asked.before:
                return self._wait_or_repeat(self._asked, now_ns)
            asked, self._asked = self._asked, None
            action = self._take_verdict(asked.scan, screen)
        if action is None:
            action = self._decide(screen)
        if isinstance(action, Scan):
            self._asked = _Asked(action, screen.seq, now_ns)
            self._last = action
        return action

    def _screen(self) -> Screen:
        try:
            return self._view.screen()
        except DeviceError:
            self.doubt()
            raise

    def doubt(self) -> None:
        """Site or scanner went away; what was scanned last may be lost."""
        if self._asked is not None:
            self._asked.doubt()

    def taken_back(self, done: bool, now_ns: int) -> None:
        """Whether the last scan counts as not sent; else the packer waits as long as for any."""
        if self._asked is not None:
            self._asked.doubtful, self._asked.at_ns = False, now_ns
        if done:
            self._asked = None

    def sent(self, now_ns: int) -> None:
        """The scanner did its part; from now on the screen is expected to answer."""
        self.tally.scans += 1
        if self._asked is not None:
            self._asked.at_ns = now_ns

    def unsent(self, *, refused: bool = False) -> None:
        """The scanner did nothing; ``refused``: it cannot send such a code at all."""
        self._asked = None
        self._vain += refused

    def _wait_or_repeat(self, asked: _Asked, now_ns: int) -> Action:
        if asked.doubtful:
            asked.back_ns = now_ns if asked.back_ns is None else asked.back_ns
            return TakeBack() if now_ns - asked.back_ns >= DOUBT_NS else Wait(LOOK_MS)
        if now_ns - asked.at_ns < PATIENCE_NS:
            return Wait(LOOK_MS)
        asked.at_ns = now_ns
        return self._again(asked.scan)

    def _again(self, scan: Scan) -> Scan:
        self.tally.again += 1
        return Scan(scan.code, scan.why, pause_for("again", self._chance))

    def _take_verdict(self, scan: Scan, screen: Screen) -> Scan | None:
        """Read the verdict; the scan to repeat, if it asks for that."""
        said = screen.verdict.token if screen.verdict is not None else ""
        self.tally.verdicts[said] += 1
        self._hear(Heard(scan.code, scan.why, said, screen.seq))
        if said == "unreadable":
            self._vain += 1
            return self._again(scan) if self._vain < VAIN_MAX else None
        self._may_undo = scan.why == "item" and said in PACKED
        if said == "order_closed":
            self.tally.orders_closed += 1
            self._vain_on_line.clear()
        if said in PROGRESS:
            self._vain = 0
        elif scan.why in MISTAKES:
            self.tally.mistakes[scan.why] += 1
        else:
            self._vain += 1
            self._learn_from_refusal(scan, screen)
        return None

    def _learn_from_refusal(self, scan: Scan, screen: Screen) -> None:
        if scan.why == "order":
            self._set_aside.add(scan.code)
        elif scan.why == "item":
            self._reach.forget(scan.code)
            line = line_in_hand(screen)
            if line is not None:
                self._vain_on_line[line.sku] += 1

    def _decide(self, screen: Screen) -> Action:
        """What the screen's state calls for."""
        if self._vain >= VAIN_MAX:
            return Done("stuck")
        orders_max = self._person.orders_max
        finished = orders_max is not None and self.tally.orders_closed >= orders_max
        match screen.state:
            case "signed_out" if finished:
                return Done("finished")
            case "signed_out":
                return self._scan(command("BADGE", self._person.badge), "badge")
            case "idle":
                return self._command("SIGNOFF") if finished else self._take_slip()
            case "packing" | "needs":
                return self._pack(screen)
            case other:
                return self._answer(other, screen)

    def _answer(self, state: str, screen: Screen) -> Action:
        """The command that a state asks for; one that is not known is looked at again."""
        match state:
            case "complete":
                full = screen.carton is not None and screen.carton.units > 0
                return self._command("CLOSE" if full else "NEXT")
            case "choosing":
                return self._command("CHOOSE", "1")
            case "reason":
                return self._command("REASON", one_of(REASONS, self._chance))
            case "intercepted":
                return self._command("CANCEL")
            case _:
                return Wait(NO_WORK_MS)

    def _take_slip(self) -> Action:
        """Go on with what is open here, else take one of the next slips."""
        slips = [slip for slip in self._reach.slips() if slip.scan not in self._set_aside]
        mine = [slip for slip in slips if slip.station == self._person.station]
        free = [slip for slip in slips if slip.station is None][:SLIPS_IN_REACH]
        if not mine and not free:
            self._set_aside.clear()  # what was open elsewhere may be free when looked at again
            return Wait(NO_WORK_MS)
        return self._scan(mine[0].scan if mine else one_of(free, self._chance).scan, "order")

    def _pack(self, screen: Screen) -> Action:
        line = line_in_hand(screen)
        if line is None:
            return self._command("NEXT")
        self._reach.learn(screen)
        if screen.state == "packing":
            lapse = self._lapse(screen)
            if lapse is not None:
                return lapse
        label = self._reach.label(line.sku)
        if label is None or self._vain_on_line[line.sku] >= VAIN_LINE_MAX:
            self._vain_on_line.pop(line.sku, None)
            return self._command("SHORT")
        return self._scan(label, "item")

    def _lapse(self, screen: Screen) -> Action | None:
        """Now and then something unplanned; never twice in a row."""
        if self._last is None or self._last.why not in ("item", "order"):
            return None
        habits = self._person.habits
        if self._chance.random() < habits.wrong_item:
            return self._mistake(self._reach.foreign(screen), "wrong_item")
        if self._chance.random() < habits.one_too_many:
            return self._mistake(self._reach.surplus(screen), "one_too_many")
        if self._chance.random() < habits.unknown_code:
            return self._mistake(self._reach.stray(), "unknown_code")
        if self._may_undo and self._chance.random() < habits.undo:
            return self._command("UNDO")
        if self._chance.random() < habits.short:
            return self._command("SHORT")
        return None

    def _mistake(self, code: str | None, why: str) -> Action | None:
        return None if code is None else self._scan(code, why)

    def _command(self, *parts: str) -> Scan:
        return self._scan(command(*parts), "command")

    def _scan(self, code: str, why: str) -> Scan:
        return Scan(code, why, pause_for(why, self._chance))
