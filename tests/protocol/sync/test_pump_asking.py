"""The site connects and asks where central stands (SYNC.md section 4)."""

from __future__ import annotations

import itertools

import pytest

from edge.domain.sync_inputs import (
    Epoch,
    OpenEpoch,
    RecordDeadLetter,
)
from sync.envelope import (
    Hello,
    State,
)
from sync.ports import MINUTE, SECOND
from sync.states import TRANSITIONS
from sync.states import State as PumpState
from tests.protocol.sync.exchange import message_of
from tests.protocol.sync.site import Site, batches, flowing


def test_a_birth_and_its_will_name_the_same_connection() -> None:
    site = Site()
    will = message_of(site.pump.will(site.now()))
    birth = site.did(site.pump.connected(site.now()))[0]
    assert isinstance(will, State)
    assert isinstance(birth, State)
    assert (will.online, birth.online) == (False, True)
    assert will.connection == birth.connection
    assert site.out.messages[0].retain


def test_each_connect_is_a_new_connection_and_a_new_session() -> None:
    site = Site(3)
    first = site.connect()
    site.did(site.pump.disconnected(site.now()))
    second = site.connect()
    assert first != second
    sessions = {m.session for m in (*first, *second) if isinstance(m, Hello)}
    assert len(sessions) == 2


def test_a_clean_end_says_so_once() -> None:
    site = flowing()
    (state,) = site.did(site.pump.goodbye(site.now()))
    assert isinstance(state, State)
    assert not state.online
    assert site.did(site.pump.goodbye(site.now())) == []


def test_hello_waits_for_its_jitter() -> None:
    site = Site(jitter_us=5 * SECOND)
    assert site.connect() == []
    assert site.out.wake_at_us is not None
    assert 0 < site.out.wake_at_us < 5 * SECOND
    assert isinstance(site.after(5 * SECOND)[0], Hello)


def test_hello_is_repeated_with_waits_that_double() -> None:
    site = Site(3)
    site.connect()
    times = [0]
    while site.steady_us < 10 * MINUTE:
        if any(isinstance(m, Hello) for m in site.after(SECOND // 10)):
            times.append(site.steady_us)
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert waits[0] <= SECOND
    assert max(waits) <= 60 * SECOND
    assert min(waits[-3:]) >= 30 * SECOND


def test_hello_spreads_points_over_the_whole_journal() -> None:
    site = Site(100)
    site.connect()
    points = site.hello().points
    assert [seq for seq, _ in points][:1] == [0]
    assert points[-1] == (100, site.heart.head().hash.hex())
    assert points[0][1] == "00" * 32


def test_a_fitting_welcome_lets_events_flow_from_there() -> None:
    site = Site(10)
    site.connect()
    assert batches(site.welcome(4)) == [(5, 6)]
    assert site.pump.link.state == "online"
    assert site.pump.link.acked.seq == 4


def test_central_may_know_more_than_this_process_remembers() -> None:
    site = flowing(10, acked=10)
    assert site.pump.link.backlog == 0


def test_an_answer_to_another_session_is_kept_as_replayed() -> None:
    site = Site(10)
    site.connect()
    assert site.welcome(10, session="other") == []
    assert site.pump.link.state == "asking"
    (letter,) = site.out.intents
    assert isinstance(letter, RecordDeadLetter)
    assert letter.reason == "replayed"


def test_the_ancestor_is_searched_between_two_points() -> None:
    site = Site(100)
    site.connect()
    session = site.hello().session
    site.welcome(90, lo=60, hi=80, hash="ee" * 32)
    hello = site.hello()
    assert hello.session == session
    assert (hello.points[0][0], hello.points[-1][0]) == (60, 79)


def test_a_search_that_does_not_narrow_waits_for_the_timer() -> None:
    site = Site(100)
    site.connect()
    site.welcome(90, lo=60, hi=80, hash="ee" * 32)
    assert site.welcome(90, lo=60, hi=80, hash="ee" * 32) == []
    assert isinstance(site.after(2 * SECOND)[0], Hello)


def test_another_history_opens_an_epoch_at_the_ancestor() -> None:
    site = Site(10)
    site.connect()
    site.welcome(14, lo=7, hi=8, epoch=Epoch(4, "d" * 16))
    (fork,) = site.out.intents
    assert isinstance(fork, OpenEpoch)
    assert (fork.counter, fork.base, fork.lost) == (5, 7, 7)
    assert site.out.notices[0].kind == "fork"
    assert site.after(0) == []


def test_nothing_is_sent_until_the_epoch_is_in_the_store() -> None:
    site = Site(10)
    site.connect()
    site.welcome(14, lo=7, hi=8, epoch=Epoch(4, "d" * 16))
    fork = site.out.intents[0]
    repeated: list[object] = []
    for _ in range(100):
        assert site.after(SECOND) == []
        repeated += site.out.intents
    assert 2 <= len(repeated) <= 10
    assert set(repeated) == {fork}
    site.heart.perform(fork)
    hello = site.did(site.pump.journal_grew(site.heart.head(), site.now()))[0]
    assert isinstance(hello, Hello)
    assert hello.epoch.counter == 5
    assert hello.points[0][0] == 7


def test_a_restored_site_whose_central_is_ahead_forks_at_its_head() -> None:
    site = Site(10)
    site.connect()
    site.welcome(14, lo=10, hi=11)
    (fork,) = site.out.intents
    assert isinstance(fork, OpenEpoch)
    assert (fork.base, fork.lost) == (10, 4)


def test_a_fenced_site_waits_for_a_person() -> None:
    site = Site(10)
    site.connect()
    site.welcome(14, lo=7, hi=8, epoch=Epoch(4, "d" * 16), fenced=True)
    assert site.out.intents == ()
    assert site.pump.link.fenced
    assert site.after(29 * SECOND) == []
    assert isinstance(site.after(31 * SECOND)[0], Hello)


@pytest.mark.parametrize(("lo", "hi"), [(11, 12), (5, 5), (6, 5)])
def test_an_impossible_welcome_is_a_dead_letter(lo: int, hi: int) -> None:
    site = Site(10)
    site.connect()
    site.welcome(14, lo=lo, hi=hi)
    (letter,) = site.out.intents
    assert isinstance(letter, RecordDeadLetter)
    assert letter.reason == "impossible"


def test_every_state_can_be_left_and_reached() -> None:
    assert set(TRANSITIONS) == set(PumpState)
    reached = {to for state, row in TRANSITIONS.items() for to in row.values() if to is not state}
    assert reached == set(PumpState)


def test_a_call_out_of_season_changes_nothing() -> None:
    site = Site(3)
    assert site.after(MINUTE) == []
    assert site.welcome(3) == []
    assert site.grows(1) == []
    assert site.pump.link.state == "offline"
    assert site.out.messages == ()
