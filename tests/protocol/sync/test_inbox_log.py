"""Central's copy of a site's journal: hello, events, orphans, fences (SYNC.md sections 5 and 7)."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import pytest
from msgspec import Raw

from edge.domain.sync_inputs import Epoch
from edge.ids import seeded
from edge.journal.chain import canonical
from sync.central.memory import MemoryStore
from sync.envelope import Ack, Events, Hello, Message, Welcome, encode
from sync.ports import HOUR, MINUTE, SECOND, Outgoing
from sync.topics import topic
from tests.protocol.sync.exchange import Exchange, SiteEnd
from tests.simulation.sync.crashes import Crash, CrashingStore
from tests.simulation.sync.heart import FakeHeart
from tests.simulation.sync.stores import StoreUnderTest

Kind = TypeVar("Kind", bound=Message)


def last(exchange: Exchange, kind: type[Kind]) -> Kind:
    """The last message of ``kind`` that central published."""
    return next(m for m in reversed(exchange.heard) if isinstance(m, kind))


def sent(site: SiteEnd, kind: type[Kind]) -> Kind:
    return next(m for m in reversed(site.sent) if isinstance(m, kind))


def put(exchange: Exchange, message: Message) -> None:
    """Hand central a message as from the wire."""
    exchange.deliver(Outgoing(topic(message.site, "events"), encode(message)))


def started(exchange: Exchange, events: int = 10) -> Exchange:
    exchange.site.record(events)
    exchange.start()
    assert exchange.agrees()
    return exchange


def test_the_first_hello_is_adopted_at_the_beginning(exchange: Exchange) -> None:
    exchange.site.connect()
    exchange.settle()
    welcome = last(exchange, Welcome)
    assert (welcome.through, welcome.lo, welcome.hi, welcome.credit) == (0, 0, 1, 8)
    assert welcome.epoch == exchange.site.heart.site_epoch()
    assert welcome.session == sent(exchange.site, Hello).session


def test_events_are_stored_folded_and_acknowledged(
    exchange: Exchange, under_test: StoreUnderTest
) -> None:
    started(exchange)
    with exchange.store.transaction() as tx:
        log = tx.log.read("hz1", 0, 100)
    assert [event.body for event in log] == [e.body for e in exchange.site.heart.disk.journal]
    assert under_test.folded("hz1") == [event.hash for event in log]
    ack = last(exchange, Ack)
    assert (ack.status, ack.through, ack.hash) == ("ok", 10, log[-1].hash.hex())


@pytest.mark.parametrize("first_seq", [12, 99])
def test_a_batch_beyond_the_log_is_a_gap_and_nothing_is_stored(
    exchange: Exchange, first_seq: int
) -> None:
    started(exchange)
    late = msgspec.structs.replace(sent(exchange.site, Events), first_seq=first_seq)
    put(exchange, late)
    assert (last(exchange, Ack).status, exchange.cursor().through) == ("gap", 10)


def test_an_overlap_is_verified_and_the_rest_is_taken(exchange: Exchange) -> None:
    started(exchange)
    exchange.lose = lambda message: message.topic.endswith("/ack")
    exchange.site.record(5)
    exchange.settle()
    exchange.lose = lambda message: False
    exchange.site.record(5)
    exchange.pass_time(20 * SECOND)
    assert exchange.agrees()
    assert exchange.cursor().through == 20


def test_a_repeat_is_acknowledged_and_changes_nothing(exchange: Exchange) -> None:
    started(exchange)
    before = exchange.cursor()
    put(exchange, sent(exchange.site, Events))
    assert last(exchange, Ack).status == "ok"
    assert exchange.cursor() == before


def test_another_epoch_must_say_hello(exchange: Exchange) -> None:
    started(exchange)
    put(exchange, msgspec.structs.replace(sent(exchange.site, Events), epoch=Epoch(1, "f" * 16)))
    assert last(exchange, Ack).status == "hello"


def test_an_overlap_with_another_hash_must_say_hello(exchange: Exchange) -> None:
    started(exchange)
    batch = sent(exchange.site, Events)
    for field in ("prev_hash", "events"):
        forged = msgspec.structs.replace(batch, **{field: forgery(batch, field)})
        put(exchange, forged)
        assert last(exchange, Ack).status == "hello"
    assert exchange.agrees()


def forgery(batch: Events, field: str) -> object:
    if field == "prev_hash":
        return "ee" * 32
    return [Raw(bytes(raw).replace(b'"number":', b'"numbex":')) for raw in batch.events]


@pytest.mark.parametrize(
    ("seq", "change"),
    [
        (12, {"seq": 99}),
        (12, {"site": "hz2"}),
        (13, {"type": 5}),
        (11, {"data": {"x": "y" * 300_000}}),
    ],
)
def test_a_wrong_entry_is_refused_by_name(
    exchange: Exchange, seq: int, change: dict[str, object]
) -> None:
    started(exchange)
    exchange.lose = lambda message: message.topic.endswith("/events")
    exchange.site.record(4)
    good = sent(exchange.site, Events)
    exchange.settle()
    bodies = list(good.events)
    at = seq - good.first_seq
    bodies[at] = Raw(canonical(msgspec.json.decode(bodies[at], type=dict[str, object]) | change))
    put(exchange, msgspec.structs.replace(good, events=bodies))
    ack = last(exchange, Ack)
    assert (ack.status, ack.seq, ack.through) == ("refused", seq, 10)
    assert exchange.cursor().through == 10


def test_a_chain_that_ends_otherwise_is_refused_and_the_third_time_told(
    exchange: Exchange,
) -> None:
    started(exchange)
    exchange.lose = lambda message: message.topic.endswith("/events")
    exchange.site.record(4)
    batch = msgspec.structs.replace(sent(exchange.site, Events), last_hash="ee" * 32)
    exchange.settle()
    for _ in range(3):
        assert "refused" not in [notice.kind for notice in exchange.notices]
        put(exchange, batch)
        assert last(exchange, Ack).status == "refused"
    assert exchange.notices[-1].kind == "refused"


def test_a_restored_site_forks_and_the_lost_tail_is_named(exchange: Exchange) -> None:
    exchange.site.record(20)
    saved = exchange.site.heart.disk.copy()
    exchange.start()
    exchange.site.record(5)
    exchange.pass_time(SECOND)
    exchange.site.heart.disk = saved
    exchange.site.record(3)
    exchange.site.boot()
    exchange.site.connect()
    exchange.pass_time(5 * SECOND)
    assert exchange.agrees()
    assert exchange.cursor().epoch.counter == 2
    with exchange.store.transaction() as tx:
        orphans = tx.log.orphans("hz1", 100)
    assert sorted(orphan.seq for orphan in orphans) == [21, 22, 23, 24, 25]
    assert {orphan.epoch.counter for orphan in orphans} == {1}
    assert [notice.kind for notice in exchange.notices] == ["orphans", "level"]
    assert [notice.kind for notice in exchange.site.notices] == ["fork"]


def test_projections_are_taken_back_with_the_log(
    exchange: Exchange, under_test: StoreUnderTest
) -> None:
    test_a_restored_site_forks_and_the_lost_tail_is_named(exchange)
    assert exchange.cursor().condition == "level"
    assert under_test.folded("hz1") == [e.hash for e in exchange.site.heart.disk.journal]


def test_a_wiped_central_gets_the_whole_journal_again(
    exchange: Exchange, under_test: StoreUnderTest
) -> None:
    blank = under_test.backup()
    started(exchange, 700)
    under_test.restore(blank)
    exchange.boot_central()
    exchange.pass_time(3 * MINUTE)
    assert exchange.agrees()
    assert exchange.site.notices == []
    with exchange.store.transaction() as tx:
        assert tx.log.orphans("hz1", 1) == []


def test_a_restored_central_goes_on_from_its_backup(
    exchange: Exchange, under_test: StoreUnderTest
) -> None:
    started(exchange)
    saved = under_test.backup()
    exchange.site.record(10)
    exchange.pass_time(SECOND)
    under_test.restore(saved)
    exchange.boot_central()
    exchange.pass_time(3 * MINUTE)
    assert exchange.agrees()


def test_eight_hours_without_a_line_are_caught_up(exchange: Exchange) -> None:
    started(exchange)
    exchange.site.did(exchange.site.pump.disconnected(exchange.now()))
    for _ in range(8):
        exchange.pass_time(HOUR, step_us=MINUTE)
        exchange.site.record(1000)
    assert exchange.cursor().through == 10
    exchange.site.connect()
    exchange.pass_time(5 * SECOND)
    assert exchange.agrees()
    assert exchange.cursor().through == 8010


def test_two_writers_are_fenced_and_both_go_on_working(exchange: Exchange) -> None:
    started(exchange)
    clone = SiteEnd(exchange, FakeHeart("hz1", seeded(2)), 2)
    clone.heart.disk = exchange.site.heart.disk.copy()
    clone.heart._serial = 1_000_000
    exchange.sites.append(clone)
    clone.connect()
    for _ in range(60):
        exchange.site.record()
        clone.record()
        exchange.pass_time(SECOND)
    assert exchange.cursor().fenced
    assert [n.kind for n in exchange.notices].count("fenced") == 1
    assert exchange.cursor().epoch.counter <= 5
    counters = (clone.heart.disk.epoch.counter, exchange.site.heart.disk.epoch.counter)
    assert max(counters) <= exchange.cursor().epoch.counter + 2
    assert min(len(clone.heart.disk.journal), len(exchange.site.heart.disk.journal)) >= 70


def test_a_person_ends_the_fence_and_the_one_left_is_followed(exchange: Exchange) -> None:
    test_two_writers_are_fenced_and_both_go_on_working(exchange)
    exchange.sites.remove(exchange.site)
    exchange.inbox.unfence("hz1", exchange.now())
    exchange.pass_time(3 * MINUTE)
    assert not exchange.cursor().fenced
    assert exchange.agrees(exchange.sites[0])


def test_an_event_that_is_not_understood_stops_the_projections_only(exchange: Exchange) -> None:
    store = MemoryStore(lambda event: b"Novelty" not in event.body)
    exchange = Exchange(store)
    started(exchange, 5)
    exchange.site.heart.record("Novelty", {})
    exchange.site.record(3)
    exchange.pass_time(SECOND)
    assert exchange.agrees()
    assert (exchange.cursor().condition, exchange.cursor().projected) == ("lagging", 5)
    assert [notice.kind for notice in exchange.notices] == ["lagging"]
    exchange.site.record(3)
    exchange.pass_time(3 * MINUTE)
    assert (exchange.cursor().through, exchange.cursor().projected) == (12, 5)
    store.understands = lambda _event: True
    exchange.boot_central()
    exchange.pass_time(MINUTE)
    exchange.central_did(exchange.inbox.tick(exchange.now()))
    assert (exchange.cursor().condition, exchange.cursor().projected) == ("level", 12)


def test_what_a_site_says_of_its_clock_is_shown_and_told_once(exchange: Exchange) -> None:
    started(exchange)
    hello = sent(exchange.site, Hello)
    exchange.pass_time(11 * MINUTE, step_us=MINUTE)
    for minute in range(12):
        wrong_us = exchange.now().wall_us - 45 * SECOND
        exchange.steady_us += MINUTE
        put(exchange, msgspec.structs.replace(hello, sent_at=wrong_us + minute))
    told = [notice for notice in exchange.notices if notice.kind == "skew"]
    assert len(told) == 1
    (view,) = exchange.inbox.sites(exchange.now())
    assert view.skew_us is not None
    assert view.skew_us >= 45 * SECOND


def test_a_busy_central_gives_less_credit_and_answers_hello_all_the_same(
    exchange: Exchange,
) -> None:
    exchange.inbox.waiting = 10_000
    exchange.site.record(10)
    exchange.start()
    assert last(exchange, Welcome).credit == 0
    assert exchange.cursor().through == 0
    exchange.inbox.waiting = 0
    exchange.pass_time(30 * SECOND)
    assert exchange.agrees()


def test_a_view_tells_where_a_site_stands(exchange: Exchange) -> None:
    started(exchange)
    (view,) = exchange.inbox.sites(exchange.now())
    assert (view.site, view.online, view.app) == ("hz1", True, "1.2.3")
    assert (view.through, view.lag, view.projected) == (10, 0, 10)
    assert view.heard_at_us is not None


def test_only_the_last_connection_can_die(exchange: Exchange) -> None:
    pump = exchange.site.pump
    old_will = pump.will(exchange.now())
    exchange.site.did(pump.connected(exchange.now()))
    exchange.site.did(pump.disconnected(exchange.now()))
    new_will = pump.will(exchange.now())
    exchange.site.did(pump.connected(exchange.now()))
    exchange.settle()
    exchange.deliver(old_will)
    assert exchange.inbox.sites(exchange.now())[0].online
    exchange.deliver(new_will)
    assert not exchange.inbox.sites(exchange.now())[0].online


def test_nothing_is_said_of_a_transaction_that_failed(under_test: StoreUnderTest) -> None:
    store = CrashingStore(under_test.store)
    exchange = Exchange(store)
    exchange.site.connect()
    greeting = next(m for m in exchange.net if m.topic.endswith("/events"))
    store.fuse = "before"
    with pytest.raises(Crash):
        exchange.inbox.receive(greeting.topic, greeting.payload, exchange.now())
    assert exchange.inbox.tick(exchange.now()).messages == ()
    assert exchange.cursor().epoch.counter == 0
