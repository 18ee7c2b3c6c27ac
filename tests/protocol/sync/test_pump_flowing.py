"""Events flow, are acknowledged, and stop where they must (SYNC.md section 4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.domain.sync_inputs import (
    SaveCursor,
)
from edge.ids import seeded
from edge.journal.chain import StoredEvent
from sync.envelope import (
    Events,
    Hello,
    Message,
)
from sync.ports import MINUTE, MS, SECOND
from sync.uplink import GATHER_US
from tests.protocol.sync.site import Site, batches, flowing


def test_the_first_batch_leaves_at_once_and_small_ones_gather() -> None:
    site = flowing()
    assert batches(site.grows(1)) == [(1, 1)]
    assert batches(site.grows(1)) == []
    site.steady_us += 20 * MS
    assert batches(site.grows(1)) == []
    assert batches(site.after(29 * MS)) == []
    assert batches(site.after(2 * MS)) == [(2, 2)]


def test_a_full_batch_does_not_wait() -> None:
    site = flowing()
    site.grows(1)
    assert batches(site.grows(501)) == [(2, 500)]


def test_at_most_eight_batches_are_under_way() -> None:
    site = flowing(9000)
    assert len(batches(site.last)) == 8
    assert site.after(1 * SECOND) == []
    assert batches(site.ack(500)) == [(4001, 500)]


def test_credit_bounds_the_batches_under_way() -> None:
    site = Site(5000)
    site.connect()
    assert len(batches(site.welcome(0, credit=2))) == 2
    assert batches(site.ack(500, credit=1)) == []
    assert batches(site.ack(1000, credit=1)) == [(1001, 500)]


def test_two_mebibytes_bound_what_is_under_way() -> None:
    site = Site()
    noise = seeded(1)
    for _ in range(20):
        site.heart.record("Big", {"noise": hex(noise.getrandbits(1_000_000))})
    site.connect()
    sent = site.welcome(0)
    assert all(len(message.payload) < 1024 * 1024 for message in site.out.messages)
    assert 0 < len(batches(sent)) < 8


def test_a_batch_is_read_back_from_the_bytes_of_the_journal() -> None:
    site = flowing(3)
    (batch,) = site.last
    assert isinstance(batch, Events)
    assert [bytes(raw) for raw in batch.events] == [e.body for e in site.heart.disk.journal]
    assert batch.prev_hash == "00" * 32
    assert batch.last_hash == site.heart.head().hash.hex()


def test_progress_is_saved_at_most_once_a_second() -> None:
    site = flowing(4000)
    saved: list[SaveCursor] = []
    for through in range(100, 4001, 100):
        site.ack(through)
        saved += [i for i in site.out.intents if isinstance(i, SaveCursor)]
        site.after(50 * MS)
        saved += [i for i in site.out.intents if isinstance(i, SaveCursor)]
    assert 1 <= len(saved) <= 3


def test_a_gap_goes_back_at_most_twice_a_second() -> None:
    site = flowing(2000)
    site.steady_us += SECOND
    assert batches(site.ack(500, status="gap"))[0] == (501, 500)
    assert batches(site.ack(500, status="gap")) == []
    site.steady_us += 500 * MS
    assert batches(site.ack(500, status="gap"))[0] == (501, 500)


@pytest.mark.parametrize(
    "disagree",
    [
        lambda site: site.ack(5, status="hello"),
        lambda site: site.ack(5, hash="ee" * 32),
        lambda site: site.ack(3, status="gap"),
        lambda site: site.ack(99),
    ],
)
def test_disagreement_asks_anew(disagree: Callable[[Site], list[Message]]) -> None:
    site = flowing(10, acked=4)
    session = site.pump._up.session
    disagree(site)
    assert site.pump.link.state == "asking"
    hello = site.after(2 * SECOND)[0]
    assert isinstance(hello, Hello)
    assert hello.session != session


def test_disagreement_is_not_answered_at_once_lest_two_clones_talk_without_end() -> None:
    site = flowing(10, acked=4)
    assert site.ack(5, status="hello") == []
    assert site.after(400 * MS) == []
    assert isinstance(site.after(600 * MS)[0], Hello)


def test_central_may_hold_more_than_was_sent_in_this_session() -> None:
    site = flowing(2000)
    site.grows(5000)
    assert batches(site.ack(6000)) == [(6001, 500), (6501, 500)]
    assert site.pump.link.acked.seq == 6000


def test_a_late_acknowledgement_moves_nothing_back() -> None:
    site = flowing(10, acked=4)
    site.ack(10)
    site.ack(6)
    assert site.pump.link.acked.seq == 10
    assert site.pump.link.state == "online"


def test_silence_goes_back_once_and_then_asks() -> None:
    site = flowing(10)
    assert batches(site.last) == [(1, 10)]
    assert batches(site.after(6 * SECOND)) == [(1, 10)]
    assert isinstance(site.after(11 * SECOND)[-1], Hello)
    assert site.pump.link.state == "asking"


def test_no_credit_is_asked_for_again_until_there_is_some() -> None:
    site = Site(10)
    site.connect()
    assert site.welcome(0, credit=0) == []
    assert isinstance(site.after(6 * SECOND)[-1], Hello)
    assert batches(site.welcome(0)) == [(1, 10)]


def test_an_idle_minute_is_ended_by_a_hello() -> None:
    site = flowing(3, acked=3)
    session = site.pump._up.session
    assert site.after(59 * SECOND) == []
    (hello,) = site.after(1 * SECOND)
    assert isinstance(hello, Hello)
    assert hello.session != session


def test_a_lost_connection_forgets_what_was_under_way() -> None:
    site = flowing(10)
    site.did(site.pump.disconnected(site.now()))
    assert site.pump.link.state == "offline"
    assert site.out.wake_at_us is None
    assert site.ack(10) == []
    assert site.pump.link.acked.seq == 0


def test_nothing_after_a_refused_entry_is_sent() -> None:
    site = flowing(10)
    site.ack(0, status="refused", seq=4, why="no event")
    assert site.pump.link.refused
    assert site.out.notices[0].about == "seq 4: no event"
    assert site.grows(5) == []
    assert site.after(50 * SECOND) == []
    assert isinstance(site.after(11 * SECOND)[0], Hello)


def test_a_third_refusal_is_told_again() -> None:
    site = flowing(10)
    told: list[str] = []
    for _ in range(5):
        site.ack(0, status="refused", seq=4, why="no event")
        told += [notice.kind for notice in site.out.notices]
        site.after(MINUTE)
        site.welcome(0)
    assert told == ["corrupt", "corrupt_still"]


def test_bit_rot_is_found_before_it_is_sent_and_named() -> None:
    site = Site(10)
    rotten = site.heart.disk.journal[6]
    site.heart.disk.journal[6] = StoredEvent(7, rotten.hash, rotten.body.replace(b"6", b"7"))
    site.connect()
    assert batches(site.welcome(0)) == [(1, 6)]
    assert site.after(GATHER_US) == []
    assert site.out.notices[0].about.startswith("seq 7:")
    assert site.pump.link.refused
