"""The loop's thread: batches form by themselves, nobody hangs, and the disk may fail."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path

import pytest

from edge.clock import ManualClock
from edge.domain.commands import AddUser
from edge.domain.events import OutageRecorded
from edge.domain.rows import Row, Timer
from edge.domain.sessions import IDLE_TIMER
from edge.errors import StoreUnavailable
from edge.journal.registry import decode
from edge.journal.reserve import RESERVE_BYTES, ReserveFile
from edge.service import thread as module
from edge.service.inputs import Input
from edge.service.outcome import Outcome
from edge.service.thread import LoopThread, Stopped
from tests.unit.floor import TEA, Floor, badge, order, person

WAIT_S = 20.0


class Heard:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.batches: list[list[Outcome]] = []
        self.disk_states: list[bool] = []

    def committed(self, outcomes: Sequence[Outcome]) -> None:
        self.batches.append(list(outcomes))

    def disk(self, ok: bool) -> None:
        self.disk_states.append(ok)


class Deaf(Heard):
    """A listener that fails each time."""

    def committed(self, outcomes: Sequence[Outcome]) -> None:
        raise ZeroDivisionError

    def disk(self, ok: bool) -> None:
        raise ZeroDivisionError


class House:
    """A loop's thread over a furnished site; ``turn`` drives it from the test."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.clock = floor, ManualClock(floor.now_us)
        self.reserve = ReserveFile(floor.path)
        self.thread = LoopThread(floor.loop, self.clock, self.reserve)
        self.heard = Heard()
        self.thread.listen(self.heard)

    def turn(self, *inputs: Input) -> list[Future[Outcome]]:
        """Submit, then serve them as one batch."""
        futures = [self.thread.submit(input_) for input_ in inputs]
        assert self.thread.turn(0)
        return futures


@pytest.fixture
def house(floor: Floor) -> House:
    """A house whose thread the test turns by hand."""
    return House(floor)


def in_flight(future: Future[Outcome]) -> Outcome:
    """The outcome, once it is there."""
    return future.result(timeout=WAIT_S)


# --- batches ------------------------------------------------------------------------------


def test_all_that_waits_is_one_batch(house: House) -> None:
    futures = house.turn(*(house.floor.scanning("pack-1", badge(1)) for _ in range(5)))
    assert [future.result(0).judged is not None for future in futures] == [True] * 5
    assert [len(batch) for batch in house.heard.batches] == [5]


def test_a_batch_has_a_limit_and_the_rest_is_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_MAX", 3)
    futures = house.turn(*(house.floor.scanning("pack-1", badge(1)) for _ in range(5)))
    assert [future.done() for future in futures] == [True] * 3 + [False] * 2
    assert house.thread.depth == 2
    house.thread.turn(0)
    assert all(future.done() for future in futures)


def test_a_call_runs_behind_the_batch_that_it_waited_with(house: House) -> None:
    future = house.thread.submit(house.floor.scanning("pack-1", badge(1)))
    seen = house.thread.call(future.done)
    house.thread.turn(0)
    assert seen.result(0)


def test_a_call_that_fails_tells_its_caller_and_the_loop_goes_on(house: House) -> None:
    failing = house.thread.call(lambda: 1 // 0)
    house.thread.turn(0)
    with pytest.raises(ZeroDivisionError):
        failing.result(0)
    (future,) = house.turn(house.floor.scanning("pack-1", badge(1)))
    assert future.result(0).error is None


def test_a_listener_that_fails_stops_neither_the_loop_nor_the_others(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(floor)
    house.thread.listen(Deaf())
    last = Heard()
    house.thread.listen(last)
    (future,) = house.turn(floor.scanning("pack-1", badge(1)))
    assert future.result(0).error is None
    assert len(last.batches) == 1
    assert "listener" in caplog.text


def test_who_gave_up_waiting_does_not_stop_the_loop_and_the_scan_counts(house: House) -> None:
    first = house.thread.submit(house.floor.scanning("pack-1", badge(1)))
    assert first.cancel()
    call = house.thread.call(lambda: 1)
    assert call.cancel()
    (second,) = house.turn(house.floor.scanning("pack-1", badge(1)))
    with pytest.raises(CancelledError):
        first.result(0)
    judged = second.result(0).judged
    assert judged is not None
    assert judged[1].why.key == "why.signed_in.again", "the first was judged all the same"


# --- timers -------------------------------------------------------------------------------


def test_a_timer_fires_by_itself_once_it_is_due(house: House) -> None:
    house.turn(house.floor.scanning("pack-1", badge(1)))
    (timer,) = house.floor.rows(Timer)
    house.clock.set_wall_us(timer.due_at - 1)
    house.thread.turn(0)
    assert house.floor.state("pack-1") == "idle"
    house.clock.advance_us(module.TIMERS_EVERY_NS // 1000)
    house.thread.turn(0)
    assert house.floor.state("pack-1") == "signed_out"
    assert timer.kind == IDLE_TIMER


def test_a_clock_that_was_set_back_does_not_stop_timers(house: House) -> None:
    house.thread.turn(0)
    start_us = house.clock.now_us()
    house.clock.set_wall_us(start_us - 24 * 3_600_000_000)
    house.turn(replace(house.floor.scanning("pack-1", badge(1)), at_us=house.clock.now_us()))
    (timer,) = house.floor.rows(Timer)
    assert timer.due_at < start_us, "by a clock that hangs on the old time it is never due"
    house.clock.set_wall_us(timer.due_at)
    house.clock.advance_us(module.TIMERS_EVERY_NS // 1000)
    house.thread.turn(0)
    (put_off,) = house.floor.rows(Timer)
    assert put_off.due_at > start_us, "it fired; recorded time, which never goes back, put it off"


def test_timers_are_looked_at_once_a_second(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[type[Row]] = []

    def load_all(kind: type[Row]) -> list[Row]:
        asked.append(kind)
        return []

    monkeypatch.setattr(house.floor.store, "load_all", load_all)
    for _ in range(10):
        house.clock.advance_us(module.TIMERS_EVERY_NS // 5000)
        house.thread.turn(0)
    assert asked == [Timer, Timer]


# --- the end ------------------------------------------------------------------------------


def test_stopping_finishes_what_waits(floor: Floor) -> None:
    house = House(floor)
    futures = [house.thread.submit(floor.scanning("pack-1", badge(1))) for _ in range(50)]
    house.thread.start()
    house.thread.stop()
    assert not house.thread.alive
    assert all(in_flight(future).error is None for future in futures)
    with pytest.raises(Stopped):
        house.thread.submit(floor.scanning("pack-1", badge(1)))
    with pytest.raises(Stopped):
        house.thread.call(lambda: 1)


def test_what_came_behind_the_end_is_told_so(floor: Floor) -> None:
    house = House(floor)
    house.thread._queue.put(None)
    late = house.thread.submit(floor.scanning("pack-1", badge(1)))
    call = house.thread.call(lambda: 1)
    house.thread.start()
    with pytest.raises(Stopped):
        late.result(timeout=WAIT_S)
    with pytest.raises(Stopped):
        call.result(timeout=WAIT_S)
    house.thread.stop()


def test_if_the_loop_itself_fails_whoever_waits_is_told(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(floor)
    failures: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: failures.append(str(args.exc_value)))

    def broken(*_: object) -> list[Outcome]:
        raise ZeroDivisionError("the loop is broken")

    monkeypatch.setattr(floor.loop, "step", broken)
    scan = house.thread.submit(floor.scanning("pack-1", badge(1)))
    call = house.thread.call(lambda: 1)
    house.thread.start()
    for future in (scan, call):
        with pytest.raises(Stopped, match="the loop is broken"):
            future.result(timeout=WAIT_S)
    house.thread.stop()
    assert failures == ["the loop is broken"]


def test_many_threads_submit_and_each_gets_its_own_outcome(floor: Floor) -> None:
    house = House(floor)
    for number in range(10, 18):
        floor.ask(
            AddUser(
                user=f"w-{number}", badge=str(number), role="packer", language="en",
                person=person(f"w-{number}"),
            )
        )  # fmt: skip
    scans = {n: floor.scanning(f"s-{n}", badge(n)) for n in range(10, 18)}
    house.thread.start()
    users: dict[int, str | None] = {}

    def client(number: int) -> None:
        judged = in_flight(house.thread.submit(scans[number])).judged
        users[number] = judged[1].why.params["user"] if judged else None

    clients = [threading.Thread(target=client, args=(number,)) for number in scans]
    for one in clients:
        one.start()
    for one in clients:
        one.join(WAIT_S)
    house.thread.stop()
    assert users == {number: f"w-{number}" for number in scans}


# --- the disk -----------------------------------------------------------------------------


def full(floor: Floor) -> None:
    """No page can be added to the store."""
    (pages,) = floor.store.connection.execute("PRAGMA page_count").fetchone()
    floor.store.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


class Room:
    """A disk that has room or not."""

    def __init__(self) -> None:
        self.there = True
        self.asked: list[str] = []

    def take(self) -> None:
        self.asked.append("take")

    def has_room(self) -> bool:
        return self.there

    def release(self) -> None:
        self.asked.append("release")


class FullHouse(House):
    """A house whose disk is full from the start; ``give_room`` ends that."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.room = Room()
        self.thread = LoopThread(floor.loop, self.clock, self.room)
        self.thread.listen(self.heard)
        self.room.there = False
        full(floor)

    def refused(self, count: int) -> None:
        """So many inputs are refused in one batch."""
        large = [self.floor.asking(order(f"big-{n}", *((("TEA", 1),) * 400))) for n in range(count)]
        for future in self.turn(*large):
            assert isinstance(future.result(0).error, StoreUnavailable)

    def give_room(self) -> None:
        """The disk writes again."""
        self.room.there = True
        self.floor.store.connection.execute("PRAGMA max_page_count = 1000000").fetchall()

    def outages(self) -> list[tuple[int, int, int]]:
        """What the journal says of outages: began, ended, refused."""
        events = (decode(row).event for row in self.floor.stored())
        found = (event for event in events if isinstance(event, OutageRecorded))
        return [(event.began_at, event.ended_at, event.refused) for event in found]


def test_an_outage_is_told_at_once_and_recorded_when_it_is_over(floor: Floor) -> None:
    house = FullHouse(floor)
    began_us = house.clock.now_us()
    house.refused(4)
    assert (house.heard.disk_states, house.thread.disk_ok) == ([False], False)
    house.clock.advance_us(5)
    house.give_room()
    (future,) = house.turn(floor.scanning("pack-1", badge(1)))
    assert future.result(0).error is None
    assert (house.heard.disk_states, house.thread.disk_ok) == ([False, True], True)
    assert house.outages() == [(began_us, began_us + 5, 4)]
    assert house.room.asked == ["take"]


def test_an_outage_ends_by_itself_when_nobody_scans(floor: Floor) -> None:
    house = FullHouse(floor)
    house.refused(1)
    house.thread.turn(0)
    assert not house.thread.disk_ok
    house.give_room()
    house.thread.turn(0)
    assert house.thread.disk_ok


def test_room_for_one_event_is_not_taken_for_the_end_of_an_outage(floor: Floor) -> None:
    house = FullHouse(floor)
    house.refused(1)
    house.floor.store.connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    house.thread.turn(0)
    assert (house.outages(), house.thread.disk_ok) == ([], False)


def test_an_outage_that_lasts_to_the_end_is_recorded_in_the_room_kept_for_it(floor: Floor) -> None:
    house = FullHouse(floor)
    house.refused(2)
    house.thread.start()
    house.thread.stop()
    assert len(house.outages()) == 1
    assert house.room.asked == ["release", "take"]


def test_the_reserve_is_really_occupied_and_says_whether_there_is_as_much_again(
    floor: Floor,
) -> None:
    reserve, file = ReserveFile(floor.path), floor.path.with_suffix(".reserve")
    reserve.take()
    assert file.stat().st_blocks * 512 >= RESERVE_BYTES
    assert reserve.has_room()
    assert file.stat().st_size == RESERVE_BYTES
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (RESERVE_BYTES, hard))
    try:
        assert not reserve.has_room()
        assert file.stat().st_size == RESERVE_BYTES
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    reserve.release()
    assert not file.exists()


def test_a_checkpoint_without_room_is_tried_again_later(floor: Floor) -> None:
    floor.opened("pack-1", floor.place(("TEA", 1)))
    wal = floor.path.with_name(floor.path.name + "-wal")
    assert wal.stat().st_size > 0
    floor.store.connection.execute("PRAGMA query_only = ON")
    floor.store.checkpoint(force=True)
    floor.store.connection.execute("PRAGMA query_only = OFF")
    floor.store.checkpoint(force=True)
    assert floor.scan("pack-1", TEA).verdict == "order_complete"


def test_an_answer_is_made_on_the_thread_after_the_listeners_heard(house: House) -> None:
    heard: list[int] = []

    def answering(outcome: Outcome) -> int:
        heard.append(len(house.heard.batches))
        assert outcome.judged is not None
        return threading.get_ident()

    future = house.thread.answer(house.floor.scanning("pack-1", badge(1)), answering)
    assert house.thread.turn(0)
    assert future.result(0) == threading.get_ident()
    assert heard == [1]


def test_an_answer_that_fails_is_the_askers_and_nobody_elses(house: House) -> None:
    def answering(outcome: Outcome) -> int:
        raise ZeroDivisionError

    future = house.thread.answer(house.floor.scanning("pack-1", badge(1)), answering)
    given_up = house.thread.answer(house.floor.scanning("pack-1", "hello"), answering)
    given_up.cancel()
    (other,) = house.turn(house.floor.scanning("pack-2", badge(2)))
    assert other.result(0).judged is not None
    with pytest.raises(ZeroDivisionError):
        future.result(0)
    assert given_up.cancelled()


SCRIPT = """
import resource, sys
from pathlib import Path
from edge.clock import ManualClock
from edge.errors import StoreUnavailable
from edge.journal.reserve import ReserveFile
from edge.service.thread import LoopThread
from tests.unit.floor import Floor, TEA, code

floor = Floor(Path(sys.argv[1])).furnish()
floor.opened("pack-1", floor.place(("TEA", 100_000)))
thread = LoopThread(floor.loop, ManualClock(floor.now_us), ReserveFile(floor.path))
thread.start()
wal = floor.path.with_name(floor.path.name + "-wal")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 100_000, hard))
packed = refused = 0
while refused < 3:
    outcome = thread.submit(floor.scanning("pack-1", TEA)).result(20)
    if outcome.error is None:
        packed += 1
    else:
        assert isinstance(outcome.error, StoreUnavailable), outcome.error
        refused += 1
print("refusing", packed, thread.disk_ok)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
scan = floor.scanning("pack-1", TEA)
while thread.submit(scan).result(20).error is not None:
    refused += 1
print("writing", thread.disk_ok)
thread.stop()
head = floor.verify()
from edge.domain.rows import Fulfilment
assert floor.need(Fulfilment, "SO-10001-1").packed == packed + 1
outage = [row for row in floor.stored() if b'"OutageRecorded"' in row.body]
assert len(outage) == 1 and b'"refused":%d' % refused in outage[0].body, (refused, outage)
floor.close()
print("sound")
"""


def test_a_disk_that_is_really_full_is_survived_without_a_restart(tmp_path: Path) -> None:
    """The kernel refuses to let any file grow; then it lets it again."""
    root = Path(module.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    words = [line.split()[0] for line in done.stdout.splitlines()]
    assert words == ["refusing", "writing", "sound"], done.stdout + done.stderr
