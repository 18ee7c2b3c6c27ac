"""Persons: rows by need, erasure, and dead letters that hold none of them (section 12)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import Raw

from edge.domain.sync_inputs import PersonRow, RecordDeadLetter
from edge.errors import Conflict
from edge.journal.chain import canonical
from sync.envelope import MESSAGE_BYTES_MAX, Events, Hello, Need, Persons, WirePerson, encode
from sync.ports import MINUTE, SECOND, Outgoing
from sync.topics import topic
from tests.protocol.sync.exchange import Exchange

ADA = b'{"mail":"ada@example.org","name":"Ada"}'


def order_for(exchange: Exchange, person: str) -> None:
    """Central orders a delivery to a person whom it keeps."""
    row = exchange.inbox.put_person(person, ADA)
    reference = {"person": row.id, "version": row.version, "digest": row.digest()}
    _, output = exchange.inbox.give_command(
        "hz1", "Deliver", 1, canonical({"customer": reference}), exchange.now()
    )
    exchange.central_did(output)


def held(exchange: Exchange, person: str) -> PersonRow | None:
    with exchange.store.transaction() as tx:
        return next(iter(tx.persons.get([person])), None)


def unconfirmed(exchange: Exchange) -> Sequence[tuple[str, str]]:
    with exchange.store.transaction() as tx:
        return tx.persons.unconfirmed()


def test_a_site_asks_for_whom_it_cannot_resolve(exchange: Exchange) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.pass_time(5 * SECOND)
    row = exchange.site.heart.disk.persons["p1"]
    assert (row.version, row.data) == (1, ADA)
    assert row == held(exchange, "p1")


def test_central_asks_for_whom_a_site_brought(exchange: Exchange) -> None:
    exchange.start()
    exchange.site.heart.disk.persons["p2"] = PersonRow(
        id="p2", version=3, salt="ab", data=ADA, erased_at=None
    )
    exchange.site.heart.refer("p2")
    exchange.site.grew()
    exchange.pass_time(10 * SECOND)
    row = held(exchange, "p2")
    assert row is not None
    assert (row.version, row.salt, row.data) == (3, "ab", ADA)


def test_what_nobody_has_is_asked_for_ever_more_rarely(exchange: Exchange) -> None:
    exchange.start()
    exchange.site.heart.refer("nobody")
    exchange.site.grew()
    exchange.pass_time(10 * MINUTE)
    up = [m for m in exchange.site.sent if isinstance(m, Need)]
    down = [m for m in exchange.heard if isinstance(m, Need)]
    assert 8 <= len(up) <= 40
    assert 8 <= len(down) <= 40


def test_rows_go_only_to_sites_that_have_to_do_with_the_person(exchange: Exchange) -> None:
    exchange.start()
    exchange.inbox.put_person("stranger", ADA)
    need = Need(
        site="hz1",
        session="s",
        epoch=exchange.site.heart.site_epoch(),
        sent_at=1,
        ids=["stranger"],
    )
    exchange.deliver(Outgoing(topic("hz1", "events"), encode(need)))
    assert not [m for m in exchange.heard if isinstance(m, Persons)]


def test_rows_are_taken_only_from_sites_that_have_to_do_with_the_person(
    exchange: Exchange,
) -> None:
    exchange.start()
    exchange.inbox.put_person("stranger", ADA)
    forged = Persons(
        site="hz1",
        session="s",
        epoch=exchange.site.heart.site_epoch(),
        sent_at=1,
        rows=[WirePerson(id="stranger", version=9, salt="00", data=Raw(b"{}"))],
    )
    exchange.deliver(Outgoing(topic("hz1", "events"), encode(forged)))
    row = held(exchange, "stranger")
    assert row is not None
    assert row.version == 1


def test_erasure_reaches_every_site_and_is_confirmed_by_events(exchange: Exchange) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.pass_time(5 * SECOND)
    exchange.site.did(exchange.site.pump.disconnected(exchange.now()))
    exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    exchange.pass_time(MINUTE)
    row = held(exchange, "p1")
    assert row is not None
    assert (row.data, row.salt, row.erased_at is not None) == (None, None, True)
    assert unconfirmed(exchange) == [("p1", "hz1")]
    exchange.site.connect()
    exchange.pass_time(5 * SECOND)
    assert unconfirmed(exchange) == []
    assert exchange.site.heart.disk.persons["p1"].data is None
    assert exchange.agrees()


def test_a_site_that_meets_an_erased_person_later_is_told_then(exchange: Exchange) -> None:
    exchange.start()
    exchange.central_did(exchange.inbox.erase_person("p3", exchange.now()))
    assert unconfirmed(exchange) == []
    exchange.site.heart.disk.persons["p3"] = PersonRow(
        id="p3", version=1, salt="00", data=ADA, erased_at=None
    )
    exchange.site.heart.refer("p3")
    exchange.site.grew()
    exchange.pass_time(10 * SECOND)
    assert exchange.site.heart.disk.persons["p3"].data is None
    assert unconfirmed(exchange) == []


def test_a_refused_erasure_stays_on_the_list(exchange: Exchange) -> None:
    exchange.start()
    exchange.lose = lambda message: message.topic.endswith("/commands")
    order_for(exchange, "p1")
    exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    with exchange.store.transaction() as tx:
        erasure = tx.commands.unanswered("hz1")[-1]
    assert erasure.type == "ErasePerson"
    exchange.site.heart.record("CommandRefused", {"why": "busy"}, erasure.id)
    exchange.site.grew()
    exchange.pass_time(SECOND)
    assert unconfirmed(exchange) == [("p1", "hz1")]


@pytest.mark.parametrize("erased", [False, True])
def test_an_older_row_or_one_of_an_erased_person_is_not_taken(
    exchange: Exchange, erased: bool
) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.inbox.put_person("p1", ADA)
    if erased:
        exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    before = held(exchange, "p1")
    late = Persons(
        site="hz1",
        session="s",
        epoch=exchange.site.heart.site_epoch(),
        sent_at=1,
        rows=[WirePerson(id="p1", version=9 if erased else 1, salt="00", data=Raw(b"{}"))],
    )
    exchange.deliver(Outgoing(topic("hz1", "events"), encode(late)))
    assert held(exchange, "p1") == before


def test_erasing_twice_keeps_one_tombstone(exchange: Exchange) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    first = held(exchange, "p1")
    exchange.pass_time(SECOND)
    exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    assert held(exchange, "p1") == first
    with pytest.raises(Conflict):
        exchange.inbox.put_person("p1", ADA)


def test_what_a_site_erases_central_and_the_other_sites_erase(exchange: Exchange) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.inbox.add_site("hz2")
    with exchange.store.transaction() as tx:
        tx.persons.link("hz2", ["p1"])
    exchange.pass_time(5 * SECOND)
    sent = exchange.site.heart.head().seq
    exchange.site.heart.record("PersonErased", {"person": "p1"})
    exchange.site.grew()
    exchange.pass_time(5 * SECOND)
    row = held(exchange, "p1")
    assert row is not None
    assert (row.data, row.salt, row.erased_at is not None) == (None, None, True)
    assert unconfirmed(exchange) == [("p1", "hz2")]
    assert exchange.site.heart.head().seq == sent + 1


def test_an_erasure_that_a_site_repeats_changes_nothing(exchange: Exchange) -> None:
    exchange.start()
    order_for(exchange, "p1")
    exchange.central_did(exchange.inbox.erase_person("p1", exchange.now()))
    first = held(exchange, "p1")
    exchange.pass_time(5 * SECOND)
    exchange.site.heart.record("PersonErased", {"person": "p1"})
    exchange.site.heart.record("PersonErased", {"whom": "?"})
    exchange.site.grew()
    exchange.pass_time(5 * SECOND)
    assert held(exchange, "p1") == first
    assert unconfirmed(exchange) == []
    assert exchange.agrees()


# --- dead letters ---------------------------------------------------------------------------


def letters(exchange: Exchange) -> list[tuple[str, RecordDeadLetter]]:
    with exchange.store.transaction() as tx:
        return list(tx.letters.latest(5000))


@pytest.mark.parametrize(
    ("reason", "name", "payload"),
    [
        ("malformed", topic("hz1", "events"), b"nonsense"),
        ("oversized", topic("hz1", "events"), b" " * (MESSAGE_BYTES_MAX + 1)),
        ("unknown_kind", topic("hz1", "events"), b'{"v":1,"kind":"bonjour","site":"hz1"}'),
        ("foreign_site", topic("hz1", "events"), b'{"v":1,"kind":"hello","site":"hz2"}'),
        ("foreign_site", topic("hz1", "ack"), b"{}"),
    ],
)
def test_what_cannot_be_used_is_counted_and_kept(
    exchange: Exchange, reason: str, name: str, payload: bytes
) -> None:
    exchange.start()
    exchange.central_did(exchange.inbox.receive(name, payload, exchange.now()))
    ((_, letter),) = letters(exchange)
    assert (letter.direction, letter.reason, letter.topic) == ("up", reason, name)
    assert exchange.inbox.dead_letters.counts == {reason: 1}


def test_an_unknown_site_is_a_dead_letter(exchange: Exchange) -> None:
    exchange.start()
    name = topic("hz9", "state")
    state = {
        "v": 1, "kind": "state", "site": "hz9", "session": "s", "epoch": [1, "0" * 16],
        "sent_at": 1, "online": True, "connection": "c", "since": 1,
    }  # fmt: skip
    exchange.central_did(exchange.inbox.receive(name, canonical(state), exchange.now()))
    assert [(site, letter.reason) for site, letter in letters(exchange)] == [
        ("hz9", "unknown_site")
    ]


def test_replayed_messages_change_nothing_and_are_kept(exchange: Exchange) -> None:
    exchange.start()
    exchange.site.record(5)
    exchange.pass_time(SECOND)
    old = [m for m in exchange.site.sent if isinstance(m, Hello | Events)]
    exchange.site.record(5)
    exchange.pass_time(2 * MINUTE)
    before = exchange.cursor()
    for message in old:
        exchange.deliver(Outgoing(topic("hz1", "events"), encode(message)))
    assert exchange.cursor() == before
    assert exchange.inbox.dead_letters.counts == {"replayed": len(old)}
    assert len(letters(exchange)) == len(old)
    exchange.pass_time(2 * MINUTE)
    assert exchange.agrees()


def test_kept_letters_are_bounded_and_the_latest_stay(
    exchange: Exchange,
) -> None:
    exchange.start()
    with exchange.store.transaction() as tx:
        for number in range(1200):
            tx.letters.keep(
                "hz1",
                RecordDeadLetter(
                    direction="up", topic="t", reason="malformed", payload=b"x", at_us=number
                ),
            )
    kept = letters(exchange)
    assert [letter.at_us for _, letter in kept] == list(range(1199, 199, -1))
