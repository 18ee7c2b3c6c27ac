"""The command log (SYNC.md section 6) and the answers to it."""

from __future__ import annotations

import pytest

from edge.domain.sync_inputs import Epoch
from edge.errors import InvalidInput, NotFound
from edge.journal.chain import ZERO_HASH
from sync.central.ports import Answer
from sync.envelope import Commands
from sync.ports import MINUTE, SECOND
from tests.protocol.sync.exchange import Exchange
from tests.simulation.sync.stores import StoreUnderTest


def give(exchange: Exchange, data: bytes = b"{}") -> str:
    order, output = exchange.inbox.give_command("hz1", "Do", 1, data, exchange.now())
    exchange.central_did(output)
    return order.id


def sent(exchange: Exchange) -> list[Commands]:
    return [m for m in exchange.heard if isinstance(m, Commands)]


def answer(exchange: Exchange, command: str) -> Answer | None:
    with exchange.store.transaction() as tx:
        return tx.commands.answer("hz1", command)


def acked(exchange: Exchange) -> tuple[Epoch, int, int]:
    with exchange.store.transaction() as tx:
        log = tx.commands.log("hz1")
    assert log is not None
    return log.epoch, log.acked, log.length


def test_a_command_goes_down_and_its_answer_comes_up(exchange: Exchange) -> None:
    exchange.start()
    command = give(exchange, b'{"b":1, "a":2}')
    exchange.pass_time(2 * SECOND)
    found = answer(exchange, command)
    assert found is not None
    assert (found.outcome, found.seq) == ("accepted", 1)
    assert acked(exchange)[1:] == (1, 1)
    assert bytes(sent(exchange)[0].commands[0].data) == b'{"a":2,"b":1}'


def test_a_refusal_comes_up_with_its_reason(exchange: Exchange) -> None:
    exchange.start()
    exchange.site.heart.record("CommandRefused", {"why": "carton_closed"}, "c-1")
    exchange.site.grew()
    exchange.pass_time(SECOND)
    assert answer(exchange, "c-1") == Answer(
        command="c-1", seq=1, outcome="refused", why="carton_closed"
    )


def test_at_most_sixteen_commands_are_under_way(exchange: Exchange) -> None:
    exchange.start()
    exchange.lose = lambda message: message.topic.endswith("/commands")
    for _ in range(40):
        give(exchange)
    exchange.settle()
    numbers = [m.first_number + n for m in sent(exchange) for n in range(len(m.commands))]
    assert numbers == list(range(1, 17))
    exchange.lose = lambda _message: False
    exchange.pass_time(10 * SECOND)
    assert acked(exchange)[1:] == (40, 40)


def test_lost_commands_are_repeated_with_growing_waits(exchange: Exchange) -> None:
    exchange.start()
    exchange.lose = lambda message: message.topic.endswith("/commands")
    give(exchange)
    exchange.pass_time(5 * MINUTE)
    assert 6 <= len(sent(exchange)) <= 16


def test_a_silent_site_is_left_alone_until_it_greets(exchange: Exchange) -> None:
    exchange.start()
    exchange.site.did(exchange.site.pump.disconnected(exchange.now()))
    give(exchange)
    exchange.pass_time(5 * MINUTE)
    count = len(sent(exchange))
    exchange.pass_time(60 * MINUTE, step_us=SECOND)
    assert len(sent(exchange)) == count
    exchange.site.connect()
    exchange.pass_time(2 * SECOND)
    assert acked(exchange)[1:] == (1, 1)


def test_large_commands_are_split_over_messages(exchange: Exchange) -> None:
    exchange.start()
    exchange.lose = lambda message: message.topic.endswith("/commands")
    for _ in range(6):
        give(exchange, b'{"x":"%s"}' % (b"y" * 200_000))
    exchange.lose = lambda _message: False
    exchange.pass_time(3 * MINUTE)
    assert acked(exchange)[1:] == (6, 6)


def test_the_numbering_chains_from_zero(exchange: Exchange) -> None:
    exchange.start()
    give(exchange)
    give(exchange)
    first, second = sent(exchange)
    assert first.prev_hash == ZERO_HASH.hex()
    with exchange.store.transaction() as tx:
        one = tx.commands.hash_at("hz1", 1)
        assert tx.commands.hash_at("hz1", 3) is None
    assert one is not None
    assert second.prev_hash == one.hex()


def test_a_restored_site_gets_what_it_no_longer_has_again(exchange: Exchange) -> None:
    exchange.start()
    saved = exchange.site.heart.disk.copy()
    command = give(exchange)
    exchange.pass_time(SECOND)
    exchange.site.heart.disk = saved
    exchange.site.record(3)
    exchange.site.boot()
    exchange.site.connect()
    exchange.pass_time(10 * SECOND)
    assert exchange.site.heart.disk.answered == {command}
    assert answer(exchange, command) is not None
    assert exchange.agrees()


def test_a_restored_central_opens_an_epoch_and_numbers_what_is_unanswered(
    exchange: Exchange, under_test: StoreUnderTest
) -> None:
    exchange.start()
    first = give(exchange)
    saved = under_test.backup()
    second = give(exchange)
    exchange.pass_time(SECOND)
    epoch = acked(exchange)[0]
    under_test.restore(saved)
    exchange.boot_central()
    third = give(exchange)
    exchange.pass_time(2 * MINUTE)
    assert acked(exchange)[0].counter > epoch.counter
    assert exchange.site.heart.disk.answered == {first, second, third}
    effects = [e for e in exchange.site.heart.disk.journal if b'"type":"Effect"' in e.body]
    assert len(effects) == 3


def test_a_position_that_goes_back_is_followed(exchange: Exchange) -> None:
    exchange.start()
    give(exchange)
    exchange.pass_time(SECOND)
    exchange.site.heart.disk.position = exchange.site.heart.disk.position._replace(
        through=0, hash=ZERO_HASH
    )
    exchange.pass_time(2 * MINUTE)
    assert acked(exchange)[1:] == (1, 1)
    effects = [e for e in exchange.site.heart.disk.journal if b'"type":"Effect"' in e.body]
    assert len(effects) == 1


def test_what_a_site_lost_is_sent_again_at_once(exchange: Exchange) -> None:
    exchange.start()
    for _ in range(3):
        give(exchange)
    exchange.pass_time(SECOND)
    count = len(sent(exchange))
    heart = exchange.site.heart
    heart.disk.position = heart.disk.position._replace(through=0, hash=ZERO_HASH)
    exchange.site.record()
    exchange.settle()
    assert [(m.first_number, len(m.commands)) for m in sent(exchange)[count:]] == [(1, 3)]


def test_only_answers_that_fell_off_are_forgotten(exchange: Exchange) -> None:
    with exchange.store.transaction() as tx:
        given = [Answer(command=f"c{n}", seq=n, outcome="accepted", why=None) for n in (4, 5, 6)]
        tx.commands.record_answers("hz1", given)
        tx.commands.forget_answers_after("hz1", 5)
        left = [tx.commands.answer("hz1", f"c{n}") for n in (4, 5, 6)]
    assert left == [given[0], given[1], None]


def test_a_command_for_nobody_or_without_sense_is_refused_at_once(exchange: Exchange) -> None:
    with pytest.raises(NotFound):
        exchange.inbox.give_command("hz9", "Do", 1, b"{}", exchange.now())
    with pytest.raises(InvalidInput):
        exchange.inbox.give_command("hz1", "Do", 1, b"[1.5]", exchange.now())
