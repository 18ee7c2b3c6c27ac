"""What goes wrong: deaths, restored backups, full disks, wrong clocks, cut networks, nonsense.

A fault either strikes at once or lies in wait: the fuse of the next turn, a disk that refuses for
a while, a network that is cut for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.domain.commands import Command
from edge.service.inputs import Ask, Origin
from sync.ports import Outgoing
from tallydock.fuzz.dying import Mood

if TYPE_CHECKING:
    from tallydock.fuzz.world import World

MINUTE_US = 60_000_000
FUSE_MAX = 60
FAR_FUSE_MAX = 25
MOODS: tuple[Mood, ...] = ("begin", "write", "commit", "commit")
LASTING_STEPS = 40
SITE_RESTORES_MAX, CENTRAL_RESTORES_MAX = 2, 2


class Unforeseen(Command, frozen=True, kw_only=True):
    """A command that no rule knows: stands for a fault of ours in any rule."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the site's files, and what had been taken in, promised and erased by then."""

    path: Path
    taken: int
    promised: int
    erased: int


class Faults:
    """See the module's docstring."""

    def __init__(self, world: World) -> None:
        self._world, self._dice = world, world.dice
        self._site_fuse = self._far_fuse = False
        self._site_disk_until = self._far_disk_until = 0
        self._cut_until = self._far_cut_until = 0
        self._backups: list[Backup] = []
        self._far_backups: list[Path] = []

    # --- what lies in wait ------------------------------------------------------------------

    @property
    def cut(self) -> bool:
        """Whether the site's way to the broker is cut."""
        return self._world.step < self._cut_until

    @property
    def far_cut(self) -> bool:
        """Whether central's way to the broker is cut."""
        return self._world.step < self._far_cut_until

    def pass_by(self) -> None:
        """Whatever lasts for a while may end."""
        if self._world.step >= self._site_disk_until:
            self._world.site.disk.mood = "fine"
        if self._world.step >= self._far_disk_until:
            self._world.far.disk.mood = "fine"

    def fuse_of_site(self) -> int | None:
        """After how many steps the site's next turn is its last."""
        lit, self._site_fuse = self._site_fuse, False
        return self._dice.below(FUSE_MAX) if lit else None

    def fuse_of_central(self) -> int | None:
        """After how many steps central's next act is its last."""
        lit, self._far_fuse = self._far_fuse, False
        return self._dice.below(FAR_FUSE_MAX) if lit else None

    def end(self) -> None:
        """From now on nothing goes wrong."""
        self._site_fuse = self._far_fuse = False
        self._site_disk_until = self._far_disk_until = 0
        self._cut_until = self._far_cut_until = 0
        self.pass_by()

    # --- what strikes -----------------------------------------------------------------------

    def strike(self) -> None:
        """One fault."""
        name, strike = self._dice.weighed(self._menu)
        self._world.tell(f"fault: {name}")
        strike()

    @property
    def _menu(self) -> tuple[tuple[int, tuple[str, Callable[[], None]]], ...]:
        return (
            (16, ("a fuse at the site", self._light)),
            (6, ("the site dies", self._site_dies)),
            (8, ("the site's disk refuses", self._site_disk)),
            (8, ("the site is backed up", self._back_up)),
            (8, ("the site is restored", self._restore)),
            (7, ("the clock is wrong", self._clock)),
            (12, ("a fuse at central", self._far_light)),
            (4, ("central dies", self._far_dies)),
            (5, ("central's disk refuses", self._far_disk)),
            (6, ("central is backed up", self._far_back_up)),
            (6, ("central is restored", self._far_restore)),
            (8, ("the broker forgets all", self._forget)),
            (7, ("the site is cut off", self._cut)),
            (5, ("central is cut off", self._far_cut)),
            (8, ("an old message comes", lambda: self._world.broker.deliver_old(self._arrive))),
            (6, ("a message that nobody can use", self._forge)),
            (4, ("an input that nobody foresaw", self._poison)),
        )

    def _counted(self, name: str) -> None:
        self._world.count["faults"] += 1
        self._world.count[name] += 1

    # --- at the site ------------------------------------------------------------------------

    def _light(self) -> None:
        self._site_fuse = True

    def _site_dies(self) -> None:
        self._counted("site died")
        self._world.site.die()
        self._world.site_died(self._world.watch.head.seq)

    def _site_disk(self) -> None:
        self._counted("site disk refused")
        self._world.site.disk.mood = self._dice.pick(MOODS)
        self._site_disk_until = self._world.step + self._dice.between(1, LASTING_STEPS)

    def _back_up(self) -> None:
        world = self._world
        path = world.site.lives.backup()
        taken, promised = len(world.site.taken), world.promises.mark()
        self._backups.append(Backup(path, taken, promised, len(world.office.erased)))

    def _restore(self) -> None:
        """Somebody puts a backup back; all that happened since then is gone at the site."""
        world = self._world
        allowed = world.plan.site_restores and world.count["site restored"] < SITE_RESTORES_MAX
        if not allowed or not self._backups:
            return
        self._counted("site restored")
        backup = self._dice.pick(self._backups)
        self._backups = [known for known in self._backups if known.taken <= backup.taken]
        world.site.restore(backup.path, backup.taken)
        world.promises.set_back(backup.promised)
        del world.office.erased[backup.erased :]
        world.desk.site_set_back()
        for scanner in world.scanners.values():
            scanner.site_set_back()
        world.watch.forget()
        world.site_died(0)
        world.torn_since = world.site.stored.site_epoch()
        if self._dice.happens(0.4):
            self._site_disk()

    def _clock(self) -> None:
        """Set back, or forward; timers that hang on it fire late or early, nothing else."""
        self._counted("clock set")
        clock = self._world.clock
        minutes = self._dice.pick((-120, -3, -1, 1, 15))
        clock.set_wall_us(clock.now_us() + minutes * MINUTE_US)

    def _poison(self) -> None:
        self._counted("unforeseen")
        site, now_us = self._world.site, self._world.clock.now_us()
        ask = Ask(at_us=now_us, command=Unforeseen(), origin=Origin(actor="admin"))
        site.post(ask, self._world.promises.told)

    # --- at central -------------------------------------------------------------------------

    def _far_light(self) -> None:
        self._far_fuse = True

    def _far_dies(self) -> None:
        self._counted("central died")
        self._world.far.die()
        self._world.far_died()

    def _far_disk(self) -> None:
        self._counted("central disk refused")
        self._world.far.disk.mood = self._dice.pick(MOODS)
        self._far_disk_until = self._world.step + self._dice.between(1, LASTING_STEPS)

    def _far_back_up(self) -> None:
        self._far_backups.append(self._world.far.lives.backup())

    def _far_restore(self) -> None:
        """A backup is put back, or there is none; then tombstones are replayed."""
        world = self._world
        done = world.count["central restored"]
        if not world.plan.central_restores or done >= CENTRAL_RESTORES_MAX:
            return
        self._counted("central restored")
        if self._far_backups and self._dice.happens(0.7):
            world.far.restore(self._dice.pick(self._far_backups))
        else:
            world.far.wipe()
        world.far_watch.forget()
        world.far_died()
        self._far_fuse = False
        for person in dict.fromkeys(world.staff.erased):
            world.far_does("erases again", partial(world.staff.erase_again, person))

    # --- between them -----------------------------------------------------------------------

    def _arrive(self, message: Outgoing) -> None:
        self._world.arrive(message)

    def _forget(self) -> None:
        """The broker was killed; its clients may notice at once, or when they wonder."""
        self._counted("broker forgot all")
        self._world.broker.forget_all()
        if self._dice.happens(0.5):
            self._world.lose_site()

    def _cut(self) -> None:
        self._counted("site cut off")
        self._cut_until = self._world.step + self._dice.between(5, 2 * LASTING_STEPS)
        self._world.lose_site()

    def _far_cut(self) -> None:
        self._counted("central cut off")
        self._far_cut_until = self._world.step + self._dice.between(5, 2 * LASTING_STEPS)
        self._world.far.online = False

    def _forge(self) -> None:
        self._counted("forged")
        self._world.arrive(self._world.broker.forge())
