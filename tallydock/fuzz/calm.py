"""The end of a day: no more faults, everybody learns everything, and then all is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.ids import seeded
from tallydock.fuzz.again import work_again
from tallydock.fuzz.broker import CALM
from tallydock.fuzz.dice import Violation
from tallydock.fuzz.persons import check_erased_at_central, check_erased_at_site, check_traces

if TYPE_CHECKING:
    from tallydock.fuzz.world import World

STEPS_MAX = 3000
BATCH = 50
WAIT_US_MIN = 50_000


def calm_down(world: World) -> None:
    """Go on without faults until all agree; Violation if they never do."""
    world.faults.end()
    world.broker.weather = CALM
    world.tell("calm")
    for _ in range(STEPS_MAX):
        world.step += 1
        world.carry_on(calm=True)
        if world.site.waiting:
            world.serve(BATCH, None)
        elif not world.broker.idle:
            world.broker.deliver(world.arrive)
        elif _agreed(world):
            return
        else:
            _wait(world)
        world.check_errors()
    raise Violation(f"no agreement: {_state_of_things(world)}")


def _wait(world: World) -> None:
    """Let time pass until somebody has something to do."""
    now_us = world.clock.monotonic_ns() // 1000
    wakes = [at for at in (world.site.wake_at_us, world.far.wake_at_us) if at is not None]
    world.clock.advance_us(max(WAIT_US_MIN, min(wakes, default=now_us) - now_us))
    world.tick()
    world.far_does("ticks", lambda: world.far.inbox.tick(world.far.now()))
    if world.site.pump.link.fenced:
        world.count["unfenced"] += 1
        world.far.inbox.unfence(world.site.name, world.far.now())
    world.serve(0, None)


def _agreed(world: World) -> bool:
    link, head, far = world.site.pump.link, world.watch.head.seq, world.far_watch
    quiet = world.desk.idle and all(scanner.idle for scanner in world.scanners.values())
    level = far.level and far.through == head == far.projected
    known = far.epoch == world.site.stored.site_epoch() and link.state == "online"
    return quiet and level and known and not link.backlog and _obeyed(world)


def _obeyed(world: World) -> bool:
    """The site followed all commands; who was referred to is known.

    A restored backup may have cost persons that nobody else has.
    """
    views = world.far.inbox.sites(world.far.now())
    done = all(view.commands == view.commands_acked for view in views)
    restored = world.count["site restored"] or world.count["central restored"]
    return done and bool(restored or not world.site.stored.missing(1))


def _state_of_things(world: World) -> str:
    link, far = world.site.pump.link, world.far_watch
    return (
        f"site at {world.watch.head.seq}, {link.state}, backlog {link.backlog}; central at"
        f" {far.through}, projected {far.projected}; desk idle {world.desk.idle}; missing"
        f" {world.site.stored.missing(3)}; {world.far.inbox.sites(world.far.now())}"
    )


def check_end(world: World) -> None:
    """Everything that can be checked."""
    world.watch.check_memory(world.site.memory)
    world.watch.check_all()
    world.promises.check_all(world.watch)
    world.promises.check_no_outage()
    world.office.check_batches()
    world.look_far()
    world.far_watch.check_end(world.watch)
    _check_persons(world)
    work_again(
        world.folder / "again.db", world.plan.settings, world.site.taken, seeded(0), world.watch
    )
    world.tell(f"head {world.watch.head.hash.hex()}")


def _check_persons(world: World) -> None:
    """Erased here: gone here. Erased by central: gone everywhere (H11)."""
    site, central = world.watch.connection, world.far_watch.connection
    everywhere = dict.fromkeys(world.staff.erased)
    check_erased_at_site(site, dict.fromkeys([*world.office.erased, *everywhere]))
    check_erased_at_central(central, everywhere)
    check_traces(site, central)
